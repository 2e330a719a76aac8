--- Reports: answers of the server as pages to read.

local M = {}

local signs = { ok = '✓', info = '·', warning = '!', critical = '✗', fatal = '✗' }

---@param number integer
---@param noun string
---@return string
local function counted(number, noun)
  return ('%d %s%s'):format(number, noun, number == 1 and '' or 's')
end

---@param status magray.Status
---@return string[]
function M.health(status)
  local lines = { ('# magray %s: %s'):format(status.version, status.severity), '' }
  for _, component in ipairs(status.components) do
    lines[#lines + 1] = ('%s %s: %s'):format(
      signs[component.severity] or '?',
      component.name,
      component.summary
    )
    if component.hint ~= '' then
      lines[#lines + 1] = '    → ' .. component.hint
    end
  end
  lines[#lines + 1] = ''
  for _, vault in ipairs(status.vaults) do
    local missing = vault.pending - vault.approximate
    local pending = missing > 0 and (', %d not yet found by meaning'):format(missing) or ''
    lines[#lines + 1] = ('- %s: %s, %s%s'):format(
      vault.root or vault.kind,
      counted(vault.files, 'file'),
      counted(vault.passages, 'passage'),
      pending
    )
  end
  local device = status.device
  lines[#lines + 1] = ''
  lines[#lines + 1] = ('Device: %s (requested: %s)'):format(device.actual or 'not used yet', device.requested)
  lines[#lines + 1] = 'Home: ' .. status.home
  return lines
end

---@param answer magray.Standings
---@return string[]
function M.why(answer)
  local lines = {}
  for _, file in ipairs(answer.files) do
    local line = ('%s: %s'):format(file.path, file.state:gsub('_', ' '))
    if file.reason ~= '' then
      line = line .. ', ' .. file.reason
    end
    lines[#lines + 1] = line
    if file.source ~= '' then
      lines[#lines + 1] = ('    by %s%s'):format(
        file.source,
        file.pattern ~= '' and ': ' .. file.pattern or ''
      )
    end
    if file.passages > 0 then
      lines[#lines + 1] = ('    %s, %d of them found by meaning'):format(
        counted(file.passages, 'passage'),
        file.embedded
      )
    end
    for rule, count in vim.spairs(file.left_out) do
      lines[#lines + 1] = ('    %d left out: %s'):format(count, rule)
    end
  end
  return lines
end

---@param answer magray.Coverage
---@return string[]
function M.coverage(answer)
  local lines = {
    '# ' .. answer.root,
    '',
    ('%s indexed, in %s; %d not yet'):format(
      counted(answer.files, 'file'),
      counted(answer.passages, 'passage'),
      answer.not_indexed
    ),
  }
  for rule, count in vim.spairs(answer.left_out) do
    lines[#lines + 1] = ('- %d left out: %s'):format(count, rule)
  end
  for _, file in ipairs(answer.skipped) do
    lines[#lines + 1] = ('- skipped: %s, %s'):format(file.path, file.reason)
  end
  for _, entry in ipairs(answer.entries) do
    lines[#lines + 1] = ('- %s: %s (%s)'):format(entry.path, entry.reason, entry.source)
  end
  return lines
end

---@param report magray.IndexReport
---@return string
function M.index(report)
  return ('%s, %s, %d embedded, %d left out, %d skipped'):format(
    counted(report.files, 'file'),
    counted(report.passages, 'passage'),
    report.embedded,
    report.ignored,
    #report.skipped
  )
end

---Show lines in a window that `q` closes.
---@param lines string[]
---@param title string
function M.show(lines, title)
  local bufnr = vim.api.nvim_create_buf(false, true)
  local text = require('magray.hints').in_editor(table.concat(lines, '\n'))
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.split(text, '\n'))
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].filetype = 'magray-report'
  vim.cmd(('botright %dsplit'):format(math.min(#lines + 1, math.floor(vim.o.lines / 2))))
  vim.api.nvim_win_set_buf(0, bufnr)
  vim.wo[0][0].winbar = title
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = bufnr, nowait = true })
end

return M
