"""Which metrics begin with stored scores, and which steps these hold."""

import pytest

from study.inputs import of_metric
from study.stored_scores import StoredScores

DEFAULTS = {"ties": "average", "variables": "union", "linkage": "ward", "n_orders": 0}


def entry(module="o_information", **options):
    return {"module": module} | DEFAULTS | options


def scores_of(*, steps=None, phases=("bins",), seeds=(0,), **metrics):
    """Return the stored scores of a study with one run of 4,000 steps, whose figure draws all metrics."""
    snapshots = {"layers": ["hidden"], "steps": steps or {"log": 120}}
    run = {"seeds": list(seeds), "training": {"steps": 4000}, "snapshots": snapshots}
    figure = {"panels": {"a": ["run"]}, "tables": list(metrics)}
    study = {"runs": {"run": run}, "metrics": metrics, "figures": {"emergence/fig5": figure}}
    return StoredScores(study | {"phases": list(phases), "subnetworks": {}})


def read(scores, metric, seed="0"):
    """Return the names of the files that a metric reads, without their folder."""
    files = of_metric(scores, "run", seed, metric).values()
    return {path.removeprefix(f"<results>/run/{seed}/") for path in files}


ALL = {"dataset.parquet", "snapshots.parquet", "weights.safetensors"}


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ({}, {"scores/average.parquet"}),
        ({"variables": "block"}, {"scores/average.parquet"}),
        ({"linkage": "complete"}, {"scores/average.parquet"}),
        ({"variables": "mean"}, {"scores/average.parquet"} | ALL),
        ({"linkage": "spectral"}, {"scores/average.parquet"} | ALL),
        ({"n_orders": 3}, {"scores/average.parquet"} | ALL),
        ({"module": "o_information_null"}, {"scores/average.parquet"} | ALL),
        ({"ties": "random"}, ALL),  # each draw has a covariance of its own
        ({"ties": "paper"}, ALL),  # no other metric reads it
        ({"layers": ["other"]}, ALL),
        ({"module": "mutual_information"}, ALL),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",  # a set has no order
)
def test_the_options_of_a_metric_decide_what_it_reads(options, files):
    scores = scores_of(bins=entry(), other=entry(**options))
    assert read(scores, "other") == files
    assert read(scores, "bins") == {"scores/average.parquet"}


def test_shared_scores_are_stored_under_a_name_that_says_what_they_are():
    scores = scores_of(a=entry(ties="paper"), b=entry(ties="paper", linkage="average"), phases=())
    assert read(scores, "a") == read(scores, "b") == {"scores/paper.parquet"}
    of_layer = {"layers": ["preactivation"]}
    scores = scores_of(a=entry(**of_layer), b=entry(**of_layer), phases=())
    assert read(scores, "a") == {"scores/average-preactivation.parquet"}
    of_layers = {"layers": [f"block_{i}" for i in range(40)]}
    scores = scores_of(a=entry(**of_layers), b=entry(**of_layers), phases=())
    assert len(read(scores, "a").pop()) < 50


def test_nothing_is_stored_of_few_snapshots_or_for_nulls_alone():
    assert read(scores_of(bins=entry(), steps={"log": 40}), "bins") == ALL
    assert read(scores_of(bins=entry(steps={"log": 12})), "bins") == ALL
    null = entry("o_information_null")
    assert read(scores_of(a=null, b=null | {"steps": {"log": 12}}, phases=()), "a") == ALL


def test_a_metric_that_no_figure_draws_reads_the_snapshots():
    scores = scores_of(bins=entry(), seeds=(0, 1))
    assert read(scores, "bins", "1") == {"scores/average.parquet"}
    assert read(scores, "bins", "2") == ALL


def test_scores_hold_the_steps_of_all_their_metrics():
    few, many = {"log": 12}, {"log": 90}
    scores = scores_of(bins=entry(steps=many), a=entry(steps=few), b=entry(steps=few))
    assert scores.steps("run", "0", "average") == [few, many]
    scores = scores_of(bins=entry(), a=entry(steps=few))
    assert scores.steps("run", "0", "average") is None
    scores = scores_of(bins=entry(steps=many), a=entry(seeds=[0]), seeds=(0, 1))
    assert scores.steps("run", "0", "average") is None
    assert scores.steps("run", "1", "average") == [many]
