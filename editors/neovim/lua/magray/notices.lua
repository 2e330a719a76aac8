--- What an answer lacks, in a sentence each: filters that fit nothing, folders that could not be read, a search
--- that went by words only.

local M = {}

---@param answer magray.SearchAnswer
---@return string[]
function M.of(answer)
  local found = {}
  for _, filter in ipairs(answer.unmatched or {}) do
    found[#found + 1] = filter.message
  end
  vim.list_extend(found, answer.unreadable or {})
  found[#found + 1] = answer.degraded
  return vim.tbl_map(require('magray.hints').in_editor, found)
end

---One line to show beside hits, or nothing.
---@param answer magray.SearchAnswer
---@return string?
function M.line(answer)
  local found = M.of(answer)
  return #found > 0 and table.concat(found, '; ') or nil
end

---That there are no hits, and what else there is to say.
---@param answer magray.SearchAnswer
---@return string
function M.nothing(answer)
  local line = M.line(answer)
  return line and 'nothing was found; ' .. line or 'nothing was found'
end

---What a person who types should know: why there is no answer, what it lacks, or that there are no hits.
---@param problem string?
---@param answer magray.SearchAnswer?
---@return string?
function M.live(problem, answer)
  if problem or not answer then
    return problem and require('magray.hints').in_editor(problem)
  end
  return #answer.hits == 0 and answer.query ~= '' and M.nothing(answer) or M.line(answer)
end

---A text in so many cells of the screen.
---@param text string
---@param width integer
---@return string
function M.shortened(text, width)
  if vim.fn.strdisplaywidth(text) <= width then
    return text
  end
  local kept = vim.fn.strcharpart(text, 0, width)
  while kept ~= '' and vim.fn.strdisplaywidth(kept) >= width do
    kept = vim.fn.strcharpart(kept, 0, vim.fn.strchars(kept) - 1)
  end
  return kept .. '…'
end

---A text in lines of so many cells, broken between words.
---@param text string
---@param width integer
---@return string[]
function M.wrapped(text, width)
  local lines = {}
  for word in text:gmatch('%S+') do
    local longer = #lines > 0 and lines[#lines] .. ' ' .. word
    if longer and vim.fn.strdisplaywidth(longer) <= width then
      lines[#lines] = longer
    else
      lines[#lines + 1] = word
    end
  end
  return lines
end

---Say something in one line of the screen, which never waits for a key.
---@param text string
---@param level? integer
function M.tell(text, level)
  local line = ('magray: ' .. require('magray.hints').in_editor(text)):gsub('%s+', ' ')
  vim.notify(M.shortened(line, math.max(20, vim.v.echospace)), level or vim.log.levels.INFO)
end

return M
