"""Activations that others have saved are taken over; nothing is unpickled, and nothing is guessed."""

import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from safetensors.numpy import save_file

from grokking_phases import Snapshots
from grokking_phases.cli import main
from grokking_phases.storage.headers import header_of

LIBRARY = Path(__file__).parents[2] / "workflow" / "scripts"
N, STEPS = 10, (0, 5, 20)
Y = np.arange(N) % 2


def table(step, width=3, shape=()):
    return np.random.default_rng(step).normal(size=(N, *shape, width)).astype(np.float32)


def npz(path, layers):
    np.savez(path, **layers)


def parquet(path, layers):
    pd.DataFrame({name: list(values) for name, values in layers.items()}).to_parquet(path)


def zarr(path, layers):
    group = pytest.importorskip("zarr").open_group(path, mode="w")
    for name, values in layers.items():
        group[name] = values


SAVE = {
    "npz": npz,
    "pt": lambda path, layers: torch.save({name: torch.tensor(T) for name, T in layers.items()}, path),
    "safetensors": lambda path, layers: save_file(layers, path),
    "parquet": parquet,
    "zarr": zarr,
}


@pytest.fixture
def saved(tmp_path):
    """Return a folder with the labels of all samples."""
    np.save(tmp_path / "y.npy", Y)
    return tmp_path


def run(folder, pattern, *options, step=r"step_(\d+)"):
    asked = ["import", f"{folder}/{pattern}", "--step", step, "--to", f"{folder}/to"]
    asked += ["--labels", f"{folder}/y.npy"]
    return CliRunner().invoke(main, [*asked, *options])


def read(folder):
    return Snapshots(folder / "to/snapshots.parquet", folder / "to/dataset.parquet")


@pytest.mark.parametrize("kind", list(SAVE))
def test_each_format_is_taken_over(saved, kind):
    for step in STEPS:
        SAVE[kind](saved / f"step_{step}.{kind}", {"a": table(step), "b": table(step + 1, 4)})
    done = run(saved, f"step_*.{kind}")
    assert done.exit_code == 0, done.output
    assert "taken: 3 steps, 0 to 20; layers a (3 units), b (4 units)" in done.output
    snapshots = read(saved)
    assert snapshots.steps == list(STEPS)
    for step in STEPS:
        np.testing.assert_array_equal(snapshots[step].activations["a"], table(step))
        np.testing.assert_array_equal(snapshots[step].activations["b"], table(step + 1, 4))
    np.testing.assert_array_equal(snapshots.targets, Y)
    assert header_of(saved / "to/snapshots.parquet")["recorded"]["by"] == "saved activations"


def test_unnamed_arrays_inputs_and_curves_are_taken_over(saved):
    for step in STEPS:
        np.save(saved / f"step_{step}_mlp.npy", table(step, shape=(4,)))
    np.save(saved / "x.npy", np.ones((N, 2, 2)))
    curves = pd.DataFrame({"step": [0, 1], "train_loss": [2.0, np.nan], "name": "x", "fits": [False, True]})
    curves.to_csv(saved / "c.csv", index=False)
    more = ["--inputs", f"{saved}/x.npy", "--curves", f"{saved}/c.csv", "--position", "-1"]
    done = run(saved, "step_*_*.npy", *more, "--layer", r"step_\d+_(\w+)\.npy")
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(read(saved)[5].activations["mlp"], table(5, shape=(4,))[:, -1])
    assert read(saved).inputs.shape == (N, 2, 2)
    curves = pd.read_parquet(saved / "to/curves.parquet")
    found = [[0, "fits", 0.0], [0, "train_loss", 2.0], [1, "fits", 1.0]]
    assert sorted(curves[["step", "metric", "value"]].to_numpy().tolist()) == found
    assert "ignored: curve name" in done.output


def test_what_is_ignored_is_said(saved):
    for step in STEPS:
        npz(saved / f"step_{step}.npz", {"a": table(step), "b": table(step), "loss": np.float64(3)})
    npz(saved / "step_last.npz", {"a": table(9)})
    done = run(saved, "step_*.npz", "--only", "a", step=r"step_(\d+)\.")
    assert done.exit_code == 0, done.output
    assert "step_last.npz: no step in its name" in done.output
    assert "b of " in done.output and "not named by --only" in done.output
    assert "loss of " in done.output and "for each of 10 samples" in done.output
    assert list(read(saved).layers) == ["a"]


class Trap:
    """An object that runs code when it is unpickled."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('unpickled')",))


def trap_npz(path):
    np.savez(path, a=np.array([Trap()] * N, dtype=object))


def trap_npy(path):
    np.save(path, np.array([Trap()] * N, dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    ("name", "save", "sentence"),
    [
        ("step_1.npz", trap_npz, "save arrays of numbers, not of objects"),
        ("step_1.npy", trap_npy, "save arrays of numbers, not of objects"),
        ("step_1.pt", lambda path: torch.save({"a": Trap()}, path), "holds more than tensors"),
        ("step_1.npz", lambda path: path.write_bytes(pickle.dumps(Trap())), "cannot be read as npz"),
        ("step_1.pkl", lambda path: path.write_bytes(pickle.dumps(Trap())), "has the ending '.pkl'"),
        ("step_1.npz", lambda path: path.write_bytes(b"PK"), "cannot be read as npz"),
        ("step_1.npy", lambda path: np.save(path, table(1)), "give the layer's name by --layer"),
        ("step_1.npz", lambda path: np.savez(path, a=table(1, shape=(4,))), "layer a gives .*position="),
        ("step_1.npz", lambda path: np.savez(path, a=table(1) * np.nan), "values that are not finite"),
        ("step_1.npz", lambda path: np.savez(path, a=table(1)[1:]), "no layer was found .*10 samples"),
        ("other.npz", lambda path: np.savez(path, a=table(1)), "no layer was found .*no step in its name"),
    ],
)
def test_nothing_is_unpickled_and_a_bad_file_raises_one_sentence(saved, name, save, sentence):
    save(saved / name)
    done = run(saved, name)
    assert done.exit_code == 2
    assert re.search(sentence, done.output), done.output
    assert done.output.startswith("Error: ") and done.output.count("\n") == 1
    assert not (saved / "to/snapshots.parquet").exists()


def test_bad_options_raise_one_sentence(saved):
    npz(saved / "step_1.npz", {"a": table(1)})
    for options, sentence in [
        ({"step": "step_"}, "finds no whole number in a group"),
        ({"step": r"(step)_\d"}, "finds no whole number in a group"),
        ({"step": "("}, "--step '(' is no regular expression"),
    ]:
        assert sentence in run(saved, "step_1.npz", **options).output
    assert "no file fits" in run(saved, "none_*.npz").output
    pd.DataFrame({"epoch": [1]}).to_csv(saved / "c.csv", index=False)
    assert "no column 'step'" in run(saved, "step_1.npz", "--curves", f"{saved}/c.csv").output
    assert run(saved, "step_1.npz", "--labels", "none.npy").exit_code == 2
    assert run(saved, "step_1.npz").exit_code == 0
    assert "holds a recording" in run(saved, "step_1.npz").output


@pytest.mark.parametrize("steps", [[1, 1], [1, None], [1, 2.5]])
def test_curves_have_one_row_for_each_step(saved, steps):
    npz(saved / "step_1.npz", {"a": table(1)})
    pd.DataFrame({"step": steps, "train_loss": [1.0, 2.0]}).to_csv(saved / "c.csv", index=False)
    done = run(saved, "step_1.npz", "--curves", f"{saved}/c.csv")
    assert done.exit_code == 2 and done.output.count("\n") == 1
    assert re.match("Error: the curves have (2 rows of step 1|the step (nan|2.5))", done.output)


def test_one_training_is_taken_over_at_a_time(saved):
    for seed in (0, 1):
        (saved / f"seed{seed}").mkdir()
        npz(saved / f"seed{seed}/step_1.npz", {"a": table(seed)})
    done = run(saved, "seed*/step_*.npz")
    assert done.exit_code == 2 and done.output.count("\n") == 1
    assert re.search("seed0/step_1.npz and .*seed1/step_1.npz both hold layer a of step 1", done.output)
    assert run(saved, "seed0/step_*.npz").exit_code == 0


@pytest.mark.parametrize("ending", ["npy", "csv"])
def test_labels_may_be_words(saved, ending):
    words = np.array(["odd", "even", "none", "even"] * 3)[:N]
    np.save(saved / "words.npy", words)
    pd.DataFrame({"label": words}).to_csv(saved / "words.csv", index=False)
    npz(saved / "step_1.npz", {"a": table(1)})
    done = run(saved, "step_1.npz", "--labels", f"{saved}/words.{ending}")
    assert done.exit_code == 0, done.output
    assert read(saved).targets.tolist() == np.unique(words, return_inverse=True)[1].tolist()


def test_labels_that_are_no_numbers_are_named(saved):
    np.save(saved / "complex.npy", np.arange(N) * 1j)
    npz(saved / "step_1.npz", {"a": table(1)})
    done = run(saved, "step_1.npz", "--labels", f"{saved}/complex.npy")
    assert done.exit_code == 2 and re.match("Error: --labels .*complex", done.output)


@pytest.mark.parametrize(
    "content",
    [b"", bytes(range(256)) * 9, bytes(50), "step,a".encode("utf-16")],
    ids=["empty", "bytes", "zeros", "UTF-16"],
)
def test_curves_that_are_no_table_are_named(saved, content):
    (saved / "c.csv").write_bytes(content)
    npz(saved / "step_1.npz", {"a": table(1)})
    done = run(saved, "step_1.npz", "--curves", f"{saved}/c.csv")
    assert done.exit_code == 2 and done.output.count("\n") == 1
    assert "c.csv cannot be read as CSV" in done.output


def test_layers_must_be_the_same_at_all_steps(saved):
    npz(saved / "step_1.npz", {"a": table(1), "b": table(1)})
    npz(saved / "step_2.npz", {"a": table(2)})
    assert "name by --only layers that all steps have" in run(saved, "step_*.npz").output
    assert run(saved, "step_*.npz", "--only", "a").exit_code == 0


def test_the_command_starts_without_torch():
    """`--help` shows the example, and is quick because neither torch nor pandas is imported for it."""
    script = """
import sys
from grokking_phases.cli import main

main(["import", "--help"], standalone_mode=False)
print(sorted({"torch", "pandas", "pyarrow"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=LIBRARY)
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr
    assert (
        "grokking-phases import 'saved/step_*.npz' --step 'step_(\\d+)' --labels saved/y.npy \\\n"
        in done.stdout
    )
