"""Files of pages: one PDF with a page for each, and one PNG with the pages below each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from grokking_phases.arguments import type_of
from grokking_phases.storage.atomic_write import whole

DPI = 200


def as_pages(drawn: Any, source: str) -> list[Figure]:
    """Return the list of pages that `draw` of the file `source` gave; ValueError unless they are Figures."""
    pages = [drawn] if isinstance(drawn, Figure) else drawn
    if not isinstance(pages, Sequence) or not pages or not all(isinstance(page, Figure) for page in pages):
        found = "no Figure" if isinstance(pages, Sequence) and not pages else type_of(drawn)
        raise ValueError(
            f"{source}: draw gave {found}; it must return a matplotlib Figure, or a list of Figures, one a "
            "page."
        )
    return list(pages)


def write_pdf(path: str | Path, pages: list[Figure], keywords: str = "") -> None:
    """Write a PDF with a page for each figure."""
    # Without a date, the same figure gives the same file.
    metadata = {"CreationDate": None, "Keywords": keywords}
    lay_out(pages)
    with whole(path) as temporary, PdfPages(temporary, metadata=metadata) as pdf:
        for page in pages:
            FigureCanvasPdf(page).print_pdf(pdf)  # `savefig` would draw each page twice


def write_png(path: str | Path, pages: list[Figure], keywords: str = "") -> None:
    """Write one PNG with the pages below each other, padded with white to one width."""
    lay_out(pages)
    pictures = [_pixels(page) for page in pages]
    width = max(picture.shape[1] for picture in pictures)
    padded = [np.pad(p, ((0, 0), (0, width - p.shape[1]), (0, 0)), constant_values=255) for p in pictures]
    with whole(path) as temporary:
        image.imsave(
            temporary, np.concatenate(padded), format="png", dpi=DPI, metadata={"Keywords": keywords}
        )


def lay_out(pages: list[Figure]) -> None:
    """Place panels and texts once for both files; otherwise Matplotlib does it twice for each."""
    for page in pages:
        if isinstance(engine := page.get_layout_engine(), ConstrainedLayoutEngine):
            engine.execute(page)
            page.set_layout_engine("none")


def _pixels(page: Figure) -> np.ndarray:
    """Return the page as pixels (height, width, 4) in 0 .. 255."""
    canvas, dpi = FigureCanvasAgg(page), page.dpi
    page.dpi = DPI
    canvas.draw()
    page.dpi = dpi
    return np.asarray(canvas.buffer_rgba())
