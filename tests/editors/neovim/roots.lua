-- Two folders opened at once are served by one process, before and after a restart that the person asks for.

package.path = vim.env.MAGRAY_TEST_KIT .. '/?.lua;' .. package.path
local kit = require('kit')

kit.configure({ picker = 'select' })
vim.lsp.enable('magray')
vim.cmd.edit(arg[1] .. '/click/decorators.py')
vim.wait(1)
vim.cmd.edit(arg[2] .. '/подписи.md')
kit.ready()

local function check()
  local clients = vim.lsp.get_clients({ name = 'magray' })
  kit.equal(#clients, 1, 'one server')
  kit.equal(#clients[1].workspace_folders, 2)
  kit.equal(#vim.lsp.get_clients({ name = 'magray', bufnr = 0 }), 1)
  for query, path in pairs({
    ['подпись письма'] = 'подписи.md',
    ['pass the context'] = 'click/',
  }) do
    local answer
    require('magray.server').request('magray/search', { query = query }, function(problem, found)
      answer = found or problem
    end)
    kit.wait(function()
      return answer
    end)
    kit.matches(answer.hits[1].path, path)
  end
  return clients[1].id
end

local before = check()
vim.cmd('Magray restart')
kit.wait(function()
  local client = vim.lsp.get_clients({ name = 'magray' })[1]
  return client and client.id ~= before
end, 'another server')
kit.ready()
check()
kit.equal(kit.said, {})
