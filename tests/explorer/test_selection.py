"""Contents of the explorer's views in a state, computed by node from the page's own scripts."""

import json
import shutil
import subprocess

import pytest
from made_up_study import write_study

from grokking_phases.explorer.finished_seeds import gather
from grokking_phases.explorer.packing import hexadecimal, packed
from grokking_phases.explorer.page import part

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="the explorer's scripts are not tried: no node here")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_study(folder, ("wd0.1", "wd2"))
    runs = {run: {"seeds": [0, 1], "training": {"weight_decay": float(run[2:])}} for run in ("wd0.1", "wd2")}
    return packed(gather(folder, runs), 120) | {"claims": []}


@pytest.fixture(scope="module")
def answers(data, tmp_path_factory):
    """Return a function that evaluates expressions of `data` and `start`, its opening state."""
    script = tmp_path_factory.mktemp("script") / "selection.js"

    def evaluate(*expressions):
        body = f"const data = {json.dumps(data)}; const start = startState(data);"
        asked = f"console.log(JSON.stringify([{', '.join(expressions)}]));"
        script.write_text("\n".join([part("state.js"), part("selection.js"), body, asked]), "utf-8")
        done = subprocess.run([NODE, script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return evaluate


def test_the_value_at_the_cursor_is_that_of_the_last_step_up_to_it(answers):
    series = "{steps: [1, 10, 100], values: [5, null, 7]}"
    found = answers(*(f"atCursor({series}, {step})" for step in (0, 1, 9, 10, 1000)), "atCursor(null, 1)")
    assert found == [None, {"step": 1, "value": 5}, {"step": 1, "value": 5}, {"step": 10, "value": None},
                     {"step": 100, "value": 7}, None]  # fmt: skip


def test_units_are_read_as_they_were_written(answers):
    units = [0, 7, 8, 63, 64, 249]
    assert answers(f"unitsIn('{hexadecimal(units, 250)}')", "unitsIn('')") == [units, []]


def test_an_address_gives_back_its_state(answers):
    odd = "{...start, rows: ['a&b=c#/1', '🙂\"<'], filters: [nameOf('k', '\"v\"')], measures: [], step: 2.5}"
    before, after = answers(odd, f"parseState(formatState({odd}), start)")
    assert after == before


def test_an_address_of_nonsense_leaves_the_opening_state(answers):
    start, state = answers("start", "parseState('#step=NaN&plane=3&filters=x&measures=[1]&phases=', start)")
    assert state == start | {"measures": []}


def test_filters_of_two_keys_must_both_hold_and_those_of_one_key_are_alternatives(answers):
    def shown(*filters):
        names = ", ".join(f"nameOf('{key}', '{value}')" for key, value in filters)
        return f"shownSeeds(data, {{...start, filters: [{names}]}}).map(idOf)"

    decay = "training.weight_decay"
    every = ["wd0.1/0", "wd0.1/1", "wd2/0", "wd2/1"]
    assert answers(shown(), shown((decay, 2), (decay, 0.1)), shown((decay, 3))) == [every, every, []]
    assert answers(shown((decay, 2)), shown((decay, 2), ("seed", 1))) == [["wd2/0", "wd2/1"], ["wd2/1"]]


def test_a_band_has_the_steps_that_all_seeds_have(answers):
    lines = "[{steps: [1, 2, 3], values: [1, 2, null]}, {steps: [2, 3], values: [4, 5]}]"
    (band,) = answers(f"band('run', {lines})")
    assert band == {"id": "run", "run": "run", "steps": [2], "values": [3], "low": [2], "high": [4]}


def test_a_phase_without_an_end_lasts_to_the_last_step(answers):
    events = "data.seeds[0].events.filter((event) => event.event !== 'emergence.end')"
    seed = f"{{...data.seeds[0], events: {events}}}"
    source = "nameOf('o_information', 'hidden')"
    assert answers(f"phasesOf(data.seeds[0], {source})", f"phasesOf({seed}, {source})") == [
        [{"name": "emergence", "start": 10, "end": 50}],
        [{"name": "emergence", "start": 10, "end": 100}],
    ]


def test_csv_quotes_what_it_must(answers):
    assert answers("""csv([['a"b', 'c,d', null, 'e\\nf', 1.5]])""") == ['"a""b","c,d",,"e\nf",1.5\r\n']


def test_the_cursor_is_at_one_step_in_all_views(answers):
    state = "{...start, step: 20}"
    multiplets, planes = answers(
        f"multipletsOf(data, {state})",
        f"PLANES.map((plane) => planeOf(data, {state}, plane.place(data, {state}), plane.metrics))",
    )
    assert [(each["metric"], each["step"], each["units"], each["value"]) for each in multiplets] == [
        ("synergy", 20, [5, 9], 6),
        ("redundancy", 20, [0, 1, 2], 2),
    ]
    assert [plane[0]["point"] for plane in planes] == [
        {"step": 20, "x": 5, "y": 2.5},
        {"step": 20, "x": 2, "y": 6},
    ]
