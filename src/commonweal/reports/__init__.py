"""How each command's report reads in a terminal. Machines take the same reports as JSON (`--json`)."""
