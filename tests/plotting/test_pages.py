"""Pages from a figure's `draw`, which may return one or several."""

import pytest
from matplotlib.figure import Figure

from grokking_phases.plotting.pages import as_pages


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
