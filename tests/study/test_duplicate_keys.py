"""A key that a mapping of a config file has twice is an error; equal keys of different mappings are not."""

import json

import pytest

from study.duplicate_keys import check_duplicates
from study.errors import StudyError

TWICE = [  # the text of a file, its duplicate key, the two lines
    ("threads: 1\nthreads: 2\n", "threads", (1, 2)),
    ("runs:\n  s5: {like: a}\n  s6: {like: a}\n  s5: {like: b}\n", "runs.s5", (2, 4)),
    ("a: [{b: 1, b: 2}]\n", "a.b", (1, 1)),
    ('{\n"a": 1,\n"a": 2}', "a", (2, 3)),
]
ONCE = [
    "",
    "- a\n- a\n",
    "a: {b: 1}\nc: {b: 1}\n",
    "a: &a {b: 1}\nc: {<<: *a, b: 2}\n",
    "a: &a {b: *a}\nc: &c [*c, *a]\n",
    json.dumps({"a": {"b": 1}}, indent="\t"),
]


@pytest.mark.parametrize(("text", "key", "lines"), TWICE)
def test_a_duplicate_key_is_named_with_both_lines(tmp_path, text, key, lines):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(StudyError, match=f"^{key}: line {lines[1]} repeats this key of line {lines[0]},"):
        check_duplicates(tmp_path / "x.yaml")


@pytest.mark.parametrize("text", ONCE)
def test_equal_keys_of_different_mappings_are_accepted(tmp_path, text):
    (tmp_path / "x.yaml").write_text(text)
    check_duplicates(tmp_path / "x.yaml")
