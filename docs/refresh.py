"""The small tables and the pictures that the pages of docs/ quote, from finished studies: `make docs`."""

import argparse
import shutil
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from grokking_phases.analysis.events import AS_STATED, FOUND, first_above
from grokking_phases.storage.tables import read_table, read_tables

DOCS = Path(__file__).parent
START_UP = 15  # steps: synergy of random features, which every run shows first
SPLITS = {"memorised": "train", "generalised": "test"}
BITS = 1 / np.log(2)
MEASURES = {"synergy": -BITS, "redundancy": BITS, "synergy_size": 1, "test_loss": 1, "test_accuracy": 1}


def finished(results: Path, pattern: str) -> list[Path]:
    """Sorted; FileNotFoundError where there are none."""
    paths = sorted(results.glob(pattern))
    if not paths:
        raise FileNotFoundError(f"there is no {results}/{pattern}")
    return paths


def curves(results: Path) -> Iterator[tuple[str, int, pd.DataFrame]]:
    for path in finished(results, "*/[0-9]*/curves.parquet"):
        yield path.parts[-3], int(path.parts[-2]), read_table(path)


def training(results: Path) -> pd.DataFrame:
    """Of each run and seed: steps at which accuracies are first above a level, and the largest test loss."""
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
    """Each event under the rule as stated, of each seed and over seeds (seed empty)."""
    rows = read_tables(finished(results, "*/phases.parquet"))
    return rows[rows["rule"] == AS_STATED].drop(columns="rule")


def phase_variants(results: Path) -> pd.DataFrame:
    """Each event over seeds, under the rule with each constant doubled and halved."""
    rows = read_tables(finished(results, "*/phases.parquet"))
    return rows[(rows["rule"] != AS_STATED) & rows["seed"].isna()].drop(columns="seed")


def within_phases(results: Path) -> pd.DataFrame:
    """Of each seed and phase that it has from start to end: each measure (bits, units, nats) at both."""
    rows = []
    for path in finished(results, "*/phases.parquet"):
        events = read_table(path)
        found = events[(events["rule"] == AS_STATED) & (events["status"] == FOUND) & events["seed"].notna()]
        for (source, seed), events in found.groupby(["source", "seed"]):
            folder, steps = path.parent / f"{seed:.0f}", events.set_index("event")["step"]
            measured = read_tables([folder / "curves.parquet", folder / f"metrics/{source}.parquet"])
            wide = measured.pivot_table(index="step", columns="metric", values="value")
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
    """Sub-networks trained alone, over seeds; of those drawn at random, over draws."""
    rows = read_tables(finished(results, "*/comparison.parquet"))
    return rows[rows["seed"].isna()].drop(columns="seed")


def synergies(results: Path, figure: str) -> pd.DataFrame:
    """Of each series of a figure: the largest synergy in bits, over all steps and after the start-up, and the last."""
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
    """At each snapshot: the observed synergy in bits and both nulls' central 95 %."""
    numbers = pd.read_csv(results / "figures/emergence/null.csv")
    return numbers[
        ["run", "estimate", "seed", "step", *(name for name in numbers if name.startswith("bits"))]
    ]


def dead(results: Path) -> pd.DataFrame:
    """Of each run and seed: the most that was left out, or failed, in any snapshot."""
    numbers = pd.read_csv(results / "figures/emergence/dead.csv")
    return (
        numbers.groupby(["run", "estimate", "seed"])[["n_constant", "n_duplicate", "n_failed"]]
        .max()
        .reset_index()
    )


def prediction(results: Path) -> pd.DataFrame:
    """The summary of each estimate, subset and predictor."""
    rows = pd.read_parquet(results / "prediction/tables/prediction.parquet")
    return rows[rows["kind"] == "summary"].dropna(axis=1, how="all").drop(columns="kind")


def predicted(results: Path) -> pd.DataFrame:
    """Every run and seed of the sweep: hit, miss, false alarm, correct rejection, or why it is left out."""
    rows = pd.read_parquet(results / "prediction/tables/prediction.parquet")
    return rows[rows["kind"] == "run"].dropna(axis=1, how="all").drop(columns="kind")


def two_phase_curves(results: Path) -> pd.DataFrame:
    """About 120 log-spaced steps of each run and seed."""
    parts = []
    for run, seed, curve in curves(results):
        if run in ("division96", "division96_long", "division97", "s5"):
            wide = curve.pivot(index="step", columns="metric", values="value").reset_index()
            parts.append(wide.assign(run=run, seed=seed))
    return pd.concat(parts).set_index(["run", "seed", "step"]).reset_index()


def two_phase_fig5(results: Path) -> pd.DataFrame:
    """Of each path in the information plane: first, least, greatest and last I(T;X), last I(T;Y), ceilings; nats."""
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
    """Every time scale of each run, of each seed and over seeds (seed empty)."""
    return read_tables(finished(results, "*/time_scales.parquet"))


def alignment(results: Path) -> pd.DataFrame:
    """Every two time scales of the runs with several seeds, as the pipeline writes them."""
    rows = pd.read_csv(results / "tables/time_scales.csv")
    return rows[rows["n"] > 1]


def linear_regions(results: Path) -> pd.DataFrame:
    """Of each run and layer: regions at first, at most and at last, exact and resolved, and what became of them."""
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
    """Of each series of a two-phase figure: first, largest (at step) and last value."""
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


def benchmark(results: Path, name: str) -> pd.DataFrame:
    """As `make bench` or `make scaling` writes it."""
    return pd.read_csv(*finished(results, f"{name}.csv"))


TABLES: dict[str, Callable[[Path], pd.DataFrame]] = {
    "training": training,
    "phases": phases,
    "phase_variants": phase_variants,
    "within_phases": within_phases,
    "comparison": comparison,
    "emergence_fig5": lambda results: synergies(results, "fig5"),
    "ties": lambda results: synergies(results, "ties"),
    "bins": lambda results: synergies(results, "bins"),
    "null": null,
    "dead": dead,
    "prediction": prediction,
    "predicted": predicted,
    "two_phase_curves": two_phase_curves,
    "two_phase_fig5": two_phase_fig5,
    "time_scales": time_scales,
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


def main(results: Path) -> None:
    for folder in ("tables", "figures"):
        (DOCS / folder).mkdir(exist_ok=True)
    for name, make in TABLES.items():
        try:
            make(results).to_csv(DOCS / f"tables/{name}.csv", index=False, float_format="%.6g")
        except FileNotFoundError as missing:
            print(f"docs/tables/{name}.csv stays as it is: {missing}")
    # Of the default study and of its sweep; others in the same folder (smoke) draw the same figures of other runs.
    for picture in sorted(
        chain(*(study.glob("figures/*/*.png") for study in (results, results / "prediction")))
    ):
        shutil.copy(picture, DOCS / f"figures/{picture.parent.name}_{picture.name}")
    for page in results.glob("benchmarks.md"):
        shutil.copy(page, DOCS / page.name)
    for picture in results.glob("benchmarks/*.png"):
        shutil.copy(picture, DOCS / f"figures/{picture.name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", nargs="?", type=Path, default=Path("results"))
    main(parser.parse_args().results)
