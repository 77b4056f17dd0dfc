"""What each command of `grokking-phases` does; `cli` imports a file when its command is given."""
