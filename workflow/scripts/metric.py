"""One metric at the snapshots of one run."""

import pandas as pd
from threadpoolctl import threadpool_limits

from grokking_phases.data.snapshots import Snapshots
from grokking_phases.jobs.logs import logged
from grokking_phases.jobs.machine import machine
from grokking_phases.plugins import module, options_in
from grokking_phases.storage.headers import header_of, of_run
from grokking_phases.storage.tables import EMPTY, write_table


def main(source, output, run, seed, entry, layers):
    header = header_of(source.snapshots, run=run, seed=seed)
    more = {"steps": entry.get("steps"), "layers": layers["widths"]} | from_weights(source, layers, header)
    snapshots, options = Snapshots(source.snapshots, source.dataset, **more), options_in("metrics", entry)
    # A run that diverged at once has no snapshot to measure.
    rows = list(module("metrics", entry["module"]).compute(snapshots, **options)) if len(snapshots) else []
    table = pd.DataFrame(rows).assign(run=run, seed=seed) if rows else EMPTY
    write_table(output, table, {**of_run(header), "module": entry["module"], "options": options, **machine()})


def from_weights(source, layers, header):
    """What needs more than the recorded activations; {} where nothing does."""
    if "model" not in layers:
        return {}
    from grokking_phases.data.networks import Networks  # torch, which takes seconds to import

    networks = Networks(source.weights, source.dataset, layers["model"], header["config_digest"])
    return {"network": networks, "recompute": networks.recompute(layers["recomputed"])}


with logged(snakemake.log[0]), threadpool_limits(snakemake.params.threads):
    wildcards, params = snakemake.wildcards, snakemake.params
    main(snakemake.input, snakemake.output[0], wildcards.run, int(wildcards.seed), params.options, params.layers)
