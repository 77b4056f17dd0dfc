"""Figure of how phases depend on their rule, from made-up tables."""

import numpy as np
import pandas as pd
from made_up import O_INFORMATION, curves, phases, run_with, said

from grokking_phases.analysis.phases import STATED
from grokking_phases.figures.emergence import phase_rule

RUNS = {"wd0.1": run_with(weight_decay=0.1), "wd2": run_with(weight_decay=2)}
STEPS = {"generalised": 90.0, "emergence.start": 10.0, "emergence.end": 50.0}
ABSENT = {"divergence.start": np.nan, "divergence.end": np.nan}
RULES = ["stated", "first_step x 2", "first_step x 1/2"]


def drawn(metrics=O_INFORMATION):
    rows = [curves("wd2"), phases("wd0.1", STEPS, RULES), phases("wd2", STEPS | ABSENT, RULES)]
    numbers = phase_rule.select(pd.concat(rows, ignore_index=True), {"high": ["wd2"], "low": ["wd0.1"]})
    return numbers, phase_rule.draw(numbers, {"runs": RUNS, "metrics": metrics})


def test_only_rows_over_seeds_are_selected_for_every_rule():
    numbers, _ = drawn()
    assert list(numbers["run"].unique()) == ["wd2", "wd0.1"]
    assert list(numbers["rule"].unique()) == RULES
    assert len(numbers) == len(RULES) * 2 * (2 * len(STEPS) + len(ABSENT))
    found = numbers[numbers["event"] == "emergence.end"]
    assert set(found["step"]) == {50}
    assert set(found["low"]) == {25}


def test_each_run_and_estimate_has_a_panel_and_each_rule_a_row():
    _, figures = drawn()
    axes = [ax for figure in figures for ax in figure.subfigs[0].axes]
    titles = [ax.get_title() for ax in axes]
    assert [title.split(",")[0] for title in titles] == ["high", "high", "low", "low"]
    assert len(set(titles)) == 4
    names = [label.get_text() for label in axes[0].get_yticklabels()]
    assert names == ["stated", "first step × 2", "first step × 1/2"]
    crosses = [sum(line.get_marker() == "x" for line in ax.lines) for ax in axes]
    assert crosses == [3, 3, 0, 0]  # a cross for each rule, because one phase is absent


def test_the_notes_explain_each_constant_that_is_doubled_or_halved():
    rules = {rule.name.split(" x ")[0].replace("_", " ") for rule in STATED.variants()[1:]}
    _, [figure, _] = drawn()
    assert rules == set(phase_rule.CONSTANTS)
    assert [name for name in rules if f"{name.capitalize()}: " not in said(figure)] == []


def test_an_estimate_without_options_is_called_by_its_name():
    _, [figure, _] = drawn(metrics={})
    assert figure.subfigs[0].axes[0].get_title() == "high, o_information_paper"


def test_each_layer_has_its_own_column():
    later = {event: 2 * step for event, step in STEPS.items()}
    rows = pd.concat([phases("wd2", STEPS), phases("wd2", later, layer="preactivation")], ignore_index=True)
    numbers = phase_rule.select(rows, {"high": ["wd2"]})
    figures = phase_rule.draw(numbers, {"runs": RUNS, "metrics": O_INFORMATION})
    axes = [ax for figure in figures for ax in figure.subfigs[0].axes]
    assert [title.split()[-1] for title in (ax.get_title() for ax in axes)] == [
        "hidden",
        "hidden",
        *["preactivation"] * 2,
    ]
    ends = [max(line.get_xdata()[-1] for line in ax.lines if line.get_marker() == "<") for ax in axes]
    assert ends == [50, 50, 100, 100]
