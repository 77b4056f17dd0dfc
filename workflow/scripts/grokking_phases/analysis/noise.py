"""Whether a peak of a curve stands out of the curve's own noise.

Noise is drawn at the very steps of the curve, with autocorrelation phi from one snapshot to the next (AR(1)),
and smoothed as the curve is, by a Gaussian in ln step (`smoothing`) with the standard deviation `breadth`.

    scatter     one number for the whole curve, since noise is taken to be of one size: the root mean square
                of how far values are off the straight line, in ln step, between their neighbours (Gasser,
                Sroka and Jennen-Steinmetz 1986), in units of what it is in white noise of standard deviation
                1. A straight course counts for nothing, whatever the spacing. The largest tenth is left out:
                one jump is no noise
    phi         the autocorrelation of noise whose residuals have, in the median, the curve's ratio of
                products of neighbours to squares. Residuals beyond three robust
                standard deviations are left out: the course is steep there
    standing    of a peak at p: the largest (z_p - z_j) / (scatter sqrt(v_p + v_j)) over the snapshots j on
                one side, as far as the course is no higher than the peak, and the lesser of both sides. z is
                the smoothed curve, and v its variance in white noise of standard deviation 1
    critical    the standing that the peaks of noise of this phi exceed in 5 % of draws. In white noise, at
                least what the drop to the right of any snapshot but the first exceeds in 5 % of draws. Where
                phi is estimated, 2.5 % take the place of 5 % in autocorrelated noise, and a margin is added
                to the curve's ratio, until estimates of phi make no more than 5 % of false alarms

A rising course with white noise therefore has a peak above `critical` in 5 % of draws at most, wherever and
however steeply it rises: to the right of a snapshot, the course only adds to z_j. So has a falling course,
read backwards, and a constant is both.

Noise of an autocorrelation up to 0.9 is allowed for. How strong it is can only be told with `FEW` snapshots,
and if a breadth spans `ENOUGH` of them: under fewer, a peak looks the same. Noise is then assumed to be

    autocorrelated   the largest `critical` of any phi counts: only high peaks are found
    white            that of phi = 0 counts: lower peaks are found, and so are those of autocorrelated noise

A single spike, such as Adam makes in a loss, is no peak: where the snapshot that lifts a peak most is `SPIKE`
standard deviations above the line between its neighbours, the peak must also stand out without it.

With fewer than `LEAST` snapshots, nothing stands out. The rates above are those of normal noise.
docs/tables/rules.csv has the rates of false alarms and of peaks that are found.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from grokking_phases.analysis.smoothing import defined, no_finer_than_spacing, smoothed, weights

ROUNDING = 1e-9  # of a curve's largest absolute value: a curve that varies by less is constant
Assumed = Literal["white", "autocorrelated"]
LEAST, FEW = 6, 20  # snapshots
# Snapshots in a breadth that tell how strong the autocorrelation is. From 2 on, telling finds more peaks than
# the largest `critical` does; only from 3.5 on, it finds as many as that of white noise.
ENOUGH = {"white": 3.5, "autocorrelated": 2.0}
DRAWS, CONFIDENCE = 1000, 0.95
STRICTER = 0.975  # for autocorrelated noise, so that phi may err
PHIS = np.array([0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9])
ABOUT = 0.45  # of the breadth: the smoothing about which residuals are taken
KEPT = 0.9  # of the deviations from straight lines
MOST = 3.0  # robust standard deviations: residuals beyond are the course's, where it is steep
CLOSENESS = 0.25  # of the breadth: peaks of noise are looked for this closely; z hardly changes in between
SPIKE = 5.0  # standard deviations: white noise of 120 snapshots hardly ever has one
NORMAL = 0.6745  # median absolute deviation of a standard normal variable


class Noise:
    """Noise at some steps. `width` smooths a curve to its course, and peaks stand out under it or `breadth`.

    Curves have the shape (…, n_steps). `assumed`: what noise is taken for if the steps are too few to tell.
    """

    def __init__(self, steps: tuple[int, ...], width: float, breadth: float, assumed: Assumed):
        x = np.log(np.array(steps, dtype=float))
        self.n, self.shares = len(x), shares_of_neighbours(x)
        self.near = [np.flatnonzero(abs(x - place) <= width) for place in x]
        self.course, self.about = weights(steps, width), weights(steps, max(width, ABOUT * breadth))
        smoothers = [weights(steps, scale) for scale in sorted({width, breadth})]
        self.scales = [(smoother, (smoother**2).sum(axis=1)) for smoother in smoothers]
        self.places = [apart(x, CLOSENESS * scale) for scale in sorted({width, breadth})]
        self.assumed = assumed
        self.tells = self.n >= FEW and breadth >= ENOUGH[assumed] * np.median(np.diff(x))
        self.unit, self.margin, self.units = 1.0, 0.0, np.ones(len(self.scales))
        self.calibrate()

    def calibrate(self) -> None:
        """Fix units and critical values on draws of white and autocorrelated noise."""
        white, *others = drawn = [autoregressive(phi, self.n) for phi in PHIS]
        self.unit = self.scatter(white).mean()
        self.ratios = np.maximum.accumulate([np.median(self.ratio(noise)) for noise in drawn])
        self.units = np.quantile(self.drops_and_peaks(white)[0], CONFIDENCE, axis=1)
        found = [self.drops_and_peaks(noise)[1].max(axis=0) for noise in others]
        level = STRICTER if self.tells else CONFIDENCE
        highest = np.max(self.drops_and_peaks(white), axis=(0, 1))
        criticals = [np.quantile(highest, CONFIDENCE), *np.quantile(found, level, axis=1)]
        self.criticals = np.maximum.accumulate(criticals)
        if self.tells:
            self.margin = self.margin_for(found, [self.ratio(noise) for noise in others])

    def margin_for(self, found: list[np.ndarray], ratios: list[np.ndarray]) -> float:
        """Return what to add to the ratio of a curve, so that errors of phi make no more false alarms.

        found, ratios: the largest standing and the ratio of each draw, for each phi above 0.
        """
        for margin in np.arange(0, 1, 0.02):
            criticals = np.interp(np.array(ratios) + margin, self.ratios, self.criticals)
            if ((np.array(found) > criticals).mean(axis=1) <= 1 - CONFIDENCE).all():
                break
        return margin

    def scatter(self, curves: np.ndarray) -> np.ndarray:
        """Return the standard deviation of the noise of each curve."""
        before, after = self.shares
        off = before * curves[..., :-2] + after * curves[..., 2:] - curves[..., 1:-1]
        squares = np.sort(off**2 / (before**2 + after**2 + 1), axis=-1)
        return np.sqrt(squares[..., : int(np.ceil(KEPT * (self.n - 2)))].mean(axis=-1)) / self.unit

    def ratio(self, curves: np.ndarray) -> np.ndarray:
        """Return the products of neighbouring residuals over the squares, for each curve; 0 without any."""
        residual = curves - curves @ self.about.T
        most = MOST / NORMAL * np.median(np.abs(residual), axis=-1, keepdims=True)
        residual = np.where(np.abs(residual) <= most, residual, 0.0)
        squares = (residual**2).sum(axis=-1)
        products = (residual[..., 1:] * residual[..., :-1]).sum(axis=-1)
        return np.divide(products, squares, out=np.zeros_like(squares), where=squares > 0)

    def critical(self, curves: np.ndarray) -> np.ndarray:
        """Return the standing above which a peak of each curve stands out of noise."""
        if not self.tells:
            return np.full(curves.shape[:-1], self.criticals[0 if self.assumed == "white" else -1])
        return np.interp(self.ratio(curves) + self.margin, self.ratios, self.criticals)

    def drops_and_peaks(self, drawn: np.ndarray) -> np.ndarray:
        """Return the largest drop to the right of an inner place, then the largest standing.

        The shape is (2, n_scales, n_draws).
        """
        found = np.zeros((2, len(self.scales), len(drawn)))
        for scale, (places, (smoother, variance)) in enumerate(zip(self.places, self.scales, strict=True)):
            z, v = drawn @ smoother[places].T, variance[places]
            for p in range(1, len(places) - 1):
                heights = (z[:, [p]] - z) / np.sqrt(v[p] + v)
                left, right = heights[:, :p].max(axis=1), heights[:, p + 1 :].max(axis=1)
                np.maximum(found[:, scale], [right, np.minimum(left, right)], out=found[:, scale])
        return found / self.scatter(drawn) / self.units[:, None]

    def clear_peaks(self, curve: np.ndarray, prominence: float, times: float = 1.0) -> list[int]:
        """Return the places of the peaks of one curve that are prominent and stand out of its noise."""
        course = self.course @ curve
        peaks = find_peaks(course, prominence=prominence * np.ptp(course))[0]
        return [
            p
            for p in peaks
            if self.stands(curve, p, times)
            and ((cut := self.cut(curve, p)) is curve or self.stands(cut, p, times))
        ]

    def stands(self, curve: np.ndarray, p: int, times: float) -> bool:
        """Return whether the smoothed curve stands out of the curve's noise, at its top near a place."""
        course, broad = self.course @ curve, [smoother @ curve for smoother, _ in self.scales]
        top = max(self.near[p], key=course.__getitem__)
        return self.standing(course, broad, top) > times * self.critical(curve) * self.scatter(curve)

    def cut(self, curve: np.ndarray, p: int) -> np.ndarray:
        """Return the curve without the snapshot that lifts the course at p most, if that is a spike.

        A spike is more than `SPIKE` standard deviations of the noise above the line between its neighbours,
        whose value takes its place.
        """
        before, after = self.shares
        line = before * curve[:-2] + after * curve[2:]
        above = curve[1:-1] - line
        j = np.argmax(self.course[p, 1:-1] * above)
        if above[j] <= SPIKE * np.sqrt(before[j] ** 2 + after[j] ** 2 + 1) * self.scatter(curve):
            return curve
        return np.concatenate([curve[: j + 1], line[[j]], curve[j + 2 :]])

    def standing(self, course: np.ndarray, broad: list[np.ndarray], p: int) -> float:
        """Return the standing of a peak of a course, times the scatter; `broad`: the curve at each scale."""
        found = []
        for z, (_, v), unit in zip(broad, self.scales, self.units, strict=True):
            heights = [
                np.max((z[p] - z[side]) / np.sqrt(v[p] + v[side]), initial=0.0) for side in sides(course, p)
            ]
            found.append(min(heights) / unit)
        return max(found)


@lru_cache(maxsize=16)
def noise_at(steps: tuple[int, ...], width: float, breadth: float, assumed: Assumed) -> Noise:
    """Return the noise at some steps, which is drawn once; drawing it takes a moment."""
    return Noise(steps, width, breadth, assumed)


def clear_peaks(
    curve: pd.Series, prominence: float, width: float, breadth: float, assumed: Assumed, times: float = 1.0
) -> pd.Series:
    """Return the values of a curve, smoothed by `width`, at its prominent peaks that stand out of noise.

    curve: raw values by distinct steps; step 0 and NaN are left out.
    prominence: of the range of the smoothed curve. What is within `ROUNDING` is no peak either, nor are ends.
    width, breadth: at least the median spacing of the steps is taken. Nothing stands out of steps that all
        lie within half a breadth.
    assumed: what noise is taken for where snapshots are too few to tell.
    times: how many times `critical` a peak must stand out.
    """
    width = no_finer_than_spacing(width, curve)
    course, raw = smoothed(curve, width), in_unit_range(defined(curve).to_numpy(dtype=float))
    inner = len(apart(np.log(course.index), CLOSENESS * max(width, breadth))) - 2
    if len(course) < LEAST or inner < 1 or np.ptp(course) <= ROUNDING * course.abs().max():
        return course.iloc[:0]
    noise = noise_at(tuple(course.index), width, max(width, breadth), assumed)
    return course.iloc[noise.clear_peaks(raw, prominence, times)]


def sides(course: np.ndarray, p: int) -> tuple[slice, slice]:
    """Return the places to the left and to the right of a peak, as far as the course is no higher."""
    higher = np.flatnonzero(course > course[p])
    left = higher[higher < p].max(initial=-1) + 1
    right = higher[higher > p].min(initial=len(course))
    return slice(left, p), slice(p + 1, right)


def in_unit_range(values: np.ndarray) -> np.ndarray:
    """Return values shifted and scaled to lie in [0, 1]; zeros if they are all the same."""
    if not len(values) or values.max() == values.min():
        return np.zeros_like(values)
    low, high = values.min() / 2, values.max() / 2
    return (values / 2 - low) / (high - low)


def shares_of_neighbours(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of the neighbours before and after each inner place on the line between them."""
    before = (x[2:] - x[1:-1]) / (x[2:] - x[:-2])
    return before, 1 - before


def autoregressive(phi: float, n_steps: int, seed: int = 0) -> np.ndarray:
    """Return `DRAWS` draws of normal noise of variance 1 with autocorrelation phi (n_draws, n_steps)."""
    drawn = np.random.default_rng(seed).standard_normal((DRAWS, n_steps))
    for step in range(1, n_steps):
        drawn[:, step] = phi * drawn[:, step - 1] + np.sqrt(1 - phi**2) * drawn[:, step]
    return drawn


def apart(x: np.ndarray, distance: float) -> list[int]:
    """Return places, the first and others in ascending order, that are at least a distance apart."""
    places = [0]
    for place in range(1, len(x)):
        if x[place] - x[places[-1]] >= distance:
            places.append(place)
    return places
