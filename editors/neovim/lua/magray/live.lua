--- Search as you type: the first key asks at once, the next ones after a pause; what is asked later replaces
--- what was asked before.

local M = {}

---@class magray.Live
---@field private _ask fun(query: string, on_answer: fun(problem: string?, answer: table?, final: boolean)): fun()
---@field private _pause integer
---@field private _cancel? fun()
---@field private _timer? uv.uv_timer_t
---@field private _asked? integer
---@field private _query? string
local Live = {}
Live.__index = Live

---@param ask fun(query: string, on_answer: fun(problem: string?, answer: table?, final: boolean)): fun()
---@param pause integer Milliseconds.
---@return magray.Live
function M.new(ask, pause)
  return setmetatable({ _ask = ask, _pause = pause }, Live)
end

---Ask for a query; `on_answer` gets partial answers and then the final one, unless another query came.
---@param query string
---@param on_answer fun(problem: string?, answer: table?, final: boolean)
function Live:ask(query, on_answer)
  self:stop()
  local text = vim.trim(query)
  self._query = text
  if text == '' then
    on_answer(nil, { query = '', hits = {} }, true)
    return
  end
  local now = vim.uv.now()
  local wait = self._asked and self._pause - (now - self._asked) or 0
  if wait <= 0 then
    self:_send(text, on_answer)
    return
  end
  local timer = assert(vim.uv.new_timer())
  self._timer = timer
  timer:start(
    wait,
    0,
    vim.schedule_wrap(function()
      if self._timer == timer then
        self:_drop_timer()
        self:_send(text, on_answer)
      end
    end)
  )
end

---@private
function Live:_send(text, on_answer)
  self._asked = vim.uv.now()
  self._cancel = self._ask(text, function(problem, answer, final)
    if self._query ~= text then
      return
    end
    if final then
      self._cancel = nil
    end
    on_answer(problem, answer, final)
  end)
end

---@private
function Live:_drop_timer()
  local timer = self._timer
  self._timer = nil
  if timer and not timer:is_closing() then
    timer:stop()
    timer:close()
  end
end

---Cancel what was asked; nothing is answered any more.
function Live:stop()
  self:_drop_timer()
  self._query = nil
  local cancel = self._cancel
  self._cancel = nil
  if cancel then
    cancel()
  end
end

return M
