"""`python -m grokking_phases` is the command `grokking-phases`."""

from grokking_phases.cli import main

main(prog_name="grokking-phases")
