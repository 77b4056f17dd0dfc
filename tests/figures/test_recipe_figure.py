"""Figure of time scales by recipe: a mark for each one found, and the names of the others."""

import pandas as pd
from made_up import is_named, run_with

from grokking_phases.analysis.events import ABSENT, FOUND, NOT_REACHED
from grokking_phases.figures.two_phase import recipe
from grokking_phases.plotting.time_scale_names import NAMES

EVENTS = {
    "fit": (FOUND, 30.0),
    "peak": (ABSENT, None),
    "compress": (ABSENT, None),
    "gen_0.9": (NOT_REACHED, None),
}


def events(run, source="mutual_information", layer=None):
    rows = [
        {
            "run": run,
            "seed": seed,
            "source": source,
            "layer": layer,
            "event": event,
            "status": status,
            "step": step,
        }
        for seed in (0, None)
        for event, (status, step) in EVENTS.items()
    ]
    return pd.DataFrame(rows).astype({"seed": "Int64"}).assign(table="time_scales", n_seeds=1)


def test_rows_over_seeds_of_one_source_of_information_are_selected():
    other = events("a", "information_kde")
    numbers = recipe.select(pd.concat([events("a"), other]), {"task": ["a"]})
    assert len(numbers) == len(EVENTS)
    assert numbers["source"].unique().tolist() == ["mutual_information"]


def test_the_last_of_several_layers_is_drawn():
    first = events("a", layer="block_1").assign(step=7.0)
    numbers = recipe.select(pd.concat([first, events("a", layer="block_2")]), {"task": ["a"]})
    assert len(numbers) == len(EVENTS) and 7.0 not in set(numbers["step"])


def test_rows_are_named_by_recipe_and_name_missing_time_scales():
    runs = {"a": run_with(weight_decay=0.5), "b": run_with(weight_decay=1.0)}
    runs["a"]["model"] = runs["b"]["model"] = {"module": "transformer", "dropout": 0.0}
    numbers = recipe.select(pd.concat([events("a"), events("b")]), {"task": ["a", "b"]})
    (figure,) = recipe.draw(numbers, {"runs": runs})
    (ax,) = figure.subfigs[0].axes
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert [[is_named(decay, label) for decay in (0.5, 1)] for label in labels] == [
        [True, False],
        [False, True],
    ]
    lacking = [recipe.SCALES[event][0] for event, (status, _) in EVENTS.items() if status != FOUND]
    for text in ax.texts:
        names = [short for short, *_ in recipe.SCALES.values() if is_named(short, text.get_text())]
        assert sorted(names) == sorted(lacking)
    points = {line.get_label().partition(": ")[2]: line.get_xydata().round().tolist() for line in ax.lines}
    assert points == {NAMES[event]: [] for event in recipe.SCALES} | {NAMES["fit"]: [[30, 0], [30, 1]]}
