"""Words of the figures of any study: what the config, the notes and the headers say, and no more."""

import pandas as pd

from grokking_phases.plotting.phase_looks import spans
from grokking_phases.plotting.recipes import (
    all_described,
    broken,
    ended_early,
    is_elsewhere,
    regularised,
    spread,
)
from grokking_phases.plotting.words import SIGN, Words
from grokking_phases.plugins import STAGE_KEYS

DOTTED = ("memorised", "generalised")
NO_WORDS = Words()
NULL = "I(T;Y) can be far above 0 for random labels: `controls: true` measures it under permuted ones."
NOT_OPTIONS = {"module", *STAGE_KEYS["metrics"]}


def words(numbers: pd.DataFrame, study: dict, key: Words = NO_WORDS, lines: str = "") -> Words:
    """Return lines and bands and a key; as notes, runs, options of the metrics, seeds that ended early.

    `lines` is a sentence in place of that on means and bands.
    """
    measured = numbers[numbers["metric"].notna()]
    runs = {run: study["runs"][run] for run in dict.fromkeys(numbers["run"])}
    return Words(
        [lines or spread(measured), *key.caption],
        [
            *key.notes,
            *all_described(runs),
            *(f"{name}: {regularised(run)}." for name, run in runs.items() if not is_elsewhere(run)),
            *options_of(measured, study["metrics"]),
            *([NULL] if lacks_null(measured, study["metrics"]) else []),
            *([SIGN] if "synergy" in set(measured["metric"]) else []),
            *ended_early(measured[measured["table"] == "curves"], runs),
            *broken(runs),
        ],
    )


def lacks_null(numbers: pd.DataFrame, metrics: dict[str, dict]) -> bool:
    """Return whether mutual information is drawn that was not measured under permuted labels, too."""
    drawn = [metrics[name] for name in metrics if name in set(numbers["table"])]
    return any(each["module"] == "mutual_information" and not each.get("controls") for each in drawn)


def options_of(numbers: pd.DataFrame, metrics: dict[str, dict]) -> list[str]:
    """Return a sentence for each metric that is drawn, with its options."""
    drawn = [name for name in metrics if name in set(numbers["table"])]
    return [f"{name}: {listed(metrics[name])}." for name in drawn]


def listed(entry: dict) -> str:
    """Return the options in words, without those that are off (False, 0 or None)."""
    options = {key: value for key, value in entry.items() if key not in NOT_OPTIONS and value}
    words = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in options.items())
    return words or entry["module"].replace("_", " ")


def phases_words(events: pd.DataFrame) -> Words:
    """Return what is shaded and dotted, and which events are not found, if a table of phases is drawn."""
    if events.empty:
        return NO_WORDS
    absent = events[events["step"].isna() & ~events["event"].str.endswith(".end")]
    without = [
        f"{', '.join(dict.fromkeys(event.partition('.')[0].replace('_', ' ') for event in names))} ({status})"
        for status, names in absent.groupby("status", sort=False)["event"]
    ]
    dotted = events.loc[events["event"].isin(DOTTED) & events["step"].notna(), "event"].unique()
    drawn = {
        "Shaded: phases of the mean curve.": spans(events, float("inf")),
        f"Dotted: {', '.join(dotted)} (medians over seeds).": len(dotted),
    }
    return Words(
        [sentence for sentence, is_there in drawn.items() if is_there],
        [
            "Phases: by a rule stated beforehand.",
            *([f"Without: {'; '.join(without)}."] if without else []),
        ],
    )
