"""The measurements as lines for a terminal, as Markdown, and as rows of a CSV file."""

import statistics
from collections.abc import Sequence

from pairs import Measured

COLUMNS = ("work", "peer", "ours", "peer's", "peer / ours", "floor, aim", "")
WIDTHS = (54, 25, 24, 24, 20, 10, 17)


def line(cells: Sequence[str]) -> str:
    """Return one line of the terminal's table; a cell that is too wide moves those after it."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()


def cells(measured: Measured) -> tuple[str, ...]:
    """Return the cells of a pair's row.

    A time is a median, with the fastest and the slowest. The ratio is the median of the ratios of
    neighbouring calls.
    """
    pair = measured.pair
    wanted = [f"{ratio:g}" for ratio in (pair.at_least, pair.aim) if ratio is not None]
    ratio = f"{measured.ratio:.3g} ({min(measured.ratios):.3g} to {max(measured.ratios):.3g})"
    times = spread(measured.ours), spread(measured.theirs)
    return (pair.work, pair.peer, *times, ratio, ", ".join(wanted), measured.verdict)


def remarks(measured: Measured, rates: dict[str, float]) -> str:
    """Return the remarks on a pair's numbers: agreement, share of the matrix-product rate, and note."""
    pair, parts = measured.pair, [agreement(measured)]
    if pair.flops:
        share = measured.share(rates[pair.flops.dtype])
        parts.append(f"{share:.0%} of the {pair.flops.dtype} matrix-product rate ({pair.flops.formula})")
    return "; ".join([*parts, *filter(None, [pair.note])])


def agreement(measured: Measured) -> str:
    allowed, unit = measured.pair.agreement.tolerance, measured.pair.agreement.unit
    if measured.difference == allowed == 0:
        return f"the same {unit}"
    return f"differ by {measured.difference:.1e} {unit} (at most {allowed:.0e})"


def summary(whose: str, seconds: Sequence[float]) -> dict[str, float]:
    named = {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds)}
    return {f"{whose}_{name}_s": value for name, value in named.items()}


def spread(seconds: Sequence[float]) -> str:
    """Return the median, with the fastest and the slowest, in milliseconds."""
    median, low, high = (1e3 * value for value in (statistics.median(seconds), min(seconds), max(seconds)))
    digits = 0 if median >= 1000 else 1 if median >= 10 else 2
    return f"{median:.{digits}f} ms ({low:.{digits}f} to {high:.{digits}f})"


def markdown(measured: Sequence[Measured], rates: dict[str, float]) -> str:
    """Return a Markdown table with a row for each pair."""
    head = ["work", "peer", "ours", "peer's", "peer / ours", "floor, aim", "verdict", "remarks"]
    rows = [[*cells(one), remarks(one, rates)] for one in measured]
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def record(benchmark: str, measured: Measured, rates: dict[str, float]) -> dict[str, object]:
    """Return a pair's row of benchmarks.csv: times in seconds, and ratios of the peer's to ours."""
    pair = measured.pair
    return {
        "benchmark": benchmark,
        "work": pair.work,
        "peer": pair.peer,
        **summary("ours", measured.ours),
        **summary("peer", measured.theirs),
        "ratio": measured.ratio,
        "ratio_min": min(measured.ratios),
        "ratio_max": max(measured.ratios),
        "floor": pair.at_least,
        "aim": pair.aim,
        "repeats": pair.repeats,
        "difference": measured.difference,
        "tolerance": pair.agreement.tolerance,
        "unit": pair.agreement.unit,
        "matmul_share": measured.share(rates[pair.flops.dtype]) if pair.flops else None,
        "note": pair.note,
    }
