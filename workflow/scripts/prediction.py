"""Predict from early synergy, and from two baselines, which runs of a sweep generalise."""

from grokking_phases.analysis.prediction import predictions
from grokking_phases.jobs.logs import logged
from grokking_phases.storage.headers import of_all
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import read_tables, read_tables_by_name, write_rows


def main(sources: dict[str, list[str]], runs: dict, estimates: dict, fixed: dict, output: str) -> None:
    """Read curves and metrics of all runs, and write the predictions.

    `estimates` maps each metric that estimates synergy to its null. `fixed` holds `calibration`, the runs on
    which the constants are fixed, and `level`, the test accuracy above which a run generalises.
    """
    tables = read_tables_by_name(sources["metrics"])
    synergy, nulls = (
        {name: tables[name] for name in estimates},
        {name: tables[estimates[name]] for name in estimates},
    )
    rows = predictions(read_tables(sources["curves"]), synergy, nulls, runs, **fixed)
    write_rows(output, rows, of_all([*sources["curves"], *sources["metrics"]]) | sources["header"])


with logged(snakemake.log[0]):
    sources, params = {name: list(paths) for name, paths in snakemake.input.items()}, snakemake.params
    sources["header"] = made_by(params.asked, snakemake.input, params.code)
    fixed = {"calibration": params.calibration, "level": params.levels["generalised"]}
    main(sources, params.runs, params.estimates, fixed, snakemake.output[0])
