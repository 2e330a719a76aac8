--- `:checkhealth magray`.

local M = {}

local ANSWER_MS = 5000

local function check_server(health)
  local server = require('magray.server')
  local command, problem = server.command()
  if not command then
    health.error(
      problem,
      { 'uv tool install "magray[cpu]"', 'vim.g.magray = { cmd = { "/path/to/magray-lsp", "--stdio" } }' }
    )
    return
  end
  local ran, result = pcall(function()
    return vim.system({ command[1], '--version' }, { text = true, timeout = ANSWER_MS }):wait()
  end)
  if ran and result.code == 0 then
    health.ok(('%s (%s)'):format(vim.trim(result.stdout), command[1]))
  else
    health.error(
      ('%s does not run'):format(command[1]),
      { 'Reinstall it: uv tool install --reinstall "magray[cpu]"' }
    )
  end
end

local function check_editor(health)
  health.ok('Neovim ' .. tostring(vim.version()))
  if vim.lsp.is_enabled and vim.lsp.is_enabled('magray') then
    health.ok("vim.lsp.enable('magray') is set")
  else
    health.info(
      "the server starts with the first `:Magray`; vim.lsp.enable('magray') starts it with the first file"
    )
  end
  local given = vim.g.magray
  for _, problem in ipairs(require('magray.config').problems(type(given) == 'table' and given or {})) do
    health.warn(problem)
  end
  local picker = require('magray.picker')
  local there = {}
  for name, found in vim.spairs(picker.known()) do
    if found then
      there[#there + 1] = name
    end
  end
  health.ok(('picker: %s (there are %s)'):format(picker.chosen(), table.concat(there, ', ')))
end

local function check_state(health)
  local client = require('magray.server').client()
  if not client then
    health.info('the server is not running now')
    return
  end
  for _, folder in ipairs(client.workspace_folders or {}) do
    health.info('folder ' .. vim.uri_to_fname(folder.uri))
  end
  local answer = client:request_sync('magray/health', vim.empty_dict(), ANSWER_MS)
  if not answer or not answer.result then
    health.error('the server does not answer', { ':Magray log', ':Magray restart' })
    return
  end
  local levels = { ok = health.ok, info = health.info, warning = health.warn }
  for _, component in ipairs(answer.result.components) do
    local tell = levels[component.severity] or health.error
    tell(
      ('%s: %s'):format(component.name, component.summary),
      component.hint ~= '' and { require('magray.hints').in_editor(component.hint) } or nil
    )
  end
end

function M.check()
  local health = vim.health
  health.start('magray: editor')
  check_editor(health)
  health.start('magray: server')
  check_server(health)
  health.start('magray: index and records')
  check_state(health)
end

return M
