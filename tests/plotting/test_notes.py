"""Words of pages as Markdown that is reStructuredText too."""

import re

import pytest
from docutils.core import publish_parts
from docutils.utils import SystemMessage

from grokking_phases.plotting.layouts import sheet
from grokking_phases.plotting.notes import EVERY_PAGE, as_markdown, escaped, join_notes, write_notes
from grokking_phases.plotting.words import Words
from grokking_phases.storage.made_by import stamped
from grokking_phases.storage.stamps import stated

AWKWARD = [
    "(a) dotted: fitted.",
    "1. first",
    "a) letter",
    "- hyphen",
    "*star* and **stars**",
    "`code` and ``more``",
    "_name and name_ and a_name and name_: x",
    "<script>alert(1)</script> & [link](x)",
    "|bar| a|b",
    "# no heading",
    "..",
    ".. note:: x",
    ":field: x",
    "\\backslash\\",
    "a\nb",
    "ends with ::",
    "漢字 Ω − α",
    "1",
    "12 units of step 27–82",
    "p = 0.22; 95 % [+10, +60]",
]


def as_html(text):
    """Return the text of a page as Snakemake's report shows it; SystemMessage if there is anything wrong."""
    strict = {"report_level": 1, "halt_level": 2, "warning_stream": False}
    return publish_parts(f"Before.\n\n{text}", writer="html", settings_overrides=strict)["body"]


def plain(html):
    for letter, code in (("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
        html = html.replace(code, letter)
    return html


def page(title, caption=(), notes=()):
    return sheet(1, title, Words(list(caption), list(notes)))[0]


@pytest.mark.parametrize("text", AWKWARD)
def test_a_text_is_shown_as_it_is_and_marks_nothing(text):
    html = as_html(as_markdown("study/mine", [page(text, [text], [text, "another"])]))
    shown = plain(re.sub(r"<(?!script|/script)[^>]*>", "", html))
    assert " ".join(shown.split()).count(" ".join(text.split())) == 3
    assert not re.search("<(em|strong|ol|code|a |tt|script)", html)


def test_what_has_a_mark_is_marked_without_a_backslash():
    assert "<em>" in as_html("*star*")
    with pytest.raises(SystemMessage):
        as_html("*an open star")


def test_each_page_has_its_own_notes_and_shared_notes_stand_once():
    pages = [page("first", ["One."], ["shared", "mine"]), page("second", ["Two."], ["shared"])]
    text = as_markdown("study/mine", pages)
    lines = [line for line in text.split("\n") if line and set(line) - set("=-")]
    assert lines == [
        *("study/mine", "first", "One.", "- mine", "second", "Two.", EVERY_PAGE, "- shared"),
    ]
    single = as_markdown("study/mine", pages[:1])
    assert EVERY_PAGE not in single and single.count("- shared") == 1


def test_pages_of_one_title_and_the_same_words_have_one_section():
    twice = [page("first", ["One."], ["mine"])] * 2
    others = [page("first", ["Two."], ["mine"]), page("second", ["One."], [])]
    text = as_markdown("study/mine", [*twice, *others])
    assert (text.count("One."), text.count("- mine"), text.count("first\n")) == (2, 2, 2)


def test_a_file_states_what_it_was_made_by_and_is_always_the_same(tmp_path):
    header = {"made_by": {"options": "x"}}
    for name in ("a.md", "b.md"):
        write_notes(tmp_path / name, "study/mine", [page("first", ["One."])], stamped(header))
    assert (tmp_path / "a.md").read_bytes() == (tmp_path / "b.md").read_bytes()
    assert stated(tmp_path / "a.md")["made_by"] == header["made_by"]
    write_notes(tmp_path / "plain.md", "study/mine", [page("first", ["One."])])
    assert "<!--" not in (tmp_path / "plain.md").read_text()


def test_joined_words_have_one_stamp_of_their_own(tmp_path):
    for name in ("a", "b"):
        stamp = stamped({"made_by": {"options": name}})
        write_notes(tmp_path / f"{name}.md", f"{name}/fig5", [page("first", [f"Of {name}."])], stamp)
    files = [str(tmp_path / "a.md"), str(tmp_path / "b.md")]
    join_notes(tmp_path / "both.md", files, stamped({"made_by": {"options": "both"}}))
    text = (tmp_path / "both.md").read_text(encoding="utf-8")
    assert text.index("a/fig5") < text.index("Of a.") < text.index("b/fig5") < text.index("Of b.")
    assert text.count("<!--") == 1
    assert stated(tmp_path / "both.md")["made_by"] == {"options": "both"}
    assert as_html(text.split("<!--")[0])


def test_names_keep_their_underscores():
    assert escaped("o_information_paper of addition_wd0.1") == "o_information_paper of addition_wd0.1"
