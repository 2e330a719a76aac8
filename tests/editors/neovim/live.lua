-- Search as you type, from the key press to the line of a file, in the windows of the plugin itself.

package.path = vim.env.MAGRAY_TEST_KIT .. '/?.lua;' .. package.path
local kit = require('kit')
local root = arg[1]

kit.configure({ picker = 'window' })
vim.cmd.cd(root)
vim.lsp.enable('magray')
vim.cmd.edit(arg[2] or (root .. '/click/decorators.py'))
kit.wait(function()
  return vim.lsp.get_clients({ name = 'magray', bufnr = 0 })[1]
end, 'attaching')
kit.ready()

-- Of the windows that float, the list is high, and to the left of the preview.
local function list()
  local found, column
  for _, id in ipairs(vim.api.nvim_list_wins()) do
    local config = vim.api.nvim_win_get_config(id)
    if config.relative ~= '' and config.height > 1 and (not column or config.col < column) then
      found, column = vim.api.nvim_win_get_buf(id), config.col
    end
  end
  return found
end
local function type_query(text)
  vim.api.nvim_buf_set_lines(0, 0, -1, false, { text })
  vim.api.nvim_exec_autocmds('TextChangedI', { buffer = 0 })
end

vim.cmd('Magray search')
local prompt = vim.api.nvim_get_current_buf()
local query = arg[3] or 'ask the user for a yes or no answer'
local function hits()
  local bufnr = list()
  local lines = bufnr and kit.lines(bufnr) or { '' }
  return lines[1] ~= '' and lines
end
type_query(query:sub(1, 8))
kit.wait(hits, 'hits of a beginning')
-- Typed letter by letter, as fast as a person does; then the time from the last key to new hits.
local times = {}
for round = 1, tonumber(arg[4] or 1) do
  vim.wait(400)
  local shown = hits()
  local words = round % 2 == 1 and query or query .. ' again'
  local begin = vim.uv.hrtime()
  type_query(words)
  kit.wait(function()
    local now = hits()
    return now and not vim.deep_equal(now, shown)
  end, 'new hits')
  times[#times + 1] = (vim.uv.hrtime() - begin) / 1e6
end
table.sort(times)
print(('first hits after %.0f ms (median of %d)'):format(times[math.ceil(#times / 2)], #times))
local chosen = hits()[1]
for _, map in ipairs(vim.api.nvim_buf_get_keymap(prompt, 'i')) do
  if map.lhs == '<CR>' then
    map.callback()
  end
end
local path, line = chosen:match('^%S+ (%S+):(%d+)')
local opened = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(0), ':.')
kit.is(path == opened or path == vim.fn.pathshorten(opened, 3), 'the file of ' .. chosen)
kit.equal(vim.api.nvim_win_get_cursor(0)[1], tonumber(line))
