--- State of the server, as it tells it: for the status line and for messages.

local M = {}

local current = nil ---@type magray.ServerStatus?
local marks = { starting = '…', indexing = '…', ready = '✓', degraded = '!', error = '✗' }

---@param status magray.ServerStatus?
function M.changed(status)
  local before = current
  current = status
  if status and status.state == 'error' and not (before and before.message == status.message) then
    vim.notify('magray: ' .. (status.message or 'the index cannot be kept'), vim.log.levels.WARN)
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'MagrayStatus', modeline = false, data = status })
  -- Drawing fails where the text on the screen does: the syntax of a very long line, a status line of one's own.
  pcall(vim.cmd.redrawstatus, { bang = true })
end

---@return magray.ServerStatus?
function M.get()
  return current
end

---A few characters for the status line; empty while no server runs.
---@param status? magray.ServerStatus
---@return string
function M.text(status)
  if not status then
    return ''
  end
  local progress = status.progress
  if progress and progress.total and progress.total > 0 then
    return ('magray %d%%'):format(math.floor(100 * progress.done / progress.total))
  end
  return 'magray ' .. (marks[status.state] or status.state)
end

return M
