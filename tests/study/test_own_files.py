"""A user's file that lacks what its kind must define raises an error that names it before any job starts."""

import shutil
import sys

import pytest

from grokking_phases import datasets
from study import provenance, signatures
from study.errors import StudyError
from study.provenance import SCRIPTS
from study.resolve import resolve

DATASET = """
import numpy as np
from grokking_phases.examples import Examples

def make(*, n: int = 9):
    return Examples(np.stack([np.arange(n), np.arange(n)], 1), np.arange(n) % 2, n_tokens=n, n_classes=2)
"""
MODEL = """
LAYERS = {"hidden": "width"}

def build(*, n_tokens: int, n_classes: int, width: int = 4):
    return None
"""
METRIC = """
def compute(snapshots, *, threshold: float = 0.5):
    yield {}
"""
FIGURE = """
def select(tables, panels):
    return tables

def draw(numbers, study, *, colour: str = "red"):
    return []
"""
FILES = {"datasets": DATASET, "models": MODEL, "metrics": METRIC, "figures/own": FIGURE}


def config():
    """Return a study that uses the four files of `FILES`."""
    run = {
        "seeds": [0],
        "dataset": {"module": "mine", "train_fraction": 0.5},
        "model": {"module": "mine"},
        "training": {"steps": 10, "learning_rate": 0.1},
        "snapshots": {"layers": ["hidden"], "steps": {"every": 5}},
    }
    return {
        **{"results": "r", "device": "cpu", "threads": 1, "checkpoint_seconds": 60},
        **{"phases": [], "time_scales": [], "subnetworks": {}, "runs": {"r": run}, "metrics": {"mine": {}}},
        "figures": {"own/mine": {"panels": {"p": ["r"]}, "tables": ["mine"]}},
    }


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """Return a copy of the scripts, with a folder for a user's figures."""
    scripts = tmp_path_factory.mktemp("own") / "workflow" / "scripts"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "grokking_phases" / "figures" / "own").mkdir()
    return scripts


@pytest.fixture
def folder(copied, monkeypatch):
    """Return the package in the copy, with a dataset, a model, a metric and a figure named `mine`."""
    package = copied / "grokking_phases"
    for kind, text in FILES.items():
        (package / kind / "mine.py").write_text(text)
    monkeypatch.setattr(datasets, "__path__", [str(package / "datasets")])
    # The bytecode cache cannot tell apart files that were written in the same second.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for module in (provenance, signatures):
        monkeypatch.setattr(module, "SCRIPTS", copied)
    forget()
    yield package
    forget()


def forget():
    """Clear the caches of what was read from files, and the imported dataset."""
    for module in (provenance, signatures):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()
    sys.modules.pop("grokking_phases.datasets.mine", None)


def test_complete_files_are_accepted(folder):
    assert resolve(config())["metrics"] == {"mine": {"module": "mine", "threshold": 0.5}}


def test_a_model_whose_sizes_stand_before_the_star_is_accepted(folder):
    (folder / "models" / "mine.py").write_text(
        MODEL.replace("*, n_tokens: int, n_classes: int", "n_tokens, n_classes, *")
    )
    resolve(config())


def test_an_imported_select_and_an_annotated_literal_are_accepted(folder):
    (folder / "figures" / "own" / "mine.py").write_text(
        FIGURE.replace(
            "def select(tables, panels):\n    return tables",
            ("from grokking_phases.figures.emergence._accuracy import select"),
        )
    )
    (folder / "models" / "mine.py").write_text(MODEL.replace("LAYERS =", "LAYERS: dict[str, str] ="))
    resolve(config())


BAD = [  # a kind; a text in its file and its replacement; the start and a part of the error
    ("metrics", "def compute", "def measure", "metrics.mine: ", "defines no function `compute`"),
    (
        "metrics",
        "snapshots, *, threshold",
        "snapshots, threshold",
        "metrics.mine: ",
        "'threshold' by position",
    ),
    ("metrics", "*, threshold: float = 0.5", "**options", "metrics.mine: ", "takes **options"),
    (
        "metrics",
        "snapshots, *",
        "*",
        "metrics.mine: ",
        "takes 0 positional arguments, and is given snapshots",
    ),
    ("metrics", "yield {}", "yield {", "metrics.mine: ", "cannot be read as Python"),
    (
        "metrics",
        "def compute",
        "LIMITS = {'treshold': (0, 1)}\n\ndef compute",
        "metrics.mine: ",
        "LIMITS for 'treshold'",
    ),
    ("metrics", "def compute", "LIMITS = dict(threshold=(0, 1))\n\ndef compute", "", "computes LIMITS"),
    ("models", "def build", "def make", "runs.r.model.module: ", "defines no function `build`"),
    (
        "models",
        "*, n_tokens: int, n_classes",
        "n, *, n_tokens: int, n_classes",
        "runs.r.model.module: ",
        "'n' by position",
    ),
    ("models", "n_tokens: int, ", "", "runs.r.model.module: ", "takes no n_tokens"),
    ("models", 'LAYERS = {"hidden": "width"}', "", "runs.r.model.module: ", "defines no LAYERS"),
    (
        "models",
        '{"hidden": "width"}',
        '{"hidden": 64}',
        "runs.r.model.module: ",
        "the width 64, which is not an option",
    ),
    ("models", '{"hidden": "width"}', '{"hidden": "size"}', "runs.r.model.module: ", "the width 'size'"),
    (
        "models",
        '{"hidden": "width"}',
        '["hidden"]',
        "runs.r.model.module: ",
        'LAYERS = ["hidden"] is not a dict',
    ),
    ("models", '{"hidden": "width"}', "dict(hidden='width')", "", "computes LAYERS"),
    (
        "models",
        "width: int = 4",
        "width: int = 2 * 2",
        "runs.r.model.width: ",
        "write its default as a number",
    ),
    ("datasets", "def make", "def build", "runs.r.dataset.module: ", "defines no function `make`"),
    ("datasets", "*, n", "n", "runs.r.dataset.module: ", "'n' by position"),
    ("datasets", "np.stack", "np.stak", "runs.r.dataset: ", "make() raised AttributeError"),
    (
        "datasets",
        "np.arange(n) % 2",
        "np.random.default_rng().integers(0, 2, n)",
        "runs.r.dataset: ",
        "other targets at each call",
    ),
    (
        "datasets",
        "import numpy as np",
        "import nump as np",
        "runs.r.dataset: ",
        "make() raised ModuleNotFoundError",
    ),
    (
        "datasets",
        "    return Examples(",
        "    return (",
        "runs.r.dataset.module: ",
        "cannot be read as Python",
    ),
    ("datasets", "    return Examples", "    Examples", "runs.r.dataset: ", "make() gives None"),
    ("datasets", "np.arange(n)], 1)", "np.arange(n)])", "runs.r.dataset: ", "2 rows of inputs and 9 targets"),
    ("datasets", "n_tokens=n", "n_tokens=3", "runs.r.dataset: ", "inputs from 0 to 8"),
    ("datasets", "n_classes=2", "n_classes=1", "runs.r.dataset: ", "targets from 0 to 1"),
    (
        "datasets",
        "np.arange(n) % 2",
        "np.arange(n - 1) % 2",
        "runs.r.dataset: ",
        "9 rows of inputs and 8 targets",
    ),
    ("figures/own", "def draw", "def paint", "figures.own/mine: ", "defines no function `draw`"),
    ("figures/own", "def select", "def choose", "figures.own/mine: ", "defines no function `select`"),
    ("figures/own", "study, *, colour", "study, colour", "figures.own/mine: ", "'colour' by position"),
    ("figures/own", "numbers, study, *", "numbers, *", "figures.own/mine: ", "takes 1 positional arguments"),
]


@pytest.mark.parametrize(
    ("kind", "old", "new", "key", "what"), BAD, ids=[f"{case[0]}: {case[4]}" for case in BAD]
)
def test_an_incomplete_file_raises_an_error_that_names_it(folder, kind, old, new, key, what):
    assert old in FILES[kind]
    (folder / kind / "mine.py").write_text(FILES[kind].replace(old, new))
    with pytest.raises(StudyError) as error:
        resolve(config())
    assert str(error.value).startswith(key) and what in str(error.value)
    assert f"workflow/scripts/grokking_phases/{kind}/mine.py" in str(error.value)


def test_a_figure_may_lie_in_a_new_folder_without_an_init_file(folder):
    code = provenance.code("figure", "grokking_phases.figures.own.mine")
    assert "grokking_phases.figures.own.mine" in code and "grokking_phases.figures.own" not in code
