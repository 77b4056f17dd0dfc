"""Time scales by recipe: marks where they are found, words where not."""

import pandas as pd
from made_up import run_with

from grokking_phases.analysis.events import ABSENT, FOUND, NOT_REACHED
from grokking_phases.figures.two_phase import recipe

EVENTS = {"fit": (FOUND, 30.0), "peak": (ABSENT, None), "compress": (ABSENT, None), "gen_0.9": (NOT_REACHED, None)}


def events(run, source="mutual_information"):
    rows = [
        {"run": run, "seed": seed, "source": source, "event": event, "status": status, "step": step}
        for seed in (0, None)
        for event, (status, step) in EVENTS.items()
    ]
    return pd.DataFrame(rows).astype({"seed": "Int64"}).assign(table="time_scales", n_seeds=1)


def test_over_seeds_and_one_source_of_information():
    other = events("a", "information_kde")
    numbers = recipe.select(pd.concat([events("a"), other]), {"task": ["a"]})
    assert len(numbers) == len(EVENTS)
    assert numbers["source"].unique().tolist() == ["mutual_information"]


def test_rows_are_named_by_recipe_and_say_what_is_missing():
    runs = {"a": run_with(weight_decay=0.5), "b": run_with(weight_decay=1.0)}
    runs["a"]["model"] = runs["b"]["model"] = {"module": "transformer", "dropout": 0.0}
    numbers = recipe.select(pd.concat([events("a"), events("b")]), {"task": ["a", "b"]})
    (figure,) = recipe.draw(numbers, {"runs": runs})
    (ax,) = figure.subfigs[0].axes
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "dropout 0, weight decay 0.5",
        "dropout 0, weight decay 1",
    ]
    assert [text.get_text() for text in ax.texts] == ["absent: peak, turn; not reached: 0.9"] * 2
    fit = next(line for line in ax.lines if line.get_label() == "train accuracy 0.98")
    assert fit.get_xdata().tolist() == [30, 30]
