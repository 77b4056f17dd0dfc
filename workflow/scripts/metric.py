"""One metric at every snapshot of one run."""

import pandas as pd
from threadpoolctl import threadpool_limits

from grokking_phases.logs import logged
from grokking_phases.machine import machine
from grokking_phases.modules import module, options_in
from grokking_phases.snapshots import Snapshots
from grokking_phases.tables import write_table


def main(source, output, run, seed, entry):
    snapshots = Snapshots(source.snapshots, source.dataset)
    options = options_in("metrics", entry)
    # A run that diverged at once has no snapshot to measure.
    rows = module("metrics", entry["module"]).compute(snapshots, **options) if len(snapshots) else []
    table = pd.DataFrame(rows, columns=None if len(snapshots) else ["step", "layer", "metric", "value"])
    write_table(output, table.assign(run=run, seed=seed), {"module": entry["module"], "options": options, **machine()})


with logged(snakemake.log[0]), threadpool_limits(snakemake.params.threads):
    wildcards = snakemake.wildcards
    main(snakemake.input, snakemake.output[0], wildcards.run, int(wildcards.seed), snakemake.params.options)
