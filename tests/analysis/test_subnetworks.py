"""Choice of units, and the reasons for which there are none to choose."""

import numpy as np
import pandas as pd
import pytest

from grokking_phases.analysis.subnetworks import Absent, choose, in_layer, write_choice, write_units
from grokking_phases.storage.headers import header_of
from grokking_phases.storage.tables import read_table

WIDTH = 8


def o_information(seed=3):
    """Return rows in which Omega is least at step 0, then 1, then 100, and greatest at 1, then 10."""
    at = {
        0: (-9.0, 1.0, [0, 1], [2]),
        1: (-5.0, 12.0, [1, 2, 3], [0, 1]),
        10: (-2.0, 9.0, [6, 4, 5], [0, 3]),
        100: (-3.0, 1.0, [7, 3], [5, 6]),
        1000: (np.nan, np.nan, None, None),
    }
    rows = [
        {
            "run": "r",
            "seed": seed,
            "step": step,
            "layer": "hidden",
            "metric": metric,
            "value": value,
            "units": units,
        }
        for step, (low, high, synergistic, redundant) in at.items()
        for metric, value, units in (("synergy", low, synergistic), ("redundancy", high, redundant))
    ]
    return pd.DataFrame(rows)


def curves(generalised=None):
    steps = [0, 5, 50, 500, 1000]
    values = [0.99 if generalised is not None and step >= generalised else 0.1 for step in steps]
    return pd.DataFrame({"step": steps, "metric": "test_accuracy", "value": values})


def phases(**events):
    rows = [
        {"event": event.replace("__", "."), "status": "found", "step": step} for event, step in events.items()
    ]
    return pd.DataFrame(rows, columns=["event", "status", "step"])


NEVER, NO_PHASES = curves(), phases()


def chosen(curves=NEVER, phases=NO_PHASES, **options):
    return choose(o_information(), curves, phases, WIDTH, **options).units


def test_the_most_synergistic_multiplet_from_the_first_step_that_counts():
    """The default is step 5, the authors' first sample; before it, random features are most synergistic."""
    assert choose(o_information(), NEVER, NO_PHASES, WIDTH) == ([3, 7], 100, -3.0)
    assert chosen(from_step=1) == [1, 2, 3]
    assert chosen(from_step=0) == [0, 1]


def test_step_0_counts_without_the_steps_after_it():
    """Redundancy is greatest at step 1, which the authors never see, whether step 0 counts or not."""
    assert chosen(step_0=True) == [0, 1]
    assert chosen(extreme="redundancy", step_0=True) == [0, 3]
    assert chosen(step_0=False) == [3, 7]


def test_the_most_redundant_multiplet():
    assert chosen(extreme="redundancy") == [0, 3]


def test_the_others_are_all_other_units_of_the_layer():
    assert chosen(take="others") == [0, 1, 2, 4, 5, 6]


def test_random_units_are_distinct_and_as_many_and_differ_by_draw_and_seed():
    draws = [chosen(take="random", draw=draw) for draw in range(1, 30)]
    assert all(
        len(set(units)) == 2 and set(units) <= set(range(WIDTH)) and units == sorted(units) for units in draws
    )
    assert len({tuple(units) for units in draws}) > 5
    assert chosen(take="random", draw=1) == draws[0]
    others = [
        choose(o_information(seed=4), NEVER, NO_PHASES, WIDTH, take="random", draw=n).units
        for n in range(1, 30)
    ]
    assert others != draws


@pytest.mark.parametrize(("generalised", "units"), [(5, [4, 5, 6]), (50, [3, 7])])
def test_the_multiplet_at_the_first_snapshot_that_generalised(generalised, units):
    assert chosen(curves(generalised), at="generalised") == units


@pytest.mark.parametrize("phase", ["emergence", "delayed_emergence"])
def test_the_multiplet_during_a_phase(phase):
    during = phases(**{f"{phase}__start": 1, f"{phase}__end": 20})
    assert chosen(phases=during, at=phase) == [4, 5, 6]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"at": "generalised"}, "the run never generalises"),
        ({"at": "generalised", "curves": curves(1000)}, "no multiplet with a finite synergy"),
        ({"at": "delayed_emergence"}, "the run has no delayed emergence"),
        (
            {
                "at": "delayed_emergence",
                "phases": phases(delayed_emergence__start=2, delayed_emergence__end=3),
            },
            "no mult",
        ),
    ],
)
def test_an_absent_sub_network_has_a_reason(options, why):
    with pytest.raises(Absent, match=why):
        chosen(**options)


@pytest.mark.parametrize("take", ["units", "others", "random"])
def test_a_multiplet_that_is_the_whole_layer_is_never_chosen(take):
    table, everything = o_information(), list(range(WIDTH))
    table["units"] = [
        everything if step == 100 else units
        for step, units in zip(table["step"], table["units"], strict=True)
    ]
    assert choose(table, NEVER, NO_PHASES, WIDTH, take=take).step == 10
    table["units"] = [everything] * len(table)
    with pytest.raises(Absent, match="every multiplet is the whole layer"):
        choose(table, NEVER, NO_PHASES, WIDTH, take=take)


def test_a_choice_is_written_with_its_origin_or_the_reason_why_it_is_absent(tmp_path):
    origin = {"run": "r", "seed": 3, "subnetwork": "synergistic"}
    write_choice(tmp_path / "found", origin | {"size": 2, "step": 100, "o_information": -3.0}, origin)
    write_choice(tmp_path / "absent", origin | {"absent": "no phase"}, origin)
    [found], [absent] = (read_table(tmp_path / name).to_dict("records") for name in ("found", "absent"))
    assert pd.isna(found.pop("absent"))
    assert found == origin | {"size": 2, "step": 100, "o_information": -3.0}
    assert absent["absent"] == "no phase" and np.isnan(absent["size"])


@pytest.mark.parametrize("option", ["draw", "from_step"])
def test_an_option_below_its_limit_raises_an_error(option):
    with pytest.raises(ValueError, match=f"{option}: -1 is less than 0"):
        chosen(**{option: -1})


def test_the_same_units_give_the_same_bytes_and_an_absent_choice_says_why(tmp_path):
    origin = {"run": "r", "seed": 3, "subnetwork": "synergistic"}
    for name in ("first", "second"):
        write_units(tmp_path / name, [1, 5], origin, {})
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    assert read_table(tmp_path / "first").to_dict("list") == {
        "run": ["r", "r"], "seed": [3, 3], "subnetwork": ["synergistic"] * 2, "unit": [1, 5]
    }  # fmt: skip
    write_units(tmp_path / "none", [], origin, {"absent": "the run never generalises"})
    assert read_table(tmp_path / "none").empty
    assert header_of(tmp_path / "none")["absent"] == "the run never generalises"


def test_the_units_of_a_layer_are_chosen_from_its_own_rows():
    first = o_information()
    other = first.assign(
        layer="preactivation", value=10 * first["value"], units=first["units"].map(lambda _: [2, 5])
    )
    rows = pd.concat([first, other], ignore_index=True)
    assert choose(in_layer(rows, "hidden"), NEVER, NO_PHASES, WIDTH) == ([3, 7], 100, -3.0)
    assert choose(in_layer(rows, "preactivation"), NEVER, NO_PHASES, WIDTH) == ([2, 5], 100, -30.0)
