"""The scaling benchmark at sizes of seconds, and its exponents for known powers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scaling
from growth import exponents
from scaling import CURVES, LIMIT, Point, apart, expected, measure

TINY = {"units": [12, 24], "multiplets": [4, 11], "samples": [60, 120], "snapshots": [2, 3]}


def test_every_curve_is_measured_and_drawn(tmp_path, monkeypatch):
    """Measure each point with one call, in this process."""
    monkeypatch.setattr(scaling, "CALLS", 1)
    monkeypatch.setattr(scaling, "apart", lambda curve, size: Point(size, *measure(curve.function, size)))
    scaling.main([curve._replace(sizes=TINY[curve.variable]) for curve in CURVES], tmp_path)
    rows = pd.read_csv(tmp_path / "scaling.csv")
    assert rows["curve"].value_counts().to_dict() == dict.fromkeys((curve.name for curve in CURVES), 2)
    assert (rows["seconds"] > 0).all() and (rows["megabytes"] >= 0).all()
    assert len(pd.read_csv(tmp_path / "scaling_exponents.csv")) == len(CURVES)
    assert (tmp_path / "scaling.png").stat().st_size > 10_000 and (tmp_path / "scaling.pdf").exists()


def test_a_point_is_measured_in_a_process_of_its_own(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "workflow/scripts"))
    point = apart(CURVES[0], 12)
    assert point.size == 12 and point.seconds > 0 and point.megabytes >= 0


def test_the_exponent_of_a_power_is_that_power():
    sizes = np.array([10, 30, 100, 300])
    rows = pd.DataFrame({"curve": "a", "variable": "units", "size": sizes})
    disturbance = [0.1, 0, 0, 0]  # the smallest size takes longer
    rows = rows.assign(seconds=2e-6 * sizes**1.5 + disturbance, megabytes=3.0 * sizes**2)
    found = exponents(rows).iloc[0]
    assert found[["exponent_seconds", "exponent_megabytes"]].tolist() == pytest.approx([1.5, 2.0])
    assert found[["size", "seconds", "megabytes"]].tolist() == pytest.approx([300, 2e-6 * 300**1.5, 270_000])


def test_a_point_that_would_take_too_long_is_left_out(monkeypatch):
    monkeypatch.setattr(scaling, "apart", lambda _, size: Point(size, size**2 / 100, 1.0))
    curve = CURVES[0]._replace(sizes=[10, 20, 40, 80])
    assert [point.size for point in scaling.points(curve)] == [10, 20, 40]
    assert LIMIT < expected([Point(20, 4.0, 0.0), Point(40, 16.0, 0.0)], 80) == pytest.approx(64.0)
