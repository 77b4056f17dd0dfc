"""Figure of phases in random orders, from made-up tables."""

import numpy as np
import pandas as pd
from made_up import is_named, run_with, said, table
from matplotlib.colors import same_color

from grokking_phases.analysis.events import PHASES
from grokking_phases.analysis.orders import find_in_orders, over_orders
from grokking_phases.figures.emergence import orders
from grokking_phases.steps import steps_of

STEPS = steps_of({"log": 60}, 4000)
RUNS = {"wd0.1": run_with(weight_decay=0.1), "wd2": run_with(weight_decay=2)}
STUDY = {"runs": RUNS, "metrics": {"in_orders": {"variables": "union", "n_bins": 10, "ties": "paper"}}}
PEAK = {1: 9, 3: 1, 8: 2, 16: 1, 40: 1, 150: 5, 600: 0.5, 4000: 0.5}
FLAT = {1: 9, 3: 1, 8: 0.5, 4000: 0.5}


def at(corners):
    """Return a function of (seed, step), straight in ln step between the corners."""
    return lambda _seed, step: np.interp(np.log(max(step, 1)), np.log(list(corners)), list(corners.values()))


def found(run, *synergies):
    """Return the table of a run whose first synergy is that of the own order."""
    names = ["", *(f"_order_{k}" for k in range(1, len(synergies)))]
    values = {f"redundancy{name}": at({1: 2, 8: 10, 40: 10, 150: 3, 600: 8, 4000: 8}) for name in names}
    for name, synergy in zip(names, synergies, strict=True):
        values[f"synergy{name}"] = lambda seed, step, synergy=synergy: -at(synergy)(seed, step)
    accuracies = {"train_accuracy": at({1: 0, 20: 1}), "test_accuracy": at({1: 0, 150: 0, 600: 1})}
    in_orders = find_in_orders(table(run, accuracies, STEPS, None), table(run, values, STEPS))
    return over_orders(in_orders).assign(run=run, source="in_orders", table="orders")


def drawn():
    rows = [found("wd2", FLAT, PEAK, FLAT, PEAK, PEAK), found("wd0.1", PEAK, FLAT, FLAT, FLAT, FLAT)]
    numbers = orders.select(pd.concat(rows, ignore_index=True), {"high": ["wd2"], "low": ["wd0.1"]})
    return numbers, orders.draw(numbers, STUDY)


def marks(ax, marker):
    """Return {phase: [(share, whether the mark is filled) of each seed (o) or of the mean curve (D)]}."""
    seen = {}
    for line in ax.lines:
        if line.get_marker() == marker:
            [x], [y] = line.get_data()
            seen.setdefault(PHASES[round(y)], []).append(
                (x, not same_color(line.get_markerfacecolor(), "white"))
            )
    return seen


def test_each_run_shows_the_share_of_orders_and_whether_the_own_order_has_the_phase():
    numbers, [figure] = drawn()
    assert list(numbers["run"].unique()) == ["wd2", "wd0.1"]
    high, low = figure.subfigs[0].axes[:2]
    assert [ax.get_title() for ax in (high, low)] == ["high", "low"]
    for marker, n in (("o", 2), ("D", 1)):
        assert marks(high, marker)["emergence"] == [(0.75, False)] * n
        assert marks(low, marker)["emergence"] == [(0.0, True)] * n
        assert marks(high, marker)["divergence"] == [(0.0, False)] * n


def test_a_page_without_phases_has_no_steps_and_says_so():
    panels = {"high": ["wd2"], "low": ["wd0.1"]}
    rows = pd.concat([found("wd2", FLAT, FLAT), found("wd0.1", FLAT, FLAT)], ignore_index=True)
    [figure] = orders.draw(orders.select(rows, panels), STUDY)
    assert [ax.get_xlabel() for ax in figure.subfigs[0].axes] == ["share of orders"] * 2
    assert is_named("No phase", said(figure))
    assert not is_named("No phase", said(drawn()[1][0]))
    assert all(title in figure.get_suptitle() for title in panels)


def test_the_caption_names_the_runs_and_the_number_of_orders():
    _, [figure] = drawn()
    assert is_named(4, said(figure))
