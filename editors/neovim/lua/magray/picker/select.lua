--- `vim.ui.select`: what every Neovim has, and what other plugins replace.

---@type magray.Picker
local M = {}

function M.pick(items, options)
  vim.ui.select(items, {
    prompt = options.title,
    kind = 'magray',
    format_item = function(item)
      return item.text
    end,
  }, function(item)
    if item then
      require('magray.hits').open(item)
    end
  end)
end

return M
