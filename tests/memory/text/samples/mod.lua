local M = {}

local json = require("json")

M.limit = 10

--- Adds two numbers.
-- @param a
function M.add(a, b)
  return a + b
end

function M:method(x)
  self.x = x
end

local function hidden()
  return 1
end

M.run = function(opts)
  return hidden()
end

local Class = { new = function() end }

return M
