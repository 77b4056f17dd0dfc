"""The bins that form multiplets, from a file of scores with a known tree."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from made_up_study import BINS, LIVE, OTHER_TREE, STEPS, scores, write_bins, write_study
from shown_data import data_of

from grokking_phases.data.scores_file import write_scores
from grokking_phases.explorer.finished_seeds import gather
from grokking_phases.explorer.multiplet_packing import DISAGREE, packed_multiplets
from grokking_phases.explorer.numbers_as_text import hexadecimal
from grokking_phases.explorer.packing import packed
from grokking_phases.explorer.page import write_page

TEXTS = ["AABB.BCCC", "AAAB.BCCC"]  # of the even and the odd steps
SYNERGY = [0, 1, 2, 3, 5]  # units of the first two bins


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a seed without scores."""
    write_study(tmp_path, seeds=(0,), with_phases=False)
    return tmp_path / "wd2/0"


def packed_seed(folder, n_steps=120):
    """Return the packed seed of a folder, and the problems."""
    data = packed(gather(folder.parents[1]), n_steps)
    return data["seeds"][0], data["problems"]


def assert_units_alone(folder):
    """Assert that the table holds units and no bins, and return the problems."""
    seed, problems = packed_seed(folder)
    table = seed["tables"]["o_information"]
    assert "bins" not in table and seed["bins"] == []
    assert table["units"][0]["members"] == [hexadecimal(SYNERGY, 6)] * len(STEPS)
    return problems


def test_bins_are_those_of_the_tree_of_the_metrics_linkage(folder):
    write_bins(folder, "wd2")
    seed, problems = packed_seed(folder)
    table = seed["tables"]["o_information"]
    assert problems == [] and seed["bins"] == TEXTS
    assert table["bins"] == {"hidden": [0, 1] * 4}
    synergy, redundancy = table["units"]
    assert set(synergy["members"]) == {hexadecimal([0, 1], 3)}
    assert set(redundancy["members"]) == {hexadecimal([0, 2], 3)}
    assert (synergy["width"], redundancy["width"]) == (6, 9)


def test_the_made_up_bins_are_no_cut_of_another_linkage(folder):
    write_bins(folder, "wd2", linkage="average")
    seed, _ = packed_seed(folder)
    assert seed["tables"]["o_information"]["bins"] == {"hidden": [DISAGREE] * len(STEPS)}


def test_tables_with_the_same_bins_share_them(folder):
    write_bins(folder, "wd2")
    write_bins(folder, "wd2", name="o_information_paper", ties="paper")
    seed, _ = packed_seed(folder)
    bins = [seed["tables"][name]["bins"] for name in ("o_information", "o_information_paper")]
    assert bins[0] == bins[1] and seed["bins"] == TEXTS


def test_only_the_steps_and_columns_that_are_needed_are_read_and_each_once(folder, monkeypatch):
    write_bins(folder, "wd2")
    read, wanted = pq.ParquetFile.read_row_groups, []

    def recorded(self, places, columns):
        wanted.append((places, columns))
        return read(self, places, columns)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", recorded)
    study = gather(folder.parents[1])
    assert wanted == []
    few = packed(study, 3)["seeds"][0]["tables"]["o_information"]["steps"]
    packed(study, 120)
    (first, columns), (rest, _) = wanted
    assert [STEPS[i] for i in first] == few and len(few) < len(STEPS)
    assert sorted(first + rest) == list(range(len(STEPS)))
    assert columns == ["step", "layer", "width", "live", "ward"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_units_are_shown_alone_where_scores_were_deleted(folder, when):
    path = write_bins(folder, "wd2")
    if when == "before":
        path.unlink()
        assert assert_units_alone(folder) == []
    study = gather(folder.parents[1])
    path.unlink(missing_ok=True)
    data = packed(study, 120)
    assert data["seeds"][0]["bins"] == data["problems"] == []


@pytest.mark.parametrize("changed", [{"linkage": "spectral"}, {"module": "own_metric"}])
def test_a_metric_without_a_tree_has_units_alone(folder, changed):
    write_bins(folder, "wd2", **changed)
    assert assert_units_alone(folder) == []


def test_a_metric_that_began_with_no_scores_has_units_alone(folder):
    assert gather(folder.parents[1]).seeds[0].bins == {}


@pytest.mark.parametrize(
    "units",
    [
        [0, 1, 2, 3],  # a part of a bin
        [0, 1, 2, 3, 4, 5],  # with a unit that is not live
        [0, 1, 2, 3, 5, 6],  # with a part of another bin
        [0, 1, 2, 3, 5, 99],  # with a unit that the layer does not have
        [2, 3, 5],  # a bin alone
    ],
)
def test_bins_that_do_not_form_the_units_are_left_out_at_that_step(folder, units):
    write_bins(folder, "wd2", units={2: units})
    seed, problems = packed_seed(folder)
    table = seed["tables"]["o_information"]
    assert table["bins"] == {"hidden": [0, 1, DISAGREE, 1, 0, 1, 0, 1]}
    synergy, redundancy = table["units"]
    assert synergy["members"][2] == hexadecimal(units, synergy["width"])
    assert redundancy["members"][2] == hexadecimal([0, 1, 6, 7, 8], 9)
    assert synergy["members"][3] == hexadecimal([0, 1], 3)
    assert problems == [
        "wd2/0, o_information: stored bins that do not form the units are left out (steps: 1)."
    ]


@pytest.mark.parametrize("units", [None, []])
def test_a_step_without_a_multiplet_has_no_bins_of_it(folder, units):
    write_bins(folder, "wd2", units={2: units})
    seed, problems = packed_seed(folder)
    synergy, redundancy = seed["tables"]["o_information"]["units"]
    assert (synergy["members"][2], redundancy["members"][2]) == ("", hexadecimal([0, 2], 3))
    assert problems == []


def test_bins_of_a_layer_without_multiplets_are_not_packed():
    labels, texts = np.array([0, 0, 1]), {}
    units = {("hidden", "synergy"): [None, [0, 1, 2]]}
    found = packed_multiplets(units, [1, 5], {step: {"hidden": labels} for step in (1, 5)}, texts)
    assert found["bins"] == {"hidden": [None, 0]} and texts == {"AAB": 0}


def test_fewer_live_units_than_bins_are_in_none(folder):
    write_bins(folder, "wd2", n_bins=len(LIVE) + 1)
    assert assert_units_alone(folder) == []


def test_as_many_bins_as_live_units_hold_one_each(folder):
    write_bins(folder, "wd2", n_bins=len(LIVE))
    seed, _ = packed_seed(folder)
    letters = seed["bins"][0].replace(".", "")
    assert len(set(letters)) == len(LIVE)
    synergy, _ = seed["tables"]["o_information"]["units"]
    bins = ["ABCDEFGH".index(seed["bins"][0][unit]) for unit in SYNERGY]
    assert synergy["members"][0] == hexadecimal(bins, len(LIVE))


def test_damaged_scores_are_named_and_the_page_is_made(folder, tmp_path):
    path = write_bins(folder, "wd2")
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    [problem] = assert_units_alone(folder)
    assert str(path) in problem and "damaged" in problem
    write_page(tmp_path / "explorer.html", gather(tmp_path))
    data = data_of((tmp_path / "explorer.html").read_text("utf-8"))
    assert data["problems"] == [problem]
    assert data["seeds"][0]["tables"]["o_information"]["units"]


def test_damaged_scores_of_several_tables_are_named_once(folder):
    write_bins(folder, "wd2")
    path = write_bins(folder, "wd2", name="o_information_block")
    path.write_bytes(path.read_bytes()[:-100])
    study = gather(folder.parents[1])
    assert len(packed(study, 3)["problems"]) == len(packed(study, 120)["problems"]) == 1


def test_scores_that_were_made_again_with_other_content_are_named(folder):
    path = write_bins(folder, "wd2")
    header = {"run": "wd2", "seed": 0, "steps": list(STEPS), "recorded": list(STEPS)}
    write_scores(path, [scores(step, OTHER_TREE, "average") for step in STEPS], header)
    [problem] = assert_units_alone(folder)
    assert str(path) in problem and "made again" in problem


def test_a_study_that_is_watched_sees_scores_that_change(folder):
    path = write_bins(folder, "wd2")
    whole = path.read_bytes()
    assert packed_seed(folder)[0]["bins"] == TEXTS
    path.write_bytes(whole[:-100])
    assert len(assert_units_alone(folder)) == 1
    path.write_bytes(whole)
    assert packed_seed(folder)[0]["bins"] == TEXTS


def test_the_made_up_bins_hold_each_live_unit_once():
    for bins in BINS:
        assert np.array_equal(np.sort(np.concatenate(bins)), LIVE)
