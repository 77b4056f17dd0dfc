"""The units of multiplets, and the bins that form them, as the explorer's page holds them.

A multiplet is some bins as a whole, so where its bins are known, the page holds their numbers in place of
its units. The bins of a layer are a text with a letter of `LETTERS` for each unit, `.` for a unit in none.
The page holds each text of a seed once: most tables have the bins of another.
"""

from typing import Any

import numpy as np

from grokking_phases.explorer.bits import LETTERS, hexadecimal
from grokking_phases.explorer.multiplet_bins import Bins

BIN_LETTERS = np.append(LETTERS, ".")  # the last one is that of bin -1
DISAGREE = -1  # in place of a text's number, where bins are stored that do not form the units

Units = dict[tuple[str, str], list]  # {(layer, metric): its units at each step, or None}


def packed_multiplets(units: Units, steps: list[int], bins: Bins, texts: dict[str, int]) -> dict[str, Any]:
    """Return the members of each metric's multiplets, `units`, and the number of each layer's text, `bins`.

    At a step at which a layer has a text, members are bins; where it has None or DISAGREE, they are units.
    `texts`, {text: its number}, gets those that it lacks. `width` is one more than the highest unit seen.
    """
    layers = dict.fromkeys(layer for layer, _ in units)
    labels = {layer: labels_of(layer, units, [bins.get(step, {}) for step in steps]) for layer in layers}
    members = [packed_members(*name, each, labels[name[0]]) for name, each in units.items()]
    numbers = {layer: [number_of(each, texts) for each in found] for layer, found in labels.items()}
    known = {layer: found for layer, found in numbers.items() if any(each is not None for each in found)}
    return {"units": members} | ({"bins": known} if known else {})


def labels_of(layer: str, units: Units, bins: list[dict[str, np.ndarray]]) -> list:
    """Return the bin of each unit of a layer at each step, None where none are known, or DISAGREE."""
    multiplets = [each for (place, _), each in units.items() if place == layer]
    return [checked(found.get(layer), at_step) for found, *at_step in zip(bins, *multiplets, strict=True)]


def checked(labels: np.ndarray | None, multiplets: list) -> Any:
    """Return the labels if each multiplet is a union of bins, else DISAGREE; None without one of both."""
    found = [units for units in multiplets if is_there(units)]
    if labels is None or not found:
        return None
    return labels if all(bins_of(units, labels) is not None for units in found) else DISAGREE


def is_there(units: Any) -> bool:
    return units is not None and len(units) > 0


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


def packed_members(layer: str, metric: str, units: list, labels: list) -> dict[str, Any]:
    """Return a metric's members at each step: bins where there are labels, else units."""
    width = max((int(np.max(each)) + 1 for each in units if is_there(each)), default=0)
    members = [text_of(each, own, width) for each, own in zip(units, labels, strict=True)]
    return {"layer": layer, "metric": metric, "width": width, "members": members}


def text_of(units: Any, labels: Any, width: int) -> str:
    """Return the bins or units of a multiplet in hexadecimal bytes; an empty text if there is none."""
    if not is_there(units):
        return ""
    if isinstance(labels, np.ndarray):
        return hexadecimal(bins_of(units, labels), int(labels.max()) + 1)
    return hexadecimal(units, width)


def number_of(labels: Any, texts: dict[str, int]) -> int | None:
    """Return the number of the text of labels, which is new if they are; other content as it is."""
    if not isinstance(labels, np.ndarray):
        return labels
    return texts.setdefault("".join(BIN_LETTERS[labels].tolist()), len(texts))
