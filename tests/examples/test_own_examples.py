"""Each example runs as it stands: a training of at most 40 lines, its study, and its figures.

docs/own_network.md has the commands.
"""

import resource
import shlex
import subprocess
import sys
from importlib.util import find_spec

import pytest
from trees import REPOSITORY, copy_of_repository
from tutorials import blocks, follow

EXAMPLES = sorted(path.parent.name for path in (REPOSITORY / "examples").glob("*/train.py"))
RUNS = {"lightning_module": "lightning"}  # the name of an example's run, if it is another
[SAID] = blocks("own_network.md", "Or take over saved activations")
IMPORT = shlex.split(SAID["text"].replace("\\\n", ""))[1:]  # without the name of the command


def python(folder, *command):
    library = f"{folder}/workflow/scripts:{REPOSITORY}/.venv/optional"  # the latter has Lightning
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": library, "PATH": "/usr/bin:/bin", "HOME": str(folder), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def seconds_of_children():
    """Return the CPU seconds of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_at_most_40_lines_of_code(name):
    text = (REPOSITORY / "examples" / name / "train.py").read_text()
    assert len([line for line in text.splitlines() if line.strip()]) <= 40


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_recorded_measured_and_drawn(name, tmp_path):
    if name == "lightning_module" and not find_spec("lightning"):
        pytest.skip("needs lightning")
    tree = copy_of_repository(tmp_path, f"examples/{name}/train.py", f"examples/{name}/study.yaml")
    tree.base, tree.overlays = (), (f"examples/{name}/study.yaml",)
    began = seconds_of_children()
    if name == "digits":
        follow("own_network.md", tmp_path, "Examples")
    else:
        python(tmp_path, f"examples/{name}/train.py")
        if name == "saved":
            python(tmp_path, "-m", "grokking_phases", *IMPORT)
        tree.run("study")
    assert seconds_of_children() - began < 120
    pictures = list(tmp_path.glob(f"results/{RUNS.get(name, name)}/figures/study/*.png"))
    assert pictures and all(picture.stat().st_size > 10_000 for picture in pictures)
    assert tree.planned("study") == set()
