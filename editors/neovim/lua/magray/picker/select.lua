--- `vim.ui.select`: what every Neovim has, and what other plugins replace.

---@type magray.Picker
local M = {}

local NUMBER = 6 -- cells

---Options of `vim.ui.select`. It puts a number before each item; an item that took more than a line of the screen
---would push the first ones off it.
---@generic T
---@param prompt string
---@param kind string
---@param label fun(item: T): string
---@return table
function M.options(prompt, kind, label)
  return {
    prompt = prompt,
    kind = kind,
    format_item = function(item)
      return require('magray.notices').shortened(label(item), math.max(20, vim.o.columns - NUMBER))
    end,
  }
end

function M.pick(items, options)
  local prompt = options.notice and ('%s (%s)'):format(options.title, options.notice) or options.title
  local given = M.options(prompt, 'magray', function(item)
    return item.text
  end)
  vim.ui.select(items, given, function(item)
    if item then
      require('magray.hits').open(item)
    end
  end)
end

return M
