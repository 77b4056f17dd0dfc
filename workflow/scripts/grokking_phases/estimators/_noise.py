"""Width of the Gaussian kernels through which an estimator sees a layer.

A relative width is s = c sqrt(mean_i |t_i - mean t|^2), so multiplying T by a number changes nothing. With an
absolute width a layer that shrinks looks like a layer that compresses.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from grokking_phases.estimators._column_means import column_means
from grokking_phases.estimators._scale import power_of_two

NoiseScale = Literal["relative", "absolute"]

FARTHEST = 1e150  # in widths; the square of a greater distance would overflow


@dataclass(frozen=True)
class Noise:
    """Noise whose `size` is c if `scale` is relative, and s in activation units if `scale` is absolute."""

    size: float
    scale: NoiseScale

    def deviation(self, T: np.ndarray) -> float:
        """Return s for T (n_samples, width), in activation units.

        Relative noise is 0 for a constant layer.
        """
        if self.scale == "absolute":
            return self.size
        centred = T - column_means(T)
        scale = float(power_of_two(centred))
        return self.size * scale * np.sqrt(((centred / scale) ** 2).sum(axis=1).mean())


def in_widths(T: np.ndarray, width: float) -> np.ndarray:
    """Return T (n_samples, width), centred, in units of a kernel's width."""
    return np.clip((T - column_means(T)) / width, -FARTHEST, FARTHEST)
