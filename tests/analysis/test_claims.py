"""Claims: the declared ones can be scored, and made-up ones get the verdict that their numbers deserve."""

import importlib
import inspect
import re
import tarfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from test_phases import SYNERGY
from test_quantities import SEEDS, tidy, write, write_run

from grokking_phases.analysis.claims import (
    COLUMNS,
    COMBINED,
    OF_TABLES,
    combinations,
    in_words,
    log10,
    measure_named,
    options_of,
    score,
)
from grokking_phases.analysis.verdicts import FAILS, HOLDS, UNCLEAR, UNMEASURED

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("docs/claims/*.yaml"))
KEYS = {"claim", "section", "quotation", "quantity", "unit", "direction", "margin", "variants", "figure"}
OPTIONAL = {"measure", "options", "against", "as", "less", "published", "one_order"}


@cache
def declared(path):
    return yaml.safe_load(path.read_text("utf-8"))


@cache
def study(name):
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


CLAIMS = [(path.stem, claim["claim"]) for path in FILES for claim in declared(path)["claims"]]


@pytest.fixture(params=CLAIMS, ids=" ".join)
def entry(request):
    """Return one declared claim, and the options of each of its variants."""
    file, name = request.param
    paper = declared(ROOT / f"docs/claims/{file}.yaml")
    (claim,) = [claim for claim in paper["claims"] if claim["claim"] == name]
    variants = combinations(paper["variants"][claim["variants"]])
    return claim, [options_of(variant, paper["factors"]) for variant in variants]


def test_a_declared_claim_is_whole(entry):
    claim, _ = entry
    assert claim.keys() >= KEYS and claim.keys() <= KEYS | OPTIONAL
    assert claim["direction"] in ("above", "below", "within")
    assert isinstance(claim["margin"], int | float)
    assert claim.get("as") in {None, "log10", *COMBINED}
    assert ("against" in claim) == (claim.get("as") in COMBINED)
    figures = study("config.yaml")["figures"] | study("config/prediction.yaml")["figures"]
    assert claim["figure"] is None or claim["figure"] in figures


def test_a_declared_claim_has_the_options_of_its_measure_and_runs_of_the_study(entry):
    claim, variants = entry
    if "measure" not in claim:
        return
    runs, signature = study("config.yaml")["runs"], inspect.signature(measure_named(claim["measure"]))
    for options in variants:
        own = {name: value for name, value in options.items() if name not in OF_TABLES | {"n_orders"}}
        for asked in (
            claim.get("options", {}) | own,
            claim.get("options", {}) | own | claim.get("against", {}),
        ):
            signature.bind(None, **asked)
            assert "run" not in asked or asked["run"] + options.get("suffix", "") in runs
            assert asked.get("metric") in {None, "test_accuracy", *study("config.yaml")["metrics"]}


def test_each_margin_has_its_reason_beside_it():
    for path in FILES:
        margins = [line for line in path.read_text("utf-8").split("\n") if line.startswith("    margin:")]
        assert len(margins) == len(declared(path)["claims"])
        assert [line for line in margins if "  # " not in line] == []


def test_without_a_study_every_claim_stands_there_as_not_measured(tmp_path):
    for path in FILES:
        paper = declared(path)
        table = score(paper, tmp_path)
        assert list(table) == COLUMNS
        assert set(table["verdict"]) == set(table["outcome"]) == {UNMEASURED}
        assert table["value"].isna().all()
        assert list(dict.fromkeys(table["claim"])) == [claim["claim"] for claim in paper["claims"]]


def test_a_study_of_some_runs_scores_what_it_can(tmp_path):
    for run in ("addition_wd0.1", "addition_wd2"):
        write_run(tmp_path, run)
    table = score(declared(ROOT / "docs/claims/emergence.yaml"), tmp_path).set_index(["claim", "variant"])
    gap = table.loc["more weight decay, smaller gap"]
    assert gap.loc["loss float64", ["value", "low", "high", "n_seeds"]].tolist() == [0, 0, 0, 5]
    assert gap["outcome"].tolist() == ["does not hold", UNMEASURED]
    assert set(gap["verdict"]) == {"cannot tell"}
    three = table.loc["three phases"]["outcome"]
    assert three["ties mean ranks, order the split's, loss float64"] == "holds"
    assert (three == UNMEASURED).sum() == 4


def made_up(**changed):
    claim = {
        "claim": "earlier",
        "section": "1",
        "quotation": "groks in fewer epochs",
        "quantity": "step of generalising, one over the other",
        "measure": "generalised",
        "options": {"run": "early"},
        "against": {"run": "late"},
        "as": "ratio",
        "unit": "log10",
        "direction": "below",
        "margin": -0.1,
        "variants": "losses",
        "figure": None,
    }
    return {
        "paper": "made up",
        "factors": {"loss": {"float64": {}, "float32": {"suffix": "_float32"}}},
        "variants": {"losses": [{"loss": ["float64", "float32"]}]},
        "claims": [{name: value for name, value in (claim | changed).items() if value is not ...}],
    }


@pytest.fixture
def losses(tmp_path):
    """Return a study in which one run generalises before another in float64, and with it in float32."""
    for run, end in {"early": 150, "late": 600, "early_float32": 600, "late_float32": 600}.items():
        for seed in SEEDS:
            write(
                tmp_path, run, seed, "curves", tidy(run, seed, test_accuracy={1: 0, 100: 0, end: 1, 4000: 1})
            )
    return tmp_path


def test_a_claim_that_holds_under_one_loss_depends_on_it(losses):
    table = score(made_up(), losses)
    assert table["outcome"].tolist() == ["holds", "does not hold"]
    assert set(table["verdict"]) == {"depends on loss: holds under loss float64"}
    assert table["value"].tolist() == [pytest.approx(-0.6, abs=0.05), 0]


def test_what_is_compared_seed_by_seed_needs_the_same_seeds(losses):
    for seed in SEEDS[:1]:
        (losses / f"late/{seed}/curves.parquet").unlink()
    assert score(made_up(), losses)["n_seeds"].tolist() == [4, 5]
    assert score(made_up(), losses)["outcome"].tolist() == ["too few seeds", "does not hold"]


def test_a_published_number_is_subtracted(losses):
    changed = {"against": ..., "as": "log10", "less": 2, "options": {"run": "late"}}
    assert score(made_up(**changed), losses)["value"][0] == pytest.approx(0.78, abs=0.05)


def test_a_claim_without_a_measure_is_not_measured(losses):
    assert set(score(made_up(measure=...), losses)["verdict"]) == {UNMEASURED}


def test_random_orders_that_are_not_all_measured_are_not_measured(tmp_path):
    write_run(tmp_path, "r", SYNERGY)
    orders = made_up(measure="largest_synergy", options={"run": "r"}, against=..., **{"as": ...})
    orders["variants"]["losses"] = [{"loss": "float64", "order": ["the split's", "2 random"]}]
    orders["factors"]["order"] = {"the split's": {}, "2 random": {"n_orders": 2}}
    assert score(orders, tmp_path)["outcome"].tolist() == ["does not hold", UNMEASURED]


def test_the_page_has_one_line_for_each_claim(losses):
    text = in_words(pd.concat([score(made_up(), losses), score(made_up(claim="again"), losses)]))
    lines = [line for line in text.split("\n") if "groks in fewer epochs" in line]
    assert len(lines) == 2 and all("depends on loss" in line for line in lines)


def test_every_declared_claim_stands_in_the_page_and_in_the_table():
    page, table = (ROOT / "docs/claims.md").read_text("utf-8"), pd.read_csv(ROOT / "docs/tables/claims.csv")
    for path in FILES:
        claims = declared(path)["claims"]
        named = table.loc[table["paper"] == declared(path)["paper"], "claim"]
        assert list(dict.fromkeys(named)) == [claim["claim"] for claim in claims]
        assert [claim["claim"] for claim in claims if claim["quotation"] not in page] == []


@pytest.fixture
def refresh(monkeypatch):
    """Return docs/refresh.py as a module."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    return importlib.import_module("refresh")


def test_the_archive_holds_what_cannot_be_made_again_without_a_training(refresh, tmp_path, monkeypatch):
    monkeypatch.setattr(refresh, "DOCS", tmp_path)
    kept = [
        "r/0/curves.parquet",
        "r/0/metrics/a.parquet",
        "r/0/retrain/a.weights.parquet",
        "r/phases.parquet",
    ]
    left = ["r/0/snapshots.parquet", "r/0/weights.safetensors", "r/0/scores/a.parquet", "r/summary/a.parquet"]
    left += ["r/0/.a.parquet", "paper/r/0/curves.parquet", "tables/a.parquet"]
    for name in [*kept, *left, "tables/study.tar.xz"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for study, names in {"study": kept, "paper": ["paper/r/0/curves.parquet"]}.items():
        refresh.archive(tmp_path, study)
        with tarfile.open(tmp_path / f"tables/{study}.tar.xz") as tar:
            assert sorted(tar.getnames()) == [f"results/{name}" for name in names]
    refresh.archive(tmp_path, "comovement")
    assert not (tmp_path / "tables/comovement.tar.xz").exists()


def test_new_verdicts_replace_the_old_ones_and_nothing_else(refresh):
    start, end = refresh.VERDICTS
    page = refresh.between_markers(f"above\n{start}\nold\n{end}\nbelow\n", "new")
    assert page == f"above\n{start}\n\nnew\n\n{end}\nbelow\n"
    assert refresh.between_markers(page, "new") == page


def test_a_ratio_of_gaps_that_end_before_they_begin_is_infinite_and_not_missing():
    gaps = pd.Series([100.0, 0.0, -5.0, np.inf])
    assert list(log10(gaps)) == [2, -np.inf, -np.inf, np.inf]


def test_the_readme_counts_the_verdicts_of_the_table():
    table = pd.read_csv(ROOT / "docs/tables/claims.csv").drop_duplicates(["paper", "claim"])
    _, _, rest = (ROOT / "README.md").read_text("utf-8").partition("**What came out.**")
    said = [int(number) for number in re.findall(r"\d+", rest.partition("\n\n")[0])]
    emergence, two_phase = (table[table["paper"] == paper]["verdict"] for paper in table["paper"].unique())
    counts = [sum(emergence.str.startswith(verdict)) for verdict in (HOLDS, "depends", FAILS, UNCLEAR)]
    assert {*two_phase} == {UNCLEAR}  # none can be told
    assert said == [sum(counts), *counts, len(two_phase)]
