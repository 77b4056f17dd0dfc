"""Numbers, and sets of numbers, as text."""

import numpy as np

LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"))


def hexadecimal(members: list[int], width: int) -> str:
    """Return members of 0 .. width-1 as the bits of hexadecimal bytes, the lowest number's bit first."""
    mask = np.zeros(width, bool)
    mask[np.asarray(members, dtype=int)] = True
    return np.packbits(mask, bitorder="little").tobytes().hex()
