"""Say which time scales are aligned and move together over the runs of a sweep."""

from grokking_phases.analysis.comovement import score
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import read_tables, write_rows


def main(sources: dict[str, list[str]], tasks: dict[str, str], header: dict, output: str) -> None:
    """Read the time scales and the curves of all runs, of which `tasks` gives the task; write the scores."""
    rows = score(read_tables(sources["time_scales"]), read_tables(sources["curves"]), tasks)
    write_rows(output, rows, of_all([*sources["time_scales"], *sources["curves"]]) | header)


with logged(snakemake.log[0]):
    origin = made_by(snakemake.params.asked, snakemake.input, snakemake.params.code)
    sources = {name: list(snakemake.input[name]) for name in ("time_scales", "curves")}
    main(sources, snakemake.params.tasks, origin, snakemake.output[0])
