"""The work of each command of `grokking-phases`; `cli` imports a file when its command is given."""
