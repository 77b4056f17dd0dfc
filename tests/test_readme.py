"""The code, the links and the commands of the README work as they stand there."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
METRIC, LIBRARY = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_example_of_a_new_metric_measures():
    names = {}
    exec(METRIC, names)
    activations = np.array([[0.0, 0.2], [0.05, 0.3]], dtype=np.float32)
    rows = list(
        names["compute"]([SimpleNamespace(step=7, activations={"hidden": activations})], threshold=0.1)
    )
    assert rows == [{"step": 7, "layer": "hidden", "metric": "mean_activity", "value": 0.5}]


def test_the_example_of_the_library_computes():
    names = {}
    exec(LIBRARY, names)
    assert 0 < names["lower"] < names["upper"] < np.log(2000)


def test_every_linked_file_exists():
    links = re.findall(r"\]\((?!http|#)([^)#]+)\)", README)
    assert len(links) > 3
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_named_make_target_exists():
    targets = set(re.findall(r"^([a-z0-9_-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^    |`)make ([a-z0-9_-]+)", README, re.MULTILINE)
    assert len(named) > 3
    assert set(named) <= targets
