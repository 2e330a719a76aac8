--- Hints of the server: what it says to run, as it can be run from here.

local M = {}

-- Commands of the server that are called otherwise here, or not at all: `:Magray restore` is about the trash.
local others = { list = 'records', show = 'open', restore = false }
local shell = { health = 'status' }

---A sentence of the server, in which commands are called as they are typed here, or in a terminal.
---@param text string
---@return string
function M.in_editor(text)
  local commands = require('magray.command').commands()
  text = text:gsub('the command magray%.server%.trash restore( n%d+)', '`:Magray restore%1`')
  text = text:gsub('the command magray%.server%.trash restore', '`:Magray restore`')
  return (
    text:gsub('the command magray%.server%.(%w+)', function(id)
      local name = others[id]
      if name == nil then
        name = id
      end
      if name and commands[name] then
        return ('`:Magray %s`'):format(name)
      end
      return ('`magray %s` in a terminal'):format(shell[id] or id)
    end)
  )
end

return M
