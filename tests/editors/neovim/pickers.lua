-- Each picker by the interface that its plugin documents: what is handed over, in which order, and what opens.

package.path = vim.env.MAGRAY_TEST_KIT .. '/?.lua;' .. package.path
local kit = require('kit')
local file = vim.fn.tempname()
vim.fn.writefile({ 'one', 'two', 'three', 'four' }, file)

local function hit(rank, line)
  return {
    rank = rank,
    vault = 'workspace',
    id = 'w1.' .. rank,
    path = 'f',
    snippet_line = line,
    end_line = line,
    kind = 'code',
    snippet = 'line ' .. line,
    freshness = 'fresh',
    location = { uri = vim.uri_from_fname(file), range = { start = { line = line - 1, character = 0 } } },
  }
end
local answer = { query = 'q', hits = { hit(1, 3), hit(2, 1), hit(3, 4) } }
local items = require('magray.hits').items(answer)
local texts = vim.tbl_map(function(item)
  return item.text
end, items)

-- What an answer lacks, and an answer that is none at all.
local lacking = vim.tbl_extend('force', answer, {
  degraded = 'searched by words only',
  unmatched = { { filter = 'tag', value = 'x', message = 'tag x: no document has this tag' } },
})
local lacks = 'tag x: no document has this tag; searched by words only'
local failure ---@type string?
local response = answer

local queries = {}
local function live()
  queries = {}
  return require('magray.live').new(function(query, on_answer)
    table.insert(queries, query)
    vim.schedule(function()
      if failure then
        return on_answer(failure, nil, true)
      end
      on_answer(nil, response, false)
      on_answer(nil, response, true)
    end)
    return function() end
  end, 0)
end
local function use(name)
  vim.g.magray = { picker = name }
  kit.equal(require('magray.picker').chosen(), name)
end
local function at_line(line)
  kit.equal(vim.api.nvim_buf_get_name(0), vim.uv.fs_realpath(file))
  kit.equal(vim.api.nvim_win_get_cursor(0)[1], line)
  vim.cmd.enew()
end

-- Without any plugin.
vim.g.magray = nil
kit.equal(require('magray.picker').chosen(), 'select')
local offered = kit.select_with(function(item)
  return item.hit.rank == 2
end)
require('magray.picker').pick(items, { title = 'T' })
kit.equal(offered.lines, texts)
kit.equal(offered.prompt, 'T')
at_line(1)
local long = vim.deepcopy(items)
long[2].text = ('слово '):rep(100)
require('magray.picker').pick(long, { title = 'T', notice = lacks })
kit.equal(offered.prompt, ('T (%s)'):format(lacks))
kit.is(vim.fn.strdisplaywidth(offered.lines[2]) <= vim.o.columns - 6, 'a number and an item in a line')
kit.matches(offered.lines[2], '…$')
at_line(1)
vim.g.magray = { picker = 'telescope' }
kit.equal(require('magray.picker').chosen(), 'select')
kit.told('telescope is not there')

-- telescope.nvim
local telescope = {}
local replaced = {}
local function action(name)
  return {
    replace = function(_, act)
      replaced[name] = act
    end,
  }
end
package.loaded['telescope'] = telescope
package.loaded['telescope.actions'] = {
  select_default = action('default'),
  select_horizontal = action('split'),
  select_vertical = action('vsplit'),
  select_tab = action('tab'),
  close = function() end,
}
package.loaded['telescope.actions.state'] = {
  get_selected_entry = function()
    return telescope.chosen
  end,
  get_current_picker = function()
    return {
      results_border = {
        change_title = function(_, title)
          telescope.results = title
        end,
      },
    }
  end,
}
package.loaded['telescope.config'] = { values = {
  generic_sorter = function()
    return 'generic'
  end,
} }
package.loaded['telescope.sorters'] = {
  empty = function()
    return 'empty'
  end,
}
package.loaded['telescope.previewers'] = {
  new_buffer_previewer = function(given)
    return given
  end,
}
package.loaded['telescope.finders'] = {
  new_table = function(given)
    return vim.tbl_map(given.entry_maker, given.results)
  end,
}
package.loaded['telescope.pickers'] = {
  new = function(_, given)
    telescope.given = given
    return {
      find = function()
        given.attach_mappings(vim.api.nvim_create_buf(false, true))
      end,
    }
  end,
}
use('telescope')
require('magray.picker').pick(items, { title = 'T' })
kit.equal(
  vim.tbl_map(function(entry)
    return entry.display
  end, telescope.given.finder),
  texts
)
telescope.chosen = telescope.given.finder[1]
replaced.default(0)
at_line(3)
local preview = vim.api.nvim_create_buf(false, true)
telescope.given.previewer.define_preview({ state = { bufnr = preview, winid = 0 } }, telescope.chosen)
kit.equal(kit.lines(preview), { 'one', 'two', 'three', 'four' })
require('magray.picker').live(live(), { title = 'T' })
kit.equal(telescope.given.sorter, 'empty')
local found, complete = {}, 0
telescope.given.finder('retry', function(entry)
  table.insert(found, entry)
end, function()
  complete = complete + 1
end)
kit.wait(function()
  return complete == 1
end)
kit.equal(queries, { 'retry' })
kit.equal(
  vim.tbl_map(function(entry)
    return entry.lnum
  end, found),
  { 3, 1, 4 }
)
kit.equal(telescope.results, nil, 'nothing is missing')
local function typed_in_telescope(query)
  found, complete = {}, 0
  telescope.given.finder(query, function(entry)
    table.insert(found, entry)
  end, function()
    complete = complete + 1
  end)
  kit.wait(function()
    return complete == 1
  end)
end
response = lacking
typed_in_telescope('tag:x')
kit.equal({ #found, telescope.results }, { 3, lacks })
failure = 'Since x: no time'
typed_in_telescope('since:x')
kit.equal({ #found, telescope.results }, { 0, failure })
failure, response = nil, answer
typed_in_telescope('since:2w')
kit.equal({ #found, telescope.results }, { 3, 'Results' })
require('magray.picker').pick(items, { title = 'T', notice = lacks })
kit.equal(telescope.given.results_title, lacks)

-- snacks.nvim
local snacks = {}
package.loaded['snacks'] = {
  picker = {
    pick = function(given)
      snacks.given = given
    end,
  },
}
use('snacks')
require('magray.picker').pick(items, { title = 'T' })
kit.equal(#snacks.given.items, 3)
kit.equal(snacks.given.items[2].pos, { 1, 0 })
kit.equal(snacks.given.sort, { fields = { 'idx' } })
kit.equal(snacks.given.format(snacks.given.items[1]), { { texts[1] } })
local closed = 0
local picker = {
  close = function()
    closed = closed + 1
  end,
}
snacks.given.confirm(picker, snacks.given.items[3], {})
kit.equal(closed, 1)
at_line(4)
require('magray.picker').live(live(), { title = 'T' })
kit.is(snacks.given.live and snacks.given.supports_live)
-- Runs a finder as snacks does: in a coroutine, which is told that it was aborted when it is resumed for that.
local function run_finder(query)
  local run = { found = {} }
  local async = {
    on = function(_, event, act)
      kit.equal(event, 'abort')
      run.abort = act
    end,
    suspend = function()
      coroutine.yield()
    end,
    resume = function()
      coroutine.resume(run.task)
    end,
  }
  local shown = {
    update_titles = function(self)
      run.title = self.title
    end,
  }
  local finder = snacks.given.finder({}, { filter = { search = query }, async = async, picker = shown })
  run.task = coroutine.create(function()
    finder(function(entry)
      table.insert(run.found, entry)
    end)
    run.finished = true
  end)
  coroutine.resume(run.task)
  return run
end
local before = run_finder('re')
local run = run_finder('retry')
vim.schedule(before.abort)
kit.wait(function()
  return run.finished
end, 'the hits of the query that came later')
kit.equal(queries, { 'retry' })
found = run.found
kit.equal(
  vim.tbl_map(function(entry)
    return { entry.idx, entry.pos[1] }
  end, found),
  { { 1, 3 }, { 2, 1 }, { 3, 4 } }
)
kit.equal(run.title, 'T')
response = lacking
run = run_finder('tag:x')
kit.wait(function()
  return run.finished
end)
kit.equal(run.title, ('T (%s)'):format(lacks))
response, queries = answer, { 'retry' }
run_finder('of a picker that is closed').abort()
vim.wait(50)
kit.equal(queries, { 'retry' })

-- fzf-lua
local fzf = {}
package.loaded['fzf-lua'] = {
  fzf_exec = function(lines, given)
    fzf.lines, fzf.given = lines, given
  end,
  fzf_live = function(contents, given)
    fzf.contents, fzf.given = contents, given
  end,
}
use('fzf-lua')
require('magray.picker').pick(items, { title = 'T' })
kit.equal(fzf.lines[2], '2\t' .. texts[2])
kit.is(fzf.given.fzf_opts['--no-sort'])
fzf.given.actions.default({ fzf.lines[2] })
at_line(1)
kit.matches(fzf.given.preview({ fzf.lines[1] }), 'three')
fzf.given.actions['alt-q']({ fzf.lines[3], fzf.lines[1] })
kit.equal(
  vim.tbl_map(function(entry)
    return entry.lnum
  end, vim.fn.getqflist()),
  { 4, 3 }
)
vim.cmd.cclose()
vim.cmd.enew()
require('magray.picker').live(live(), { title = 'T' })
found = {}
local ended, replaced_ended = false, false
fzf.contents({ 're' })(function(line)
  replaced_ended = replaced_ended or line == nil
end)
fzf.contents({ 'retry' })(function(line)
  if line == nil then
    ended = true
  else
    table.insert(found, line)
  end
end)
kit.wait(function()
  return ended
end)
kit.equal(found[1], '1\t' .. texts[1])
kit.is(replaced_ended, 'the list of a query that was replaced ends')
kit.said, response = {}, lacking
for _ = 1, 2 do
  ended = false
  fzf.contents({ 'tag:x' })(function(line)
    ended = ended or line == nil
  end)
  kit.wait(function()
    return ended
  end)
end
kit.equal(#kit.said, 1, 'said once, not with each key')
kit.matches(kit.said[1].text, 'tag x')
kit.said, response = {}, answer
fzf.given.actions.default({ found[3] })
at_line(4)

-- mini.pick
local mini = { tick = 0 }
package.loaded['mini.pick'] = {
  start = function(given)
    mini.source = given.source
    if given.source.match then
      mini.tick = 1
      given.source.match({}, {}, { 'r', 'e' })
      given.source.match({}, {}, { 'r', 'e' })
      kit.wait(function()
        return mini.items
      end)
    end
  end,
  default_show = function(_, shown)
    mini.shown = shown
  end,
  get_querytick = function()
    return mini.tick
  end,
  is_picker_active = function()
    return true
  end,
  set_picker_items = function(set, options)
    mini.items, mini.options = set, options
  end,
  set_picker_opts = function(options)
    mini.name = options.source.name
  end,
  get_picker_state = function()
    return { windows = { target = vim.api.nvim_get_current_win() } }
  end,
}
use('mini.pick')
require('magray.picker').pick(items, { title = 'T' })
kit.equal(mini.source.items, items)
mini.source.choose(items[2])
kit.wait(function()
  return vim.api.nvim_buf_get_name(0) == vim.uv.fs_realpath(file)
end)
at_line(1)
require('magray.picker').live(live(), { title = 'T' })
kit.equal(queries, { 're' })
kit.equal(mini.options, { do_match = false, querytick = 1 })
kit.equal(mini.items[1].text, texts[1])
response, mini.items = lacking, nil
require('magray.picker').live(live(), { title = 'T' })
kit.wait(function()
  return mini.name
end)
kit.equal(mini.name, ('T (%s)'):format(lacks))
response = answer
preview = vim.api.nvim_create_buf(false, true)
mini.source.preview(preview, mini.items[1])
kit.equal(kit.lines(preview)[3], 'three')

-- Our own windows.
use('window')
local function windows()
  return vim
    .iter(vim.api.nvim_list_wins())
    :filter(function(id)
      return vim.api.nvim_win_get_config(id).relative ~= ''
    end)
    :totable()
end
require('magray.picker').pick(items, { title = 'T' })
kit.equal(#windows(), 3)
local prompt = vim.api.nvim_get_current_buf()
local function map(key)
  for _, one in ipairs(vim.api.nvim_buf_get_keymap(prompt, 'i')) do
    if one.lhs == key then
      return one.callback()
    end
  end
  error('no map ' .. key)
end
map('<C-N>')
map('<CR>')
kit.equal(#windows(), 0)
at_line(1)
require('magray.picker').live(live(), { title = 'T' })
prompt = vim.api.nvim_get_current_buf()
vim.api.nvim_buf_set_lines(prompt, 0, -1, false, { 'retry' })
vim.api.nvim_exec_autocmds('TextChangedI', { buffer = prompt })
kit.wait(function()
  for _, id in ipairs(windows()) do
    if vim.deep_equal(kit.lines(vim.api.nvim_win_get_buf(id)), texts) then
      return true
    end
  end
end, 'the hits')
map('<C-P>')
map('<C-V>')
at_line(4)
kit.equal(#windows(), 0)
require('magray.picker').live(live(), { title = 'T' })
prompt = vim.api.nvim_get_current_buf()
map('<Esc>')
kit.equal(#windows(), 0)

-- What the hits lack stands below them, in the width of the window; what there is none of, in their place.
local function list()
  local lists = vim.tbl_filter(function(id)
    local config = vim.api.nvim_win_get_config(id)
    return config.height > 1 and config.col < vim.o.columns / 3
  end, windows())
  return lists[1]
end
local function footer()
  local parts = vim.api.nvim_win_get_config(list()).footer or {}
  return table.concat(vim.tbl_map(function(part)
    return type(part) == 'table' and part[1] or part
  end, parts))
end
local function ask(query)
  vim.api.nvim_buf_set_lines(0, 0, -1, false, { query })
  vim.api.nvim_exec_autocmds('TextChangedI', { buffer = 0 })
end
response = lacking
require('magray.picker').live(live(), { title = 'T' })
prompt = vim.api.nvim_get_current_buf()
ask('tag:x')
kit.wait(function()
  return footer():find('tag x', 1, true)
end, 'what is missing')
kit.is(vim.fn.strdisplaywidth(footer()) <= vim.api.nvim_win_get_width(list()), 'it fits')
response = vim.tbl_extend('force', lacking, { hits = {} })
ask('tag:x more')
kit.wait(function()
  return table.concat(kit.lines(vim.api.nvim_win_get_buf(list())), ' ') == 'nothing was found; ' .. lacks
end, 'that nothing was found')
kit.equal(vim.trim(footer()), '')
response = answer
ask('retry')
kit.wait(function()
  return vim.deep_equal(kit.lines(vim.api.nvim_win_get_buf(list())), texts)
end, 'the hits again')
kit.equal(vim.trim(footer()), '')
ask('')
kit.wait(function()
  return vim.deep_equal(kit.lines(vim.api.nvim_win_get_buf(list())), { '' })
end, 'nothing for no words')
map('<Esc>')
kit.equal(kit.said, {}, 'no message while one types')
