"""Find the phases of one run in random orders of its samples, in each metric with `n_orders`."""

import pandas as pd

from grokking_phases.analysis.events import Levels
from grokking_phases.analysis.orders import find_in_orders, over_orders
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import check_same_training, of_all
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import read_tables, read_tables_by_name, write_rows


def main(run: str, sources: dict[str, list[str]], levels: dict, header: dict, output: str) -> None:
    """Read the curves of all seeds and, for each metric, the tables of all seeds; write what was found."""
    curves, metrics = sources["curves"], sources["metrics"]
    check_same_training(curves, metrics)
    evaluated, tables = read_tables(curves, run=run), read_tables_by_name(metrics, run=run)
    found = [
        over_orders(find_in_orders(evaluated, table, levels=Levels(**levels))).assign(run=run, source=metric)
        for metric, table in tables.items()
    ]
    header = {"run": run, **of_all([*curves, *metrics]), **header}
    write_rows(output, pd.concat(found, ignore_index=True), header)


with logged(snakemake.log[0]):
    header = made_by(snakemake.params.asked, snakemake.input, snakemake.params.code)
    sources = {name: list(snakemake.input[name]) for name in ("curves", "metrics")}
    main(snakemake.wildcards.run, sources, snakemake.params.levels, header, snakemake.output[0])
