"""Sentences of captions that name the runs that ended before their last step."""

import pytest
from made_up import curves, is_named, o_information, run_with

from grokking_phases.plotting.recipes import broken, cut_short, described, ended_early, labels, stopped

RUNS = {"a": run_with(), "b": run_with()}


def without_the_end_of_seed_1(rows):
    return rows[(rows["seed"] == 0) | (rows["step"] <= 10)]


@pytest.mark.parametrize("sentences", [ended_early, cut_short])
@pytest.mark.parametrize("table", [curves, o_information])
def test_a_seed_that_ended_early_is_named_with_its_last_step(sentences, table):
    assert stopped(table("a"), RUNS) == sentences(table("a"), RUNS) == []
    ended = without_the_end_of_seed_1(table("a"))
    assert stopped(ended, RUNS) == [("a, seed 1", "10")]
    [sentence] = sentences(ended, RUNS)
    assert is_named("a, seed 1", sentence) and is_named(10, sentence)


def test_labels_tell_the_variants_of_a_run_apart():
    held = {"constrain_norm": "weights", "zero_last_layer": True}
    runs = {
        "decay": run_with(weight_decay=2),
        "decay_float32": run_with(weight_decay=2, loss_dtype="float32"),
        "alpha": run_with(alpha=1, **held),
        "alpha_readout": run_with(alpha=1, **held | {"zero_last_layer": False}),
        "alpha_float32": run_with(alpha=1, **held, loss_dtype="float32"),
    }
    found = labels(runs, list(runs))
    assert len(set(found)) == len(runs)
    assert ["float32" in label for label in found] == [False, True, False, False, True]
    assert labels({"x": runs["decay"], "y": runs["decay"]}, ["x", "y"]) == ["x", "y"]


def test_labels_say_dropout_and_length_only_where_runs_differ_in_them():
    def run(dropout, steps):
        made = run_with()
        return made | {
            "model": {"module": "transformer", "dropout": dropout},
            "training": made["training"] | {"steps": steps},
        }

    def found(*runs):
        return labels(dict(enumerate(runs)), list(range(len(runs))))

    by_dropout, by_length = found(run(0, 10), run(0.5, 10)), found(run(0, 10), run(0, 20))
    assert ["0.5" in label for label in by_dropout] == [False, True]
    assert ["20 steps" in label for label in by_length] == [False, True]
    assert not any("steps" in label for label in by_dropout)
    assert not any("dropout" in label for label in by_length)
    assert len(set(found(run(0, 10), run(0, 20), run(0.5, 10)))) == 3


def test_the_optimiser_is_that_of_the_recipe():
    assert "AdamW" in described(run_with())
    other = run_with(optimizer="sgd", weight_decay=1000)
    assert "sgd" in described(other) and "AdamW" not in described(other)
    assert broken({"other": other}) == [] != broken({"own": run_with(weight_decay=1000)})


@pytest.mark.parametrize(
    "option",
    [{"warmup_steps": 10}, {"betas": [0.5, 0.9]}, {"matmul": "bfloat16"}, {"loss": "own_loss"}, {"alpha": 4}],
)
def test_runs_of_different_recipes_are_described_differently(option):
    usual, other = described(run_with()), described(run_with(**option))
    assert len(other.split("; ")) == len(usual.split("; ")) + 1


def test_only_a_loss_in_float32_is_described():
    single, double = run_with(loss_dtype="float32"), run_with(loss_dtype="float64")
    assert "float32" in described(single)
    assert described(single).replace(" loss in float32;", "") == described(double)
