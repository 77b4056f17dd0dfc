"""Delete the snapshots that no job of the study has to read again (`study/pruning.py`)."""

from pathlib import Path

from grokking_phases.jobs.logs import logged

with logged(snakemake.log[0]):
    for path in snakemake.params.paths:
        Path(path).unlink(missing_ok=True)
