"""The explorer's page: the template, style, scripts and data in one HTML file below a limit of size."""

import base64
import gzip
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from grokking_phases.explorer.finished_figures import finished_figures
from grokking_phases.explorer.finished_seeds import Study
from grokking_phases.explorer.packing import packed
from grokking_phases.storage.atomic_write import whole

LIMIT = 5_000_000  # bytes
THINNING = (250, 120, 60, 30, 15, 8)  # steps of a table: the first number with which the page is small enough
SCRIPTS = (
    *("state.js", "selection.js", "multiplets.js", "regions.js", "charts.js"),
    *("views.js", "claims_view.js", "regions_view.js", "main.js"),
)


def write_page(path: Path, study: Study, claims: pd.DataFrame | None = None, limit: int = LIMIT) -> None:
    """Write the page of a study; raise ValueError if it is too large even with the fewest steps."""
    figures = finished_figures(study.results / "figures", path) if study.results else []
    beside = {"claims": records(claims), "figures": figures}
    for n_steps in THINNING:
        html = page(packed(study, n_steps) | beside).encode("utf-8")
        if len(html) < limit:
            path.parent.mkdir(parents=True, exist_ok=True)
            with whole(path) as temporary:
                temporary.write_bytes(html)
            return
    raise ValueError(
        f"{path} would have {len(html):,} bytes, and may have {limit:,}; choose fewer runs with --runs"
    )


def records(claims: pd.DataFrame | None) -> list[dict]:
    """Return claims as dicts, with None for what is missing or infinite, which JSON cannot say."""
    if claims is None:
        return []
    values = claims.replace([np.inf, -np.inf], np.nan).astype(object)
    return values.where(values.notna(), None).to_dict("records")


def page(data: dict[str, Any]) -> str:
    """Return the page that shows the data. The data come last: nothing in them is replaced."""
    text = part("page.html").replace("/* style.css */", part("style.css"))
    text = text.replace("/* scripts */", "\n".join(map(part, SCRIPTS)))
    return text.replace("/* data */", embedded(data))


def part(name: str) -> str:
    """Return the text of a file beside this module."""
    return files("grokking_phases.explorer").joinpath(name).read_text(encoding="utf-8")


def embedded(data: dict[str, Any]) -> str:
    """Return data as JSON, compressed by gzip, in letters that can end no script (base64)."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")
