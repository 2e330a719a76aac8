-- What the plugin costs before its first use, and that its help can be found.

local function cost()
  vim.g.loaded_magray = nil
  local before = vim.uv.hrtime()
  vim.cmd('runtime plugin/magray.lua')
  return (vim.uv.hrtime() - before) / 1e6
end
vim.opt.runtimepath:prepend(vim.env.MAGRAY_TEST_PLUGIN)
local least = math.huge
for _ = 1, 5 do
  least = math.min(least, cost())
end
print(('%.2f ms'):format(least))
for name in pairs(package.loaded) do
  assert(not name:match('^magray'), name .. ' is loaded before its use')
end
assert(vim.fn.exists(':Magray') == 2)
for _, name in ipairs({ 'search', 'recall', 'remember', 'related', 'similar', 'records' }) do
  assert(vim.fn.maparg(('<Plug>(magray-%s)'):format(name), 'n') ~= '', name)
end
for _, mode in ipairs({ 'n', 'x', 'i' }) do
  for _, map in ipairs(vim.api.nvim_get_keymap(mode)) do
    assert(map.lhs:match('^<Plug>') or not (map.desc or ''):match('magray'), map.lhs .. ' is mapped')
  end
end

local doc = vim.fn.tempname()
vim.fn.mkdir(doc .. '/doc', 'p')
assert(vim.uv.fs_copyfile(vim.env.MAGRAY_TEST_PLUGIN .. '/doc/magray.txt', doc .. '/doc/magray.txt'))
vim.cmd.helptags(doc .. '/doc')
vim.opt.runtimepath:append(doc)
vim.cmd.help('magray.txt')
local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
for name in pairs(require('magray.command').commands()) do
  vim.cmd.help(':Magray-' .. name)
end
for name in pairs(require('magray.config').defaults) do
  assert(text:find('*magray-' .. name .. '*', 1, true), name .. ' is not explained')
end
