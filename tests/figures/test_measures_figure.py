"""The page of all measures of a run: a panel for each measure, in its unit, with the spread between seeds."""

import numpy as np
import pandas as pd
import pytest
from made_up import curves, curves_in, named_in, run_with, table

from grokking_phases.analysis.events import ABSENT, FOUND
from grokking_phases.figures.two_phase import measures

KERNEL = {"module": "mutual_information", "estimator": "kernel_density", "noise_scale": "relative"}
OPTIONS = {
    "kde": KERNEL,
    "absolute": KERNEL | {"noise_scale": "absolute"},
    "bins": {"module": "mutual_information", "estimator": "binning_per_neuron", "range": "snapshot"},
    "bins_hidden": {"module": "mutual_information", "estimator": "binning_per_neuron", "range": "snapshot"},
    "oi": {"module": "o_information"},
    "softmax_collapse": {"module": "softmax_collapse"},
    "lmn": {"module": "linear_mapping_number"},
    "lc": {"module": "local_complexity"},
}


def measured(name, layers, **metrics):
    values = {metric: (lambda seed, step, at=at: at * (1 + seed)) for metric, at in metrics.items()}
    return pd.concat([table("a", values, layer=layer) for layer in layers]).assign(table=name)


@pytest.fixture(scope="module")
def numbers():
    blocks = ["block_1", "block_2"]
    found = [{"event": "fit", "status": FOUND, "step": 10.0}, {"event": "peak", "status": ABSENT}]
    rows = [
        curves("a"),
        measured("kde", blocks, information_x=3.0, information_y=1.0),
        measured("absolute", blocks, information_x=77.0),
        measured("bins", blocks, information_x=np.log(2), information_x_gaussian=2.0, resolution=5.0),
        measured("bins_hidden", ["block_1.hidden"], information_x=3.0),
        measured("oi", blocks, synergy=-np.log(2), redundancy=2 * np.log(2)),
        measured("softmax_collapse", ["readout"], rounded_to_one=0.5),
        pd.DataFrame(found).assign(run="a", seed=None, table="time_scales"),
    ]
    return measures.select(pd.concat(rows, ignore_index=True).astype({"seed": "Int64"}), {"task": ["a"]})


@pytest.fixture(scope="module")
def pages(numbers):
    return measures.draw(numbers, {"runs": {"a": run_with()}, "metrics": OPTIONS})


def panels(pages):
    """Return {title: panel}; the title of a panel with a legend is the legend's."""
    axes = [ax for page in pages for ax in page.subfigs[0].axes]
    return {ax.get_title() or ax.get_legend().get_title().get_text(): ax for ax in axes}


def panel(pages, title):
    [found] = [ax for name, ax in panels(pages).items() if title in name]
    return found


def test_what_no_panel_shows_is_left_out(numbers):
    assert "resolution" not in set(numbers["metric"])
    assert (numbers["step"].dropna() > 0).all()


def test_each_measure_that_is_there_has_a_panel(pages):
    titles = panels(pages)
    assert len(titles) == 9 and len(pages) == 2 and not any("mapping" in title for title in titles)


@pytest.mark.parametrize(
    ("title", "layers", "value"),
    [
        ("I(T;X), kernel", 2, 3.0),  # the estimate with absolute noise is another one
        ("synergy", 2, 1.0),  # bits, upwards
        ("redundancy", 2, 2.0),
        ("samples at p", 1, 0.5),
    ],
)
def test_lines_are_means_over_seeds_in_the_unit_of_the_panel(pages, title, layers, value):
    lines = curves_in(panel(pages, title))
    assert len(lines) == layers
    for line in lines:
        np.testing.assert_allclose(line.get_ydata(), 1.5 * value)


def test_bands_reach_from_the_least_seed_to_the_largest(pages):
    [band, _] = panel(pages, "I(T;X), kernel").collections
    edges = band.get_paths()[0].vertices[:, 1]
    assert (edges.min(), edges.max()) == (3.0, 6.0)


def test_tables_of_one_estimator_share_a_panel_with_its_null(pages):
    ax = panel(pages, "unit bins")
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(curves_in(ax)) == 4 and len(set(names)) == 4  # three layers, and their null once
    np.testing.assert_allclose(curves_in(ax)[0].get_ydata(), 1.5)


def test_layers_have_colours_and_splits_have_dashes_on_a_page_that_holds_their_names(numbers):
    layers = ["block_1.hidden", "block_2.hidden"]
    splits = {f"local_complexity_{split}": 1.0 for split in ("train", "test", "random")}
    more = [measured("lmn", ["block_1"], linear_mapping_number=9.0), measured("lc", layers, **splits)]
    numbers = pd.concat([numbers, *more]).assign(panel="task")
    pages = measures.draw(numbers, {"runs": {"a": run_with()}, "metrics": OPTIONS})
    ax = panel(pages, "local complexity")
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["block 1 MLP", "block 2 MLP", "train", "test", "random"]
    assert len({(line.get_color(), line.get_linestyle()) for line in curves_in(ax)}) == 6
    for page in pages:
        page.draw_without_rendering()
        for ax in panels([page]).values():
            for part in filter(None, (ax.title, ax.get_legend())):
                box = part.get_window_extent()
                assert box.x0 >= 0 and box.x1 <= page.bbox.width


def test_the_lowest_panels_name_the_step(pages):
    for page in pages:
        axes = page.subfigs[0].axes
        for ax in axes:
            named = ax.get_xlabel() == "step" and ax.xaxis.label.get_visible()
            assert named == (ax.get_subplotspec().rowspan.stop == axes[-1].get_subplotspec().rowspan.stop)


def test_time_scales_are_marked_where_they_are_found(pages):
    for ax in panels(pages).values():
        assert [line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1] == [10]
    assert named_in(pages[0], "top of the test loss (not found)", "fitted (dotted)")
