"""magray_server: thin adapters that put the engine behind a shell command and a language server."""
