--- Hints of the server: what it says to run, as a subcommand of `:Magray`.

local M = {}

---A sentence of the server, in which commands are called as they are typed here.
---@param text string
---@return string
function M.in_editor(text)
  local commands = require('magray.command').commands()
  return (
    text:gsub('the command magray%.server%.(%w+)', function(name)
      return commands[name] and ('`:Magray %s`'):format(name) or nil
    end)
  )
end

return M
