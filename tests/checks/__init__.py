"""What `make check` asks of tools that want an environment of their own."""
