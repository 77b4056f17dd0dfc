"""Pages from a figure's `draw`, which may return one or several, and the files that they are written to."""

import numpy as np
import pytest
from matplotlib import image
from matplotlib.figure import Figure

from grokking_phases.plotting.layouts import legend_above, sheet
from grokking_phases.plotting.pages import DPI, as_pages, write_pdf, write_png
from grokking_phases.plotting.words import Words


def test_one_figure_is_one_page():
    page, other = Figure(), Figure()
    assert as_pages(page, "mine.py") == as_pages([page], "mine.py") == as_pages((page,), "mine.py") == [page]
    assert as_pages((page, other), "mine.py") == [page, other]


@pytest.mark.parametrize(
    "drawn", [None, [], (Figure(), None), Figure().subplots(), "page.pdf", (Figure(), Figure().subplots())]
)
def test_anything_else_raises_an_error_that_names_the_file(drawn):
    with pytest.raises(ValueError, match=r"^figures/a/mine.py: draw gave .* must return a matplotlib Figure"):
        as_pages(drawn, "figures/a/mine.py")


def page_with_legend():
    figure, part = sheet(2, "A title", Words(["Lines: one seed, so no bands."]))
    left, right = part.subplots(1, 2)
    left.plot([1, 2, 3], [1, 5, 2], label="a line")
    right.scatter([1, 2], [3, 4], label="points")
    right.set(xlabel="step", ylabel="a value", xscale="log")
    legend_above(part)
    return figure


@pytest.mark.parametrize("pdf_first", [True, False])
def test_a_page_that_is_laid_out_once_has_the_pixels_that_matplotlib_saves(tmp_path, pdf_first):
    page_with_legend().savefig(tmp_path / "expected.png", dpi=DPI)
    page = page_with_legend()
    if pdf_first:
        write_pdf(tmp_path / "page.pdf", [page])
    write_png(tmp_path / "page.png", [page])
    found, expected = (image.imread(tmp_path / f"{name}.png") for name in ("page", "expected"))
    np.testing.assert_array_equal(found, expected)


def test_pages_of_two_widths_are_padded_with_white(tmp_path):
    narrow, wide = Figure((1, 1), facecolor="black"), Figure((2, 1), facecolor="black")
    write_png(tmp_path / "page.png", [narrow, wide])
    pixels = image.imread(tmp_path / "page.png")
    assert pixels.shape == (2 * DPI, 2 * DPI, 4)
    assert (pixels[:DPI, DPI:] == 1).all() and (pixels[:DPI, :DPI, :3] == 0).all()


def test_fonts_are_embedded_as_outlines_that_can_be_edited(tmp_path):
    write_pdf(tmp_path / "page.pdf", [page_with_legend()])
    written = (tmp_path / "page.pdf").read_bytes()
    assert b"/Type3" not in written and b"/FontFile2" in written
