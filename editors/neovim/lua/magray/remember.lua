--- Remember: lines of a buffer with where they stand, or a text.

local M = {}

---@class magray.Filing
---@field text string What is left of the words.
---@field tags string[]
---@field layer? string

---Read `#tag` and `layer:NAME` out of words.
---@param words string
---@return magray.Filing
function M.parse(words)
  local found = { tags = {}, text = '' }
  local rest = {}
  for word in words:gmatch('%S+') do
    local tag = word:match('^#([%w_/%-\128-\255]+)$')
    local layer = word:match('^layer:(%a+)$')
    if tag then
      table.insert(found.tags, tag)
    elseif layer then
      found.layer = layer
    else
      table.insert(rest, word)
    end
  end
  found.text = table.concat(rest, ' ')
  return found
end

local function say(text, level)
  require('magray.server').say(text, level)
end

---@param stored magray.Remembered
local function tell(stored)
  local said = {
    duplicate = ' was there already',
    restored = ' was in the trash and is back',
    updated = ' was updated',
  }
  local text = stored.record.id .. (said[stored.outcome] or ' is remembered')
  if stored.near and stored.near[1] then
    text = ('%s; %s says nearly the same'):format(text, stored.near[1].id)
  end
  say(text)
end

local function told(problem, stored)
  if problem then
    say(problem, vim.log.levels.ERROR)
  else
    tell(stored)
  end
end

---@param place { uri: string, range: lsp.Range }
---@param filing magray.Filing
local function keep(place, filing)
  local argument = {
    uri = place.uri,
    range = place.range,
    title = filing.text ~= '' and filing.text or nil,
    tags = filing.tags,
    layer = filing.layer,
  }
  require('magray.server').execute('magray.server.rememberSelection', argument, told)
end

---Ask how a selection is filed, and keep it: what the code action of the server leaves to us.
---@param place { uri: string, range: lsp.Range }
function M.selection(place)
  vim.ui.input({ prompt = 'Title, #tags, layer:NAME: ' }, function(words)
    if words then
      keep(place, M.parse(words))
    end
  end)
end

---Keep lines of the current buffer.
---@param first integer
---@param last integer
---@param words string Title, `#tags` and `layer:NAME`.
function M.lines(first, last, words)
  local bufnr = vim.api.nvim_get_current_buf()
  local name = vim.api.nvim_buf_get_name(bufnr)
  local filing = M.parse(words)
  if vim.bo[bufnr].buftype ~= '' or name == '' then
    local text = table.concat(vim.api.nvim_buf_get_lines(bufnr, first - 1, last, false), '\n')
    local title = filing.text ~= '' and filing.text or nil
    local params = { text = text, title = title, tag = filing.tags, layer = filing.layer }
    require('magray.server').request('magray/remember', params, told)
    return
  end
  local range = { start = { line = first - 1, character = 0 }, ['end'] = { line = last, character = 0 } }
  local server = require('magray.server')
  server.with_client(function(problem, client)
    if not client then
      return say(assert(problem), vim.log.levels.ERROR)
    end
    local folder = server.folder_of(name)
    if folder then
      server.add_folder(client, folder)
    end
    vim.lsp.buf_attach_client(bufnr, client.id)
    keep({ uri = vim.uri_from_bufnr(bufnr), range = range }, filing)
  end)
end

---Keep a text; without one, ask for it.
---@param words string
function M.text(words)
  local function store(given)
    local filing = M.parse(given)
    if filing.text ~= '' then
      local params = { text = filing.text, tag = filing.tags, layer = filing.layer }
      require('magray.server').request('magray/remember', params, told)
    end
  end
  if words ~= '' then
    return store(words)
  end
  vim.ui.input({ prompt = 'Remember: ' }, function(given)
    if given then
      store(given)
    end
  end)
end

return M
