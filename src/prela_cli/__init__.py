"""The `prela` command: one file a command, thin calls into the library and the server."""
