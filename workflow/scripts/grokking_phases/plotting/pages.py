"""Files of pages: one PDF with a page for each, and one PNG with the pages below each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import image, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
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
    """Write a PDF with a page for each figure, whose text can be searched and edited (fonts of type 42).

    Without a date, the same figure gives the same file.
    """
    metadata = {"CreationDate": None, "Keywords": keywords}
    fonts = rc_context({"pdf.fonttype": 42})
    with fonts, whole(path) as temporary, PdfPages(temporary, metadata=metadata) as pdf:
        for page in pages:
            lay_out(page)
            pdf.savefig(page)


def write_png(path: str | Path, pages: list[Figure], keywords: str = "") -> None:
    """Write one PNG with the pages below each other, padded with white to one width."""
    pictures = [_pixels(page) for page in pages]
    width = max(picture.shape[1] for picture in pictures)
    padded = [np.pad(p, ((0, 0), (0, width - p.shape[1]), (0, 0)), constant_values=255) for p in pictures]
    with whole(path) as temporary:
        image.imsave(
            temporary, np.concatenate(padded), format="png", dpi=DPI, metadata={"Keywords": keywords}
        )


def lay_out(page: Figure) -> None:
    """Give the panels their places, once for all files: text is measured at the resolution of the PNG."""
    engine = page.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        page.set_dpi(DPI)
        FigureCanvasAgg(page)
        engine.execute(page)
        page.set_layout_engine(None)


def _pixels(page: Figure) -> np.ndarray:
    """Return the page as pixels (height, width, 4) in 0 to 255."""
    lay_out(page)
    page.set_dpi(DPI)
    canvas = FigureCanvasAgg(page)
    canvas.draw()
    return np.array(canvas.buffer_rgba())
