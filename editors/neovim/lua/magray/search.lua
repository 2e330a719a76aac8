--- Questions and their answers: search, recall, what is similar to a place.

local M = {}

local titles = { ['magray/search'] = 'Search memory', ['magray/recall'] = 'Recall' }

---@param answer magray.SearchAnswer
---@return integer
local function level_of(answer)
  return answer.degraded and vim.log.levels.WARN or vim.log.levels.INFO
end

---@param title string
---@param options? { quickfix?: boolean }
---@return magray.Callback
local function show(title, options)
  return function(problem, answer)
    if problem then
      return require('magray.server').say(problem, vim.log.levels.ERROR)
    end
    local notices = require('magray.notices')
    if #answer.hits == 0 then
      return require('magray.server').say(notices.nothing(answer), level_of(answer))
    end
    local hits = require('magray.hits')
    local items, notice = hits.items(answer), notices.line(answer)
    if not (options and options.quickfix) then
      return require('magray.picker').pick(items, { title = title, notice = notice })
    end
    hits.to_quickfix(items, title)
    if notice then
      notices.tell(notice, level_of(answer))
    end
  end
end

---Asks the server for hits as you type.
---@param method magray.Method
---@return magray.Live
function M.live(method)
  local config = require('magray.config').get()
  local server = require('magray.server')
  return require('magray.live').new(function(query, on_answer)
    return server.request(method, { query = query, k = config.k }, function(problem, answer)
      on_answer(problem, answer, true)
    end, function(answer)
      on_answer(nil, answer, false)
    end)
  end, config.debounce)
end

---@param method magray.Method
---@param query? string Without one, a picker searches as you type.
---@param options? { quickfix?: boolean }
function M.search(method, query, options)
  local title = titles[method]
  if not query or query == '' then
    return require('magray.picker').live(M.live(method), { title = title })
  end
  local k = require('magray.config').get().k
  require('magray.server').request(
    method,
    { query = query, k = k },
    show(('%s: %s'):format(title, query), options)
  )
end

---Passages like a place; of the cursor where none is given.
---@param place? { uri: string, line: integer }
---@param options? { quickfix?: boolean }
function M.related(place, options)
  place = place or { uri = vim.uri_from_bufnr(0), line = vim.api.nvim_win_get_cursor(0)[1] }
  local params = { uri = place.uri, line = place.line, k = require('magray.config').get().k }
  local name = vim.fs.basename(vim.uri_to_fname(place.uri))
  require('magray.server').request(
    'magray/related',
    params,
    show(('Similar to %s:%d'):format(name, place.line), options)
  )
end

return M
