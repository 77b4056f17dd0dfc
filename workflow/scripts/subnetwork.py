"""The units of every sub-network of one run and seed."""

from pathlib import Path

from grokking_phases.events import AS_STATED
from grokking_phases.logs import logged
from grokking_phases.modules import options_in
from grokking_phases.subnetworks import Absent, choose, write_units
from grokking_phases.tables import read_table


def main(source, outputs, run, seed, params):
    curves, phases = read_table(source.curves), read_table(source.phases)
    phases = phases[(phases["seed"] == seed) & (phases["rule"] == AS_STATED)]
    for path in outputs:
        name = Path(path).stem
        metric, options = params.subnetworks[name]["metric"], options_in("subnetworks", params.subnetworks[name])
        units, absent = [], None
        try:
            o_information, of_metric = read_table(source.get(metric)), phases[phases["source"] == metric]
            units = choose(o_information, curves, of_metric, params.width, **options)
        except Absent as reason:
            absent = str(reason)
            print(f"{run} seed {seed} has no {name} sub-network: {absent}", flush=True)
        write_units(path, units, {"run": run, "seed": seed, "subnetwork": name}, absent)


with logged(snakemake.log[0]):
    wildcards = snakemake.wildcards
    main(snakemake.input, snakemake.output, wildcards.run, int(wildcards.seed), snakemake.params)
