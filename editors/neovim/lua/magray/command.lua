--- `:Magray`: its subcommands and their completion.

local M = {}

---@class magray.Given
---@field words string[]
---@field text string
---@field bang boolean
---@field range? { [1]: integer, [2]: integer }

local function server()
  return require('magray.server')
end

local function say(text, level)
  server().say(text, level)
end

---Send a request and show its answer, or say why there is none.
local function ask(method, params, show)
  server().request(method, params, function(problem, answer)
    if problem then
      return say(problem, vim.log.levels.ERROR)
    end
    show(answer)
  end)
end

local function files(lead)
  return vim.fn.getcompletion(lead, 'file')
end

---The path that a word means: `%` and `#` are files of the editor, nothing is a pattern.
---@param word string
---@return string
local function path_of(word)
  local name = word:match('^[%%#<]') and vim.fn.expand(word) or vim.fs.normalize(word)
  return vim.fn.fnamemodify(name, ':p')
end

---@param given magray.Given
---@return string[]
local function paths(given)
  local found = {}
  for _, word in ipairs(given.words) do
    found[#found + 1] = vim.uri_from_fname(path_of(word))
  end
  return found
end

---The log of the server, where it is known; else that of Neovim's client.
---@param home? string
---@return string
function M.log_file(home)
  home = home or vim.env.MAGRAY_HOME
  local file = home and vim.fs.joinpath(home, 'logs', 'lsp.log')
  if file and vim.uv.fs_stat(file) then
    return file
  end
  return vim.lsp.log.get_filename()
end

---The file in the current window, or nothing where it shows none, which is said.
---@return string? uri
local function current_file()
  local kind = vim.bo.buftype
  if kind ~= '' and kind ~= 'acwrite' then
    return say('this window shows no file; go to that of a file first', vim.log.levels.ERROR)
  end
  if vim.api.nvim_buf_get_name(0) == '' then
    return say('this buffer has no file yet; save it first', vim.log.levels.ERROR)
  end
  return vim.uri_from_bufnr(0)
end

local known_home

local commands = {}

commands.search = {
  about = 'find by meaning and by words; without words, as you type',
  run = function(given)
    require('magray.search').search('magray/search', given.text, { quickfix = given.bang })
  end,
}
commands.recall = {
  about = 'find what was remembered',
  run = function(given)
    require('magray.search').search('magray/recall', given.text, { quickfix = given.bang })
  end,
}
local function layers(lead)
  local found = {}
  for _, layer in ipairs({ 'interact', 'insights', 'assets' }) do
    if vim.startswith('layer:' .. layer, lead) then
      found[#found + 1] = 'layer:' .. layer
    end
  end
  return found
end

commands.remember = {
  about = 'keep the lines of the range, or a text',
  run = function(given)
    local remember = require('magray.remember')
    if given.range then
      remember.lines(given.range[1], given.range[2], given.text)
    else
      remember.text(given.text)
    end
  end,
  complete = layers,
}
commands.related = {
  about = 'open or close the window that follows the cursor',
  run = function()
    require('magray.related').toggle()
  end,
}
commands.similar = {
  about = 'find what is like the line of the cursor',
  run = function(given)
    local line = given.range and given.range[1] or vim.api.nvim_win_get_cursor(0)[1]
    local uri = current_file()
    if uri then
      require('magray.search').related({ uri = uri, line = line }, { quickfix = given.bang })
    end
  end,
}
commands.records = {
  about = 'list records and open one; words are tags, layer:NAME a layer',
  complete = layers,
  run = function(given)
    local filing = require('magray.remember').parse(given.text)
    local tags = vim.list_extend(filing.tags, vim.split(filing.text, ' ', { trimempty = true }))
    require('magray.records').list({ tag = tags, layer = filing.layer })
  end,
}
commands.open = {
  about = 'open a record by its id',
  run = function(given)
    require('magray.records').open(given.words[1] or '')
  end,
}
commands.forget = {
  about = 'move a record to the trash, from where `restore` brings it back',
  run = function(given)
    require('magray.records').act(
      'magray/forget',
      given.words,
      'is in the trash (`:Magray restore` undoes it)'
    )
  end,
}
commands.restore = {
  about = 'take a record out of the trash',
  run = function(given)
    require('magray.records').act('magray/trash', given.words, 'is back', { command = 'restore' })
  end,
}
commands.pin = {
  about = 'keep a record for good',
  run = function(given)
    require('magray.records').act('magray/pin', given.words, 'is pinned')
  end,
}
commands.unpin = {
  about = 'let a pinned record expire again',
  run = function(given)
    require('magray.records').act('magray/unpin', given.words, 'is not pinned')
  end,
}
commands.health = {
  about = 'how storage, index and model are',
  run = function()
    ask('magray/health', vim.empty_dict(), function(status)
      known_home = status.home
      local report = require('magray.report')
      report.show(report.health(status), 'magray health')
    end)
  end,
}
commands.status = {
  about = 'what the server does, in a line',
  run = function()
    local status = require('magray.status').get()
    local client = server().client()
    if not client then
      return say('the server is not running')
    end
    local text = status and status.state or 'running'
    local progress = status and status.progress
    if progress and progress.total then
      text = ('%s, %s %d of %d'):format(text, progress.phase, progress.done, progress.total)
    end
    if status and status.message then
      text = text .. ': ' .. status.message
    end
    say(text)
  end,
}
commands.index = {
  about = 'index the folders, or some paths; with !, read every file again',
  complete = files,
  run = function(given)
    local params = { force = given.bang }
    if #given.words > 0 then
      params.paths = paths(given)
    end
    ask('magray/index', params, function(report)
      say(require('magray.report').index(report))
    end)
  end,
}
commands.why = {
  about = 'whether a file is indexed, or by which rule it is not',
  complete = files,
  run = function(given)
    local asked = #given.words > 0 and paths(given) or { current_file() }
    if #asked == 0 then
      return
    end
    ask('magray/why', { paths = asked }, function(answer)
      local report = require('magray.report')
      report.show(report.why(answer), 'why')
    end)
  end,
}
commands.coverage = {
  about = 'how much of this folder is indexed, and what is left out by which rule',
  run = function(given)
    ask('magray/coverage', { rules = given.words, workspace = server().folder_here() }, function(answer)
      local report = require('magray.report')
      report.show(report.coverage(answer), 'coverage')
    end)
  end,
}
commands.backup = {
  about = 'write all records and settings into one file',
  complete = files,
  run = function(given)
    local target = given.words[1]
    local params = { output = target and path_of(target) or nil }
    ask('magray/backup', next(params) and params or vim.empty_dict(), function(answer)
      say('backed up to ' .. (answer.path or target or 'the backup folder'))
    end)
  end,
}
commands.log = {
  about = 'open the log of the server',
  run = function()
    local function open(home)
      vim.cmd.tabedit(vim.fn.fnameescape(M.log_file(home)))
    end
    if known_home or not server().client() then
      return open(known_home)
    end
    server().request('magray/health', vim.empty_dict(), function(_, status)
      known_home = status and status.home
      open(known_home)
    end)
  end,
}
commands.restart = {
  about = 'start the server again',
  run = function()
    server().restart()
  end,
}

---@return table<string, { about: string, run: fun(given: magray.Given), complete?: fun(lead: string): string[] }>
function M.commands()
  return commands
end

local function help()
  local lines = {}
  for name, command in vim.spairs(commands) do
    lines[#lines + 1] = ('%-10s %s'):format(name, command.about)
  end
  require('magray.report').show(lines, ':Magray')
end

---Run `:Magray`.
---@param given vim.api.keyset.create_user_command.command_args
function M.run(given)
  local name, text = given.args:match('^(%S*)%s*(.*)$')
  if name == '' then
    return help()
  end
  local command = commands[name]
  if not command then
    return say(('there is no :Magray %s; `:Magray` lists what there is'):format(name), vim.log.levels.ERROR)
  end
  command.run({
    text = vim.trim(text),
    words = vim.list_slice(given.fargs, 2),
    bang = given.bang,
    range = given.range > 0 and { given.line1, given.line2 } or nil,
  })
end

---The whole words of a command line after the command itself, which may be abbreviated and have a range.
---@param typed string
---@return string[]
local function words_before(typed)
  local parsed, command = pcall(vim.api.nvim_parse_cmd, typed, {})
  local words = parsed and command.args
    or vim.split(typed:match('%f[%a]%a+!?%s+(.*)$') or '', '%s+', { trimempty = true })
  if not typed:match('%s$') then
    words[#words] = nil
  end
  return words
end

---@param lead string
---@param line string
---@param position integer
---@return string[]
function M.complete(lead, line, position)
  local name = words_before(line:sub(1, position))[1]
  if name then
    local command = commands[name]
    return command and command.complete and command.complete(lead) or {}
  end
  local found = vim.tbl_filter(function(known)
    return vim.startswith(known, lead)
  end, vim.tbl_keys(commands))
  table.sort(found)
  return found
end

return M
