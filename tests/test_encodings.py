"""All text is read and written as UTF-8: no call leaves the encoding to the locale.

Ruff's PLW1514 sees `open` and literal paths. These tests also see every `read_text`, `write_text` and
subprocess.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [
    path for folder in ("workflow", "benchmarks", "docs") for path in sorted((ROOT / folder).rglob("*.py"))
]
TEXT_METHODS = {"read_text", "write_text"}
STARTS = {"run", "Popen", "check_output"}  # functions of subprocess


def left_to_the_locale(source):
    """Return the calls that read or write text in the locale's encoding."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [ast.unparse(call) for call in calls if is_text(call) and "encoding" not in keywords(call)]


def is_text(call):
    """Return whether a call reads or writes text."""
    name = ast.unparse(call.func).split(".")[-1]
    if name in STARTS:
        return keywords(call).get("text") == "True"
    return name in TEXT_METHODS or (ast.unparse(call.func) == "open" and "b" not in mode_of(call))


def mode_of(call):
    given = ast.unparse(call.args[1]) if len(call.args) > 1 else keywords(call).get("mode", "'r'")
    return ast.literal_eval(given)


def keywords(call):
    return {each.arg: ast.unparse(each.value) for each in call.keywords}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_call_leaves_the_encoding_to_the_locale(path):
    assert left_to_the_locale(path.read_text(encoding="utf-8")) == []


def test_rules_read_no_text():
    rules = [ROOT / "Snakefile", ROOT / "workflow/Snakefile", *(ROOT / "workflow").rglob("*.smk")]
    assert not [
        path for path in rules if "open(" in (text := path.read_text(encoding="utf-8")) or "_text(" in text
    ]


@pytest.mark.parametrize(
    "call", ["open(p)", "open(p, 'w')", "p.read_text()", "p.write_text(t)", "run(c, text=True)"]
)
def test_a_call_that_leaves_it_to_the_locale_is_found(call):
    assert left_to_the_locale(call) == [call]


@pytest.mark.parametrize(
    "call", ["open(p, 'rb')", "open(p, encoding='utf-8')", "p.read_text(encoding='utf-8')"]
)
def test_one_that_does_not_is_not(call):
    assert left_to_the_locale(call) == []
