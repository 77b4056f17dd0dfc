"""The tables of docs/tables: each a function of the folder of results, and `TABLES`, which names them.

Each raises FileNotFoundError if its study is not finished.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import yaml

from grokking_phases.analysis.claims import score
from grokking_phases.analysis.emergence_quantities import START_UP
from grokking_phases.analysis.events import AS_STATED, FOUND, first_above
from grokking_phases.analysis.layers import last_layer
from grokking_phases.analysis.published_points import beside
from grokking_phases.analysis.study_tables import COURSES
from grokking_phases.analysis.time_scales import by_layer, of_measured
from grokking_phases.storage.tables import read_table, read_tables

DOCS = Path(__file__).parent
SPLITS = {"memorised": "train", "generalised": "test"}
# The runs with the two-phase paper's recipe, by the figure that shows them: at full length, and shorter.
PAPERS_RECIPE = {
    "fig3": ["paper/division96", "paper/division96_float32", "division96", "division96_long"],
    "fig4": ["paper/s5", "paper/s5_float32"],
}
MEASURES = COURSES | {"test_loss": 1, "test_accuracy": 1}


def finished(results: Path, pattern: str) -> list[Path]:
    """Return the paths that match, sorted; raise FileNotFoundError if there are none."""
    paths = sorted(results.glob(pattern))
    if not paths:
        raise FileNotFoundError(f"there is no {results}/{pattern}; finish its study first")
    return paths


def curves(results: Path) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Yield the run, the seed and the table of each curves.parquet."""
    for path in finished(results, "*/[0-9]*/curves.parquet"):
        yield path.parts[-3], int(path.parts[-2]), read_table(path)


def training(results: Path) -> pd.DataFrame:
    """Return a row for each run and seed: its events, its largest test loss, and its last values.

    An event is the first step at which an accuracy is above a level.
    """
    rows = []
    for run, seed, curve in curves(results):
        wide = curve.pivot(index="step", columns="metric", values="value")
        events = {f"test_{level:g}": first_above(curve, "test_accuracy", level) for level in (0.1, 0.5, 0.9)}
        events |= {name: first_above(curve, f"{split}_accuracy") for name, split in SPLITS.items()}
        loss, last = wide["test_loss"], wide.iloc[-1]
        peak = {"largest_test_loss": loss.max(), "at_step": loss.idxmax()}
        rows.append({"run": run, "seed": seed, **events, **peak, **last.add_prefix("final_")})
    return pd.DataFrame(rows)


def phases(results: Path) -> pd.DataFrame:
    """Return each event under the rule as stated, for each seed and over seeds (seed empty)."""
    rows = read_tables(finished(results, "*/phases.parquet"))
    return rows[rows["rule"] == AS_STATED].drop(columns="rule")


def phase_variants(results: Path) -> pd.DataFrame:
    """Return each event over seeds, under the rule with each constant doubled and halved."""
    rows = read_tables(finished(results, "*/phases.parquet"))
    return rows[(rows["rule"] != AS_STATED) & rows["seed"].isna()].drop(columns="seed")


def within_phases(results: Path) -> pd.DataFrame:
    """Return the measures (bits, units, nats) at the start and at the end of the phases of each seed.

    Only phases whose start and end were found have rows.
    """
    rows = []
    for path in finished(results, "*/phases.parquet"):
        events = read_table(path)
        found = events[(events["rule"] == AS_STATED) & (events["status"] == FOUND) & events["seed"].notna()]
        for (source, seed), own in found.groupby(["source", "seed"]):
            folder, steps = path.parent / f"{seed:.0f}", own.set_index("event")["step"]
            measured = read_tables([folder / "curves.parquet", folder / f"metrics/{source}.parquet"])
            wide = measured.pivot(index="step", columns="metric", values="value")
            for phase in [event.removesuffix(".end") for event in steps.index if event.endswith(".end")]:
                ends = {end: steps[f"{phase}.{end}"] for end in ("start", "end")}
                named = {"run": path.parent.name, "source": source, "seed": seed, "phase": phase}
                rows += [
                    {
                        **named,
                        "measure": measure,
                        **{end: sign * wide.loc[step, measure] for end, step in ends.items()},
                    }
                    for measure, sign in MEASURES.items()
                ]
    return pd.DataFrame(rows)


def comparison(results: Path) -> pd.DataFrame:
    """Return the sub-networks trained alone: over seeds, and over draws for those drawn at random."""
    rows = read_tables(finished(results, "*/comparison.parquet"))
    return rows[rows["seed"].isna()].drop(columns="seed")


def subnetworks(results: Path) -> pd.DataFrame:
    """Return when each sub-network of Figures 6 and 7, trained alone, generalises, and its last accuracy."""
    numbers = pd.concat([pd.read_csv(results / f"figures/emergence/fig{i}.csv") for i in (6, 7)])
    rows = []
    for key, curve in numbers.groupby(["run", "of", "seed"], sort=False):
        row = dict(zip(["run", "of", "seed"], key, strict=True)) | {"also": curve["also"].iloc[0]}
        row["generalised"] = first_above(curve.assign(metric="test_accuracy"), "test_accuracy")
        rows.append(row | {"final_test_accuracy": curve.sort_values("step")["value"].iloc[-1]})
    return pd.DataFrame(rows)


def synergies(results: Path, figure: str) -> pd.DataFrame:
    """Return the largest and the last synergy, in bits, of each series of a figure.

    The largest is given twice, with its step: over all steps, and after the start-up.
    """
    numbers = pd.read_csv(results / f"figures/emergence/{figure}.csv")
    rows = []
    for key, rows_of_key in numbers.groupby(["run", "estimate", "layer", "seed"]):
        bits = rows_of_key.drop_duplicates("step").set_index("step")["bits"].dropna()
        later = bits[bits.index > START_UP]
        row = dict(zip(["run", "estimate", "layer", "seed"], key, strict=True))
        for name, series in {"peak": bits, "later_peak": later}.items():
            row |= {f"{name}_bits": series.max(), f"{name}_step": series.idxmax() if len(series) else None}
        rows.append(row | {"final_bits": bits.iloc[-1] if len(bits) else None})
    return pd.DataFrame(rows)


def null(results: Path) -> pd.DataFrame:
    """Return the observed synergy and the central 95 % of both nulls, in bits, at each snapshot."""
    numbers = pd.read_csv(results / "figures/emergence/null.csv")
    return numbers[
        ["run", "estimate", "seed", "step", *(name for name in numbers if name.startswith("bits"))]
    ]


def dead(results: Path) -> pd.DataFrame:
    """Return a row for each run and seed: the most units left out, and multiplets failed, in any snapshot."""
    numbers = pd.read_csv(results / "figures/emergence/dead.csv")
    return (
        numbers.groupby(["run", "estimate", "seed"])[["n_constant", "n_duplicate", "n_failed"]]
        .max()
        .reset_index()
    )


def softmax_collapse(results: Path) -> pd.DataFrame:
    """Return the greatest and the last value of each measure of softmax collapse, by run and seed."""
    papers = [results / f"figures/{paper}/softmax_collapse.csv" for paper in ("emergence", "two_phase")]
    numbers = pd.concat(map(pd.read_csv, papers), ignore_index=True)
    series = numbers.sort_values("step").groupby(["run", "seed", "layer", "metric"], sort=False)["value"]
    return series.agg(greatest="max", final="last").reset_index()


def rows_of(results: Path, study: str, kind: str) -> pd.DataFrame:
    """Return the rows of one kind of the table that has a study's name, with the columns that they have."""
    rows = pd.read_parquet(results / f"{study}/tables/{study}.parquet")
    return rows[rows["kind"] == kind].dropna(axis=1, how="all").drop(columns="kind")


def turns_in_time(results: Path) -> pd.DataFrame:
    """Return each network of the co-movement study that generalises and whose I(T;X) turns, with both steps.

    `turn_by_then` is the turn that the rule finds in the snapshots up to generalising, if it finds one.
    """
    scales = rows_of(results, "comovement", "run")
    source = scales["source"].dropna().iloc[0]
    found = scales[(scales["status"] == FOUND) & (scales["source"].isna() | (scales["source"] == source))]
    steps = found.astype({"seed": int}).pivot(index=["run", "seed"], columns="event", values="step")
    rows = []
    for (run, seed), both in steps[["compress", "gen_0.98"]].dropna().iterrows():
        measured = read_table(results / f"comovement/{run}/{seed}/metrics/{source}.parquet")
        last = by_layer(measured)[last_layer(measured["layer"])]
        so_far = {name: values[values.index <= both["gen_0.98"]] for name, values in last.items()}
        row = {"run": run, "seed": seed, "turn": both["compress"], "generalised": both["gen_0.98"]}
        rows.append(row | {"turn_by_then": of_measured(so_far)["compress"]})
    return pd.DataFrame(rows)


def two_phase_curves(results: Path) -> pd.DataFrame:
    """Return the curves of each run and seed, at about 120 log-spaced steps."""
    parts = []
    for run, seed, curve in curves(results):
        if run in ("division96", "division96_long", "division97", "s5"):
            wide = curve.pivot(index="step", columns="metric", values="value").reset_index()
            parts.append(wide.assign(run=run, seed=seed))
    if not parts:
        raise FileNotFoundError(f"{results} has no run of the two-phase paper; make two_phase first")
    return pd.concat(parts).set_index(["run", "seed", "step"]).reset_index()


def published(results: Path) -> pd.DataFrame:
    """Return each published point of the two-phase Figures 3 and 4 beside ours, and how far they are apart.

    The runs are those with the paper's recipe: at its full length, then in the default study.
    """
    made = [
        beside(read_tables(paths).assign(run=run), figure)
        for figure, runs in PAPERS_RECIPE.items()
        for run in runs
        if (paths := sorted(results.glob(f"{run}/[0-9]*/curves.parquet")))
    ]
    if not made:
        raise FileNotFoundError(f"there is no run with the paper's recipe in {results}; make two_phase first")
    return pd.concat(made)


def two_phase_fig5(results: Path) -> pd.DataFrame:
    """Return a row for each path in the information plane, in nats.

    It holds the first, least, greatest and last I(T;X), the last I(T;Y), and both ceilings.
    """
    numbers = pd.read_csv(results / "figures/two_phase/fig5.csv")
    rows = []
    for key, rows_of_key in numbers.groupby(["estimate", "run", "seed", "layer"]):
        series = rows_of_key.drop_duplicates("step").set_index("step").sort_index()
        x, last = series["information_x"], series.iloc[-1]
        row = dict(zip(["estimate", "run", "seed", "layer"], key, strict=True))
        row |= {
            "first_x": x.iloc[0],
            "min_x": x.min(),
            "min_step": x.idxmin(),
            "max_x": x.max(),
            "max_step": x.idxmax(),
        }
        row |= {"final_x": last["information_x"], "final_y": last["information_y"]}
        rows.append(row | {ceiling: last[ceiling] for ceiling in ("ceiling_x", "ceiling_y")})
    return pd.DataFrame(rows)


def time_scales(results: Path) -> pd.DataFrame:
    """Return every time scale of each run, for each seed and over seeds (seed empty)."""
    return read_tables(finished(results, "*/time_scales.parquet"))


def alignment(results: Path) -> pd.DataFrame:
    """Return the comparison of every two time scales, for the runs with several seeds."""
    rows = pd.read_csv(results / "tables/alignment.csv")
    return rows[rows["n"] > 1]


def linear_regions(results: Path) -> pd.DataFrame:
    """Return a row for each run and layer: the first, largest and last number of linear regions.

    The number is given exactly and as resolved. The row also says how many regions vanished, in each way, or
    were born.
    """
    numbers = pd.read_csv(results / "figures/two_phase/mechanisms.csv").dropna(subset=["layer"])
    rows = []
    for (run, layer), values in numbers.groupby(["run", "layer"]):
        wide = values.pivot(index="step", columns="metric", values="value")
        row = {"run": run, "layer": layer}
        for name in ("regions", "regions_resolved"):
            row |= {f"{name}_first": wide[name].iloc[0], f"{name}_most": wide[name].max()}
            row |= {f"{name}_most_step": wide[name].idxmax(), f"{name}_last": wide[name].iloc[-1]}
        for name in ("disappearance", "merging", "alignment", "born"):
            row[name] = wide[name].sum()
        rows.append(row | {"closed_most": wide["closed"].abs().max()})
    return pd.DataFrame(rows)


def courses(results: Path, figure: str, keys: list[str], value: str) -> pd.DataFrame:
    """Return the first, largest (with its step) and last value of each series of a two-phase figure."""
    numbers = pd.read_csv(results / f"figures/two_phase/{figure}.csv").dropna(subset=[value])
    rows = []
    for key, rows_of_key in numbers.groupby(keys, dropna=False, sort=False):
        series = rows_of_key.drop_duplicates("step").set_index("step")[value].sort_index()
        found = {
            "first": series.iloc[0],
            "largest": series.max(),
            "at_step": series.idxmax(),
            "last": series.iloc[-1],
        }
        rows.append(dict(zip(keys, key, strict=True)) | found)
    return pd.DataFrame(rows)


def claims(results: Path) -> pd.DataFrame:
    """Return each claim of both papers under each variant, with its verdict."""
    finished(results, "*/[0-9]*/curves.parquet")
    declared = [
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(DOCS.glob("claims/*.yaml"))
    ]
    return pd.concat([score(paper, results) for paper in declared], ignore_index=True)


def benchmark(results: Path, name: str) -> pd.DataFrame:
    """Return a table of `make bench` or `make scaling`."""
    return pd.read_csv(*finished(results, f"{name}.csv"))


TABLES: dict[str, Callable[[Path], pd.DataFrame]] = {
    "training": training,
    "phases": phases,
    "confirm": lambda results: phases(results / "confirm"),
    "phase_variants": phase_variants,
    "within_phases": within_phases,
    "comparison": comparison,
    "subnetworks": subnetworks,
    "emergence_fig5": lambda results: synergies(results, "fig5"),
    "ties": lambda results: synergies(results, "ties"),
    "bins": lambda results: synergies(results, "bins"),
    "null": null,
    "dead": dead,
    "orders": lambda results: pd.read_csv(results / "figures/emergence/orders.csv"),
    "softmax_collapse": softmax_collapse,
    "prediction": lambda results: rows_of(results, "prediction", "summary"),
    "predicted": lambda results: rows_of(results, "prediction", "run"),
    "comovement": lambda results: rows_of(results, "comovement", "pair"),
    "comovement_runs": lambda results: rows_of(results, "comovement", "run"),
    "turns_in_time": turns_in_time,
    "two_phase_curves": two_phase_curves,
    "published": published,
    "two_phase_fig5": two_phase_fig5,
    "time_scales": time_scales,
    "claims": claims,
    "alignment": alignment,
    "linear_regions": linear_regions,
    "progress": lambda results: courses(
        results, "progress", ["run", "seed", "table", "layer", "metric"], "value"
    ),
    "benchmarks": lambda results: benchmark(results, "benchmarks"),
    "scaling": lambda results: benchmark(results, "benchmarks/scaling"),
    "scaling_exponents": lambda results: benchmark(results, "benchmarks/scaling_exponents"),
    "estimators": lambda results: courses(
        results, "estimators", ["run", "estimate", "seed", "metric"], "normalised"
    ),
}
