-- What a person does in a day, in one Neovim with one server.

package.path = vim.env.MAGRAY_TEST_KIT .. '/?.lua;' .. package.path
local kit = require('kit')
local code, notes = arg[1], arg[2]

kit.configure({ picker = 'select' })
vim.lsp.enable('magray')
vim.cmd.edit(code .. '/click/decorators.py')
kit.wait(function()
  return vim.lsp.get_clients({ name = 'magray', bufnr = 0 })[1]
end, 'attaching')
kit.ready()
kit.equal(require('magray').statusline(), 'magray ✓')

-- A search keeps its ranking, and opens the right line.
local offered = kit.select_with(function(_, line)
  return line:find('def option') or line:find('option')
end)
vim.cmd('Magray search decorator that adds an option to a command')
kit.wait(function()
  return offered.items
end, 'hits')
for index, item in ipairs(offered.items) do
  kit.equal(item.hit.rank, index, 'rank')
end
local first = offered.items[1]
kit.wait(function()
  return vim.api.nvim_buf_get_name(0):find(first.hit.path, 1, true) or #vim.api.nvim_buf_get_name(0) > 0
end)

-- The quickfix list is ranked too.
vim.cmd('Magray! search parse a date and time from a string')
kit.wait(function()
  return #vim.fn.getqflist() > 0
end, 'the quickfix list')
local entry = vim.fn.getqflist()[1]
kit.is(entry.lnum > 0 and entry.valid == 1, 'a place in the quickfix list')
vim.cmd.cclose()

-- Remember lines, recall them, edit the record in its buffer.
vim.cmd.edit(code .. '/click/decorators.py')
local line = kit.is(vim.fn.search('^def pass_context'), 'the definition')
vim.cmd(
  ('%d,%dMagray remember Passing the context #click #context/pass layer:insights'):format(line, line + 5)
)
kit.told('n1 is remembered')
offered = kit.select_with(function(item)
  return item.hit.id == 'n1'
end)
vim.cmd('Magray recall Passing the context')
kit.wait(function()
  return vim.api.nvim_buf_get_name(0) == 'magray:/records/n1.md' and vim.b.magray
end, 'the record')
kit.equal(vim.bo.filetype, 'markdown')
kit.equal(vim.bo.buftype, 'acwrite')
kit.matches(table.concat(kit.lines(), '\n'), 'def pass_context')
kit.equal(vim.b.magray.layer, 'insights')
local version = vim.b.magray.version
vim.api.nvim_buf_set_lines(0, -1, -1, false, { '', 'Второй абзац.' })
vim.cmd.write()
kit.told('n1 is saved')
kit.equal(vim.bo.modified, false)
kit.is(vim.b.magray.version ~= version, 'another version')
vim.cmd.undo()
kit.is(not table.concat(kit.lines(), '\n'):find('Второй', 1, true), 'what was saved can be undone')
vim.cmd('silent! undo')
kit.matches(table.concat(kit.lines(), '\n'), 'def pass_context')
vim.cmd('silent! redo')
kit.matches(table.concat(kit.lines(), '\n'), 'Второй')
vim.cmd.write()

-- Somebody else edits it: what was not edited here follows, what was is refused, and `:w!` is meant.
local function edit_elsewhere(text)
  local done
  require('magray.server').request('magray/edit', { id = 'n1', text = text }, function(problem)
    done = problem or 'done'
  end)
  kit.wait(function()
    return done == 'done'
  end, 'the other edit')
end
edit_elsewhere('Of another editor.')
kit.wait(function()
  return kit.lines()[1] == 'Of another editor.'
end, 'the new text')
vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'Of mine.', 'Two lines.' })
edit_elsewhere('Of another editor again.')
kit.said = {}
vim.cmd.write()
kit.told('n1 was changed elsewhere')
kit.equal(vim.bo.modified, true)
vim.cmd('1,1write!')
kit.told('saved whole')
vim.cmd('write!')
kit.equal(vim.bo.modified, false)
edit_elsewhere('Third.')
kit.wait(function()
  return kit.lines()[1] == 'Third.'
end)

-- Forget it, and take that back.
vim.cmd('Magray forget')
kit.told('n1 is in the trash')
vim.cmd('Magray restore n1')
kit.told('n1 is back')
vim.cmd('Magray pin n1')
kit.told('n1 is pinned')
offered = kit.select_with(function()
  return false
end)
vim.cmd('Magray records #click')
kit.wait(function()
  return offered.lines
end, 'the list')
kit.matches(offered.lines[1], '★ n1 %[insights%].*#click')

-- What the server leaves to the editor: how a selection is filed, which of several records is shown.
vim.cmd.edit(code .. '/click/termui.py')
kit.wait(function()
  return vim.lsp.get_clients({ name = 'magray', bufnr = 0 })[1]
end)
local client = vim.lsp.get_clients({ name = 'magray', bufnr = 0 })[1]
vim.ui.input = function(_, on_confirm)
  on_confirm('Как спросить #ввод')
end
local range = { start = { line = 0, character = 0 }, ['end'] = { line = 3, character = 0 } }
local selection = { uri = vim.uri_from_bufnr(0), range = range }
client:exec_cmd({ title = '', command = 'magray.rememberSelection', arguments = { selection } })
kit.told('n2 is remembered')
offered = kit.select_with(function(record)
  return record.id == 'n2'
end)
client:exec_cmd({ title = '', command = 'magray.showRecords', arguments = { { ids = { 'n1', 'n2' } } } })
kit.wait(function()
  return vim.api.nvim_buf_get_name(0) == 'magray:/records/n2.md' and vim.b.magray
end, 'the chosen record')
kit.equal(#offered.lines, 2)
kit.matches(offered.lines[2], 'Как спросить.*#ввод')

offered = kit.select_with(function()
  return false
end)
require('magray.records').list({ limit = 1 })
kit.wait(function()
  return offered.lines
end, 'a list that is cut')
kit.equal(offered.prompt, 'Records, the 1 that changed last')

-- Lines that changed since they were remembered are marked.
vim.cmd.edit(code .. '/click/decorators.py')
local file = vim.api.nvim_get_current_buf()
require('magray.citations').follow(file)
vim.api.nvim_buf_set_lines(file, line, line + 1, false, { '    # another body', '    pass' })
vim.cmd('silent write')
kit.wait(function()
  local space = vim.api.nvim_create_namespace('magray-citations')
  local marks = vim.api.nvim_buf_get_extmarks(file, space, 0, -1, { details = true })
  return marks[1] and marks[1][4].virt_text[1][1]:find('n1')
end, 'the mark')

-- Related follows the cursor, and stays when pinned.
vim.cmd.edit(code .. '/click/decorators.py')
vim.cmd('Magray related')
local window = kit.wait(function()
  for _, id in ipairs(vim.api.nvim_list_wins()) do
    local bufnr = vim.api.nvim_win_get_buf(id)
    local text = kit.lines(bufnr)[1]
    if vim.bo[bufnr].filetype == 'magray-related' and text ~= '' then
      return id
    end
  end
end, 'related passages')
local shown = kit.lines(vim.api.nvim_win_get_buf(window))
vim.cmd.edit(code .. '/click/termui.py')
vim.fn.search('^def progressbar')
vim.api.nvim_exec_autocmds('CursorMoved', {})
kit.wait(function()
  return not vim.deep_equal(kit.lines(vim.api.nvim_win_get_buf(window)), shown)
end, 'following')
require('magray.related').pin()
kit.equal(vim.wo[window].winbar, 'Related (pinned)')
vim.cmd('Magray related')
kit.is(not vim.api.nvim_win_is_valid(window), 'the window is closed')

-- A second folder, of plain notes, is served by the same process.
local before = vim.lsp.get_clients({ name = 'magray' })[1].id
kit.configure({ picker = 'select', folders = { notes } })
vim.cmd.edit(notes .. '/подписи.md')
kit.wait(function()
  return vim.lsp.get_clients({ name = 'magray', bufnr = 0 })[1]
end, 'attaching to the notes')
local clients = vim.lsp.get_clients({ name = 'magray' })
kit.equal(#clients, 1, 'one server')
kit.equal(clients[1].id, before)
kit.equal(#clients[1].workspace_folders, 2)
offered = {}
local function found_note()
  offered = kit.select_with(function()
    return false
  end)
  vim.cmd('Magray search как проверяется подпись письма')
  kit.wait(function()
    return offered.items or kit.said[1]
  end)
  kit.said = {}
  return offered.items
    and vim.iter(offered.items):any(function(item)
      return item.hit.path == 'подписи.md'
    end)
end
kit.wait(found_note, 'the note in Russian')

-- Reports.
vim.cmd.edit(code .. '/click/decorators.py')
local function report(command, pattern)
  vim.cmd(command)
  kit.wait(function()
    return vim.bo.filetype == 'magray-report'
  end, command)
  kit.matches(table.concat(kit.lines(), '\n'), pattern)
  kit.press('q')
end
report('Magray health', 'lexical_index')
report('Magray why', 'click/decorators.py: indexed')
report('Magray why ' .. vim.fn.fnameescape(code .. '/build.log'), 'left out')
report('Magray why %', 'click/decorators.py: indexed')
report('Magray coverage', '^# ' .. vim.pesc(code) .. '\n\n%d+ files indexed')
vim.cmd.edit(notes .. '/подписи.md')
report('Magray coverage', '^# ' .. vim.pesc(notes) .. '\n\n2 files indexed, in 2 passages; 0 not yet')
vim.cmd.edit(code .. '/click/decorators.py')
kit.ready()
vim.cmd('Magray status')
kit.told('ready')
vim.cmd('Magray index')
kit.told('%d+ files, %d+ passages')
local archive = vim.fs.dirname(code) .. '/мои записи.tar.gz'
vim.cmd('Magray backup ' .. vim.fn.fnameescape(archive))
kit.told('backed up')
kit.is(vim.uv.fs_stat(archive), 'the backup')
vim.cmd('Magray log')
kit.wait(function()
  return vim.api.nvim_buf_get_name(0):find('lsp.log')
end, 'the log')

-- checkhealth says what there is.
vim.cmd.tabnew()
vim.cmd('checkhealth magray')
local text = table.concat(kit.lines(), '\n')
kit.matches(text, 'magray%-lsp')
kit.matches(text, 'picker: select')
kit.matches(text, 'lexical_index')
kit.is(not text:find('ERROR'), text)

-- Killed, the server is back, with its folders and buffers; pending requests are told.
client = vim.lsp.get_clients({ name = 'magray' })[1]
local pid = kit.is(
  tonumber(vim.fn.system({ 'pgrep', '-P', tostring(vim.uv.os_getpid()), '-f', 'magray-lsp' })),
  'its id'
)
vim.uv.kill(pid, 'sigkill')
kit.wait(function()
  local now = vim.lsp.get_clients({ name = 'magray' })[1]
  return now and now.id ~= client.id
end, 'another server')
kit.equal(#vim.lsp.get_clients({ name = 'magray' })[1].workspace_folders, 2)
kit.ready()
kit.wait(found_note, 'the note after the restart')
for _, one in ipairs(kit.said) do
  kit.is(one.level < vim.log.levels.ERROR, one.text)
end
vim.cmd('silent! %bwipeout!')
