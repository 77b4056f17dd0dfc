"""Every figure has a caption of three lines at most, six panels a page, readable ticks, and notes."""

from functools import cache

import pytest
from every_figure import figures, pages_of
from matplotlib.backends.backend_agg import FigureCanvasAgg

from grokking_phases.plotting.layouts import MOST_PANELS
from grokking_phases.plotting.pages import write_pdf
from grokking_phases.plotting.words import MARGIN, MOST_LINES, words_of
from study.signatures import constant

COLUMN = 3.35  # inches, the width of a printed column
MOST_BYTES = 500_000
LEAST = 5.0  # points, of a tick at the width of a column


@cache
def drawn(figure):
    """Return the pages of a figure, with their renderers."""
    return [(page, FigureCanvasAgg(page).get_renderer()) for page in pages_of(figure)]


@pytest.mark.parametrize("figure", figures())
def test_a_caption_has_at_most_three_lines_that_the_page_holds(figure):
    for page, renderer in drawn(figure):
        caption = page.get_supxlabel()
        assert caption and len(caption.split("\n")) <= MOST_LINES
        [text] = [text for text in page.texts if text.get_text() == caption]
        shown = text.get_window_extent(renderer)
        assert shown.width <= (1 - MARGIN / 2) * page.bbox.width
        assert shown.height < 1.6 * MOST_LINES * text.get_fontsize() * page.dpi / 72


@pytest.mark.parametrize("figure", figures())
def test_each_page_has_notes_and_its_caption_says_what_lines_or_marks_are(figure):
    for page, _ in drawn(figure):
        words = words_of(page)
        assert words.notes and all(sentence.strip() for sentence in words.caption + words.notes)
        said = " ".join(words.caption + words.notes)
        assert page.get_supxlabel().replace("\n", " ") in said


@pytest.mark.parametrize("figure", figures())
def test_a_page_has_at_most_six_panels_and_a_title(figure):
    for page, _ in drawn(figure):
        panels = [ax for ax in page.axes if ax.axison and not is_beside(ax)]
        assert 0 < len(panels) <= MOST_PANELS
        assert page.get_suptitle()


@pytest.mark.parametrize("figure", [name for name in figures() if constant("figures", name, "NEEDS")])
def test_a_figure_draws_what_it_needs_alone(figure):
    assert pages_of(figure, kinds_of_tables=tuple(constant("figures", figure, "NEEDS")))


def is_beside(ax):
    """Return whether axes are a colour bar, or a second axis of a panel."""
    twins = ax.get_shared_x_axes().get_siblings(ax)
    first = [other for other in ax.figure.axes if other in twins and other.bbox.bounds == ax.bbox.bounds][0]
    return ax.get_label() == "<colorbar>" or first is not ax


@pytest.mark.parametrize("figure", figures())
def test_ticks_are_readable_at_the_width_of_a_column(figure):
    for page, _ in drawn(figure):
        scale = COLUMN / page.get_figwidth()
        sizes = [
            label.get_fontsize()
            for ax in page.axes
            for axis in (ax.xaxis, ax.yaxis)
            for label in axis.get_ticklabels()[:1]
            if label.get_text()
        ]
        assert all(scale * size >= LEAST for size in sizes)


@pytest.mark.parametrize("figure", figures())
def test_no_legend_lies_over_data(figure):
    for page, renderer in drawn(figure):
        for ax in page.axes:
            if ax.get_legend() and ax.axison:
                box = ax.get_legend().get_window_extent(renderer)
                assert not box.overlaps(ax.get_window_extent(renderer).shrunk(0.98, 0.98))


@pytest.mark.parametrize("figure", figures())
def test_titles_and_legends_of_panels_lie_on_the_page(figure):
    for page, renderer in drawn(figure):
        page.draw_without_rendering()  # places the panels
        for ax in page.axes:
            for part in filter(None, (ax.title, ax.get_legend())):
                box = part.get_window_extent(renderer)
                assert box.x0 >= -1 and box.x1 <= page.bbox.width + 1, ax.title.get_text()


@pytest.mark.parametrize("figure", ["emergence/fig2", "two_phase/fig5"])
def test_the_largest_pdfs_are_small_and_all_in_vectors(figure, tmp_path):
    pages = pages_of(figure, 120)
    write_pdf(tmp_path / "figure.pdf", pages)
    written = (tmp_path / "figure.pdf").read_bytes()
    assert 50_000 < len(written) < MOST_BYTES
    bars = [ax for page in pages for ax in page.axes if ax.get_label() == "<colorbar>"]
    assert written.count(b"/Subtype /Image") == len(bars)  # colours run into each other there alone
    assert b"/CIDFontType2" in written and b"/Type3" not in written  # fonts of type 42
