"""Pages of docs/ as programs: their blocks run one after another, in a copy of the repository.

A block of bash or Python runs as it stands. "Write `FILE`:" before a block makes it the text of a new file,
and "Add one line under `KEY:` in `FILE`:" puts it under a key. Every other block is only shown.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from trees import REPOSITORY

BLOCK = re.compile(
    r"(?:Write `(?P<new>[^`]+)`[^\n]*:\n\n|Add one line under `(?P<key>\w+:)` in `(?P<old>[^`]+)`:\n\n)?"
    r"^```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def blocks(page, section=None):
    """Return the blocks of a page of docs/, or of one of its sections, in order."""
    text = (REPOSITORY / "docs" / page).read_text()
    if section is not None:
        _, _, text = text.partition(f"\n## {section}\n")
        assert text, f"{page} has no section {section!r}"
        text = text.partition("\n## ")[0]
    found = list(BLOCK.finditer(text))
    assert found, f"there is nothing to run in {page}"
    return found


def follow(page, folder, section=None, environment=()):
    """Do all that a page says, in a folder; return what its commands print."""
    return "".join(carry_out(block, folder, dict(environment)) for block in blocks(page, section))


def carry_out(block, folder, environment):
    if block["new"]:
        (folder / block["new"]).parent.mkdir(parents=True, exist_ok=True)
        (folder / block["new"]).write_text(block["text"])
    elif block["old"]:
        path = folder / block["old"]
        head, key, tail = path.read_text().partition(f"\n{block['key']}\n")
        assert key, f"{path} has no {block['key']}"
        path.write_text(f"{head}{key}  {block['text']}{tail}")
    elif block["language"] == "bash":
        return run(["bash", "-euc", block["text"]], folder, environment)
    elif block["language"] == "python":
        return run([sys.executable, "-c", block["text"]], folder, environment)
    return ""


def run(command, folder, environment):
    """Run a command of a page as in a shell in which the environment is active."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    given = os.environ | environment | {"PATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def with_environment(folder):
    """Give a copy of the repository the environment of the tests, in which `make` has nothing to install."""
    (folder / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / part).symlink_to(Path(sys.prefix) / part)
    (folder / ".venv/installed").touch()
    for name in ("Makefile", "requirements.lock"):
        (folder / name).write_bytes((REPOSITORY / name).read_bytes())
    os.utime(folder / "requirements.lock", (0, 0))
