"""Words in titles and captions for a table of O-information: its estimate, sign, and undefined values."""

import pandas as pd

TIES = {
    "average": "ties at their mean rank",
    "paper": "ties as published",
    "index": "ties by place of the sample",
    "random": "ties in random order",
}
AVERAGE = "a moving average of factor 0.1, which lags (the authors sample every 5 steps)"


def estimated(options: dict, layer: str) -> str:
    """Return the estimate in words: `union of 10 bins of layer hidden, ties at their mean rank`."""
    return f"{options['variables']} of {options['n_bins']} bins of layer {layer}, {TIES[options['ties']]}"


def ties_in_words(study: dict, estimate: str) -> str:
    """Return the estimate's treatment of ties; its name if its options are not given."""
    options = study["metrics"].get(estimate)
    return TIES[options["ties"]] if options else estimate


def undefined(numbers: pd.DataFrame) -> list[str]:
    """Return a sentence for each run whose synergy is undefined in some snapshots.

    Most of its units are dead then, or training diverged at once.
    """
    missing = numbers["value"].isna().groupby(numbers["run"]).agg(["sum", "size"])
    return [f"Undefined in {n} of {size} snapshots of {run}." for run, (n, size) in missing.iterrows() if n]
