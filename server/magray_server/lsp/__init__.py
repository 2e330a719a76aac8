"""The language server: translates between an editor and the engine; holds no retrieval of its own."""
