--- What a configuration calls. Everything else is a subcommand of `:Magray`.

local M = {}

---Set options; the same as assigning `vim.g.magray`.
---@param options? table
function M.setup(options)
  options = options or {}
  for _, problem in ipairs(require('magray.config').problems(options)) do
    vim.notify('magray: ' .. problem, vim.log.levels.WARN)
  end
  vim.g.magray = options
end

---State of the server for a status line: `%{v:lua.require'magray'.statusline()}`.
---@return string
function M.statusline()
  local loaded = package.loaded['magray.status']
  return loaded and loaded.text((loaded.get())) or ''
end

---Search as you type, or for `query`.
---@param query? string
function M.search(query)
  require('magray.search').search('magray/search', query)
end

---Recall what was remembered, as you type, or for `query`.
---@param query? string
function M.recall(query)
  require('magray.search').search('magray/recall', query)
end

return M
