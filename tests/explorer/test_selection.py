"""Contents of the explorer's views in a state, computed by node from the page's own scripts."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from made_up_study import BINS, STEPS, write_bins, write_regions, write_study

from grokking_phases.explorer.finished_seeds import gather
from grokking_phases.explorer.numbers_as_text import hexadecimal
from grokking_phases.explorer.packing import packed
from grokking_phases.explorer.page import part
from grokking_phases.explorer.square_packing import letters

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="the explorer's scripts are not tried: no node here")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_study(folder, ("wd0.1", "wd2"))
    runs = {run: {"seeds": [0, 1], "training": {"weight_decay": float(run[2:])}} for run in ("wd0.1", "wd2")}
    return packed(gather(folder, runs), 120) | {"claims": []}


@pytest.fixture(scope="module")
def with_regions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("regions")
    write_study(folder, ("plane", "slice"), seeds=(0,))
    write_regions(folder / "plane/0", "plane")
    write_regions(folder / "slice/0", "slice", with_polygons=False)
    return packed(gather(folder), 120) | {"claims": []}


@pytest.fixture(scope="module")
def with_bins(tmp_path_factory):
    """Return the data of a network with bins, which do not form the units at the third step."""
    folder = tmp_path_factory.mktemp("bins")
    write_study(folder, seeds=(0,))
    write_bins(folder / "wd2/0", "wd2", units={2: [0, 8], 3: None})
    return packed(gather(folder), 120) | {"claims": []}


@pytest.fixture(scope="module")
def answers(data, tmp_path_factory):
    """Return a function that evaluates expressions of `data` and `start`, its opening state."""
    script = tmp_path_factory.mktemp("script") / "selection.js"

    def evaluate(*expressions, data=data):
        body = f"const data = {json.dumps(data)}; const start = startState(data);"
        asked = f"console.log(JSON.stringify([{', '.join(expressions)}]));"
        parts = map(part, ("state.js", "selection.js", "multiplets.js", "regions.js"))
        script.write_text("\n".join([*parts, body, asked]), "utf-8")
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


def test_marks_are_the_events_of_the_curves_and_of_the_values_shown(answers):
    events = [
        {"source": "curves", "layer": "", "event": "generalised", "step": 50},
        {"source": "curves", "layer": "", "event": "memorised", "step": None},
        {"source": "information", "layer": "block_1", "event": "compress", "step": 7},
        {"source": "information", "layer": "block_2", "event": "compress", "step": 9},
        {"source": "o_information", "layer": "block_1", "event": "generalised", "step": 50},
        {"source": "o_information", "layer": "block_1", "event": "emergence.start", "step": 3},
        {"source": None, "layer": "", "event": "peak", "step": 4},
    ]

    def marks(*place):
        names = ", ".join(map(json.dumps, place))
        return f"marksOf({{events: {json.dumps(events)}}}, {names}).map((mark) => [mark.event, mark.step])"

    every, places = ["generalised", 50], ("block_1", "block_2")
    found = answers(*(marks("information", place) for place in places), marks("curves", ""))
    assert found == [[every, ["compress", 7]], [every, ["compress", 9]], [every, ["peak", 4]]]
    assert answers(marks("o_information", "block_1"), "marksOf(null, 'curves', '')") == [[every], []]


def test_an_event_lies_on_the_trail_of_the_network_in_focus_alone(answers):
    plane = "planeOf(data, {...start, rows: ['wd0.1/0', 'wd2/1'], focus: 'wd2/1'}, start.plane, metrics)"
    where = "trail.events.map((mark) => [mark.event, mark.point.step, mark.point.x])"
    trails = f"(({{ metrics }}) => {plane}.map((trail) => {where}))(PLANES[0])"
    assert answers(trails) == [[[], [["memorised", 5, 4], ["generalised", 50, 7]]]]


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


def test_the_units_of_a_multiplet_are_grouped_by_bin(answers, with_bins):
    def at(step):
        return f"multipletsOf(data, {{...start, step: {step}}})"

    even, odd, before = answers(at(20), at(101), at(-1), data=with_bins)
    for i, (synergy, redundancy) in ((5, even), (7, odd)):
        bins = BINS[i % 2]
        assert synergy["groups"] == [{"bin": 0, "units": bins[0]}, {"bin": 1, "units": bins[1]}]
        assert redundancy["groups"] == [{"bin": 0, "units": bins[0]}, {"bin": 2, "units": bins[2]}]
        assert synergy["units"] == [0, 1, 2, 3, 5] and redundancy["units"] == sorted(bins[0] + bins[2])
    assert [each["groups"] for each in before] == [[], []]


def test_bins_that_do_not_form_the_units_group_nothing(answers, with_bins):
    known, left_out = answers(
        *(f"multipletsOf(data, {{...start, step: {step}}})" for step in (1, 2)), data=with_bins
    )
    assert [each["disagree"] for each in (*known, *left_out)] == [False, False, True, True]
    assert [each["groups"] for each in left_out] == [
        [{"bin": None, "units": [0, 8]}],
        [{"bin": None, "units": [0, 1, 6, 7, 8]}],
    ]


def test_without_stored_bins_all_units_are_one_group(answers):
    synergy, _ = answers("multipletsOf(data, {...start, step: 20})")[0]
    assert synergy["groups"] == [{"bin": None, "units": [5, 9]}] and not synergy["disagree"]


def test_saved_multiplets_have_a_row_for_each_bin(answers, with_bins):
    [table] = answers("TABLES.multiplets(data, start)", data=with_bins)
    assert table[0] == ["run", "metric", "step", "bin", "units"]
    assert [row[2:] for row in table if row[1] == "synergy"][:6] == [
        [0, 0, "0 1"],
        [0, 1, "2 3 5"],
        [1, 0, "0 1 2"],
        [1, 1, "3 5"],
        [2, None, "0 8"],
        [5, None, ""],
    ]


def test_points_are_read_as_they_were_written(answers):
    assert answers(f"pointsIn('{letters(np.array([[0.0, 1.0], [0.5, 0.25]]), 0, 1)}')", "pointsIn('')") == [
        [[0, 4095], [2048, 1024]],
        [],
    ]


def test_the_regions_are_those_at_the_cursor_and_of_the_snapshot_before(answers, with_regions):
    [found, first, none] = answers(
        "squaresOf(data, {...start, step: 20})",
        "squaresOf(data, {...start, step: 0})",
        "squaresOf(data, {...start, step: -1})",
        data=with_regions,
    )
    i = STEPS.index(20)
    assert (found["before"]["step"], found["now"]["step"]) == (10, 20)
    assert [len(found[name]["polygons"]) for name in ("before", "now")] == [10 - i, 9 - i]
    assert found["now"]["active"] == list(range(9 - i))
    assert found["now"]["polygons"][0][1] == [455, 0]
    assert [piece["neuron"] for piece in found["before"]["pieces"]] == list(range(9 - i))
    assert found["examples"] == [{"mechanism": "disappearance", "units": [8 - i]}]
    assert first["before"] is None and first["now"]["step"] == 0 and first["examples"] == []
    assert none["now"] is None


def test_regions_are_counted_at_the_cursor_at_two_events_and_at_the_end(answers, with_regions):
    drawn, (count, *_), *moments = answers(
        "squaresOf(data, {...start, rows: ['slice/0'], focus: 'slice/0'})",
        "countsOf(data, {...start, rows: ['slice/0'], focus: 'slice/0', step: 30})",
        "countsOf(data, start).map(({moment, step, regions, disappearance_so_far}) =>"
        " [moment, step, regions, disappearance_so_far])",
        data=with_regions,
    )
    assert drawn is None  # the polygons are not stored
    assert (count["step"], count["regions"], count["alignment_so_far"]) == (20, 4, 0)
    assert moments == [
        [["cursor", 50, 3, 6], ["memorised", 5, 6, 3], ["generalised", 50, 3, 6], ["end", 100, 2, 7]]
    ]


def test_a_network_without_regions_names_those_that_have_them(answers, data, with_regions):
    counts, seeds = answers("countsOf(data, start)", "seedsWithRegions(data).map(idOf)")
    assert counts == seeds == []
    with_regions = with_regions | {"seeds": [*data["seeds"][:1], *with_regions["seeds"]]}
    counts, seeds = answers("countsOf(data, start)", "seedsWithRegions(data).map(idOf)", data=with_regions)
    assert counts == [] and seeds == ["plane/0", "slice/0"]
