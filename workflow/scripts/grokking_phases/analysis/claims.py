"""The claims of a paper, as declared in docs/claims/, scored on the tables of a finished study.

A file of claims is YAML:

    paper       its name
    factors     {factor: {level: options}}: what a level of a factor means, as options of the function that
                computes a quantity (`MODULES`), or of the tables that it reads (`StudyTables`)
    variants    {name: list of {factor: level or list of levels}}, each of which stands for all combinations
    claims      a list of entries:

        claim         a short name
        section       of the paper
        quotation     words of the paper; ` ... ` stands for words or formulas that are left out
        quantity      what is computed, in words
        measure       the function that computes it (`MODULES`); left out where nothing does yet
        options       its options
        against       options of another call, to which the first is compared, pair by pair
        as            ratio (log10), difference; or log10 of the value itself
        less          a number that is subtracted at the end, such as a published one
        unit, direction, margin, figure, published
        variants      the name of a list of variants
        one_order     whether it depends on the order of the samples, and was measured in one order alone

A quantity is compared seed by seed: runs of one seed have the same split, and where their models are the same
the same initial weights. With `n_orders`, it is measured in each random order of the samples
(`verdicts.over_orders`).
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from grokking_phases.analysis import (
    curve_quantities,
    emergence_quantities,
    prediction_quantities,
    region_quantities,
    two_phase_quantities,
)
from grokking_phases.analysis.study_tables import NotMeasured, StudyTables
from grokking_phases.analysis.verdicts import (
    ONE_ORDER,
    Measured,
    described,
    outcome,
    over_orders,
    over_seeds,
    power,
    verdict,
)

MODULES = (
    curve_quantities,
    emergence_quantities,
    prediction_quantities,
    region_quantities,
    two_phase_quantities,
)
COLUMNS = [
    "paper",
    "section",
    "claim",
    "quotation",
    "quantity",
    "variant",
    "value",
    "low",
    "high",
    "unit",
    "n_seeds",
    "direction",
    "margin",
    "published",
    "outcome",
    "power",
    "verdict",
    "figure",
]
COPIED = ["section", "claim", "quotation", "quantity", "unit", "direction", "margin", "published", "figure"]
OF_TABLES = {field.name for field in fields(StudyTables)} - {"results"}
COMBINED: dict[str, Callable] = {
    "ratio": lambda own, other: log10(own) - log10(other),
    "difference": lambda own, other: own - other,
}


def score(declared: dict, results: Path) -> pd.DataFrame:
    """Return a row (`COLUMNS`) for each claim of a file and each of its variants; none is left out.

    outcome and power are of the variant; verdict is that of the claim. What is not measured has no value.
    """
    rows = [row for claim in declared["claims"] for row in _scored(claim, declared, results)]
    return pd.DataFrame(rows).assign(paper=declared["paper"]).reindex(columns=COLUMNS)


def _scored(claim: dict, declared: dict, results: Path) -> Iterator[dict]:
    """Yield the row of each variant of one claim."""
    variants = list(combinations(declared["variants"][claim["variants"]]))
    found = [measured(claim, options_of(variant, declared["factors"]), results) for variant in variants]
    outcomes = [outcome(each, claim["direction"], claim["margin"]) for each in found]
    overall = verdict(variants, outcomes, claim.get("one_order", False))
    for variant, each, one in zip(variants, found, outcomes, strict=True):
        numbers = {} if each is None else asdict(each)
        told = power(each, claim["direction"], claim["margin"])
        row = {name: claim.get(name) for name in COPIED} | {"variant": described(variant), **numbers}
        yield row | {"outcome": one, "power": told, "verdict": overall}


def combinations(variants: list[dict]) -> Iterator[dict[str, str]]:
    """Yield each variant of a list in which a list of levels stands for each of them."""
    for variant in variants:
        levels = [each if isinstance(each, list) else [each] for each in variant.values()]
        yield from (dict(zip(variant, chosen, strict=True)) for chosen in product(*levels))


def options_of(variant: dict[str, str], factors: dict[str, dict[str, dict]]) -> dict:
    """Return the options that the levels of a variant mean."""
    return {
        name: value for factor, level in variant.items() for name, value in factors[factor][level].items()
    }


def measured(claim: dict, options: dict, results: Path) -> Measured | None:
    """Return the quantity of a claim under one variant, or None if it is not measured.

    options: those of the variant.
    """
    if "measure" not in claim:
        return None
    options = dict(options)
    n_orders = options.pop("n_orders", 0)
    tables = StudyTables(results, **{name: options.pop(name) for name in OF_TABLES & options.keys()})
    try:
        if n_orders:
            return over_orders([_once(claim, tables.in_order(n + 1), options) for n in range(n_orders)])
        return _once(claim, tables, options)
    except NotMeasured:
        return None


def _once(claim: dict, tables: StudyTables, options: dict) -> Measured:
    """Return the quantity of a claim in one order of the samples."""
    measure = measure_named(claim["measure"])
    own_options = claim.get("options", {}) | options
    values = measure(tables, **own_options)
    if "against" in claim:
        other = measure(tables, **own_options | claim["against"])
        values = _combine(values, other, claim["as"])
    elif claim.get("as") == "log10":
        values = log10(values)
    if isinstance(values, Measured):
        return values
    return over_seeds(values - claim.get("less", 0))


def measure_named(name: str) -> Callable:
    """Return the function of `MODULES` with this name."""
    for module in MODULES:
        if hasattr(module, name):
            return getattr(module, name)
    raise ValueError(
        f"{name}: no function of {', '.join(module.__name__ for module in MODULES)}; correct the claim."
    )


def _combine(own: pd.Series, other: pd.Series, kind: str) -> pd.Series:
    """Return the ratio (log10) or difference of the seeds that both have; NaN for never against never."""
    seeds = own.index.intersection(other.index)
    with np.errstate(invalid="ignore", divide="ignore"):
        return COMBINED[kind](own[seeds], other[seeds])


def log10(values: pd.Series) -> pd.Series:
    """Return log10; minus infinity for what is not positive, such as a gap that ends before it begins."""
    with np.errstate(divide="ignore"):
        return np.log10(values.clip(lower=0))


def by_claim(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each claim: paper, section, claim, quotation, quantity, verdict, in order."""
    return table.drop_duplicates(["paper", "claim"])[
        ["paper", "section", "claim", "quotation", "quantity", "verdict"]
    ]


def in_words(table: pd.DataFrame) -> str:
    """Return the claims and their verdicts as Markdown, a table for each paper with counts above it."""
    parts = []
    for paper, rows in by_claim(table).groupby("paper", sort=False):
        lines = [
            f"| {row.section} | *“{row.quotation}”* | {row.quantity} | **{row.verdict}** |"
            for row in rows.itertuples()
        ]
        head = "| section | the paper says | measured | verdict |\n|---|---|---|---|"
        parts.append("\n".join([f"### {paper}", "", counted(rows["verdict"]), "", head, *lines]))
    return "\n\n".join(parts)


def counted(verdicts: pd.Series) -> str:
    """Return how often each verdict is given: `Of 29 claims: cannot tell 25, not measured 4.`"""
    kinds = verdicts.str.replace(r"^depends on .*", "depends on a variant", regex=True)
    kinds = kinds.str.removesuffix(ONE_ORDER)
    counts = ", ".join(f"{kind} {n}" for kind, n in kinds.value_counts().items())
    return f"Of {len(verdicts)} claims: {counts}."
