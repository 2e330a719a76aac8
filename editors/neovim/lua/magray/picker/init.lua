--- Pickers behind one interface: what is there is used, and what a picker cannot do another one does.

---@class magray.PickerOptions
---@field title string
---@field notice? string What the hits lack.

---@class magray.Picker
---@field module? string What must be there for it.
---@field pick fun(items: magray.Item[], options: magray.PickerOptions)
---@field live? fun(live: magray.Live, options: magray.PickerOptions)

local M = {}

local modules = {
  telescope = 'magray.picker.telescope',
  snacks = 'magray.picker.snacks',
  ['fzf-lua'] = 'magray.picker.fzf_lua',
  ['mini.pick'] = 'magray.picker.mini_pick',
  window = 'magray.picker.window',
  select = 'magray.picker.select',
}
local order = { 'telescope', 'snacks', 'fzf-lua', 'mini.pick' }

---@param name string
---@return boolean
function M.is_there(name)
  local module = require(modules[name]).module
  return module == nil or (pcall(require, module))
end

---The name of the picker that is used.
---@return string
function M.chosen()
  local wanted = require('magray.config').get().picker
  if modules[wanted] and M.is_there(wanted) then
    return wanted
  end
  if wanted ~= 'auto' then
    vim.notify_once(
      ('magray: the picker %s is not there; another one is used.'):format(wanted),
      vim.log.levels.WARN
    )
  end
  for _, name in ipairs(order) do
    if M.is_there(name) then
      return name
    end
  end
  return 'select'
end

---Every picker and whether it is there.
---@return table<string, boolean>
function M.known()
  local found = {}
  for name in pairs(modules) do
    found[name] = M.is_there(name)
  end
  return found
end

---Have one of the items chosen and opened.
---@param items magray.Item[]
---@param options magray.PickerOptions
function M.pick(items, options)
  require(modules[M.chosen()]).pick(items, options)
end

---Have a query typed, and one of its hits chosen and opened.
---@param live magray.Live
---@param options magray.PickerOptions
function M.live(live, options)
  local picker = require(modules[M.chosen()])
  if not picker.live then
    picker = require(modules.window)
  end
  picker.live(live, options)
end

return M
