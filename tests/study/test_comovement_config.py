"""The study of co-movement has the design of its plan, and its pilot shares no seed with it."""

from collections import defaultdict

import pytest
import yaml
from snakemake.utils import update_config
from trees import REPOSITORY

from study.config_files import lay_over
from study.errors import StudyError
from study.params import tasks
from study.resolve import resolve

FACTORS = ("dropout", "weight_decay", "train_fraction")


def study(*overlays):
    """Return the resolved study of config.yaml with overlays of config/."""
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    said = {name: yaml.safe_load((REPOSITORY / f"config/{name}.yaml").read_text()) for name in overlays}
    for overlay in said.values():
        update_config(config, overlay)
    lay_over(config, said | {"--config": {}}, ["config.yaml", *overlays])
    return resolve(config)


@pytest.fixture(scope="module")
def sweep():
    return study("comovement")


def factors(run):
    """Return what the plan varies, and all else of a run's recipe."""
    model, training, dataset = (dict(run[block]) for block in ("model", "training", "dataset"))
    varied = model.pop("dropout"), training.pop("weight_decay"), dataset.pop("train_fraction")
    training.pop("steps")
    return dict(zip(FACTORS, varied, strict=True)), (model, training, dataset)


def test_settings_differ_in_the_factors_of_the_plan_alone(sweep):
    kept, varied = defaultdict(list), defaultdict(set)
    for run, task in tasks(sweep).items():
        own, rest = factors(sweep["runs"][run])
        kept[task].append(rest)
        varied[task].add(tuple(own.values()))
    assert {task: len(found) for task, found in varied.items()} == {
        "a b^94 mod 96": 14,
        "a / b mod 97": 12,
        "permutation group": 12,
    }
    assert all(all(rest == of_task[0] for rest in of_task) for of_task in kept.values())
    assert sum(map(len, kept.values())) == 38  # no setting twice


def test_recipes_are_those_of_the_default_study(sweep):
    for run in tasks(sweep):
        base = sweep["runs"][run.split("_")[0]]
        model, training, dataset = factors(sweep["runs"][run])[1]
        assert (model, dataset) == factors(base)[1][0::2]
        assert training == factors(base)[1][1] | {"evaluate": {"log": 160}}
        assert training["loss_dtype"] == "float64"


def test_a_horizon_belongs_to_a_task_and_weight_decay(sweep):
    horizons = defaultdict(set)
    for run, task in tasks(sweep).items():
        training = sweep["runs"][run]["training"]
        horizons[task, training["weight_decay"]].add(training["steps"])
    assert all(len(steps) == 1 and max(steps) <= 12_000 for steps in horizons.values())


def test_each_setting_has_three_seeds_of_its_own(sweep):
    seeds = [seed for run in tasks(sweep) for seed in sweep["runs"][run]["seeds"]]
    assert len(seeds) == len({*seeds}) == 3 * 38


def test_scored_seeds_are_in_no_other_study_and_not_in_the_pilot(sweep):
    scored = {seed for run in tasks(sweep) for seed in sweep["runs"][run]["seeds"]}
    pilot = study("comovement", "comovement_pilot")
    piloted = {run for runs in pilot["figures"]["two_phase/recipe"]["panels"].values() for run in runs}
    assert len(piloted) == 12 and len(piloted - {*tasks(sweep)}) == 1  # a train fraction that was not taken
    assert not scored & {seed for run in piloted for seed in pilot["runs"][run]["seeds"]}
    assert {pilot["runs"][run]["training"]["steps"] for run in piloted} == {12_000}
    others = [study(), study("paper")]
    seen = {run for run in others[0]["runs"] if run.startswith(("division", "s5"))}
    assert not scored & {seed for other in others for run in seen for seed in other["runs"][run]["seeds"]}


def test_the_headline_estimate_is_that_of_the_plan(sweep):
    for run in tasks(sweep):
        first = sweep["runs"][run]["time_scales"][0]
        entry = sweep["metrics"][first]
        assert (entry["estimator"], entry["noise"], entry["noise_scale"]) == (
            "kernel_density",
            0.35,
            "relative",
        )
        assert sweep["runs"][run]["snapshots"]["layers"] == ["block_2"]


def test_a_run_in_two_panels_has_two_tasks_and_is_refused():
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    panels = {"one": ["division96", "s5"], "other": ["s5"]}
    config["figures"]["two_phase/comovement"] = {"panels": panels, "tables": ["comovement"]}
    with pytest.raises(StudyError, match="s5 stands in 'one' and 'other'"):
        resolve(config)
