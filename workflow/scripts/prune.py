"""Delete snapshots that nothing of the study reads any more."""

from pathlib import Path

from grokking_phases.jobs.logs import logged

with logged(snakemake.log[0]):
    for path in snakemake.params.paths:
        Path(path).unlink(missing_ok=True)
