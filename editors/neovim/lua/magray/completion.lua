--- Completion: of a name with blanks in it Neovim puts in the first word; the rest follows here.

local M = {}

local group = vim.api.nvim_create_augroup('magray-completion', {})

---What is missing behind the cursor of a completed item, as `v:completed_item` has it.
---@param completed table
---@param client_id integer
---@return string?
function M.rest(completed, client_id)
  local known = vim.tbl_get(completed, 'user_data', 'nvim', 'lsp')
  local edit = known and known.client_id == client_id and vim.tbl_get(known, 'completion_item', 'textEdit')
  local word = completed.word
  if edit and word and word ~= edit.newText and vim.startswith(edit.newText, word) then
    return edit.newText:sub(#word + 1)
  end
end

---@param client_id integer
local function finish(client_id)
  local completed = vim.v.completed_item
  local rest = type(completed) == 'table' and M.rest(completed, client_id)
  if not rest then
    return
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local line = vim.api.nvim_get_current_line()
  if vim.endswith(line:sub(1, column), completed.word) then
    vim.api.nvim_buf_set_text(0, row - 1, column, row - 1, column, { rest })
    vim.api.nvim_win_set_cursor(0, { row, column + #rest })
  end
end

---@param bufnr integer
---@param client_id integer
function M.follow(bufnr, client_id)
  vim.api.nvim_clear_autocmds({ group = group, buffer = bufnr })
  vim.api.nvim_create_autocmd('CompleteDone', {
    group = group,
    buffer = bufnr,
    callback = function()
      if vim.tbl_get(vim.v.event, 'reason') ~= 'cancel' then
        finish(client_id)
      end
    end,
  })
end

return M
