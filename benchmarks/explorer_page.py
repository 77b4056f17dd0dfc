"""The explorer's page of a made-up study of the default size: its bytes, and its speed in headless Chromium.

Playwright must be installed (`make browser-test` does that, into .venv/browser), and Chromium. Give Chromium
one core: `taskset -c 1 make bench ONLY=explorer_page`. Times are those of the wall clock, as a person waits.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from default_size_study import default_size_study
from pairs import BenchmarkError

from grokking_phases.explorer.page import write_page

BROWSER = Path(__file__).parents[1] / ".venv/browser"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
TURNS = 7
# The milliseconds from a key to the picture that shows it: a repaint comes before the second frame.
KEY_TO_PICTURE = """(key) => new Promise((done) => {
    const start = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)));
})"""
CHOSEN = """([n, focus]) => {
    const ids = data.seeds.filter((seed) => seed.run.startsWith("addition_wd")).slice(0, n).map(idOf);
    change({rows: [...ids, focus], focus});
}"""


def lines() -> Iterator[str]:
    """Yield a sentence about the page's size, one about its opening, and some about the cursor."""
    start = time.process_time()
    study = default_size_study()
    made = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "explorer.html"
        write_page(path, study)
        seconds = time.process_time() - made
        n_tables = sum(len(seed.tables) for seed in study.seeds)
        yield (
            f"The page of {len(study.seeds)} networks and {n_tables} tables "
            f"has {path.stat().st_size / 1e6:.2f} MB, packed in {seconds:.0f} s of CPU time "
            f"(the study was made up in {made - start:.0f} s)."
        )
        with chromium() as browser:
            yield f"It opens, drawn, in {spread(opened(browser, path) for _ in range(TURNS))}."
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            go(page, path)
            for n, focus in ((0, "addition_wd2/0"), (4, "addition_wd2/0"), (0, "checkerboard/0")):
                page.evaluate(CHOSEN, [n, focus])
                yield f"A key moves the cursor, with {n + 1} networks, {focus} in detail, in {moved(page)}."


def chromium() -> Any:
    """Return a context that opens Chromium; raise BenchmarkError where it or Playwright is missing."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    sys.path.append(str(BROWSER))
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BenchmarkError("Playwright is missing; run make browser-test once") from None
    if found is None:
        raise BenchmarkError("Chromium is missing; install your system's package") from None
    return Browser(sync_playwright(), found)


class Browser:
    """A context that opens a browser, and closes it with what drives it."""

    def __init__(self, driver: Any, path: str) -> None:
        self.driver, self.path = driver, path

    def __enter__(self) -> Any:
        started = self.driver.__enter__()
        return started.chromium.launch(executable_path=self.path, args=FLAGS, timeout=120_000)

    def __exit__(self, *error: object) -> None:
        self.driver.__exit__(*error)  # this ends the browser


def go(page: Any, path: Path) -> float:
    """Open the file in a page, and return the milliseconds until all views are drawn."""
    page.set_default_timeout(120_000)
    page.goto("about:blank")
    start = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    return 1000 * (time.perf_counter() - start)


def opened(browser: Any, path: Path) -> float:
    """Return the milliseconds in which a new page opens."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    took = go(page, path)
    page.close()
    return took


def moved(page: Any) -> str:
    """Return in words how long steps of the cursor take, back from the end."""
    page.keyboard.press("End")
    return spread(page.evaluate(KEY_TO_PICTURE, "ArrowLeft") for _ in range(3 * TURNS))


def spread(milliseconds: Iterator[float]) -> str:
    """Return the median, with the least and the most."""
    times = sorted(milliseconds)
    return f"{statistics.median(times):,.0f} ms ({times[0]:,.0f} to {times[-1]:,.0f})"
