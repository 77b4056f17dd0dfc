"""Choose the units of one sub-network of one run and seed, and record where they were found."""

from grokking_phases.analysis.events import AS_STATED
from grokking_phases.analysis.subnetworks import Absent, choose, in_layer, write_choice, write_units
from grokking_phases.jobs.logs import logged
from grokking_phases.plugins import options_in
from grokking_phases.storage.headers import check_same_training, of_all
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import read_table


def main(origin: dict, entry: dict, layer: dict, sources: dict[str, str], output: dict[str, str]) -> None:
    """Choose units of `layer` by an entry of `subnetworks:`; `origin` names run, seed and subnetwork.

    `layer` has a name, a width, and the test accuracy above which the run generalises.
    """
    run, seed = {"run": origin["run"]}, {"run": origin["run"], "seed": origin["seed"]}
    check_same_training([sources["curves"], sources["metric"]])
    curves, measured = (read_table(sources[name], **seed) for name in ("curves", "metric"))
    o_information = in_layer(measured, layer["name"])
    phases = read_table(sources["phases"], **run)
    phases = phases[(phases["seed"] == origin["seed"]) & (phases["rule"] == AS_STATED)]
    phases = in_layer(phases[phases["source"] == entry["metric"]], layer["name"])
    try:
        units, step, value = choose(
            o_information,
            curves,
            phases,
            layer["width"],
            layer["generalised"],
            **options_in("subnetworks", entry),
        )
        found = {"size": len(units), "step": step, "o_information": value}
    except Absent as reason:
        units, found = [], {"absent": str(reason)}
    header = output["header"]
    write_units(output["units"], units, origin, header | {"absent": found.get("absent")})
    write_choice(output["choice"], origin | found, {**origin, **of_all(sources.values()), **header})


with logged(snakemake.log[0]):
    wildcards, params = snakemake.wildcards, snakemake.params
    origin = {"run": wildcards.run, "seed": int(wildcards.seed), "subnetwork": wildcards.subnetwork}
    sources = {name: snakemake.input[name] for name in ("metric", "curves", "phases")}
    output = dict(snakemake.output.items()) | {"header": made_by(params.asked, snakemake.input, params.code)}
    layer = params.layer | {"generalised": params.levels["generalised"]}
    main(origin, params.entry, layer, sources, output)
