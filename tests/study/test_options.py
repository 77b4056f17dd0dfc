"""Signatures are read from source, and values from YAML are checked against them."""

import ast

import pytest

from study import provenance, signatures
from study.errors import StudyError
from study.options import check_limits, check_options, fits, worded
from study.signatures import constant, names_of, options_of, shown_path

MODULE = '''
from typing import Literal

from grokking_phases.kinds import Kind as Sort

LIMITS = {"n": (1, "width"), "scale": (0, None)}


def compute(snapshots, *, n: int = 3, sort: Sort | None = None, scale: float = 1.0, given: bool, free=None):
    """Rows."""
'''


@pytest.fixture
def metric(tmp_path, monkeypatch):
    """Return the name of a metric in a package of its own; another module has the choices of one option."""
    package = tmp_path / "workflow" / "scripts" / "grokking_phases"
    (package / "metrics").mkdir(parents=True)
    (package / "kinds.py").write_text("from typing import Literal\n\nKind = Literal['fine', 'coarse']\n")
    (package / "metrics" / "made.py").write_text(MODULE)
    (package / "metrics" / "empty.py").write_text("")
    for module in (provenance, signatures):
        monkeypatch.setattr(module, "SCRIPTS", package.parent)
    cached = (
        provenance.tree,
        provenance.hash_of,
        provenance.imports,
        shown_path,
        names_of,
        options_of,
        constant,
    )
    for function in cached:
        function.cache_clear()
    yield "made"
    for function in cached:
        function.cache_clear()


def annotation(text):
    """Return the syntax tree of an annotation."""
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("int", [0, -3], [True, 1.0, "1", None, [1]]),
        ("float", [0, 0.5], [True, "1e-1", None, float("nan"), float("inf")]),
        ("str", ["a", ""], [1, None, True]),
        ("bool", [True, False], [0, 1, "true"]),
        ("None", [None], [0, False, ""]),
        ("list[int]", [[], [1]], [1, [1.5], [True], {"a": 1}]),
        ("dict[str, int]", [{}, {"every": 5}], [5, {"every": "5"}, [5]]),
        ("Literal['a', 'b']", ["a", "b"], ["c", True, None, ["a"]]),
        ("Literal['a']", ["a"], ["b"]),
        ("Path", [1, "anything"], []),
    ],
)
def test_values_fit_annotations(text, good, bad):
    assert all(fits(value, annotation(text)) for value in good)
    assert not any(fits(value, annotation(text)) for value in bad)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("int", "a whole number"),
        ("list[str]", "a list"),
        ("Literal['a', 'b']", "one of a, b"),
        ("None", "null"),
    ],
)
def test_annotations_are_put_into_words(text, words):
    assert worded(annotation(text)) == words


def test_a_signature_is_read_with_defaults_and_named_choices(metric):
    options = options_of("metrics", metric)
    assert list(options) == ["n", "sort", "scale", "given", "free"]
    assert [name for name, option in options.items() if option.required] == ["given"]
    assert (options["n"].default, options["sort"].default) == (3, None)
    assert options["sort"].annotations[0][1] == "workflow/scripts/grokking_phases/kinds.py"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"given": True, "nn": 1}, "where.nn: workflow/.*/made.py takes no option 'nn'"),
        ({"given": True, "n": "3"}, "where.n: '3' is not a whole number.*YAML reads it as a string"),
        (
            {"given": True, "sort": "fin"},
            "where.sort: 'fin' is not one of fine, coarse or null.*'fine'.*kinds.py",
        ),
        ({}, "where: the option 'given' is missing; .*made.py needs true or false"),
    ],
)
def test_wrong_options_raise_errors_that_name_them(metric, given, sentence):
    with pytest.raises(StudyError, match=sentence):
        check_options("metrics", metric, given, "where")


def test_correct_options_are_accepted(metric):
    check_options("metrics", metric, {"module": metric, "given": False, "sort": None, "free": [1]}, "where")


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"n": 0}, "n: 0 is less than 1"),
        ({}, "n: 3 is more than 2, of h"),
        ({"n": 2, "scale": -1}, "scale: -1 is less"),
    ],
)
def test_limits_hold_for_given_values_and_for_defaults(metric, entry, sentence):
    with pytest.raises(StudyError, match=sentence):
        check_limits("metrics", {"module": metric} | entry, "where", (2, ", of h"))


def test_a_module_without_its_function_is_named(metric):
    with pytest.raises(StudyError, match=r"metrics/empty.py defines no function `compute`"):
        options_of("metrics", "empty")


def test_modules_are_listed_as_a_config_names_them():
    assert "o_information" in names_of("metrics") and "__init__" not in names_of("metrics")
    assert "emergence/fig5" in names_of("figures") and "pages" not in names_of("figures")
