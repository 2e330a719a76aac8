--- Configuration: `vim.g.magray`, with the defaults.

local M = {}

---@class magray.Config
---@field cmd? string[] The server's command line; else it is looked for.
---@field picker 'auto'|'telescope'|'snacks'|'fzf-lua'|'mini.pick'|'window'|'select'
---@field k integer Hits of a search.
---@field debounce integer Milliseconds between two requests while you type.
---@field folders string[] Folders of plain notes, which are opened as workspaces.
---@field citations boolean Whether lines whose memory no longer fits them get virtual text.
---@field related { width: integer, k: integer, debounce: integer }

---@type magray.Config
M.defaults = {
  picker = 'auto',
  k = 20,
  debounce = 120,
  folders = {},
  citations = false,
  related = { width = 50, k = 8, debounce = 250 },
}

local kinds = {
  cmd = 'table',
  picker = 'string',
  k = 'number',
  debounce = 'number',
  folders = 'table',
  citations = 'boolean',
  related = 'table',
}

---What is wrong with these options, a sentence each.
---@param given table
---@return string[]
function M.problems(given)
  local found = {}
  for name, value in vim.spairs(given) do
    if not kinds[name] then
      found[#found + 1] = ('vim.g.magray.%s: there is no such option.'):format(name)
    elseif type(value) ~= kinds[name] then
      found[#found + 1] = ('vim.g.magray.%s must be a %s.'):format(name, kinds[name])
    end
  end
  return found
end

---The configuration that applies; an option of a wrong type keeps its default.
---@return magray.Config
function M.get()
  local given = vim.g.magray
  local usable = {}
  for name, value in pairs(type(given) == 'table' and given or {}) do
    if type(value) == kinds[name] then
      usable[name] = value
    end
  end
  return vim.tbl_deep_extend('force', M.defaults, usable)
end

return M
