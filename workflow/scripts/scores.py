"""Store what no number of bins changes of the snapshots of one run and seed, under one rule for ties.

snapshots -> live units, trees of their clustering, covariance of their normal scores
"""

from grokking_phases.data.scores_file import steps_to_score, write_scores
from grokking_phases.data.snapshots import read_run
from grokking_phases.jobs.logs import logged
from grokking_phases.jobs.machine import machine
from grokking_phases.storage.headers import of_run
from grokking_phases.storage.made_by import made_by
from grokking_phases.synergy.multiplet_search import Estimator
from grokking_phases.synergy.searched_layer import parts_of, searched_layers
from grokking_phases.threads import use_threads


def main(origin: dict, asked: dict, sources: dict[str, str], output: str) -> None:
    """Store the parts of the layers that `asked` names, at the steps that its rules choose (None: all)."""
    snapshots = read_run(sources, asked["layers"], origin)
    steps = steps_to_score(snapshots.steps, asked["steps"], snapshots.header)
    layers = searched_layers((snapshots[step] for step in steps), Estimator(asked["ties"], 1, 0, False))
    rows = ({"step": step, "layer": name, **parts_of(layer)} for step, name, layer in layers)
    said = {"dataset": snapshots.header["dataset"], "recorded": snapshots.steps, "steps": steps}
    header = of_run(snapshots.header) | said | {"made_by": sources["made_by"]} | machine()
    write_scores(output, rows, header)


with logged(snakemake.log[0]), use_threads(snakemake.params.threads):
    params, origin = snakemake.params, {"run": snakemake.wildcards.run, "seed": int(snakemake.wildcards.seed)}
    sources = dict(snakemake.input.items()) | made_by(params.asked, snakemake.input, params.code)
    asked = {name: params[name] for name in ("ties", "layers", "steps")}
    main(origin, asked, sources, snakemake.output[0])
