--- Related: a window that follows the cursor with passages like the one it stands in.

local M = {}

local space = vim.api.nvim_create_namespace('magray-related')

local state = {
  window = nil, ---@type integer?
  buffer = nil, ---@type integer?
  items = {}, ---@type magray.Item[]
  pinned = false,
  place = nil, ---@type string?
  group = nil, ---@type integer?
  live = nil, ---@type magray.Live?
}

local function is_open()
  return state.window ~= nil and vim.api.nvim_win_is_valid(state.window)
end

---@param lines string[]
---@param notice string[] What the lines lack, below them.
local function write(lines, notice)
  local bufnr = state.buffer
  if bufnr and vim.api.nvim_buf_is_valid(bufnr) then
    vim.bo[bufnr].modifiable = true
    vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.list_extend(vim.list_slice(lines), notice))
    vim.bo[bufnr].modifiable = false
    vim.api.nvim_buf_clear_namespace(bufnr, space, 0, -1)
    for row = #lines, #lines + #notice - 1 do
      vim.api.nvim_buf_set_extmark(bufnr, space, row, 0, { line_hl_group = 'Comment' })
    end
  end
end

---@param problem string?
---@param answer magray.SearchAnswer?
local function show(problem, answer)
  if not is_open() then
    return
  end
  local notices = require('magray.notices')
  local width = vim.api.nvim_win_get_width(state.window)
  state.items = answer and require('magray.hits').items(answer) or {}
  local lines = vim.tbl_map(function(item)
    return (require('magray.hits').label(item.hit, width):gsub('\n', ' '))
  end, state.items)
  if answer and #lines == 0 then
    lines = notices.wrapped('Nothing is like this place.', width)
  end
  local notice = answer and notices.line(answer) or notices.live(problem)
  write(lines, notice and notices.wrapped(notice, width) or {})
end

local function follow()
  local bufnr = vim.api.nvim_get_current_buf()
  local name = vim.api.nvim_buf_get_name(bufnr)
  if state.pinned or bufnr == state.buffer or name == '' or vim.bo[bufnr].buftype ~= '' then
    return
  end
  local place = ('%d %s'):format(vim.api.nvim_win_get_cursor(0)[1], vim.uri_from_bufnr(bufnr))
  if place ~= state.place and state.live then
    state.place = place
    state.live:ask(place, show)
  end
end

local function close()
  if state.live then
    state.live:stop()
  end
  if state.group then
    vim.api.nvim_del_augroup_by_id(state.group)
  end
  if is_open() then
    vim.api.nvim_win_close(state.window, true)
  end
  state.window, state.buffer, state.group, state.live, state.place = nil, nil, nil, nil, nil
  state.items, state.pinned = {}, false
end

local function open_row()
  local item = state.items[vim.api.nvim_win_get_cursor(0)[1]]
  if item then
    vim.cmd.wincmd('p')
    if vim.api.nvim_get_current_buf() == state.buffer then
      vim.cmd('leftabove vsplit')
    end
    require('magray.hits').open(item)
  end
end

local function ask(config)
  return require('magray.live').new(function(place, on_answer)
    local line, uri = place:match('^(%d+) (.+)$')
    local params = { uri = uri, line = tonumber(line), k = config.k }
    return require('magray.server').request('magray/related', params, function(problem, answer)
      on_answer(problem, answer, true)
    end)
  end, config.debounce)
end

local function open()
  local config = require('magray.config').get().related
  local before = vim.api.nvim_get_current_win()
  state.buffer = vim.api.nvim_create_buf(false, true)
  vim.bo[state.buffer].bufhidden = 'wipe'
  vim.bo[state.buffer].modifiable = false
  vim.api.nvim_buf_set_name(state.buffer, 'magray related')
  vim.cmd(('botright %dvsplit'):format(config.width))
  state.window = vim.api.nvim_get_current_win()
  vim.api.nvim_win_set_buf(state.window, state.buffer)
  vim.bo[state.buffer].filetype = 'magray-related'
  for name, value in pairs({
    wrap = false,
    number = false,
    relativenumber = false,
    signcolumn = 'no',
    winfixwidth = true,
  }) do
    vim.wo[state.window][0][name] = value
  end
  vim.wo[state.window][0].winbar = 'Related'
  vim.api.nvim_set_current_win(before)
  local function key(name, act)
    vim.keymap.set('n', name, act, { buffer = state.buffer, nowait = true })
  end
  key('<CR>', open_row)
  key('q', close)
  key('p', M.pin)
  state.live = ask(config)
  state.group = vim.api.nvim_create_augroup('magray-related', {})
  vim.api.nvim_create_autocmd({ 'CursorMoved', 'BufEnter' }, { group = state.group, callback = follow })
  vim.api.nvim_create_autocmd('WinClosed', {
    group = state.group,
    pattern = tostring(state.window),
    callback = function()
      vim.schedule(close)
    end,
  })
  follow()
end

---Stop following the cursor, or follow it again.
function M.pin()
  state.pinned = not state.pinned
  if is_open() then
    vim.wo[state.window][0].winbar = state.pinned and 'Related (pinned)' or 'Related'
  end
end

---Open the window, or close it.
function M.toggle()
  if is_open() then
    close()
  else
    open()
  end
end

return M
