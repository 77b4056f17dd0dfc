"""Captions of at most three lines: each letter is measured once, and what does not fit goes to the notes."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from grokking_phases.plotting.layouts import columns_of, in_pages, sheet
from grokking_phases.plotting.style import PAGE
from grokking_phases.plotting.words import (
    MOST_LINES,
    SIZE,
    Words,
    lines_of,
    remark,
    width_of,
    words_of,
    wrapped,
)

SENTENCE = "Lines: mean over seeds; bands: standard error (none for addition_wd2: one seed)."


def drawn_width(figure, text, size):
    """Return the width of a text in points, as matplotlib draws it."""
    figure.set_dpi(72)
    renderer = FigureCanvasAgg(figure).get_renderer()
    return figure.text(0, 0, text, fontsize=size).get_window_extent(renderer).width


@pytest.mark.parametrize("text", [SENTENCE, "iiiiiiii", "WWWWWWWW", "Ω − α 95 %", "x" * 200])
def test_the_width_of_a_text_is_the_drawn_one(text):
    figure, _ = sheet(1, "", Words())
    assert width_of(text, 40) == pytest.approx(drawn_width(figure, text, 40), rel=0.03, abs=4)


def test_no_line_is_wider_than_the_page_and_no_word_is_lost():
    sentences = [f"{SENTENCE} {i}." for i in range(9)]
    lines = lines_of(sentences, PAGE)
    assert " ".join(lines) == " ".join(sentences)
    assert max(width_of(line, SIZE) for line in lines) < 72 * PAGE
    assert len(lines) > MOST_LINES
    assert lines_of([], PAGE) == lines_of([""], PAGE) == []


def test_a_word_that_no_line_holds_has_a_line_of_its_own():
    assert lines_of([f"a {'x' * 500} b"], PAGE) == ["a", "x" * 500, "b"]


@pytest.mark.parametrize("n", [0, 1, 3, 30])
def test_sentences_beyond_three_lines_are_the_first_notes(n):
    caption, notes = [f"{SENTENCE} {i}." for i in range(n)], ["A note."]
    fitted = Words(caption, notes).fitted(PAGE)
    assert len(fitted.caption) <= MOST_LINES
    assert " ".join(fitted.caption + fitted.notes) == " ".join(caption + notes)
    figure, _ = sheet(1, "title", Words(caption, notes))
    assert figure.get_supxlabel() == "\n".join(fitted.caption)
    assert words_of(figure) == Words(caption, notes)


def test_a_remark_is_a_note_of_any_figure():
    figure, other = sheet(1, "title", Words(["A caption."]))[0], Figure()
    other.supxlabel("Said at the foot.")
    for each in (figure, other, Figure()):
        remark(each, "It diverged.")
        assert words_of(each).notes == ["It diverged."]
    assert words_of(other).caption == ["Said at the foot."]
    assert figure.get_supxlabel() == "A caption."


def test_titles_keep_their_own_lines():
    assert wrapped("one\ntwo", PAGE, 10) == "one\ntwo"
    assert len(wrapped("many words " * 20, PAGE, 10).split("\n")) > 1


def test_a_legend_has_as_many_columns_as_the_page_holds():
    assert columns_of([], 8.5) > columns_of(["x" * 20], 8.5) > columns_of(["x" * 60], 8.5) == 1


@pytest.mark.parametrize(("n", "sizes"), [(0, []), (1, [1]), (6, [6]), (7, [6, 1]), (13, [6, 6, 1])])
def test_panels_are_spread_over_pages(n, sizes):
    assert [len(part) for part in in_pages(list(range(n)))] == sizes
    assert [panel for part in in_pages(list(range(n))) for panel in part] == list(range(n))
