"""Measure one metric at the snapshots of one run and seed.

A run that diverged at once has no snapshots, and its table is empty.
"""

from grokking_phases.data.snapshots import Snapshots
from grokking_phases.jobs.logs import logged
from grokking_phases.jobs.machine import machine
from grokking_phases.plugins import module, options_in
from grokking_phases.storage.headers import header_of, of_run
from grokking_phases.storage.made_by import made_by
from grokking_phases.storage.tables import EMPTY, write_table
from grokking_phases.storage.tidy_rows import tidy
from grokking_phases.threads import use_threads


def main(origin: dict, entry: dict, layers: dict, sources: dict[str, str], output: str) -> None:
    """Measure what an entry of `metrics:` describes, in the layers of `params.measured_layers`."""
    header = header_of(sources["snapshots"], **origin)
    more = {"steps": entry.get("steps"), "layers": layers["widths"]} | from_weights(sources, layers, header)
    snapshots, options = (
        Snapshots(sources["snapshots"], sources["dataset"], **more),
        options_in("metrics", entry),
    )
    table = EMPTY
    if len(snapshots):
        rows = module("metrics", entry["module"]).compute(snapshots, **options)
        table = tidy(rows, f"metrics/{entry['module']}.py").assign(**origin)
    said = {"module": entry["module"], "options": options, "made_by": sources["made_by"]}
    write_table(output, table, {**of_run(header), **said, **machine()})


def from_weights(sources: dict[str, str], layers: dict, header: dict) -> dict:
    """Return the network and the layers to recompute with it; {} if the recorded activations are enough."""
    if "network" in layers:
        from grokking_phases.data.own_networks import OwnNetworks  # imports torch, which takes seconds

        return {"network": OwnNetworks(sources["weights"], layers["network"][0], header["config_digest"])}
    if "model" not in layers:
        return {}
    from grokking_phases.data.networks import Networks  # imports torch, which takes seconds

    networks = Networks(sources["weights"], sources["dataset"], layers["model"], header["config_digest"])
    return {"network": networks, "recompute": networks.recompute(layers["recomputed"])}


with logged(snakemake.log[0]), use_threads(snakemake.params.threads):
    params, origin = snakemake.params, {"run": snakemake.wildcards.run, "seed": int(snakemake.wildcards.seed)}
    sources = dict(snakemake.input.items()) | made_by(params.asked, snakemake.input, params.code)
    main(origin, params.options, params.layers, sources, snakemake.output[0])
