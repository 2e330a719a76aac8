-- What exists before the first use: a command, maps to bind, and the buffers of records.

if vim.g.loaded_magray then
  return
end
vim.g.loaded_magray = 1

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify('magray needs Neovim 0.11 or later.', vim.log.levels.WARN)
  return
end

vim.api.nvim_create_user_command('Magray', function(given)
  require('magray.command').run(given)
end, {
  nargs = '*',
  range = true,
  bang = true,
  desc = 'Search and keep memories',
  complete = function(lead, line, position)
    return require('magray.command').complete(lead, line, position)
  end,
})

local maps = {
  search = { 'n', 'search' },
  recall = { 'n', 'recall' },
  remember = { { 'n', 'x' }, 'remember' },
  related = { 'n', 'related' },
  similar = { { 'n', 'x' }, 'similar' },
  records = { 'n', 'records' },
}
for name, map in pairs(maps) do
  vim.keymap.set(map[1], ('<Plug>(magray-%s)'):format(name), (':Magray %s<CR>'):format(map[2]), {
    silent = true,
    desc = 'magray: ' .. name,
  })
end

local group = vim.api.nvim_create_augroup('magray', {})
vim.api.nvim_create_autocmd('BufReadCmd', {
  group = group,
  pattern = 'magray:/records/*',
  callback = function(event)
    require('magray.records').read(event.buf)
  end,
})
vim.api.nvim_create_autocmd('FileWriteCmd', {
  group = group,
  pattern = 'magray:/records/*',
  callback = function()
    require('magray.records').write_part()
  end,
})
vim.api.nvim_create_autocmd('BufWriteCmd', {
  group = group,
  pattern = 'magray:/records/*',
  callback = function(event)
    require('magray.records').write(event.buf)
  end,
})
