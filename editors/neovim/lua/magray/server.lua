--- The language server: where it is, which folders it has, and requests to it.

local M = {}

local NAME = 'magray'
local DEATHS = 3
local DEATHS_WITHIN_MS = 180000
local RESTART_MS = 1000

---@alias magray.Callback fun(problem: string?, result: any, error: table?)

local state = {
  starting = false,
  failed = nil, ---@type string? why it is not started again
  deaths = {}, ---@type integer[]
  buffers = {}, ---@type table<integer, true>
  folders = {}, ---@type lsp.WorkspaceFolder[]
  late = {}, ---@type lsp.WorkspaceFolder[] opened before the server was ready
  waiting = {}, ---@type fun(problem: string?, client: vim.lsp.Client?)[]
  pending = {}, ---@type table<table, magray.Callback>
  partial = {}, ---@type table<string, fun(answer: table)>
  tokens = 0,
}

local function say(text, level)
  vim.notify('magray: ' .. require('magray.hints').in_editor(text), level or vim.log.levels.INFO)
end

M.say = say

---The command line of the server, or why there is none.
---@return string[]?, string?
function M.command()
  local given = require('magray.config').get().cmd
  if given then
    if vim.fn.executable(given[1]) == 1 then
      return given
    end
    return nil, ('%s cannot be run (vim.g.magray.cmd).'):format(given[1])
  end
  local windows = vim.fn.has('win32') == 1
  local places = {}
  local environment = vim.env.VIRTUAL_ENV
  if environment then
    places[#places + 1] = vim.fs.joinpath(environment, windows and 'Scripts' or 'bin', 'magray-lsp')
  end
  places[#places + 1] = 'magray-lsp'
  places[#places + 1] = vim.fs.joinpath(vim.env.HOME or vim.uv.os_homedir() or '', '.local/bin/magray-lsp')
  for _, place in ipairs(places) do
    local found = vim.fn.exepath(place)
    if found ~= '' then
      return { found, '--stdio' }
    end
  end
  return nil,
    'magray-lsp was not found. Install it with `uv tool install "magray[cpu]"`, or set vim.g.magray.cmd.'
end

---@param path string
---@param folder string
local function below(path, folder)
  return path == folder or vim.startswith(path, folder:gsub('/$', '') .. '/')
end

local function is_too_wide(folder)
  local home = vim.uv.os_homedir()
  return folder == vim.fs.dirname(folder) or (home ~= nil and folder == vim.fs.normalize(home))
end

local function is_marker(name)
  return name == '.magray.toml' or name == '.obsidian' or name == '.git'
end

---The folder to open for a file: a marked one, one of `folders`, or the current one with plain notes.
---@param path string
---@return string?
function M.folder_of(path)
  path = vim.fs.normalize(path)
  local marked = vim.fs.root(path, is_marker)
  if marked and not is_too_wide(marked) then
    return marked
  end
  for _, folder in ipairs(require('magray.config').get().folders) do
    folder = vim.fs.normalize(vim.fn.fnamemodify(folder, ':p')):gsub('/$', '')
    if below(path, folder) then
      return folder
    end
  end
  local current = vim.fs.normalize(vim.fn.getcwd())
  if below(path, current) and not is_too_wide(current) then
    return current
  end
end

---@param bufnr integer
---@param on_dir fun(root: string)
function M.root_dir(bufnr, on_dir)
  if state.failed then
    return
  end
  local path = vim.api.nvim_buf_get_name(bufnr)
  if path == '' or path:match('^%a[%w+.-]+:') then
    return
  end
  local folder = M.folder_of(path)
  if not folder then
    return
  end
  local _, problem = M.command()
  if problem then
    vim.notify_once('magray: ' .. problem, vim.log.levels.WARN)
    return
  end
  on_dir(folder)
end

---Whether a running client serves this configuration too; it then gets the folder.
---@param client vim.lsp.Client
---@param config vim.lsp.ClientConfig
---@return boolean
function M.reuse(client, config)
  if client.name ~= NAME or client:is_stopped() then
    return false
  end
  if config.root_dir then
    M.add_folder(client, config.root_dir)
  end
  return true
end

---@param client vim.lsp.Client
---@param path string
function M.add_folder(client, path)
  local uri = vim.uri_from_fname(path)
  local folders = client.workspace_folders or {}
  for _, folder in ipairs(folders) do
    if folder.uri == uri then
      return
    end
  end
  local added = { uri = uri, name = path }
  client.workspace_folders = vim.list_extend(vim.deepcopy(folders), { added })
  state.folders = client.workspace_folders
  if client.initialized then
    client:notify('workspace/didChangeWorkspaceFolders', { event = { added = { added }, removed = {} } })
  else
    table.insert(state.late, added)
  end
end

---Start the process. Its end is told once, and in words.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@return vim.lsp.rpc.PublicClient
function M.spawn(dispatchers)
  local command, problem = M.command()
  if not command then
    error(problem, 0)
  end
  state.starting = true
  local on_exit = dispatchers.on_exit
  local own = vim.tbl_extend('force', dispatchers, {
    on_exit = function(code, signal)
      vim.schedule(function()
        M.exited(code, signal)
      end)
      on_exit(0, 0)
    end,
  })
  local started, client = pcall(vim.lsp.rpc.start, command, own)
  if not started then
    state.starting = false
    error(client, 0)
  end
  return client
end

---@param client vim.lsp.Client
function M.initialized(client)
  state.starting = false
  state.folders = client.workspace_folders or {}
  if #state.late > 0 then
    client:notify('workspace/didChangeWorkspaceFolders', { event = { added = state.late, removed = {} } })
    state.late = {}
  end
  local waiting = state.waiting
  state.waiting = {}
  vim.schedule(function()
    for _, callback in ipairs(waiting) do
      callback(nil, client)
    end
  end)
end

---@param bufnr integer
function M.attached(bufnr)
  state.buffers[bufnr] = true
  if require('magray.config').get().citations then
    require('magray.citations').follow(bufnr)
  end
end

local function fail_all(problem)
  local waiting, pending = state.waiting, state.pending
  state.waiting, state.pending, state.partial = {}, {}, {}
  for _, callback in ipairs(waiting) do
    callback(problem)
  end
  for _, callback in pairs(pending) do
    callback(problem)
  end
end

---The process has ended: start it again, unless it keeps dying.
---@param code integer
---@param signal integer
function M.exited(code, signal)
  state.starting = false
  require('magray.status').changed(nil)
  local leaving = vim.v.exiting ~= vim.NIL
  local died = (code ~= 0 or (signal ~= 0 and signal ~= 15)) and not leaving
  fail_all(died and 'the server ended; try again' or 'the server was stopped')
  if not died then
    return
  end
  local now = vim.uv.now()
  state.deaths = vim.tbl_filter(function(time)
    return now - time < DEATHS_WITHIN_MS
  end, state.deaths)
  table.insert(state.deaths, now)
  if #state.deaths >= DEATHS then
    state.failed = ('the server ended %d times (exit code %d, signal %d) and is not started again.'):format(
      #state.deaths,
      code,
      signal
    )
    say(state.failed .. ' `:Magray log` shows why, `:Magray restart` starts it.', vim.log.levels.ERROR)
    return
  end
  vim.defer_fn(function()
    if not state.starting and not M.client() and not state.failed then
      M.start()
    end
  end, RESTART_MS)
end

---The running client.
---@return vim.lsp.Client?
function M.client()
  for _, client in ipairs(vim.lsp.get_clients({ name = NAME })) do
    if not client:is_stopped() then
      return client
    end
  end
end

local function attach_all(client)
  for bufnr in pairs(state.buffers) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      vim.lsp.buf_attach_client(bufnr, client.id)
    else
      state.buffers[bufnr] = nil
    end
  end
end

---Start the server for the folders it had, else for that of the current file or the current folder.
---@return string? problem
function M.start()
  local _, problem = M.command()
  if problem then
    return problem
  end
  local config = vim.deepcopy(vim.lsp.config[NAME])
  config.workspace_required = false
  config.root_dir = nil
  if #state.folders > 0 then
    config.workspace_folders = state.folders
  else
    local name = vim.api.nvim_buf_get_name(0)
    local file = (name ~= '' and not name:match('^%a[%w+.-]+:')) and name or nil
    local current = vim.fs.normalize(vim.fn.getcwd())
    config.root_dir = (file and M.folder_of(file)) or M.folder_of(vim.fs.joinpath(current, 'x'))
  end
  table.insert(state.waiting, function(_, client)
    if client then
      attach_all(client)
    end
  end)
  local started, id = pcall(vim.lsp.start, config, { attach = false, silent = true })
  if not started or not id then
    state.starting = false
    table.remove(state.waiting)
    return 'the server could not be started: ' .. tostring(started and 'see `:Magray log`' or id)
  end
end

---Stop the server and start it again, also after it was given up.
function M.restart()
  state.failed, state.deaths = nil, {}
  local client = M.client()
  if not client then
    local problem = M.start()
    if problem then
      say(problem, vim.log.levels.ERROR)
    end
    return
  end
  client:stop()
  local timer = assert(vim.uv.new_timer())
  local waited = 0
  timer:start(50, 50, function()
    vim.schedule(function()
      waited = waited + 50
      if timer:is_closing() then
        return
      end
      if waited == 3000 then
        client:stop(true)
      end
      if client.rpc.is_closing() and not vim.lsp.get_client_by_id(client.id) then
        timer:close()
        M.start()
      end
    end)
  end)
end

---Call back with a client that is ready, which is started where there is none.
---@param callback fun(problem: string?, client: vim.lsp.Client?)
function M.with_client(callback)
  local client = M.client()
  if client then
    return callback(nil, client)
  end
  if state.failed then
    return callback(state.failed .. ' `:Magray restart` starts it.')
  end
  if not state.starting then
    local problem = M.start()
    if problem then
      return callback(problem)
    end
  end
  table.insert(state.waiting, callback)
end

---@param err lsp.ResponseError
---@param method string
---@return string
local function problem_of(err, method)
  if err.code == vim.lsp.protocol.ErrorCodes.MethodNotFound then
    return ('this magray-lsp knows no %s (try: update it, `uv tool upgrade magray`, then `:Magray restart`)'):format(
      method
    )
  end
  return err.message or tostring(err)
end

---The folder of the current file among those that the server has; for requests about one of them.
---@return string?
function M.folder_here()
  local client, name = M.client(), vim.api.nvim_buf_get_name(0)
  if not client or name == '' then
    return
  end
  local path, found = vim.fs.normalize(name), nil
  for _, folder in ipairs(client.workspace_folders or {}) do
    local root = vim.fs.normalize(vim.uri_to_fname(folder.uri))
    if below(path, root) and #root > #(found or '') then
      found = root
    end
  end
  return found
end

---Send a request; returns what cancels it. Nothing is called back after that.
---@param method magray.Method|string
---@param params table
---@param callback magray.Callback
---@param on_partial? fun(answer: table) gets results that are sent ahead
---@return fun() cancel
function M.request(method, params, callback, on_partial)
  local entry = {}
  local client, id, token ---@type vim.lsp.Client?, integer?, string?
  local function finish(...)
    if state.pending[entry] then
      state.pending[entry] = nil
      if token then
        state.partial[token] = nil
      end
      callback(...)
    end
  end
  state.pending[entry] = callback
  if on_partial then
    state.tokens = state.tokens + 1
    token = ('magray-%d'):format(state.tokens)
    state.partial[token] = on_partial
    params = vim.tbl_extend('force', params, { partialResultToken = token })
  end
  M.with_client(function(problem, found)
    if not state.pending[entry] then
      return
    end
    if not found then
      return finish(problem)
    end
    client = found
    local sent
    sent, id = found:request(method, params, function(err, result)
      finish(err and problem_of(err, method) or nil, result, err)
    end)
    if not sent then
      finish('the server does not answer')
    end
  end)
  return function()
    if state.pending[entry] then
      state.pending[entry] = nil
      if token then
        state.partial[token] = nil
      end
      if client and id then
        client:cancel_request(id)
      end
    end
  end
end

---Run one of the server's commands.
---@param id magray.ServerCommand|string
---@param argument table
---@param callback magray.Callback
function M.execute(id, argument, callback)
  return M.request('workspace/executeCommand', { command = id, arguments = { argument } }, callback)
end

---@param err any
---@param params { token: any, value: any }
---@param context lsp.HandlerContext
function M.progress(err, params, context)
  local on_partial = params and state.partial[params.token]
  if on_partial then
    on_partial(params.value)
  else
    vim.lsp.handlers['$/progress'](err, params, context)
  end
end

return M
