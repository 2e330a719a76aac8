--- Hits as an editor shows them: a line in a list, an entry of the quickfix list, a place to open.

local M = {}

---@class magray.Item
---@field text string The line in a list.
---@field uri? string
---@field filename? string The file, or the URI of a record.
---@field lnum integer 1-based.
---@field col integer 1-based, in bytes where the encoding is utf-8.
---@field end_lnum integer
---@field hit magray.Hit

local LETTERS = 3
local icons = { code = '·', doc = '¶', record = '●' }

---@param hit magray.Hit
---@return 'code'|'doc'|'record'
function M.sort_of(hit)
  if hit.vault == 'notebook' then
    return 'record'
  end
  return hit.kind == 'code' and 'code' or 'doc'
end

---@param text string
---@return string
local function first_line(text)
  return vim.trim((text:match('[^\n]*%S[^\n]*') or ''):gsub('%s+', ' '))
end

---The line (1-based) that the snippet begins with; older servers do not say it.
---@param hit magray.Hit
---@return integer
local function line_of(hit)
  return hit.snippet_line or hit.start_line
end

---What a hit is called: its place, or its title for a record.
---@param hit magray.Hit
---@param width? integer Cells of the line; where the place would fill it, its folders are shortened.
---@return string
function M.name(hit, width)
  if hit.path then
    local place = ('%s:%d'):format(hit.path, line_of(hit))
    local fits = not width or vim.fn.strdisplaywidth(place) <= width / 2
    return fits and place or vim.fn.pathshorten(place, LETTERS)
  end
  local title = hit.title or hit.key
  return title and title ~= '' and ('%s %s'):format(hit.id, title) or hit.id
end

---One line for a list.
---@param hit magray.Hit
---@param width? integer
---@return string
function M.label(hit, width)
  local sort = M.sort_of(hit)
  local parts = { icons[sort], M.name(hit, width) }
  if hit.symbol and hit.symbol ~= '' then
    parts[#parts + 1] = '‹' .. hit.symbol .. '›'
  end
  if sort == 'record' then
    parts[#parts + 1] = '[' .. hit.layer .. ']'
    if hit.citation == 'changed' or hit.citation == 'gone' then
      parts[#parts + 1] = '(source ' .. hit.citation .. ')'
    end
  end
  if hit.freshness ~= 'fresh' then
    parts[#parts + 1] = '(' .. hit.freshness .. ')'
  end
  parts[#parts + 1] = first_line(hit.snippet)
  return table.concat(parts, ' ')
end

---@param hit magray.Hit
---@return magray.Item
function M.item(hit)
  local location = hit.location
  local uri = location and location.uri or nil
  local start = location and location.range.start or { line = math.max(0, line_of(hit) - 1), character = 0 }
  return {
    text = M.label(hit),
    uri = uri,
    filename = uri and vim.uri_to_fname(uri) or nil,
    lnum = start.line + 1,
    col = start.character + 1,
    end_lnum = math.max(start.line + 1, hit.end_line),
    hit = hit,
  }
end

---The hits in the order of their rank. `vim.lsp.util.locations_to_items` would sort them by file.
---@param answer magray.SearchAnswer
---@return magray.Item[]
function M.items(answer)
  return vim.tbl_map(M.item, answer.hits)
end

---Put items into the quickfix list, ranked as they are.
---@param items magray.Item[]
---@param title string
function M.to_quickfix(items, title)
  local entries = {}
  for _, item in ipairs(items) do
    if item.filename then
      entries[#entries + 1] = { filename = item.filename, lnum = item.lnum, col = item.col, text = item.text }
    end
  end
  vim.fn.setqflist({}, ' ', { title = title, items = entries })
  if #entries == 0 then
    require('magray.server').say('nothing was found')
    return
  end
  vim.cmd.copen()
end

local splits = { split = 'split', vsplit = 'vsplit', tab = 'tab split' }

---Open an item at its line; `how`: nothing for this window, `split`, `vsplit` or `tab`.
---@param item magray.Item
---@param how? string
function M.open(item, how)
  if not item.uri then
    return require('magray.server').say(item.hit.id .. ' cannot be opened', vim.log.levels.WARN)
  end
  vim.cmd("normal! m'")
  if splits[how or ''] then
    vim.cmd(splits[how])
  end
  local bufnr = vim.uri_to_bufnr(item.uri)
  vim.bo[bufnr].buflisted = true
  if vim.uri_to_fname(item.uri):match('^magray:') then
    vim.b[bufnr].magray_line = item.lnum
  end
  local shown, problem = pcall(vim.cmd.buffer, { bufnr })
  if not shown then
    return require('magray.server').say(tostring(problem):gsub('^.-:E', 'E'), vim.log.levels.WARN)
  end
  M.go_to(0, item.lnum, item.col)
end

---Move the cursor of a window to a line, as far as the buffer goes.
---@param window integer
---@param lnum integer
---@param col? integer
function M.go_to(window, lnum, col)
  local last = vim.api.nvim_buf_line_count(vim.api.nvim_win_get_buf(window))
  vim.api.nvim_win_set_cursor(window, { math.max(1, math.min(lnum, last)), math.max(0, (col or 1) - 1) })
  vim.api.nvim_win_call(window, function()
    vim.cmd('normal! zvzz')
  end)
end

---Text to show beside a list: the lines around the hit, and the one to mark (1-based).
---@param item magray.Item
---@param height integer
---@return string[] lines, integer line, string filetype
function M.preview(item, height)
  local hit = item.hit
  local path = item.filename
  if path and not path:match('^magray:') then
    local bufnr = vim.fn.bufnr(path)
    local lines
    if bufnr > 0 and vim.api.nvim_buf_is_loaded(bufnr) then
      lines = vim.api.nvim_buf_get_lines(bufnr, 0, item.lnum + height, false)
    else
      local read, found = pcall(vim.fn.readfile, path, '', item.lnum + height)
      lines = read and found or {}
    end
    local first = math.max(1, item.lnum - math.floor(height / 3))
    if #lines >= item.lnum then
      local kind = vim.filetype.match({ filename = path, contents = lines }) or ''
      return vim.list_slice(lines, first, first + height - 1), item.lnum - first + 1, kind
    end
  end
  return vim.split(hit.snippet, '\n'), 1, M.sort_of(hit) == 'record' and 'markdown' or ''
end

return M
