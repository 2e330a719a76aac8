--- Records as buffers: `magray:/records/n17.md` reads, edits and saves a record.

local M = {}

local WRITE_MS = 15000
local MOST = 1000 -- records in a list

---@param name string
---@return string?
function M.id_of(name)
  return name:match('^magray:/records/(n%d+)%.md$')
end

---@param id string
---@return string
function M.uri_of(id)
  return ('magray:/records/%s.md'):format(id)
end

local function say(text, level)
  require('magray.server').say(text, level)
end

---Put a record into its buffer. What it reads for the first time cannot be undone; what was typed before can.
---@param bufnr integer
---@param record magray.Record
local function fill(bufnr, record)
  local lines = vim.split(record.text, '\n')
  vim.bo[bufnr].modifiable = true
  if not vim.b[bufnr].magray then
    local before = vim.bo[bufnr].undolevels
    vim.bo[bufnr].undolevels = -1
    vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
    vim.bo[bufnr].undolevels = before
  elseif not vim.deep_equal(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), lines) then
    vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  end
  vim.bo[bufnr].modified = false
  vim.b[bufnr].magray = {
    id = record.id,
    version = record.version,
    layer = record.layer,
    title = record.title,
    citation = record.citation,
    pinned = record.pinned,
  }
end

---Read a record into the buffer that is named after it.
---@param bufnr integer
function M.read(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  vim.bo[bufnr].buftype = 'acwrite'
  vim.bo[bufnr].swapfile = false
  if not M.id_of(name) then
    say(name .. ' is no record', vim.log.levels.ERROR)
    return
  end
  vim.bo[bufnr].modifiable = false
  local server = require('magray.server')
  server.request('magray/show', { uri = name }, function(problem, record)
    if not vim.api.nvim_buf_is_valid(bufnr) then
      return
    end
    if problem then
      return say(problem, vim.log.levels.ERROR)
    end
    fill(bufnr, record)
    vim.bo[bufnr].filetype = 'markdown'
    local client = server.client()
    if client then
      vim.lsp.buf_attach_client(bufnr, client.id)
    end
    local line, window = vim.b[bufnr].magray_line, vim.fn.bufwinid(bufnr)
    if line and window ~= -1 then
      require('magray.hits').go_to(window, line)
      vim.b[bufnr].magray_line = nil
    end
  end)
end

---Say why a record was not saved. The buffer stays modified, which tells `:wq` and scripts.
---@param bufnr integer
---@param problem string
---@param err? table
local function refused(bufnr, problem, err)
  local code = type(err) == 'table' and type(err.data) == 'table' and err.data.code
  if code == 'record_changed' then
    local id = vim.b[bufnr].magray.id
    problem = ('%s was changed elsewhere, nothing was written (`:e!` takes the other text, `:w!` keeps yours)'):format(
      id
    )
  end
  -- Within the autocommand Neovim would put its own words before it.
  vim.schedule(function()
    say(problem, vim.log.levels.ERROR)
  end)
end

---Save a buffer as its record. Waits for the answer, so that `:wq` does not lose what was refused.
---@param bufnr integer
function M.write(bufnr)
  local known = vim.b[bufnr].magray
  if not known then
    return refused(bufnr, 'the record was not read; nothing was written')
  end
  local text = table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), '\n')
  local params = { id = known.id, text = text, version = vim.v.cmdbang == 0 and known.version or nil }
  local done = false
  require('magray.server').request('magray/edit', params, function(problem, record, err)
    done = true
    if problem then
      return refused(bufnr, problem, err)
    end
    fill(bufnr, record)
    say(record.id .. ' is saved')
  end)
  if not vim.wait(WRITE_MS, function()
    return done
  end, 5) then
    refused(bufnr, 'the server did not answer; nothing is known to be written')
  end
end

---Refuse to save a part of a record.
function M.write_part()
  refused(0, 'a record is saved whole, with `:w`; nothing was written')
end

---Records changed somewhere: buffers that show one follow, unless they were edited.
function M.changed()
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local known = vim.api.nvim_buf_is_loaded(bufnr) and vim.b[bufnr].magray
    if known and not vim.bo[bufnr].modified then
      require('magray.server').request('magray/show', { id = known.id }, function(_, record)
        local still = vim.api.nvim_buf_is_loaded(bufnr) and not vim.bo[bufnr].modified
        if record and still and record.version ~= vim.b[bufnr].magray.version then
          local view = vim.fn.winsaveview()
          fill(bufnr, record)
          if vim.api.nvim_get_current_buf() == bufnr then
            vim.fn.winrestview(view)
          end
        end
      end)
    end
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'MagrayRecords', modeline = false })
end

---@param id string
function M.open(id)
  if not id:match('^n%d+$') then
    return say('which record? Name its id, as n17', vim.log.levels.WARN)
  end
  vim.cmd("normal! m'")
  vim.cmd.edit(vim.fn.fnameescape(M.uri_of(id)))
end

---@param record magray.Record
---@return string
function M.label(record)
  local parts = { record.pinned and '★' or ' ', record.id, '[' .. record.layer .. ']' }
  local text = record.title or record.text
  parts[#parts + 1] = vim.trim((text:match('[^\n]*%S[^\n]*') or ''):gsub('%s+', ' '))
  for _, tag in ipairs(record.tags) do
    parts[#parts + 1] = '#' .. tag
  end
  if record.citation == 'changed' or record.citation == 'gone' then
    parts[#parts + 1] = '(source ' .. record.citation .. ')'
  end
  return table.concat(parts, ' ')
end

---@param records magray.Record[]
---@param prompt string
---@param act fun(record: magray.Record)
local function choose_of(records, prompt, act)
  local options = require('magray.picker.select').options(prompt, 'magray-records', M.label)
  vim.ui.select(records, options, function(record)
    if record then
      act(record)
    end
  end)
end

---Open one of these records; the only one at once.
---@param ids string[]
function M.choose(ids)
  if #ids == 1 then
    return M.open(ids[1])
  end
  local records, waiting = {}, #ids
  for index, id in ipairs(ids) do
    require('magray.server').request('magray/show', { id = id }, function(_, record)
      records[index] = record
      waiting = waiting - 1
      if waiting == 0 then
        local found = {}
        for place = 1, #ids do
          found[#found + 1] = records[place]
        end
        if #found == 0 then
          return say('these records are gone', vim.log.levels.WARN)
        end
        choose_of(found, 'Memories about these lines', function(chosen)
          M.open(chosen.id)
        end)
      end
    end)
  end
end

---@param filters { tag?: string[], layer?: string }
---@return string
local function none(filters)
  local asked = vim.tbl_map(function(tag)
    return '#' .. tag
  end, filters.tag or {})
  asked[#asked + 1] = filters.layer and 'layer:' .. filters.layer
  if #asked == 0 then
    return 'nothing was remembered yet (try: `:Magray remember`)'
  end
  return ('no record has %s (try: `:Magray records`, which lists all)'):format(table.concat(asked, ' '))
end

---List records; `filters`: `layer`, `tag`, `project`, `limit`, as `magray list` takes them.
---@param filters table
function M.list(filters)
  local params = vim.tbl_extend('keep', filters, { limit = MOST })
  require('magray.server').request('magray/list', params, function(problem, page)
    if problem then
      return say(problem, vim.log.levels.ERROR)
    end
    if #page.records == 0 then
      return say(none(filters))
    end
    local prompt = page.next and ('Records, the %d that changed last'):format(#page.records) or 'Records'
    choose_of(page.records, prompt, function(record)
      M.open(record.id)
    end)
  end)
end

---The ids that are given, else that of this buffer.
---@param ids string[]
---@return string[]
local function named(ids)
  if #ids > 0 then
    return ids
  end
  local id = M.id_of(vim.api.nvim_buf_get_name(0))
  return id and { id } or {}
end

---Do something with records by their ids, or with that of the current buffer.
---@param method magray.Method
---@param ids string[]
---@param done string What is said of them.
---@param more? table
function M.act(method, ids, done, more)
  ids = named(ids)
  if #ids == 0 then
    return say('which record? Name its id, as n17', vim.log.levels.WARN)
  end
  local params = vim.tbl_extend('force', { ids = ids }, more or {})
  require('magray.server').request(method, params, function(problem)
    if problem then
      return say(problem, vim.log.levels.ERROR)
    end
    say(('%s %s'):format(table.concat(ids, ', '), done))
  end)
end

return M
