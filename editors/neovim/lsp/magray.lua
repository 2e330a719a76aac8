-- Configuration of the language server; `vim.lsp.enable('magray')` is all that it needs.

---@type vim.lsp.Config
return {
  cmd = function(dispatchers)
    return require('magray.server').spawn(dispatchers)
  end,
  root_dir = function(bufnr, on_dir)
    require('magray.server').root_dir(bufnr, on_dir)
  end,
  reuse_client = function(client, config)
    return require('magray.server').reuse(client, config)
  end,
  workspace_required = true,
  capabilities = {
    experimental = {
      magrayStatus = true,
      magrayRecords = true,
      magrayRecordsChanged = true,
      commands = { commands = { 'magray.rememberSelection', 'magray.showRecords', 'magray.showRelated' } },
    },
  },
  commands = {
    ['magray.rememberSelection'] = function(command)
      require('magray.remember').selection(command.arguments[1])
    end,
    ['magray.showRecords'] = function(command)
      require('magray.records').choose(command.arguments[1].ids)
    end,
    ['magray.showRelated'] = function(command)
      require('magray.search').related(command.arguments[1])
    end,
  },
  handlers = {
    ['magray/status'] = function(_, status)
      require('magray.status').changed(status)
    end,
    ['magray/recordsChanged'] = function()
      require('magray.records').changed()
    end,
    ['window/showMessage'] = function(_, message)
      require('magray.server').say(message.message, math.max(0, 5 - message.type))
    end,
    ['$/progress'] = function(err, params, context)
      require('magray.server').progress(err, params, context)
    end,
  },
  on_init = function(client)
    require('magray.server').initialized(client)
  end,
  on_attach = function(client, bufnr)
    require('magray.server').attached(bufnr)
    require('magray.completion').follow(bufnr, client.id)
  end,
}
