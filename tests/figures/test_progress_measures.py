"""Figure of measures of progress side by side, with the turning point of each."""

import numpy as np
import pandas as pd
from made_up import curves, curves_in, named_in, run_with, table

from grokking_phases.analysis.events import ABSENT, FOUND
from grokking_phases.figures.two_phase import progress

OPTIONS = {
    "linear_mapping_number": {"module": "linear_mapping_number", "n_samples": 256},
    "local_complexity": {
        "module": "local_complexity",
        "radius": 0.005,
        "n_samples": 1024,
        "steps": {"log": 3},
    },
}


def events(source, event, status, step):
    return pd.DataFrame(
        [{"run": "a", "seed": None, "source": source, "event": event, "status": status, "step": step}]
    ).assign(table="time_scales")


def test_each_measure_has_a_panel_with_its_lines_and_turning_point():
    number = table("a", {"linear_mapping_number": lambda seed, step: step}).assign(
        table="linear_mapping_number"
    )
    complexity = {
        f"local_complexity_{split}": (lambda seed, step: seed) for split in ("train", "test", "random")
    }
    complexity = pd.concat([table("a", complexity, layer=f"block_{i}.hidden") for i in (1, 2)])
    rows = [
        curves("a"),
        number,
        complexity.assign(table="local_complexity"),
        events("linear_mapping_number", "lmn", FOUND, 10.0),
        events("local_complexity", "lc", ABSENT, None),
        events("information_kde", "compress", FOUND, 5.0),  # its table is not drawn
    ]
    numbers = progress.select(pd.concat(rows, ignore_index=True).astype({"seed": "Int64"}), {"task": ["a"]})
    assert set(numbers["table"]) == {"curves", "linear_mapping_number", "local_complexity", "time_scales"}
    assert (numbers["step"].dropna() > 0).all()
    (figure,) = progress.draw(numbers, {"runs": {"a": run_with()}, "metrics": OPTIONS})
    accuracy, lmn, lc = figure.subfigs[0].axes
    assert accuracy.get_title() == "accuracy"
    (line,) = curves_in(lmn)
    np.testing.assert_allclose(line.get_xydata(), [[1, 1], [10, 10], [100, 100]])
    assert "256" in lmn.get_title()
    assert all(option in lc.get_title() for option in ("0.005", "1,024", "3"))
    vertical = [line.get_xdata()[0] for line in lmn.lines if len(set(line.get_xdata())) == 1]
    assert vertical == [10]
    assert not any(ax.get_legend() for ax in figure.subfigs[0].axes)
    names = [text.get_text() for text in figure.subfigs[0].legends[0].get_texts()]
    assert names[0] == "hidden"  # whole layers come before those within blocks
    assert "block 1" in names[1] and "block 2" in names[2]
    assert names[3:] == ["train", "test", "random points"]
    drawn = numbers.dropna(subset="event").set_index("source")["status"]
    assert drawn.to_dict() == {"linear_mapping_number": FOUND, "local_complexity": ABSENT}
    assert named_in(figure, "local_complexity", "linear_mapping_number") == ["local_complexity"]
