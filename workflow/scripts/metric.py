"""One metric at every snapshot of one run."""

import pandas as pd
from threadpoolctl import threadpool_limits

from grokking_phases.logs import logged
from grokking_phases.machine import machine
from grokking_phases.modules import module
from grokking_phases.snapshots import Snapshots
from grokking_phases.tables import write_table


def main(source, output, run, seed, options):
    name = options.pop("module")
    snapshots = Snapshots(source.snapshots, source.dataset)
    rows = pd.DataFrame(module("metrics", name).compute(snapshots, **options))
    write_table(output, rows.assign(run=run, seed=seed), {"module": name, "options": options, **machine()})


with logged(snakemake.log[0]), threadpool_limits(snakemake.threads):
    wildcards = snakemake.wildcards
    main(snakemake.input, snakemake.output[0], wildcards.run, int(wildcards.seed), dict(snakemake.params.options))
