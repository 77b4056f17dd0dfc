"""Compare the sub-networks of one run with the run itself."""

from grokking_phases.analysis.comparison import compare
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import read_tables, read_tables_by_name, write_events


def main(run: str, sources: dict[str, list[str]], options: dict, header: dict, output: str) -> None:
    """Read curves, choices and retrained curves of all seeds, and compare the networks.

    `options` holds `at_random`, the names of the random sub-networks, and the `levels` of the study.
    """
    retrained = read_tables_by_name(sources["retrained"], run=run)
    drawn = {name for name in retrained if name.split(".")[0] in options["at_random"]}
    curves, choices = (read_tables(sources[name], run=run) for name in ("curves", "choices"))
    rows = compare(curves, retrained, choices, drawn, options["levels"]["generalised"])
    write_events(output, rows.assign(run=run), {"run": run, **of_all(sum(sources.values(), [])), **header})


with logged(snakemake.log[0]):
    origin = made_by(snakemake.params.asked, snakemake.input, snakemake.params.code)
    sources = {name: list(paths) for name, paths in snakemake.input.items()}
    options = {name: snakemake.params[name] for name in ("at_random", "levels")}
    main(snakemake.wildcards.run, sources, options, origin, snakemake.output[0])
