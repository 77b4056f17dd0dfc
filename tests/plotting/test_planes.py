"""Arrows at named events of a path."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from grokking_phases.plotting.planes import mark_events

PATH = pd.DataFrame({"x": [0.0, 4.0, 4.0, 0.0], "y": [0.0, 0.0, 2.0, 2.0]}, index=[1, 10, 100, 1000])


def arrows(events, path=PATH):
    """Return {names: the point that the arrow leads to}."""
    ax = Figure().subplots()
    mark_events(ax, path, events)
    return {text.get_text(): tuple(text.xy) for text in ax.texts}


def test_an_event_is_marked_at_the_nearest_snapshot_in_ln_step():
    found = arrows({"fitted": 3.0, "turns": 40.0, "generalised": 5000.0})
    assert found == {"fitted": (0, 0), "turns": (4, 2), "generalised": (0, 2)}


def test_events_at_one_snapshot_share_an_arrow_in_the_order_of_their_steps():
    assert arrows({"later": 11.0, "first": 9.0}) == {"first, later": (4, 0)}


def test_without_events_nothing_is_drawn():
    assert arrows({}) == {}


def boxes(ax):
    """Return {name: [[left, low], [right, high]]} of the names that are drawn, as parts of the panel."""
    renderer = FigureCanvasAgg(ax.figure).get_renderer()
    to_panel = ax.transAxes.inverted().transform
    for text in ax.texts:
        text.update_positions(renderer)
    return {text.get_text(): to_panel(Text.get_window_extent(text, renderer)) for text in ax.texts}


def panel(path):
    """Return a panel with the points of a path, which fill it."""
    ax = Figure(figsize=(4, 4)).subplots()
    ax.scatter(*path.to_numpy().T, s=1)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return ax


def inside(box, points):
    (left, low), (right, high) = box
    return ((points > (left, low)) & (points < (right, high))).all(axis=1)


@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1), (0.5, 0.5)])
def test_names_of_events_at_one_place_cover_neither_each_other_nor_arrows(corner):
    points = np.clip(np.array(corner) + 0.02 * np.arange(4)[:, None], 0, 1)
    ax = panel(path := pd.DataFrame(points, index=[1, 10, 100, 1000]))
    mark_events(ax, path, {"memorised": 1, "I(T;X) turns": 10, "fitted": 100, "generalised": 1000})
    drawn, along = boxes(ax), np.linspace(0, 1, 100)[:, None]
    for text in ax.texts:
        start, end = np.array(text.get_position()), np.array(text.xy)
        others = [box for name, box in drawn.items() if name != text.get_text()]
        assert not any(inside(box, start + along * (end - start)).any() for box in others)
    for first, second in combinations(drawn.values(), 2):
        assert (first[0] > second[1]).any() or (second[0] > first[1]).any()


def test_a_name_covers_no_point_and_is_near_its_own():
    """Draw paths up through the panel, and one across it at half of its height."""
    along = np.linspace(0, 1, 60)
    upwards = [(middle + 0.05 * np.sin(20 * along), along) for middle in (0.3, 0.5, 0.7)]
    for x, y in [*upwards, (along, 0.5 + 0.1 * np.sin(20 * along))]:
        path = pd.DataFrame({"x": x, "y": y}, index=range(1, 61))
        ax = panel(path)
        mark_events(ax, path, {"generalised": 20, "fitted": 40})
        for text, box in zip(ax.texts, boxes(ax).values(), strict=True):
            assert not inside(box, path.to_numpy()).any()
            assert np.hypot(*np.subtract(text.get_position(), text.xy)) < 0.5


@pytest.mark.parametrize("seed", range(6))
def test_two_arrows_do_not_cross(seed):
    """Draw a crowded corner, from which both names have to stand far away."""
    rng = np.random.default_rng(seed)
    path = pd.DataFrame(np.clip(rng.normal([0.9, 0.6], 0.12, (60, 2)), 0, 1), index=range(1, 61))
    ax = panel(path)
    mark_events(ax, path, {"I(T;X) turns (seed 1)": 20, "generalised (seed 1)": 40})
    (a, b), (c, d) = ([np.array(text.get_position()), np.array(text.xy)] for text in ax.texts)
    along = np.linalg.solve(np.column_stack([b - a, c - d]), c - a)  # where the lines through them meet
    assert (along < 0).any() or (along > 1).any()


def test_a_path_that_stays_where_it_is_has_arrows():
    still = pd.DataFrame({"x": [1.0, 1.0], "y": [2.0, 2.0]}, index=[1, 10])
    assert arrows({"fitted": 10.0}, still) == {"fitted": (1, 2)}
