"""Names of layers in figures, and the order in which they are named and take their colours."""

from collections.abc import Iterable

from grokking_phases.analysis.layers import parts


def layer_name(layer: str) -> str:
    """Return a layer's name as figures write it: `block_1.hidden` is `block 1 MLP`."""
    return layer.replace("_", " ").replace(".hidden", " MLP")


def in_order(layers: Iterable[str]) -> list[str]:
    """Return layers without repetition: whole blocks by their number, then the layers within blocks."""
    return sorted({*layers}, key=lambda layer: (layer.count("."), parts(layer)))
