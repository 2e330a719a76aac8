--- Citations: virtual text at lines whose memory was of another text.

local M = {}

local space = vim.api.nvim_create_namespace('magray-citations')
local group = vim.api.nvim_create_augroup('magray-citations', {})
local followed = {}

---The lines (0-based) with the records that no longer fit them.
---@param lenses lsp.CodeLens[]
---@return table<integer, string[]>
function M.stale(lenses)
  local found = {}
  for _, lens in ipairs(lenses) do
    local argument = lens.command and lens.command.arguments and lens.command.arguments[1]
    local changed = type(argument) == 'table' and argument.changed
    if type(changed) == 'table' and #changed > 0 then
      found[lens.range.start.line] = changed
    end
  end
  return found
end

---Mark the lines of a buffer anew.
---@param bufnr integer
function M.refresh(bufnr)
  if not vim.api.nvim_buf_is_loaded(bufnr) then
    return
  end
  local params = { textDocument = { uri = vim.uri_from_bufnr(bufnr) } }
  require('magray.server').request('textDocument/codeLens', params, function(problem, lenses)
    if problem or not vim.api.nvim_buf_is_loaded(bufnr) then
      return
    end
    vim.api.nvim_buf_clear_namespace(bufnr, space, 0, -1)
    local last = vim.api.nvim_buf_line_count(bufnr) - 1
    for line, ids in pairs(M.stale(lenses or {})) do
      vim.api.nvim_buf_set_extmark(bufnr, space, math.min(line, last), 0, {
        virt_text = { { ' ● changed since ' .. table.concat(ids, ', '), 'DiagnosticVirtualTextHint' } },
      })
    end
  end)
end

---Keep the marks of a buffer.
---@param bufnr integer
function M.follow(bufnr)
  if followed[bufnr] then
    return
  end
  followed[bufnr] = true
  local function refresh()
    M.refresh(bufnr)
  end
  vim.api.nvim_create_autocmd('BufWritePost', { group = group, buffer = bufnr, callback = refresh })
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = 'MagrayRecords',
    callback = function()
      if not vim.api.nvim_buf_is_loaded(bufnr) then
        followed[bufnr] = nil
        return true
      end
      refresh()
    end,
  })
  refresh()
end

return M
