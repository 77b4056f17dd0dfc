"""The units of every sub-network of one run and seed, and where each was found."""

from pathlib import Path

from grokking_phases.analysis.events import AS_STATED
from grokking_phases.analysis.subnetworks import Absent, choose, write_choices, write_units
from grokking_phases.jobs.logs import logged
from grokking_phases.plugins import options_in
from grokking_phases.storage.headers import check_same_training, of_all
from grokking_phases.storage.tables import read_table


def main(source, output, run, seed, params):
    check_same_training([source.curves, *(source.get(entry["metric"]) for entry in params.subnetworks.values())])
    curves, phases = read_table(source.curves, run=run, seed=seed), read_table(source.phases, run=run)
    phases = phases[(phases["seed"] == seed) & (phases["rule"] == AS_STATED)]
    choices = []
    for path in output.units:
        origin = {"run": run, "seed": seed, "subnetwork": Path(path).stem}
        entry = params.subnetworks[origin["subnetwork"]]
        o_information, found = read_table(source.get(entry["metric"])), phases[phases["source"] == entry["metric"]]
        try:
            units, step, value = choose(o_information, curves, found, params.width, **options_in("subnetworks", entry))
            said = {"size": len(units), "step": step, "o_information": value}
        except Absent as reason:
            units, said = [], {"absent": str(reason)}
        write_units(path, units, origin, said.get("absent"))
        choices.append(origin | said)
    write_choices(output.choices, choices, {"run": run, "seed": seed, **of_all(source)})


with logged(snakemake.log[0]):
    wildcards = snakemake.wildcards
    main(snakemake.input, snakemake.output, wildcards.run, int(wildcards.seed), snakemake.params)
