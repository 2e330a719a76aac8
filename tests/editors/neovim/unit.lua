-- Modules that need no server.

package.path = vim.env.MAGRAY_TEST_KIT .. '/?.lua;' .. package.path
local kit = require('kit')
local hits = require('magray.hits')

local function hit(more)
  return vim.tbl_extend('force', {
    rank = 1,
    vault = 'workspace',
    root = '/p',
    id = 'w1.1',
    path = 'src/app.py',
    snippet_line = 10,
    start_line = 8,
    end_line = 42,
    symbol = 'App.run',
    kind = 'code',
    layer = 'assets',
    tags = {},
    snippet = '\n    def run(self):\n        pass',
    freshness = 'fresh',
    location = { uri = 'file:///p/src/app.py', range = { start = { line = 9, character = 0 } } },
  }, more or {})
end
local record = hit({
  vault = 'notebook',
  id = 'n7',
  kind = 'note',
  title = 'Порты',
  layer = 'insights',
  snippet = 'The port\nis 8080.',
  citation = 'changed',
  location = { uri = 'magray:/records/n7.md', range = { start = { line = 0, character = 0 } } },
})
record.path, record.root, record.symbol = nil, nil, nil

-- Labels tell code, notes and records apart.
kit.equal(hits.label(hit()), '· src/app.py:10 ‹App.run› def run(self):')
kit.equal(hits.label(hit({ kind = 'doc', freshness = 'stale' })):sub(1, 2), '¶')
kit.equal(hits.label(record), '● n7 Порты [insights] (source changed) The port')
kit.equal(hits.sort_of(record), 'record')
kit.equal(hits.label(hit({ snippet = '' })), '· src/app.py:10 ‹App.run› ')

-- Items keep the order of the ranking, also of one file.
local items = hits.items({ hits = { hit(), record, hit({ rank = 3, snippet_line = 2 }) } })
kit.equal(#items, 3)
kit.equal(items[1].filename, '/p/src/app.py')
kit.equal({ items[1].lnum, items[1].col }, { 10, 1 })
kit.equal(items[2].filename, 'magray:/records/n7.md')
hits.to_quickfix(items, 'Search: x')
local names = vim.tbl_map(function(entry)
  return vim.fn.fnamemodify(vim.api.nvim_buf_get_name(entry.bufnr), ':t')
end, vim.fn.getqflist())
kit.equal(names, { 'app.py', 'n7.md', 'app.py' })
kit.equal(vim.fn.getqflist({ title = 0 }).title, 'Search: x')
vim.cmd.cclose()
hits.to_quickfix({}, 'nothing')
kit.told('nothing was found')
hits.open({ hit = { id = 'n9' }, lnum = 1, col = 1 })
kit.told('n9 cannot be opened')

-- A hit whose file is gone is previewed from its snippet.
local lines, line = hits.preview(items[1], 10)
kit.equal({ lines[2], line }, { '    def run(self):', 1 })

-- Words of `:Magray remember`.
local parse = require('magray.remember').parse
kit.equal(parse('Why we retry #billing #ops/pay layer:assets'), {
  text = 'Why we retry',
  tags = { 'billing', 'ops/pay' },
  layer = 'assets',
})
kit.equal(parse('Порты #сеть C# #'), { text = 'Порты C# #', tags = { 'сеть' } })
kit.equal(parse(''), { text = '', tags = {} })

-- Stale citations.
local stale = require('magray.citations').stale
kit.equal(
  stale({
    {
      range = { start = { line = 3 } },
      command = { arguments = { { ids = { 'n1', 'n2' }, changed = { 'n2' } } } },
    },
    { range = { start = { line = 5 } }, command = { arguments = { { ids = { 'n3' }, changed = {} } } } },
    { range = { start = { line = 7 } } },
    { range = { start = { line = 8 } }, command = { title = 'x' } },
  }),
  { [3] = { 'n2' } }
)

-- Status.
local status = require('magray.status')
kit.equal(status.text(nil), '')
kit.equal(status.text({ state = 'ready' }), 'magray ✓')
kit.equal(status.text({ state = 'indexing', progress = { done = 30, total = 90 } }), 'magray 33%')
kit.equal(status.text({ state = 'indexing', progress = { done = 3 } }), 'magray …')
kit.equal(require('magray').statusline(), '')

-- Configuration: what does not fit is named, and the default stays.
local config = require('magray.config')
vim.g.magray = { k = 'many', related = { width = 30 }, colour = true }
kit.equal(config.get().k, 20)
kit.equal(config.get().related, { width = 30, k = 8, debounce = 250 })
kit.equal(config.problems(vim.g.magray), {
  'vim.g.magray.colour: there is no such option.',
  'vim.g.magray.k must be a number.',
})
vim.g.magray = 'nonsense'
kit.equal(config.get().picker, 'auto')
require('magray').setup({ pciker = 'select' })
kit.told('pciker')
vim.g.magray = nil

-- Completion.
local complete = require('magray.command').complete
kit.is(vim.tbl_contains(complete('', 'Magray ', 7), 'search'))
kit.equal(
  complete('re', 'Magray re', 9),
  { 'recall', 'records', 'related', 'remember', 'restart', 'restore' }
)
kit.equal(complete('layer:in', "'<,'>Magray remember layer:in", 29), { 'layer:interact', 'layer:insights' })
kit.equal(complete('x', 'Magray search x', 15), {})
for typed, wanted in pairs({
  ['Mag sea'] = { 'search' },
  ["'<,'>Mag rem"] = { 'remember' },
  ['silent Magray! he'] = { 'health' },
  ['/def/,$Magray simi'] = { 'similar' },
  ['Magray records #a layer:as'] = { 'layer:assets' },
  ["'<,'>Mag remember A title layer:ins"] = { 'layer:insights' },
}) do
  kit.equal(vim.fn.getcompletion(typed, 'cmdline'), wanted, typed)
end
for name, command in pairs(require('magray.command').commands()) do
  kit.is(#command.about > 0 and type(command.run) == 'function', name)
end
vim.cmd('Magray nonsense')
kit.told('there is no :Magray nonsense')

-- Live search: the first key asks at once, later ones after the pause; what is replaced is cancelled.
local asked, cancelled, answers = {}, {}, {}
local function new(pause)
  asked, cancelled, answers = {}, {}, {}
  return require('magray.live').new(function(query, on_answer)
    table.insert(asked, { query = query, answer = on_answer })
    return function()
      table.insert(cancelled, query)
    end
  end, pause)
end
local function keep(_, answer, final)
  table.insert(answers, { answer.query, final })
end
local live = new(20)
live:ask('r', keep)
kit.equal(#asked, 1, 'at once')
live:ask('re', keep)
live:ask('ret', keep)
kit.equal({ #asked, cancelled }, { 1, { 'r' } })
kit.wait(function()
  return #asked == 2
end)
kit.equal(asked[2].query, 'ret')
asked[1].answer(nil, { query = 'r' }, true)
asked[2].answer(nil, { query = 'ret' }, false)
asked[2].answer(nil, { query = 'ret' }, true)
kit.equal(answers, { { 'ret', false }, { 'ret', true } })
live:ask('  ', keep)
kit.equal(answers[3], { '', true })
live:ask('x', keep)
live:stop()
vim.wait(60)
kit.equal(#asked, 2, 'stopped')

-- Folders.
local server = require('magray.server')
local place = vim.uv.fs_realpath(vim.fn.tempname():match('(.*)/'))
vim.fn.mkdir(place .. '/vault/.obsidian', 'p')
vim.fn.mkdir(place .. '/vault/deep/er', 'p')
vim.fn.mkdir(place .. '/plain/sub', 'p')
kit.equal(server.folder_of(place .. '/vault/deep/er/note.md'), place .. '/vault')
kit.equal(server.folder_of(place .. '/plain/sub/note.md'), nil)
vim.g.magray = { folders = { place .. '/plain/' } }
kit.equal(server.folder_of(place .. '/plain/sub/note.md'), place .. '/plain')
kit.equal(server.folder_of(place .. '/plainer/note.md'), nil)
vim.g.magray = nil
vim.cmd.cd(place .. '/plain')
kit.equal(server.folder_of(place .. '/plain/sub/note.md'), place .. '/plain')
vim.env.HOME = place .. '/plain'
kit.equal(server.folder_of(place .. '/plain/sub/note.md'), nil, 'the home folder')

-- Records.
local records = require('magray.records')
kit.equal(records.id_of(records.uri_of('n17')), 'n17')
kit.equal(records.id_of('/tmp/n17.md'), nil)
kit.equal(
  records.label({
    id = 'n1',
    layer = 'assets',
    pinned = true,
    text = '\n\n  A  text\nmore',
    tags = { 'a', 'b' },
  }),
  '★ n1 [assets] A text #a #b'
)

-- Hints name what can be typed here.
local in_editor = require('magray.hints').in_editor
kit.equal(
  in_editor('x (try: the command magray.server.index in notes, or the command magray.server.backup)'),
  'x (try: `:Magray index` in notes, or `:Magray backup`)'
)
kit.equal(
  in_editor('the command magray.server.optimize may help'),
  '`magray optimize` in a terminal may help'
)
kit.equal(in_editor('try: the command magray.server.trash restore n7)'), 'try: `:Magray restore n7`)')
kit.equal(in_editor('(try: the command magray.server.list)'), '(try: `:Magray records`)')
kit.equal(in_editor('the command magray.server.restore'), '`magray restore` in a terminal', 'not the trash')
local types = table.concat(vim.fn.readfile(vim.env.MAGRAY_TEST_PLUGIN .. '/lua/magray/types.lua'), '\n')
local methods = 0
for id in types:gmatch("| 'magray/(%a+)'") do
  methods = methods + 1
  local hint = in_editor('the command magray.server.' .. id)
  local name = hint:match('^`:Magray (%a+)`$')
  kit.is(name and require('magray.command').commands()[name] or hint:match('in a terminal$'), hint)
end
kit.is(methods > 20, 'the methods')
server.say('no index: the command magray.server.index')
kit.told('no index: `:Magray index`')

-- Reports.
local why = require('magray.report').why({
  files = {
    {
      path = 'a.log',
      state = 'left_out',
      reason = 'ignored',
      source = '.gitignore:1',
      pattern = '*.log',
      passages = 0,
      left_out = {},
    },
  },
})
kit.equal(why, { 'a.log: left out, ignored', '    by .gitignore:1: *.log' })

-- What an answer lacks, in order; a hint names what can be typed here.
local notices = require('magray.notices')
local answer = {
  query = 'x',
  hits = {},
  unmatched = { { filter = 'tag', value = 'a', message = 'tag a: none' } },
  unreadable = { '/p: it is gone (try: the command magray.server.index)' },
  degraded = 'by words only',
}
kit.equal(
  notices.nothing(answer),
  'nothing was found; tag a: none; /p: it is gone (try: `:Magray index`); by words only'
)
kit.equal(notices.line({ query = 'x', hits = { 1 } }), nil)
kit.equal(notices.live(nil, { query = 'x', hits = {} }), 'nothing was found')
kit.equal(notices.live(nil, { query = '', hits = {} }), nil)
kit.equal(notices.live('no such time', nil), 'no such time')
kit.equal(notices.shortened('коротко', 7), 'коротко')
kit.equal(notices.shortened('коротко', 6), 'корот…')
kit.equal(notices.shortened('日本語の検索', 6), '日本…')
kit.equal(notices.wrapped('one two  three', 8), { 'one two', 'three' })
kit.said = {}
notices.tell(('слово '):rep(200), vim.log.levels.WARN)
kit.is(vim.fn.strdisplaywidth(kit.said[1].text) <= vim.v.echospace, 'a line of the screen')
kit.said = {}
kit.equal(
  hits.label(hit({ freshness = 'pending' })),
  '· src/app.py:10 ‹App.run› (pending) def run(self):'
)
kit.equal(hits.name(hit({ path = 'source/of/a/app.py' }), 43), 'source/of/a/app.py:10')
kit.equal(hits.name(hit({ path = 'source/of/a/app.py' }), 41), 'sou/of/a/app.py:10')
