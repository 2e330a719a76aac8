-- No server, a server that dies at once, and one that cannot index: a sentence, and no loop.

package.path = vim.env.MAGRAY_TEST_KIT .. '/?.lua;' .. package.path
local kit = require('kit')
local folder = arg[1]

-- None is installed: told once, however many files are opened.
vim.g.magray = { cmd = { folder .. '/nothing-here', '--stdio' } }
vim.lsp.enable('magray')
for index = 1, 3 do
  vim.cmd.edit(('%s/f%d.lua'):format(folder, index))
end
kit.wait(function()
  return #kit.said > 0
end, 'a message')
vim.wait(200)
kit.equal(#kit.said, 1, vim.inspect(kit.said))
kit.told('cannot be run')
kit.equal(vim.lsp.get_clients({ name = 'magray' }), {})
vim.cmd('Magray search anything')
kit.equal(kit.told('cannot be run').level, vim.log.levels.ERROR)
vim.cmd('Magray status')
kit.told('not running')
vim.cmd('checkhealth magray')
kit.matches(table.concat(kit.lines(), '\n'), 'ERROR.*cannot be run')

-- The PATH and the environment are looked through, when nothing is configured.
vim.g.magray = nil
vim.env.PATH = folder
vim.env.VIRTUAL_ENV = nil
kit.matches(select(2, require('magray.server').command()), 'magray%-lsp was not found. Install it')
vim.fn.mkdir(folder .. '/venv/bin', 'p')
vim.fn.writefile(
  { '#!/bin/sh', 'echo start >>' .. folder .. '/starts', 'exit 7' },
  folder .. '/venv/bin/magray-lsp'
)
vim.fn.setfperm(folder .. '/venv/bin/magray-lsp', 'rwxr-xr-x')
vim.env.VIRTUAL_ENV = folder .. '/venv'
kit.equal(require('magray.server').command(), { folder .. '/venv/bin/magray-lsp', '--stdio' })

-- It dies at once: some tries, one message, and no more tries.
kit.said = {}
vim.cmd.edit(folder .. '/f4.lua')
local told = kit.told('is not started again')
kit.matches(told.text, 'exit code 7')
kit.matches(told.text, ':Magray restart')
local starts = #vim.fn.readfile(folder .. '/starts')
kit.equal(starts, 3)
vim.cmd.edit(folder .. '/f5.lua')
vim.cmd('Magray recall anything')
kit.told('is not started again')
vim.wait(1500)
kit.equal(#vim.fn.readfile(folder .. '/starts'), starts, 'no more tries')
kit.equal(kit.said, {}, 'nothing else was said')

-- The person mends it.
vim.g.magray = { cmd = { vim.env.MAGRAY_TEST_SERVER, '--stdio' } }
vim.cmd('Magray restart')
local state = kit.wait(function()
  local status = require('magray.status').get()
  return status and status.state == 'degraded' and status
end, 'degraded')
kit.is(state.message and #state.message > 10, 'why it is degraded')
vim.cmd('Magray status')
kit.told('degraded: ')
local done
require('magray.server').request('magray/remember', { text = 'Found by words.' }, function(problem)
  done = problem or 'done'
end)
kit.wait(function()
  return done
end)
kit.equal(done, 'done')

-- What is found by words alone is shown as that.
require('magray.search').search('magray/search', 'found by words', { quickfix = true })
kit.equal(kit.told('searched by words only').level, vim.log.levels.WARN)
kit.wait(function()
  return #vim.fn.getqflist() > 0
end, 'the hits')
vim.cmd.cclose()
local offered = kit.select_with(function()
  return false
end)
require('magray.search').search('magray/recall', 'found by words')
kit.wait(function()
  return offered.lines
end, 'the hits')
kit.matches(offered.prompt, 'found by words %(.*searched by words only')
vim.cmd('Magray search nothingofthiskind tag:nonsense')
kit.matches(kit.told('nothing was found').text, 'tag nonsense: no document has this tag.*words only')
vim.cmd('Magray records #nonsense layer:assets')
kit.told('no record has #nonsense layer:assets')

-- A request that is given up is not answered.
local answered = false
local cancel = require('magray.server').request('magray/search', { query = 'words' }, function()
  answered = true
end)
cancel()
vim.wait(500)
kit.equal(answered, false)

-- What it refuses is said in its words.
vim.cmd('Magray search since:nonsense x')
kit.equal(kit.told('Since nonsense').level, vim.log.levels.ERROR)
for _, id in ipairs({ '', 'nonsense', '17' }) do
  vim.cmd('Magray open ' .. id)
  kit.told('which record')
end
vim.cmd('Magray open n99')
kit.told('n99')

-- A server of another version: what it does not know is said, what it does not send is done without.
local problem
require('magray.server').request('magray/ofAnotherYear', vim.empty_dict(), function(found)
  problem = found
end)
kit.wait(function()
  return problem
end)
kit.matches(problem, 'knows no magray/ofAnotherYear.*upgrade')
local bare = {
  id = 'w1',
  vault = 'workspace',
  path = 'a.py',
  start_line = 3,
  end_line = 4,
  snippet = 'x',
  kind = 'code',
}
bare.freshness = 'fresh'
kit.equal(require('magray.hits').item(bare).lnum, 3)
kit.equal(require('magray.hits').label(bare), '· a.py:3 x')
