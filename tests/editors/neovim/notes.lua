-- Notes as documents: names are completed whole, a link to nothing makes its note, a rename takes the links along.

package.path = vim.env.MAGRAY_TEST_KIT .. '/?.lua;' .. package.path
local kit = require('kit')
local root = arg[1]

kit.configure({ picker = 'select' })
vim.lsp.enable('magray')
vim.cmd.edit(root .. '/links.md')
kit.ready('degraded')
local function asked(method, line, column)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    position = { line = line - 1, character = column },
  }
  local found = vim.lsp.buf_request_sync(0, method, params, 2000)
  local answer = select(2, next(found or {}))
  return answer and answer.result
end
kit.wait(function()
  local list = asked('textDocument/completion', 1, 6)
  return list and #list.items > 0
end, 'the notes')

-- What is accepted stands there whole, with what the server closes it with; what is cancelled is taken back. Keys
-- are typed in a Neovim of their own.
local child = vim.fn.jobstart({ vim.v.progpath, '--clean', '--embed', '--headless', '-n' }, { rpc = true })
local function there(code, ...)
  return vim.rpcrequest(child, 'nvim_exec_lua', code, { ... })
end
there("vim.o.completeopt = 'menuone'")
there('vim.opt.runtimepath:prepend(...)', vim.env.MAGRAY_TEST_PLUGIN)
there('vim.g.magray = ...', vim.g.magray)
there("vim.lsp.enable('magray')")
there('vim.cmd.edit(...)', root .. '/links.md')
kit.wait(function()
  return there("return require('magray.status').get() and require('magray.status').get().state") == 'degraded'
end, 'the other server')
local function complete(keys)
  vim.rpcrequest(child, 'nvim_input', '<Esc>3GS[[йод<C-x><C-o>')
  kit.wait(function()
    return there('return vim.fn.pumvisible()') == 1
  end, 'the menu')
  vim.rpcrequest(child, 'nvim_input', keys .. '<Esc>')
  kit.wait(function()
    return there('return vim.fn.mode()') == 'n'
  end, 'the end')
  return there('return vim.fn.getline(3)')
end
kit.equal(complete('<C-y>'), '[[йод и ёлка]]')
kit.equal(complete('<C-e>'), '[[йод')
kit.equal(complete('<C-y> and'), '[[йод и ёлка]] and')
vim.fn.jobstop(child)

-- A link to nothing, not saved yet.
vim.api.nvim_buf_set_lines(0, 2, 3, false, { '[[new one]]' })
vim.api.nvim_win_set_cursor(0, { 3, 4 })
vim.lsp.buf.code_action({
  apply = true,
  filter = function(action)
    return action.title:find('^Create the note new one.md') ~= nil
  end,
})
local made = vim.fs.normalize(root .. '/new one.md')
kit.wait(function()
  return vim.fn.bufexists(made) == 1 and vim.api.nvim_buf_is_loaded(vim.fn.bufnr(made))
end, 'the note')
kit.equal(kit.lines(vim.fn.bufnr(made))[1], '# new one')

-- A rename takes the links along, in the letters of the file as they are.
vim.cmd('silent! wall')
vim.cmd.edit(root .. '/links.md')
vim.api.nvim_win_set_cursor(0, { 1, 4 })
kit.wait(function()
  return (asked('textDocument/prepareRename', 1, 4) or {}).placeholder
end, 'that it can be renamed')
vim.lsp.buf.rename('йод и сосна')
kit.wait(function()
  return kit.lines()[1] == 'See [[йод и сосна]].'
end, 'the link')
local names = {}
for name in vim.fs.dir(root) do
  names[#names + 1] = name
end
kit.is(vim.tbl_contains(names, 'йод и сосна.md'), vim.inspect(names))
kit.equal(#vim.tbl_filter(function(name)
  return name:find('^йод') or name:find('^и')
end, names), 1)
kit.equal(kit.said, {})
vim.cmd('silent! %bwipeout!')
