"""Measure one metric at the snapshots of one run and seed.

A run that diverged at once has no snapshots, and its table is empty.
"""

from grokking_phases.data.scores_file import ScoredSnapshots
from grokking_phases.data.snapshots import Snapshots, read_run
from grokking_phases.jobs.logs import logged
from grokking_phases.jobs.machine import machine
from grokking_phases.plugins import module, options_in
from grokking_phases.storage.headers import of_run
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import EMPTY, write_table
from grokking_phases.storage.tidy_rows import tidy
from grokking_phases.threads import use_threads


def main(origin: dict, entry: dict, layers: dict, sources: dict[str, str], output: str) -> None:
    """Measure what an entry of `metrics:` describes, in the layers of `params.measured_layers`."""
    snapshots, options = opened(origin, entry, layers, sources), options_in("metrics", entry)
    table = EMPTY
    if len(snapshots):
        rows = module("metrics", entry["module"]).compute(snapshots, **options)
        table = tidy(rows, f"metrics/{entry['module']}.py").assign(**origin)
    said = {"module": entry["module"], "options": options, "made_by": sources["made_by"]}
    read = {"layers": [*layers["widths"]], "steps": entry.get("steps")}
    write_table(output, table, {**of_run(snapshots.header), **said, **read, **machine()})


def opened(origin: dict, entry: dict, layers: dict, sources: dict) -> Snapshots | ScoredSnapshots:
    """Return the snapshots at the steps of an entry, with their scores if these are among the sources."""
    chosen = {"origin": origin, "steps": entry.get("steps")}
    snapshots = read_run(sources, layers, **chosen) if "snapshots" in sources else None
    if "scores" not in sources:
        return snapshots
    return ScoredSnapshots(sources["scores"], snapshots=snapshots, **chosen)


with logged(snakemake.log[0]), use_threads(snakemake.params.threads):
    params, origin = snakemake.params, {"run": snakemake.wildcards.run, "seed": int(snakemake.wildcards.seed)}
    sources = dict(snakemake.input.items()) | made_by(params.asked, snakemake.input, params.code)
    main(origin, params.options, params.layers, sources, snakemake.output[0])
