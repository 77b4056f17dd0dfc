"""Figure of softmax collapse, from made-up tables."""

import numpy as np
import pandas as pd
from made_up import O_INFORMATION, curves_in, is_named, o_information, run_with, said, table

from grokking_phases.figures.emergence import softmax_collapse

RUNS = {"alpha50": run_with(alpha=50), "alpha50_float32": run_with(alpha=50, loss_dtype="float32")}
PANELS = {"alpha 50": list(RUNS)}


def drawn(with_synergy=False):
    tables = []
    for scale, run in enumerate(RUNS, start=1):
        values = {
            "rounded_to_one": lambda seed, step: 0.0,
            "class_mean_norm": lambda seed, step, scale=scale: scale * (1.0 + step),
            "last_layer_norm": lambda seed, step: 200.0,
            "logit_scale": lambda seed, step: 20.0,
            "n_undefined": lambda seed, step, scale=scale: float(scale == 2 and step == 10),
        }
        tables.append(table(run, values, layer="readout").assign(table="softmax_collapse"))
        tables += [o_information(run)] if with_synergy else []
    numbers = softmax_collapse.select(pd.concat(tables, ignore_index=True), PANELS)
    metrics = {"softmax_collapse": {}} | (O_INFORMATION if with_synergy else {})
    return numbers, softmax_collapse.draw(numbers, {"runs": RUNS, "metrics": metrics})


def test_the_two_losses_are_lines_of_their_own_with_names_that_tell_them_apart():
    numbers, [figure] = drawn()
    assert set(numbers["step"]) == {1, 10, 100}
    _, norm, *_ = figure.subfigs[0].axes
    for line, scale in zip(curves_in(norm), (1, 2), strict=True):
        np.testing.assert_allclose(line.get_xydata(), [[step, scale * (1 + step)] for step in (1, 10, 100)])
    names = [entry.get_text() for entry in figure.subfigs[0].legends[0].get_texts()]
    assert ["float32" in name for name in names] == [False, True]
    assert is_named("2 of 6", said(figure))  # snapshots, of two seeds


def test_synergy_under_each_treatment_of_ties_stands_beside_it():
    numbers, [figure] = drawn(with_synergy=True)
    axes = figure.subfigs[0].axes
    assert len(axes) == 6
    for ax in axes[:2]:
        for line in curves_in(ax)[:2]:
            np.testing.assert_allclose(line.get_xydata(), [[step, step + 0.5] for step in (1, 10, 100)])
    assert {*O_INFORMATION, "rounded_to_one"} <= set(numbers["metric"])
