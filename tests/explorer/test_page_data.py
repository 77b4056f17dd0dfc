"""The data that the explorer's page holds."""

import numpy as np
import pandas as pd
import pytest
from default_size_study import default_size_study
from made_up_study import (
    HOSTILE,
    STEPS,
    curves,
    o_information,
    write_figure,
    write_regions,
    write_seed,
    write_study,
)
from shown_data import data_of

from grokking_phases.explorer.finished_seeds import gather
from grokking_phases.explorer.numbers_as_text import hexadecimal
from grokking_phases.explorer.packing import packed, thinned
from grokking_phases.explorer.page import LIMIT, page, write_page
from grokking_phases.explorer.square_packing import letters
from grokking_phases.storage.tables import write_table


def data_in(path):
    """Return the data in a page."""
    return data_of(path.read_text("utf-8"))


def series(seed, table, metric):
    found = seed["tables"][table]
    values = next(each["values"] for each in found["series"] if each["metric"] == metric)
    return dict(zip(found["steps"], values, strict=True))


def test_the_page_holds_the_numbers_of_each_table(tmp_path):
    write_study(tmp_path)
    write_page(tmp_path / "explorer.html", gather(tmp_path))
    first, second = data_in(tmp_path / "explorer.html")["seeds"]
    assert (first["run"], first["seed"], second["seed"]) == ("wd2", 0, 1)
    assert series(first, "curves", "test_accuracy") == {step: float(step >= 50) for step in STEPS}
    assert series(first, "o_information", "synergy") == {step: i + 1 for i, step in enumerate(STEPS)}
    assert set(series(first, "o_information", "redundancy").values()) == {2.0}
    assert series(second, "mutual_information", "information_x")[100] == 8


def test_runs_are_in_the_order_of_the_config_then_by_name(tmp_path):
    write_study(tmp_path, ("a", "b", "z"), seeds=(1, 0))
    study = gather(tmp_path, {"z": {"seeds": [0, 1, 2]}, "b": {"seeds": [0]}})
    assert [seed.run for seed in study.seeds] == ["z"] * 3 + ["b"] * 2 + ["a"] * 2
    assert [seed.seed for seed in study.seeds[:3]] == [0, 1, 2]


def test_events_are_those_of_the_seed_and_of_the_stated_rule(tmp_path):
    write_study(tmp_path)
    data = packed(gather(tmp_path), 120)
    events = {(event["source"], event["event"]): event["step"] for event in data["seeds"][1]["events"]}
    assert events == {
        ("curves", "memorised"): 5,
        ("curves", "generalised"): 50,
        ("o_information", "emergence.start"): 10,
        ("o_information", "emergence.end"): 50,
    }


def test_units_are_those_of_the_step(tmp_path):
    write_study(tmp_path, seeds=(1,))
    synergy, _ = packed(gather(tmp_path), 120)["seeds"][0]["tables"]["o_information"]["units"]
    assert (synergy["metric"], synergy["width"]) == ("synergy", 11)
    assert synergy["members"][3] == "0804"  # units 3 and 10
    assert hexadecimal([0, 8], 9) == "0101"


def test_what_is_not_a_number_is_null(tmp_path):
    write_study(tmp_path, seeds=(0,), with_phases=False)
    seed = packed(gather(tmp_path), 120)["seeds"][0]
    loss = series(seed, "curves", "test_loss")
    assert loss[2] is None and loss[1] == 0.5


def test_single_orders_and_repeated_values_are_left_out(tmp_path):
    write_study(tmp_path, seeds=(0,))
    rows = o_information(STEPS, 0)
    repeated = [*rows, *(row | {"metric": "weight"} for row in rows), *(rows[:1] * 2)]
    path = tmp_path / "wd2/0/metrics/partition.parquet"
    weights = [row | {"metric": "weight"} for row in repeated] + [rows[0] | {"metric": "n_undefined"}]
    write_table(path, pd.DataFrame(weights).assign(run="wd2", seed=0), {"run": "wd2", "seed": 0})
    tables = packed(gather(tmp_path), 120)["seeds"][0]["tables"]
    assert [each["metric"] for each in tables["partition"]["series"]] == ["n_undefined"]
    assert [each["metric"] for each in tables["o_information"]["series"]] == ["synergy", "redundancy"]


def test_tables_of_one_module_say_in_which_options_they_differ(tmp_path):
    write_study(tmp_path, seeds=(0,))
    kde = {"estimator": "kernel_density", "noise": 0.35, "controls": False, "seed": 0}
    entries = {
        "by_kernels": ("mutual_information", kde),
        "with_nulls": ("mutual_information", kde | {"controls": True}),
        "noisier": ("mutual_information", kde | {"noise": 1}),
        "by_bins": ("mutual_information", {"estimator": "binning", "bins": 30, "controls": False, "seed": 0}),
        "alone": ("softmax_collapse", {"seed": 0}),
    }
    rows = pd.DataFrame(curves(STEPS)).assign(run="wd2", seed=0)
    for name, (module, options) in entries.items():
        header = {"run": "wd2", "seed": 0, "module": module, "options": options}
        write_table(tmp_path / f"wd2/0/metrics/{name}.parquet", rows, header)
    assert packed(gather(tmp_path), 120)["options"] == {
        "by_bins": "estimator binning",
        "by_kernels": "estimator kernel_density, noise 0.35",
        "noisier": "estimator kernel_density, noise 1",
        "with_nulls": "estimator kernel_density, noise 0.35, controls",
    }


def test_regions_are_those_of_the_step_with_those_that_vanish_after_it(tmp_path):
    write_study(tmp_path, seeds=(0,))
    write_regions(tmp_path / "wd2/0", "wd2")
    seed = packed(gather(tmp_path), 120)["seeds"][0]
    [square] = seed["squares"]
    assert (square["low"], square["side"]) == ([0, 0], 1)
    layer = square["layers"]["hidden"]
    assert layer["steps"] == list(STEPS)
    third = layer["snapshots"][2]
    assert third["sizes"] == [4] * 7 and third["active"] == list(range(7))
    assert third["vanishing"] == hexadecimal([6], 7) and third["neurons"] == list(range(6))
    assert third["corners"][:16] == letters(np.array([[0, 0], [1 / 9, 0], [1 / 9, 1], [0, 1]]), 0, 1)
    assert layer["snapshots"][-1]["vanishing"] == hexadecimal([], 2)
    assert "partition" not in seed["tables"]


def test_letters_are_digits_of_a_grid():
    assert letters(np.array([[0.0, 1.0], [64 / 4095, 63 / 4095]]), 0, 1) == "AA--" + "BAA-"


def test_what_vanished_so_far_is_summed_before_steps_are_left_out(tmp_path):
    write_study(tmp_path, seeds=(0,), with_phases=False)
    write_regions(tmp_path / "wd2/0", "wd2")
    seed = packed(gather(tmp_path), 3)["seeds"][0]
    so_far = series(seed, "linear_regions", "disappearance_so_far")
    assert len(so_far) < len(STEPS) and so_far == {step: STEPS.index(step) or None for step in so_far}
    layer = seed["squares"][0]["layers"]["hidden"]
    assert layer["steps"] == list(so_far)
    later = len(layer["snapshots"][1]["sizes"])
    assert layer["snapshots"][0]["vanishing"] == hexadecimal([*range(later, 9)], 9)


def test_thinned_steps_keep_the_ends_and_the_events():
    every = np.arange(4001)
    steps = thinned(every, 30, [1234, 99999])
    assert {0, 1, 1234, 4000} <= set(steps) and len(steps) <= 31
    assert len(steps) > 20 and (np.diff(steps) > 0).all()
    np.testing.assert_array_equal(thinned(every[:30], 30, []), every[:30])
    np.testing.assert_array_equal(thinned(np.array([7, 9]), 1, []), [7])


def test_a_large_study_is_thinned_until_it_fits_and_the_page_says_so(tmp_path):
    write_study(tmp_path, seeds=(0,), steps=tuple(range(100)))
    study = gather(tmp_path)
    write_page(tmp_path / "all.html", study)
    write_page(tmp_path / "few.html", study, limit=(tmp_path / "all.html").stat().st_size - 1)
    assert data_in(tmp_path / "all.html")["thinning"].startswith("All steps are shown")
    assert data_in(tmp_path / "few.html")["thinning"].startswith("At most 60 log-spaced steps of each table")
    assert (tmp_path / "few.html").stat().st_size < (tmp_path / "all.html").stat().st_size
    with pytest.raises(ValueError, match="choose fewer runs"):
        write_page(tmp_path / "none.html", study, limit=10)
    assert not (tmp_path / "none.html").exists()


def test_a_study_as_large_as_the_default_one_fits_with_120_steps_with_bins_and_without():
    study = default_size_study()
    html = page(packed(study, 120) | {"claims": [], "figures": []})
    with_bins = data_of(html)
    assert sum(len(seed["bins"]) for seed in with_bins["seeds"]) > 10_000 and with_bins["problems"] == []
    for seed in study.seeds:
        seed.bins = {}
    other = page(packed(study, 120) | {"claims": [], "figures": []})
    data = data_of(other)
    assert max(len(each.encode("utf-8")) for each in (html, other)) < LIMIT == 5_000_000
    n_tables = sum(len(seed["tables"]) for seed in data["seeds"])
    assert n_tables == sum(len(seed.tables) for seed in study.seeds) > 600
    assert sum(len(seed["squares"]) for seed in data["seeds"]) == 1


def test_names_end_no_script_and_come_back_as_they_were(tmp_path):
    write_study(tmp_path, seeds=(0,), with_phases=False)
    study = gather(tmp_path)
    study.seeds[0].run, study.seeds[0].recipe = HOSTILE, {"note": HOSTILE}
    write_page(tmp_path / "explorer.html", study, pd.DataFrame([{"claim": HOSTILE, "value": np.nan}]))
    data = data_in(tmp_path / "explorer.html")
    assert data["seeds"][0]["run"] == data["seeds"][0]["recipe"]["note"] == HOSTILE
    assert data["claims"] == [{"claim": HOSTILE, "value": None}]


def test_an_unfinished_study_lists_what_it_lacks(tmp_path):
    write_seed(tmp_path / "wd2/0", "wd2", 0)
    runs = {"wd2": {"seeds": [0, 1], "training": {"weight_decay": 2}}, "later": {"seeds": [5]}}
    seeds = packed(gather(tmp_path, runs), 120)["seeds"]
    assert [(seed["run"], seed["seed"], len(seed["tables"])) for seed in seeds] == [
        ("wd2", 0, 3),
        ("wd2", 1, 0),
        ("later", 5, 0),
    ]
    assert seeds[0]["recipe"] == {"training.weight_decay": 2}


def test_a_damaged_file_is_left_out_and_named(tmp_path):
    write_study(tmp_path, seeds=(0,))
    path = tmp_path / "wd2/0/metrics/o_information.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    study = gather(tmp_path)
    assert len(study.problems) == 1 and str(path) in study.problems[0]
    assert set(study.seeds[0].tables) == {"curves", "mutual_information"}


def test_a_table_of_another_training_is_named_and_folders_that_are_no_seed_are_passed_over(tmp_path):
    for name, training in (
        ("curves", "new"),
        ("metrics/a", "old"),
        ("metrics/b", "new"),
        ("metrics/c", None),
    ):
        header = {"training": training} if training else {}
        write_table(tmp_path / f"own/0/{name}.parquet", pd.DataFrame(curves(STEPS)), header)
        for other in ("0_old", "00", "0.5"):
            write_table(tmp_path / f"own/{other}/{name}.parquet", pd.DataFrame(curves(STEPS)), header)
    study = gather(tmp_path)
    assert [problem.split(": ")[1].split()[0] for problem in study.problems] == ["a"]
    assert [seed.seed for seed in study.seeds] == [0]


def test_figures_have_links_for_the_files_that_exist_and_notes_as_text(tmp_path):
    notes = "emergence/fig1\n==============\n\nTitle\n-----\n\n- one\\_two\n\n<!-- keywords -->\n"
    write_figure(tmp_path / "results", "emergence/fig1", notes)
    write_figure(tmp_path / "results", "a fig", formats=("png",))
    path = tmp_path / "shown/explorer.html"
    write_page(path, gather(tmp_path / "results"))
    other, first = data_in(path)["figures"]
    assert other == {"name": "a fig", "links": {"png": "../results/figures/a%20fig.png"}, "notes": None}
    places = {ending: f"../results/figures/emergence/fig1.{ending}" for ending in ("pdf", "png")}
    notes = "emergence/fig1\n\nTitle\n\n- one_two"
    assert first == {"name": "emergence/fig1", "links": places, "notes": notes}
    assert all((path.parent / place).resolve().is_file() for place in places.values())


def test_an_empty_folder_gives_a_page(tmp_path):
    write_page(tmp_path / "explorer.html", gather(tmp_path))
    assert data_in(tmp_path / "explorer.html")["seeds"] == []
