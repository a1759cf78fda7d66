"""The imperative shell: one module per job. Takes ports, applies what the domain decided."""
