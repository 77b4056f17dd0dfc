"""Arrows at named events of a path."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from grokking_phases.plotting.planes import APART, mark_events

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


def test_names_stand_in_the_order_of_their_points_and_apart():
    ax = Figure().subplots()
    mark_events(ax, PATH.assign(y=[0.0, 3.0, 2.0, 1.0]), {"a": 1, "b": 10, "c": 100, "d": 1000})
    heights = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert sorted(heights, key=heights.get) == ["a", "d", "c", "b"]
    assert min(np.diff(sorted(heights.values()))) == pytest.approx(APART)
    assert np.mean(list(heights.values())) == pytest.approx(0.5)


def test_a_name_covers_no_point_and_is_near_the_middle():
    """Draw paths up through the panel, and one across it at half of its height."""
    along = np.linspace(0, 1, 60)
    upwards = [(middle + 0.05 * np.sin(20 * along), along) for middle in (0.3, 0.5, 0.7)]
    for x, y in [*upwards, (along, 0.5 + 0.1 * np.sin(20 * along))]:
        path = pd.DataFrame({"x": x, "y": y}, index=range(1, 61))
        figure = Figure(figsize=(4, 4))
        ax = figure.subplots()
        ax.scatter(path["x"], path["y"], s=1)
        ax.set(xlim=(0, 1), ylim=(0, 1))
        mark_events(ax, path, {"generalised": 20, "fitted": 40})
        renderer = FigureCanvasAgg(figure).get_renderer()
        for text in ax.texts:
            [left, low], [right, high] = ax.transAxes.inverted().transform(
                Text.get_window_extent(text, renderer)
            )
            inside = (path["x"] > left) & (path["x"] < right) & (path["y"] > low) & (path["y"] < high)
            assert not inside.any() and abs(text.get_position()[0] - 0.5) < 0.3


def test_a_path_that_stays_where_it_is_has_arrows():
    still = pd.DataFrame({"x": [1.0, 1.0], "y": [2.0, 2.0]}, index=[1, 10])
    assert arrows({"fitted": 10.0}, still) == {"fitted": (1, 2)}
