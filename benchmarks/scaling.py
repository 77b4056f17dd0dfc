"""`make scaling`: measure how time and memory grow with size.

The curves are of a training step, the measures, and a metric over a file. Each point is measured in a process
of its own, on one thread. Its time is the CPU time of the shortest of several calls. Its memory is the most
that the process ever had, less the most that it had up to the end of its imports. Points that would take over
a minute are left out.
"""

import csv
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path("results/benchmarks")
LIMIT = 60.0  # seconds that a point may take
ENOUGH, CALLS = 2.0, 20  # a call is repeated for so many seconds, or so many times
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Curve(NamedTuple):
    """A function of `curves.py`, the variable that it is measured against, and the sizes, ascending."""

    function: str
    name: str
    variable: str
    sizes: list[int]


class Point(NamedTuple):
    size: int
    seconds: float
    megabytes: float


def powers_of_two(first: int, last: int) -> list[int]:
    return [2**i for i in range(first.bit_length() - 1, last.bit_length())]


UNITS, SAMPLES = powers_of_two(64, 4096), [1000, 3000, 10_000, 30_000, 100_000]
CURVES = [
    Curve("training_step", "MLP, one training step", "units", UNITS),
    Curve("search_of_units", "O-information of 1013 multiplets", "units", UNITS),
    Curve("ward", "Ward clustering", "units", UNITS),
    Curve(
        "search_of_bins", "O-information, 4 to 16 bins", "multiplets", [2**k - 1 - k for k in range(4, 17, 2)]
    ),
    Curve("scores", "normal scores", "samples", SAMPLES),
    Curve("one_o_information", "O-information of one multiplet", "samples", SAMPLES),
    Curve("kde", "kernel density", "samples", SAMPLES),
    Curve("mapping_number", "linear mapping number", "samples", powers_of_two(32, 512)),
    Curve("metric_of_file", "kernel density, every snapshot", "snapshots", [10, 30, 100, 300, 1000]),
]


def main(curves: list[Curve], folder: Path) -> None:
    rows = []
    for curve in curves:
        found = []
        for point in points(curve):
            found.append(point)
            print(
                f"{curve.name}: {point.size} {curve.variable}, {point.seconds:.3g} s, "
                f"{point.megabytes:.0f} MB",
                flush=True,
            )
        for size in curve.sizes[len(found) :]:
            print(
                f"{curve.name}: {size} {curve.variable} left out, for it would take more than {LIMIT:.0f} s"
            )
        rows += [{"curve": curve.name, "variable": curve.variable, **point._asdict()} for point in found]
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "scaling.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    # Imported only here, because a child process inherits the peak memory of its parent.
    from growth import draw

    draw(folder / "scaling.csv")


def points(curve: Curve) -> Iterator[Point]:
    """Yield the points of a curve, up to the first that would take too long."""
    found: list[Point] = []
    for size in curve.sizes:
        if expected(found, size) > LIMIT:
            return
        found.append(apart(curve, size))
        yield found[-1]


def expected(found: list[Point], size: int) -> float:
    """Return the seconds at `size`, if they grow by the same power as between the last two points."""
    if len(found) < 2:
        return 0.0
    before, last = found[-2:]
    power = math.log(last.seconds / before.seconds) / math.log(last.size / before.size)
    return last.seconds * (size / last.size) ** power


def apart(curve: Curve, size: int) -> Point:
    """Return one point, measured in a process of its own."""
    command = [sys.executable, __file__, curve.function, str(size)]
    done = subprocess.run(
        command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True
    )
    return Point(size, *json.loads(done.stdout))


def measure(function: str, size: int) -> tuple[float, float]:
    """Return the seconds and the megabytes of one point, measured in this process."""
    import curves
    import torch

    torch.set_num_threads(1)
    before = peak()
    call = getattr(curves, function)(size)
    return shortest(call), peak() - before


def peak() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def shortest(call: Callable) -> float:
    """Return the CPU time, in seconds, of the shortest of several calls.

    The first call takes longer, and so does one that is disturbed.
    """
    times: list[float] = []
    while sum(times) < ENOUGH and len(times) < CALLS:
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
    else:
        main(CURVES, FOLDER)
