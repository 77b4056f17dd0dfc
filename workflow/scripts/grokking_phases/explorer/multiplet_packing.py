"""The units of multiplets, and the bins that form them, as the explorer's page holds them.

A multiplet is some bins as a whole, so where its bins are known, the page holds their numbers in place of
its units. The bins of a layer are a text with a letter of `LETTERS` for each unit, `.` for a unit in none.
The page holds each text of a seed once: most tables have the bins of another.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from grokking_phases.explorer.multiplet_bins import Bins
from grokking_phases.explorer.numbers_as_text import LETTERS, hexadecimal

BIN_LETTERS = np.append(LETTERS, ".")  # the last one is that of bin -1
DISAGREE = -1  # in place of a text's number, where bins are stored that do not form the units

Units = dict[tuple[str, str], list]  # {(layer, metric): its units at each step, or None}


def packed_multiplets(units: Units, steps: list[int], bins: Bins, texts: dict[str, int]) -> dict[str, Any]:
    """Return the members of each metric's multiplets, `units`, and the number of each layer's text, `bins`.

    At a step at which a layer has a text, members are bins; where it has None or DISAGREE, they are units.
    `texts`, {text: its number}, gets those that it lacks. `width` is one more than the highest unit seen.
    """
    members, numbers = [], {}
    for layer in dict.fromkeys(place for place, _ in units):
        own = {metric: each for (place, metric), each in units.items() if place == layer}
        labels = [bins.get(step, {}).get(layer) for step in steps]
        found, numbers[layer] = packed_layer(own, labels, texts)
        members += [{"layer": layer, **each} for each in found]
    known = {layer: found for layer, found in numbers.items() if any(each is not None for each in found)}
    return {"units": members} | ({"bins": known} if known else {})


def packed_layer(
    units: dict[str, list], labels: list, texts: dict[str, int]
) -> tuple[list[dict], list[int | None]]:
    """Return the members of each metric of one layer, and the number of its text, at each step."""
    widths = [width_of(each) for each in units.values()]
    multiplets = zip(*units.values(), strict=True)
    packed = [packed_step(*each, widths, texts) for each in zip(labels, multiplets, strict=True)]
    numbers, at_steps = zip(*packed, strict=True)
    columns = zip(units, widths, zip(*at_steps, strict=True), strict=True)
    members = [{"metric": metric, "width": width, "members": [*found]} for metric, width, found in columns]
    return members, list(numbers)


def width_of(units: list) -> int:
    """Return one more than the highest unit at any step."""
    return max((int(np.max(each)) + 1 for each in units if is_there(each)), default=0)


def is_there(units: Any) -> bool:
    return units is not None and len(units) > 0


def packed_step(
    labels: np.ndarray | None, multiplets: Sequence, widths: list[int], texts: dict[str, int]
) -> tuple[int | None, list[str]]:
    """Return the number of a layer's text at one step, or None or DISAGREE, and each multiplet's members."""
    found = None
    if labels is not None and any(map(is_there, multiplets)):
        found = [bins_of(units, labels) if is_there(units) else [] for units in multiplets]
    if found is None or any(each is None for each in found):
        alone = [text_of(units, width) for units, width in zip(multiplets, widths, strict=True)]
        return None if found is None else DISAGREE, alone
    number = texts.setdefault("".join(BIN_LETTERS[labels].tolist()), len(texts))
    return number, [text_of(each, int(labels.max()) + 1) for each in found]


def text_of(members: Any, width: int) -> str:
    """Return members in hexadecimal bytes; an empty text if there are none."""
    return hexadecimal(members, width) if is_there(members) else ""


def bins_of(units: Any, labels: np.ndarray) -> np.ndarray | None:
    """Return the bins that the units are, ascending; None if they are not two whole bins or more."""
    if np.max(units) >= len(labels):
        return None
    places = labels + 1  # 0 for none
    sizes = np.bincount(places)
    inside = np.bincount(places[units], minlength=len(sizes))
    found = np.flatnonzero(inside)
    is_union = len(found) > 1 and found[0] > 0 and np.array_equal(inside[found], sizes[found])
    return found - 1 if is_union else None
