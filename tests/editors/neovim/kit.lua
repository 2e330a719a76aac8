--- What the scripts share: the plugin on the path, waiting, and what the person was told.

local M = { said = {} }

local PATIENCE_MS = tonumber(vim.env.MAGRAY_TEST_PATIENCE_MS) or 60000

vim.opt.runtimepath:prepend(vim.env.MAGRAY_TEST_PLUGIN)
vim.cmd('filetype on')
vim.cmd('runtime plugin/magray.lua')

vim.notify = function(text, level)
  table.insert(M.said, { text = text, level = level or vim.log.levels.INFO })
end
vim.notify_once = function(text, level)
  for _, one in ipairs(M.said) do
    if one.text == text then
      return
    end
  end
  vim.notify(text, level)
end

function M.equal(found, wanted, about)
  if not vim.deep_equal(found, wanted) then
    error(('%s: found %s, wanted %s'):format(about or 'value', vim.inspect(found), vim.inspect(wanted)), 2)
  end
end

function M.is(value, about)
  if not value then
    error(about or 'it is not so', 2)
  end
  return value
end

function M.matches(text, pattern)
  if type(text) ~= 'string' or not text:find(pattern) then
    error(('%s does not match %s'):format(vim.inspect(text), pattern), 2)
  end
end

--- Waits until the function returns something true, and returns it.
function M.wait(condition, about)
  local found
  local done = vim.wait(PATIENCE_MS, function()
    found = condition()
    return found
  end, 5)
  if not done then
    local client = vim.lsp.get_clients({ name = 'magray' })[1]
    error(
      ('%s did not happen; said: %s; client: %s'):format(
        about or 'it',
        vim.inspect(M.said),
        client and client.id or 'none'
      ),
      2
    )
  end
  return found
end

--- Waits for a message to the person.
function M.told(pattern)
  return M.wait(function()
    for index, one in ipairs(M.said) do
      if one.text:find(pattern) then
        table.remove(M.said, index)
        return one
      end
    end
  end, 'a message like ' .. pattern)
end

--- Sets the server of this environment, and what else is configured.
function M.configure(more)
  vim.g.magray = vim.tbl_extend('force', { cmd = { vim.env.MAGRAY_TEST_SERVER, '--stdio' } }, more or {})
end

--- Has `vim.ui.select` take the item for which `choose` is true; returns what was offered.
function M.select_with(choose)
  local offered = {}
  vim.ui.select = function(items, options, on_choice)
    offered.items, offered.prompt = items, options.prompt
    offered.lines = vim.tbl_map(options.format_item or tostring, items)
    for index, item in ipairs(items) do
      if choose(item, offered.lines[index]) then
        return on_choice(item, index)
      end
    end
    on_choice(nil)
  end
  return offered
end

function M.lines(bufnr)
  return vim.api.nvim_buf_get_lines(bufnr or 0, 0, -1, false)
end

--- Waits until everything is indexed and the server is ready.
function M.ready(state)
  return M.wait(function()
    local status = require('magray.status').get()
    return status and status.state == (state or 'ready') and status
  end, 'the state ' .. (state or 'ready'))
end

function M.press(keys)
  vim.api.nvim_feedkeys(vim.api.nvim_replace_termcodes(keys, true, false, true), 'xt', false)
end

return M
