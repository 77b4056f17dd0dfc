"""Width of the Gaussian kernels through which an estimator sees a layer.

A relative width is s = c sqrt(mean_i |t_i - mean t|^2), so multiplying T by a number changes nothing. With an
absolute width a layer that shrinks looks like a layer that compresses.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from grokking_phases.estimators._column_means import column_means

NoiseScale = Literal["relative", "absolute"]


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
        return self.size * np.sqrt(((T - column_means(T)) ** 2).sum(axis=1).mean())
