"""The hash of a rule's code changes if and only if code changes that the rule imports."""

import ast
import shutil
import sys

import pytest

from study import provenance
from study.provenance import SCRIPTS, absolute, code, imports

RULES = {
    "train": (
        "train",
        "grokking_phases.datasets.modular_addition",
        "grokking_phases.models.mlp",
        "grokking_phases.optimizers.adamw",
        "grokking_phases.losses.cross_entropy",
    ),
    "o_information": ("metric", "grokking_phases.metrics.o_information"),
    "mutual_information": (
        "metric",
        "grokking_phases.metrics.mutual_information",
        "grokking_phases.estimators.gaussian_copula",
    ),
    "figure": ("figure", "grokking_phases.figures.emergence.fig5"),
}
ORIGINAL = {rule: code(*modules) for rule, modules in RULES.items()}


class Scripts:
    """A copy of workflow/scripts that can be edited."""

    def __init__(self, folder):
        self.folder = folder

    def edit(self, path, change):
        """Apply `change` to the text of a file; return the rules whose hash differs from the original."""
        file = self.folder / path
        file.write_text(change(file.read_text()))
        return {rule for rule, modules in RULES.items() if code(*modules) != ORIGINAL[rule]}


def forget():
    """Clear the caches of what was read from files."""
    for function in (code, provenance.tree, provenance.hash_of, provenance.imports):
        function.cache_clear()


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    """Return a copy of the scripts, whose code is hashed in place of the original."""
    shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "SCRIPTS", tmp_path / "scripts")
    forget()
    yield Scripts(tmp_path / "scripts")
    forget()


def appended(text):
    """Return a function that appends a text to a source."""
    return lambda source: source + text


@pytest.mark.parametrize(
    "change",
    [
        appended("\n# a comment\n"),
        appended("\n\n\n"),
        lambda source: '"""Another docstring."""\n' + source.split('"""', 2)[2],
        lambda source: ast.unparse(ast.parse(source)),  # other quotes, line breaks and brackets
    ],
    ids=["comment", "blank lines", "docstring", "formatting"],
)
def test_edits_of_comments_and_formatting_change_no_hash(scripts, change):
    assert scripts.edit("grokking_phases/training/trainer.py", change) == set()


CHECKED = """
def checked(x: int) -> int:
    what = 'a'
    if x:
        raise ValueError(f'{what}; b {x}')
    return x
"""


def test_edits_of_messages_and_annotations_change_no_hash(scripts):
    path = "grokking_phases/training/norm_constraint.py"
    scripts.edit(path, appended(CHECKED))
    before = code(*RULES["train"])
    for old, new in [("'a'", "f'other {x}'"), ("; b {x}", "; c"), ("x: int", "x: float"), (" -> int", "")]:
        forget()
        scripts.edit(path, lambda source, old=old, new=new: source.replace(old, new))
        assert code(*RULES["train"]) == before, old


def test_a_text_that_the_code_uses_too_changes_the_hash(scripts):
    path = "grokking_phases/training/norm_constraint.py"
    scripts.edit(path, appended(CHECKED.replace("return x", "return what")))
    before = code(*RULES["train"])
    forget()
    scripts.edit(path, lambda source: source.replace("'a'", "'b'"))
    assert code(*RULES["train"]) != before


@pytest.mark.parametrize("path", ["grokking_phases/storage/headers.py", "grokking_phases/jobs/devices.py"])
def test_modules_that_store_and_report_change_no_hash(scripts, path):
    assert scripts.edit(path, appended("\nEDITED = True\n")) == set()


def test_only_the_changed_module_has_another_hash(scripts):
    module = "grokking_phases.synergy.normal_scores"
    scripts.edit("grokking_phases/synergy/normal_scores.py", appended("\nEDITED = True\n"))
    before, after = ORIGINAL["o_information"], code(*RULES["o_information"])
    assert {name for name in before if before[name] != after[name]} == {module}
    assert before.keys() == after.keys()


def test_code_in_the_init_file_of_a_package_changes_the_hash(scripts):
    assert scripts.edit("grokking_phases/metrics/__init__.py", appended("\nEDITED = True\n")) == {
        "o_information",
        "mutual_information",
    }


def test_the_init_file_of_the_root_computes_nothing():
    """It is a table of names, which is not hashed, with what looks a name up."""
    allowed = ast.Expr | ast.Assign | ast.Import | ast.ImportFrom
    tree = ast.parse((SCRIPTS / "grokking_phases/__init__.py").read_text(encoding="utf-8"))
    for node in [part for statement in tree.body for part in parts_of(statement)]:
        is_lookup = isinstance(node, ast.FunctionDef) and node.name in ("__getattr__", "__dir__")
        assert is_lookup or isinstance(node, allowed), ast.unparse(node)
        if isinstance(node, ast.Assign):
            assert not any(isinstance(part, ast.Call) for part in ast.walk(node)), ast.unparse(node)


def parts_of(node):
    """Return the statements of a block for type checkers, or of one that is not for them."""
    is_for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    return [*node.body, *node.orelse] if is_for_types else [node]


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        ("grokking_phases/training/trainer.py", {"train"}),
        ("grokking_phases/models/mlp.py", {"train"}),
        ("grokking_phases/models/transformer.py", set()),
        ("grokking_phases/optimizers/adamw.py", {"train"}),
        ("grokking_phases/losses/cross_entropy.py", {"train"}),
        ("grokking_phases/steps.py", {"train", "o_information", "mutual_information"}),
        ("train.py", {"train"}),
        ("metric.py", {"o_information", "mutual_information"}),
        ("grokking_phases/metrics/o_information.py", {"o_information"}),
        ("grokking_phases/metrics/mutual_information.py", {"mutual_information"}),
        ("grokking_phases/estimators/gaussian_copula.py", {"mutual_information"}),
        ("grokking_phases/estimators/_operands.py", {"mutual_information"}),
        ("grokking_phases/estimators/ksg.py", set()),
        ("grokking_phases/synergy/normal_scores.py", {"o_information", "mutual_information"}),
        ("grokking_phases/synergy/fast_o_information.py", {"o_information"}),  # imported indirectly
        ("grokking_phases/figures/emergence/fig5.py", {"figure"}),
        ("grokking_phases/plotting/style.py", {"figure"}),
    ],
)
def test_an_edit_changes_the_hash_of_rules_that_import_it_and_no_other(scripts, path, rules):
    assert scripts.edit(path, appended("\nEDITED = True\n")) == rules


def test_data_beside_a_module_change_its_hash(scripts):
    path = "grokking_phases/analysis/published_points.csv"
    before = code("grokking_phases.figures.two_phase.fig3")
    scripts.edit(path, lambda text: text + "\n")
    forget()
    after = code("grokking_phases.figures.two_phase.fig3")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"grokking_phases.analysis.published_points"}


def test_the_hash_does_not_depend_on_the_order_of_modules():
    assert code(*RULES["train"]) == code(*reversed(RULES["train"]))


@pytest.mark.parametrize(
    ("statement", "module"),
    [
        ("from ._parts import block", "a.b._parts"),
        ("from . import _parts", "a.b"),
        ("from ..c import d", "a.c"),
        ("from e.f import g", "e.f"),
    ],
)
def test_relative_imports_are_found(statement, module):
    assert absolute(ast.parse(statement).body[0], "a.b") == module


def test_imports_are_found_as_python_finds_them():
    """Every module found for a metric is one that Python has loaded."""
    __import__("grokking_phases.metrics.o_information")
    reached, waiting = set(), {"grokking_phases.metrics.o_information"}
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= imports(name) - reached
    assert reached <= sys.modules.keys()
    assert {"grokking_phases.synergy.normal_scores", "grokking_phases.synergy.multiplet_search"} <= reached


def test_a_syntax_error_names_the_file(scripts):
    file = scripts.folder / "grokking_phases" / "synergy" / "normal_scores.py"
    file.write_text("def (:\n")
    with pytest.raises(SyntaxError) as error:
        code(*RULES["o_information"])
    assert error.value.filename == str(file)
