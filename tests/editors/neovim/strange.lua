-- Buffers and folders that are not as expected: nothing is lost, and one sentence says what is wrong.

package.path = vim.env.MAGRAY_TEST_KIT .. '/?.lua;' .. package.path
local kit = require('kit')
local root = arg[1]

local function write(name, bytes)
  local file = assert(io.open(root .. '/' .. name, 'wb'))
  file:write(bytes)
  file:close()
end
write('a.py', 'def compute_something(x):\n    return x * 2\n')
kit.configure({ picker = 'select' })
vim.lsp.enable('magray')
vim.cmd.edit(root .. '/a.py')
kit.ready('degraded')

-- No file: what needs one says so, and a text can be kept all the same.
for _, open in ipairs({ 'enew', 'help', 'terminal true' }) do
  for _, command in ipairs({ 'why', 'similar' }) do
    vim.cmd(open)
    vim.cmd('Magray ' .. command)
    kit.is(#kit.wait(function()
      return kit.said[1]
    end, command .. ' in ' .. open).text > 10)
    kit.said = {}
  end
end
vim.cmd('enew!')
vim.cmd('Magray related')
vim.cmd('Magray related')
vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'kept without a file', 'two' })
vim.cmd('%Magray remember Scratch')
kit.told('n1 is remembered')

-- Other bytes and line ends: the lines that stand in the buffer are kept, with where they stand.
write('latin.py', '# caf\xe9 cr\xe8me\ndef latin():\n    return "\xe9t\xe9"\n')
vim.cmd('edit ++enc=latin1 ' .. vim.fn.fnameescape(root .. '/latin.py'))
vim.cmd('1,3Magray remember Latin')
kit.told('n2 is remembered')
write('dos.py', 'def dos():\r\n    return 1\r\n\r\ndef two():\r\n    return 2\r\n')
vim.cmd.edit(root .. '/dos.py')
kit.equal(vim.bo.fileformat, 'dos')
vim.cmd('4,5Magray remember Dos')
kit.told('n3 is remembered')
local function ask(method, params)
  local answer
  require('magray.server').request(method, params, function(problem, found)
    answer = found or { problem = problem }
  end)
  return kit.wait(function()
    return answer
  end, method)
end
for id, wanted in pairs({ n2 = { 'latin.py', 1, 3, 'été' }, n3 = { 'dos.py', 4, 5, 'def two' } }) do
  local record = ask('magray/show', { id = id })
  kit.equal(
    { record.source.path, record.source.start_line, record.source.end_line },
    vim.list_slice(wanted, 1, 3)
  )
  kit.equal(record.citation, 'verified')
  kit.matches(record.text, wanted[4])
  kit.is(not record.text:find('\r'), 'line ends of the file')
end

-- Too much at once is refused, with what to do.
local lines = {}
for index = 1, 60000 do
  lines[index] = ('value_%d = compute_something(%d)'):format(index, index)
end
vim.fn.writefile(lines, root .. '/huge.py')
vim.cmd.edit(root .. '/huge.py')
vim.cmd('%Magray remember Huge')
kit.told('too long for a record')

-- The syntax of a very long line fails as the window is drawn; what is asked is answered all the same.
write('long.json', '{"a": "' .. ('x y z 12 '):rep(230000) .. '"}\n')
vim.cmd.edit(root .. '/long.json')
kit.said = {}
vim.cmd('Magray why')
kit.wait(function()
  return kit.lines()[1]:find('long.json: left out', 1, true)
end, 'why')
vim.cmd('Magray similar')
kit.told('this window shows no file')
vim.cmd.close()
vim.cmd.edit(root .. '/long.json')
vim.cmd('Magray similar')
kit.told('long.json: it is left out')
kit.equal(kit.said, {}, 'nothing else was said')

-- The folder is away for a while.
vim.cmd.edit(root .. '/a.py')
assert(vim.uv.fs_rename(root, root .. '-away'))
kit.select_with(function()
  return false
end)
vim.cmd('Magray search compute_something')
vim.cmd('Magray coverage')
kit.told('there is no such folder')
assert(vim.uv.fs_rename(root .. '-away', root))
local offered = kit.select_with(function()
  return false
end)
vim.cmd('Magray search compute_something')
kit.wait(function()
  return offered.lines
end, 'hits')
kit.matches(offered.lines[1], 'a.py:1')
kit.equal(#vim.lsp.get_clients({ name = 'magray' }), 1)

-- A record is written elsewhere with `:w FILE`, and stays what it was.
vim.cmd.edit('magray:/records/n1.md')
kit.wait(function()
  return vim.b.magray
end, 'the record')
vim.cmd('silent write ' .. vim.fn.fnameescape(root .. '/out.md'))
kit.equal(vim.fn.readfile(root .. '/out.md')[1], 'kept without a file')
kit.equal(vim.b.magray.version, ask('magray/show', { id = 'n1' }).version)
vim.cmd('silent! %bwipeout!')
