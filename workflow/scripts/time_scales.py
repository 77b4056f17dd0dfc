"""Find the time scales of one run, for each seed and over all seeds."""

from grokking_phases.analysis.events import Levels
from grokking_phases.analysis.time_scales import STATED, find
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import check_same_training, of_all
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import read_tables, read_tables_by_name, write_events


def main(run: str, sources: dict[str, list[str]], levels: dict, header: dict, output: str) -> None:
    """Read the curves of all seeds and, for each metric, the tables of all seeds; write the time scales."""
    curves, metrics = sources["curves"], sources["metrics"]
    check_same_training(curves, metrics)
    evaluated, measured = read_tables(curves, run=run), read_tables_by_name(metrics, run=run)
    found = find(evaluated, measured, STATED, Levels(**levels))
    write_events(output, found, {"run": run, **of_all([*curves, *metrics]), **header})


with logged(snakemake.log[0]):
    origin = made_by(snakemake.params.asked, snakemake.input, snakemake.params.code)
    sources = {name: list(snakemake.input[name]) for name in ("curves", "metrics")}
    main(snakemake.wildcards.run, sources, snakemake.params.levels, origin, snakemake.output[0])
