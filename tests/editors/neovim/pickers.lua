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

local queries = {}
local function live()
  queries = {}
  return require('magray.live').new(function(query, on_answer)
    table.insert(queries, query)
    vim.schedule(function()
      on_answer(nil, answer, false)
      on_answer(nil, answer, true)
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
  local finder = snacks.given.finder({}, { filter = { search = query }, async = async })
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
  set_picker_items = function(given, options)
    mini.items, mini.options = given, options
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
