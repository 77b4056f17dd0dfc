"""The files of a recording that was made outside the pipeline: by a recorder, or from saved activations.

    dataset.parquet, curves.parquet, snapshots.parquet, weights.safetensors, metrics/<metric>.parquet

They are those of a run, but name no run and no seed: a study gives both (`source:` in its config). The
header's `recorded` says how and on what they were recorded.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from grokking_phases.data.probe_file import Samples, write_probe
from grokking_phases.data.recorder_parts import LAYER, Parts
from grokking_phases.storage.digests import digest
from grokking_phases.storage.headers import content_of
from grokking_phases.storage.tables import write_table

OUTPUTS = ("dataset.parquet", "curves.parquet", "snapshots.parquet", "weights.safetensors")


def merge(
    parts: Parts,
    folder: Path,
    samples: dict[str, Samples],
    recorded: dict[str, Any],
    curves: dict[int, dict[str, float]] | None = None,
) -> None:
    """Write the files of a recording from its parts, then remove the parts.

    samples   {"train": (inputs, targets)}, and perhaps "test"
    recorded  what the headers say about how it was recorded; sizes and steps are added
    curves    {step: {metric: value}}; None: those in the headers of the parts
    """
    headers = {step: parts.header(step) for step in parts.taken()}
    if curves is None:
        curves = {step: header["curves"] for step, header in headers.items()}
    sizes = {"n_probe": len(samples["train"][0]), "n_test": len(samples.get("test", [[]])[0])}
    facts = {
        "taken": list(headers),
        "curves": sorted({name for row in curves.values() for name in row}),
        "weights": bool(headers) and all(header["weights"] for header in headers.values()),
    }
    training = digest([sorted(curves.items()), [layers_in(header) for header in headers.values()]])
    said = {"training": training, "config_digest": training, "recorded": recorded | sizes | facts}
    dataset, curves_file, snapshots, weights = (folder / name for name in OUTPUTS)
    write_probe(dataset, samples["train"], samples.get("test"), said)
    said |= {"dataset": content_of(dataset)}
    write_table(curves_file, tidy_curves(curves), said)
    parts.merge_activations(snapshots, np.arange(sizes["n_probe"]), said)
    write_measured(folder / "metrics", headers, recorded.get("measures", {}), said)
    parts.merge_weights(weights, said)
    parts.clear()


def layers_in(header: dict[str, Any]) -> dict[str, str]:
    """Return the digest of each layer in the header of a part."""
    return {name: found for name, found in header["tensors"].items() if name.startswith(LAYER)}


def tidy_curves(curves: dict[int, dict[str, float]]) -> pd.DataFrame:
    """Return curves {step: {metric: value}} as a tidy table: step, layer (none), metric, value."""
    rows = [(step, None, metric, value) for step, row in curves.items() for metric, value in row.items()]
    table = pd.DataFrame(rows, columns=["step", "layer", "metric", "value"])
    return table.astype({"step": int, "layer": object, "metric": object, "value": float})


def write_measured(folder: Path, headers: dict[int, dict], measures: dict[str, dict], said: dict) -> None:
    """Write one table for each metric that was measured on each snapshot by itself."""
    for name, options in measures.items():
        rows = pd.DataFrame([row for header in headers.values() for row in header["measured"][name]])
        write_table(folder / f"{name}.parquet", rows, said | {"module": name, "options": options})
