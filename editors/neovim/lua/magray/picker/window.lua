--- Windows of our own: a prompt, the hits below it and a preview, for a Neovim without a picker.

---@type magray.Picker
local M = {}

local space = vim.api.nvim_create_namespace('magray-picker')

---@class magray.PickerWindows
---@field items magray.Item[]
---@field row integer The chosen item.
---@field before integer The window that the picker was opened from.
---@field buffers table<string, integer>
---@field windows table<string, integer>
---@field closed? boolean

local function scratch(filetype)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].filetype = filetype or ''
  return bufnr
end

---@param title string
---@return magray.PickerWindows
local function open(title)
  local picker = {
    items = {},
    row = 1,
    before = vim.api.nvim_get_current_win(),
    buffers = { prompt = scratch('magray-prompt'), list = scratch(), preview = scratch() },
    windows = {},
  }
  local width = math.max(20, math.floor(vim.o.columns * 0.9))
  local height = math.max(6, math.floor(vim.o.lines * 0.8))
  local left, top = math.floor((vim.o.columns - width) / 2), math.floor((vim.o.lines - height) / 3)
  local half = math.floor(width / 2)
  local function float(name, row, column, w, h, enter, caption)
    local window = vim.api.nvim_open_win(picker.buffers[name], enter, {
      relative = 'editor',
      row = top + row,
      col = left + column,
      width = w,
      height = h,
      style = 'minimal',
      border = 'rounded',
      title = caption,
      zindex = 60,
    })
    picker.windows[name] = window
    vim.wo[window].wrap = false
  end
  float('list', 3, 0, half - 2, height - 5, false)
  float('preview', 0, half, width - half - 2, height - 2, false)
  float('prompt', 0, 0, half - 2, 1, true, ' ' .. title .. ' ')
  return picker
end

---@param picker magray.PickerWindows
local function close(picker)
  if picker.closed then
    return
  end
  picker.closed = true
  vim.cmd.stopinsert()
  for _, window in pairs(picker.windows) do
    if vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_win_close(window, true)
    end
  end
  if vim.api.nvim_win_is_valid(picker.before) then
    vim.api.nvim_set_current_win(picker.before)
  end
end

---@param picker magray.PickerWindows
local function show_row(picker)
  local list, preview = picker.buffers.list, picker.buffers.preview
  vim.api.nvim_buf_clear_namespace(list, space, 0, -1)
  vim.api.nvim_buf_clear_namespace(preview, space, 0, -1)
  local item = picker.items[picker.row]
  if not item then
    vim.api.nvim_buf_set_lines(preview, 0, -1, false, {})
    return
  end
  vim.api.nvim_buf_set_extmark(list, space, picker.row - 1, 0, { line_hl_group = 'Visual' })
  vim.api.nvim_win_set_cursor(picker.windows.list, { picker.row, 0 })
  local height = vim.api.nvim_win_get_height(picker.windows.preview)
  local lines, line, filetype = require('magray.hits').preview(item, height)
  vim.api.nvim_buf_set_lines(preview, 0, -1, false, lines)
  vim.bo[preview].syntax = filetype
  vim.api.nvim_buf_set_extmark(preview, space, line - 1, 0, { line_hl_group = 'Visual' })
end

---@param picker magray.PickerWindows
---@param items magray.Item[]
local function show(picker, items)
  if not vim.api.nvim_buf_is_valid(picker.buffers.list) then
    return
  end
  picker.items, picker.row = items, 1
  local width = vim.api.nvim_win_get_width(picker.windows.list)
  local lines = vim.tbl_map(function(item)
    return (require('magray.hits').label(item.hit, width):gsub('\n', ' '))
  end, items)
  vim.api.nvim_buf_set_lines(picker.buffers.list, 0, -1, false, lines)
  show_row(picker)
end

---Say something below the hits, or in their place where there are none.
---@param picker magray.PickerWindows
---@param text? string
local function tell(picker, text)
  local window = picker.windows.list
  if not vim.api.nvim_win_is_valid(window) then
    return
  end
  local notices = require('magray.notices')
  local width = vim.api.nvim_win_get_width(window)
  local footer = ''
  if text and #picker.items == 0 then
    local lines = notices.wrapped(text, width)
    vim.api.nvim_buf_set_lines(picker.buffers.list, 0, -1, false, lines)
    vim.api.nvim_buf_set_extmark(picker.buffers.list, space, 0, 0, { end_row = #lines, hl_group = 'Comment' })
  elseif text then
    footer = notices.shortened((' %s '):format(text), width)
  end
  vim.api.nvim_win_set_config(window, { footer = { { footer, 'Comment' } } })
end

---@param picker magray.PickerWindows
local function move(picker, by)
  if #picker.items > 0 then
    picker.row = (picker.row - 1 + by) % #picker.items + 1
    show_row(picker)
  end
end

---@param picker magray.PickerWindows
---@param title string
local function map_keys(picker, title)
  local hits = require('magray.hits')
  local function key(names, act)
    for _, name in ipairs(names) do
      vim.keymap.set({ 'i', 'n' }, name, act, { buffer = picker.buffers.prompt, nowait = true })
    end
  end
  local function choose(how)
    return function()
      local item = picker.items[picker.row]
      close(picker)
      if item then
        hits.open(item, how)
      end
    end
  end
  key({ '<Down>', '<C-n>', '<C-j>' }, function()
    move(picker, 1)
  end)
  key({ '<Up>', '<C-p>', '<C-k>' }, function()
    move(picker, -1)
  end)
  key({ '<CR>' }, choose())
  key({ '<C-s>' }, choose('split'))
  key({ '<C-v>' }, choose('vsplit'))
  key({ '<C-t>' }, choose('tab'))
  key({ '<C-q>' }, function()
    close(picker)
    hits.to_quickfix(picker.items, title)
  end)
  key({ '<Esc>', '<C-c>' }, function()
    close(picker)
  end)
end

---@param picker magray.PickerWindows
---@param on_close fun()
local function follow_end(picker, on_close)
  vim.api.nvim_create_autocmd({ 'WinLeave', 'BufWipeout' }, {
    buffer = picker.buffers.prompt,
    once = true,
    callback = function()
      on_close()
      vim.schedule(function()
        close(picker)
      end)
    end,
  })
end

function M.pick(items, options)
  local picker = open(options.title)
  map_keys(picker, options.title)
  follow_end(picker, function() end)
  show(picker, items)
  tell(picker, options.notice)
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI' }, {
    buffer = picker.buffers.prompt,
    callback = function()
      local words = vim.split(vim.trim(vim.api.nvim_get_current_line():lower()), '%s+')
      show(
        picker,
        vim.tbl_filter(function(item)
          local text = item.text:lower()
          return vim.iter(words):all(function(word)
            return text:find(word, 1, true) ~= nil
          end)
        end, items)
      )
    end,
  })
  vim.cmd.startinsert()
end

function M.live(live, options)
  local picker = open(options.title)
  map_keys(picker, options.title)
  follow_end(picker, function()
    live:stop()
  end)
  local function count(text)
    local prompt = picker.buffers.prompt
    if vim.api.nvim_buf_is_valid(prompt) then
      vim.api.nvim_buf_clear_namespace(prompt, space, 0, -1)
      vim.api.nvim_buf_set_extmark(prompt, space, 0, 0, {
        virt_text = { { text, 'Comment' } },
        virt_text_pos = 'right_align',
      })
    end
  end
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI' }, {
    buffer = picker.buffers.prompt,
    callback = function()
      live:ask(vim.api.nvim_get_current_line(), function(problem, answer, final)
        local items = answer and require('magray.hits').items(answer) or {}
        show(picker, items)
        count(answer and answer.query ~= '' and ('%d%s'):format(#items, final and '' or ' …') or '')
        tell(picker, final and require('magray.notices').live(problem, answer) or nil)
      end)
    end,
  })
  vim.cmd.startinsert()
end

return M
