"""A new estimator is one file and one entry in the config."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from grokking_phases import estimators, plugins
from grokking_phases.figures.two_phase._information import WORDS, estimator_text
from grokking_phases.metrics.mutual_information import compute
from study import provenance, signatures
from study.errors import StudyError
from study.options import check_limits, check_options
from study.provenance import SCRIPTS, code
from study.signatures import constant, module_name, names_of, options_of, options_of_entry, plugins_of

SIGNS = '''"""Entropy of the sign of one unit, in nats: I(T_s; X) = H(T_s)."""

from dataclasses import dataclass

import numpy as np

from grokking_phases.arguments import check_counts
from grokking_phases.estimators._entropy import entropy, information

LIMITS = {"unit": (0, None)}


def prepare(snapshots, *, unit: int = 0):
    """Choose a unit."""
    check_counts(LIMITS, unit=unit)
    return Signs(snapshots.targets, unit)


@dataclass(frozen=True)
class Signs:
    targets: np.ndarray
    unit: int
    names = ("information_x", "information_y")

    def ceilings(self, layer):
        return np.log(2), np.log(2)

    def measure(self, T, layer):
        signs = (T[:, self.unit] > 0).astype(int)
        return {"information_x": entropy(signs), "information_y": information(signs, self.targets)}
'''
CACHED = (
    code,
    provenance.tree,
    provenance.hash_of,
    provenance.imports,
    signatures.shown_path,
    names_of,
    options_of,
    constant,
)


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    """Yield a copy of the library's sources with the file `signs.py` in its folder of estimators."""
    shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "scripts" / "grokking_phases" / "estimators"
    (folder / "signs.py").write_text(SIGNS)
    monkeypatch.setattr(estimators, "__path__", [*estimators.__path__, str(folder)])
    for module in (provenance, signatures):
        monkeypatch.setattr(module, "SCRIPTS", tmp_path / "scripts")
    for function in CACHED:
        function.cache_clear()
    yield tmp_path / "scripts"
    for function in CACHED:
        function.cache_clear()


class Snapshots(dict):
    """A run in which unit 1 is positive in the second of two classes only."""

    steps, targets = [3], np.repeat([0, 1], 50)

    def __init__(self):
        activations = np.column_stack([np.ones(100), np.repeat([-1, 1], 50)]).astype(np.float32)
        super().__init__({3: SimpleNamespace(step=3, activations={"hidden": activations})})

    def __iter__(self):
        return iter(self.values())


def test_an_estimator_of_one_file_measures(scripts):
    assert "signs" in plugins.names("estimators")
    values = {row["metric"]: row["value"] for row in compute(Snapshots(), estimator="signs", unit=1)}
    assert (
        values["information_x"] == values["information_y"] == values["ceiling_x"] == pytest.approx(np.log(2))
    )
    assert (values["n_constant"], values["n_undefined"]) == (0, 0) and np.isnan(values["resolution"])
    with pytest.raises(ValueError, match="^unit: -1 is less than 0"):
        compute(Snapshots(), estimator="signs", unit=-1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"unt": 1},
            r"where.unt: .*/mutual_information.py with .*/estimators/signs.py takes no option 'unt'.*'unit'",
        ),
        ({"unit": "1"}, "where.unit: '1' is not a whole number"),
        ({"noise": 0.35}, "where.noise: .* takes no option 'noise'"),
        ({"unit": -1}, "where.unit: -1 is less than 0"),
        ({"seed": -1}, "where.seed: -1 is less than 0"),
    ],
)
def test_an_entry_for_a_new_estimator_is_checked(scripts, options, sentence):
    entry = {"module": "mutual_information", "estimator": "signs", "controls": True, "unit": 1}
    check_options("metrics", "mutual_information", entry, "where")
    check_limits("metrics", entry, "where")
    with pytest.raises(StudyError, match=sentence):
        check_options("metrics", "mutual_information", entry | options, "where")
        check_limits("metrics", entry | options, "where")


def test_a_caption_describes_a_new_estimator():
    options = {
        "module": "mutual_information",
        "estimator": "first_sign",
        "unit": 1,
        "controls": True,
        "seed": 0,
    }
    assert estimator_text(options | {"layers": ["hidden"], "steps": {"log": 9}}) == "first sign, unit 1"


@pytest.mark.parametrize("estimator", names_of("estimators"))
def test_a_caption_describes_every_estimator(estimator):
    assert estimator in WORDS
    taken = options_of_entry("metrics", "mutual_information", {"estimator": estimator})
    text = estimator_text({name: option.default for name, option in taken.items()} | {"estimator": estimator})
    assert text and "_" not in text


def test_an_edit_changes_only_the_hash_of_entries_that_name_the_estimator(scripts):
    entries = [{}, {"estimator": "signs"}, {"estimator": "ksg"}, {"estimator": "gaussian_copula"}]

    def hashes():
        metric = ("metrics", "mutual_information")
        modules = [
            [module_name(*each) for each in [metric, *plugins_of(*metric, entry)]] for entry in entries
        ]
        return [code("metric", *named) for named in modules]

    before = hashes()
    with open(scripts / "grokking_phases" / "estimators" / "signs.py", "a") as file:
        file.write("\nEDITED = True\n")
    for function in CACHED:
        function.cache_clear()
    assert [old != new for old, new in zip(before, hashes(), strict=True)] == [False, True, False, False]
