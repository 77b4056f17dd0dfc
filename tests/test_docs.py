"""The commands, links and examples of the README and of docs/ work as they stand there."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from torch import nn

from grokking_phases import Snapshots
from study.signatures import options_of

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/measures/*.md")]
PAGES += [ROOT / "config/README.md"]


def python_blocks(page):
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


def keys_of(schema):
    """Return the names of all properties in a schema, wherever in it."""
    if isinstance(schema, list):
        return {key for part in schema for key in keys_of(part)}
    if not isinstance(schema, dict):
        return set()
    return {*schema.get("properties", {})} | {key for part in schema.values() for key in keys_of(part)}


def test_the_page_of_keys_lists_every_key_of_a_config_and_its_default():
    page = (ROOT / "docs/config_keys.md").read_text()
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
    named = {*re.findall(r"`(\w+)`", page)} | {*re.findall(r"`\{(\w+): n\}`", page)}
    kinds = ("training", "subnetworks", "snapshots", "levels")
    options = {kind: options_of(kind) for kind in kinds}
    recorded = {"folder", "_unsynced"}  # not options of a config
    assert keys_of(schema) | {"like"} | {key for each in options.values() for key in each} - recorded <= named
    recipe = page.partition("## The recipe")[2].partition("## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| (.*?) ?\|$", recipe, re.MULTILINE))
    for name, option in options["training"].items():
        default = re.search(r"`(.*?)`", rows[name]) or re.search(r"(\S*)", rows[name])
        if option.required:
            assert not rows[name], name
        elif option.has_literal_default:
            assert yaml.safe_load(default[1]) == option.default, name


def test_the_metric_of_your_own_measures():
    names = {}
    exec(python_blocks("docs/own_files.md")[0], names)
    activations = np.array([[0.0, 0.2], [0.05, 0.3]], dtype=np.float32)
    snapshots = [SimpleNamespace(step=7, activations={"hidden": activations})]
    rows = list(names["compute"](snapshots, threshold=0.1))
    assert rows == [{"step": 7, "layer": "hidden", "metric": "mean_activity", "value": 0.5}]


def test_the_figure_of_your_own_draws():
    names = {}
    exec(python_blocks("docs/own_files.md")[1], names)
    rows = [(step, layer) for layer in ("a", "b") for step in (0, 1, 2)]
    tables = pd.DataFrame(rows, columns=["step", "layer"]).assign(table="mean_activity", value=0.5)
    [page] = names["draw"](names["select"](tables, {}), {})
    assert len([line for line in page.axes[0].lines if len(line.get_xdata()) == 2]) == 2


def test_the_library_by_itself_computes():
    names = {}
    for block in python_blocks("docs/library.md"):
        exec(block, names)
    assert 0.2 < names["information"] < np.log(2)
    found = names["phases"].set_index(["curve", "event"])["status"]
    assert found["each seed", "emergence.end"] == found["each seed", "generalised"] == "found"


def test_a_training_of_your_own_is_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    names = {"network": nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))}
    names |= {"X": torch.randn(9, 3), "y": torch.arange(9) % 2}
    names |= {"X_test": names["X"], "y_test": names["y"]}
    block = python_blocks("docs/own_network.md")[0]
    assert "5000" in block and "5001" in block
    exec(block.replace("5000", "20").replace("5001", "21"), names)
    recorded = Snapshots("own/digits/0/snapshots.parquet", "own/digits/0/dataset.parquet")
    assert [snapshot.step for snapshot in recorded][-1] == 20


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().split()) <= 1200


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_linked_exists(page):
    text = page.read_text()
    links = re.findall(r"\]\((?!http|#)([^)#]+)(?:#[^)]*)?\)", text)  # [text](link)
    named = dict(re.findall(r"^\[([^\]]+)\]: (\S+)$", text, re.MULTILINE))  # [name]: link
    assert set(re.findall(r"\]\[([^\]]+)\]", text)) == named.keys()
    links += [link for link in named.values() if not link.startswith("http")]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page):
    targets = set(re.findall(r"^([a-z0-9_-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^    |`)make ([a-z0-9_-]+)", page.read_text(), re.MULTILINE)
    assert set(named) <= targets
    assert len(named) > 3 or page != ROOT / "README.md"


def test_every_page_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    pages = {page.relative_to(ROOT).as_posix() for page in PAGES if page.parent in (ROOT, ROOT / "docs")}
    assert {page for page in pages if page not in readme} == set()


MEASURES = sorted(path for path in ROOT.glob("docs/measures/*.md") if path.name != "README.md")
PARTS = ["Formula", "What it needs", "What it cannot see", "Its null", "Cost", "Reference"]


@pytest.mark.parametrize("page", MEASURES, ids=lambda page: page.stem)
def test_a_page_of_a_measure_is_short_and_has_all_parts(page):
    text = page.read_text()
    assert len(text.splitlines()) <= 60
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS
    assert f"({page.name})" in (page.parent / "README.md").read_text()


@pytest.mark.parametrize("package", ["metrics", "estimators"])
def test_every_measure_has_a_page(package):
    modules = {path.name for path in ROOT.glob(f"workflow/scripts/grokking_phases/{package}/[a-z]*.py")}
    named = {name for page in MEASURES for name in re.findall(rf"/{package}/(\w+\.py)\)", page.read_text())}
    assert named == modules and len(modules) > 5
