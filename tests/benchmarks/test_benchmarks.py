"""The benchmark harness: its arithmetic, and its reports of disagreements, missed floors and absent peers."""

import csv
import importlib
import sys
import time
from itertools import groupby
from types import SimpleNamespace

import numpy as np
import pairs
import pytest
import run
import torch
from matmul import matmul_rate
from pairs import Agreement, BenchmarkError, Flops, Measured, Pair, measure, one_thread
from peers import peer
from surroundings import Surroundings
from table import COLUMNS, cells, line, markdown, record, remarks

RATES = {"float32": 2e9, "float64": 1e9}
ALWAYS = Agreement(lambda *_: 0, 0, "nats")


def pair(ours=1.0, theirs=1.0, tolerance=0.1, **more):
    agreement = Agreement(lambda a, b: abs(a - b), tolerance, "nats")
    calls = {"ours": lambda: ours, "theirs": lambda: theirs}
    return Pair("a sum", "a peer", **calls, agreement=agreement, **more)


def measured(**more):
    """Return a pair of which ours took 1, 2 and 4 ms and the peer's 8, 20 and 12: ratios 8, 10 and 3."""
    return Measured(pair(**more), (0.001, 0.002, 0.004), (0.008, 0.02, 0.012), 0.05)


@pytest.fixture
def bench(monkeypatch, tmp_path):
    """Return a function that runs benchmarks, {name: their attributes}, and returns exit code and folder."""

    def bench(benchmarks, *names):
        monkeypatch.setattr(run, "BENCHMARKS", tuple(benchmarks))
        monkeypatch.setattr(run, "RESULTS", tmp_path)
        monkeypatch.setattr(
            Surroundings, "here", classmethod(lambda cls: cls("a CPU", 2, RATES, {"numpy": "2"}))
        )
        for name, attributes in benchmarks.items():
            monkeypatch.setitem(sys.modules, name, SimpleNamespace(**attributes))
        try:
            run.main(list(names))
        except SystemExit as ended:
            return ended.code, tmp_path
        return None, tmp_path

    return bench


def rows(folder):
    return list(csv.DictReader((folder / "benchmarks.csv").open()))


def test_the_ratio_is_the_median_of_the_ratios_of_neighbours():
    assert measured().ratios == pytest.approx([8, 10, 3])
    assert measured().ratio == pytest.approx(8)


@pytest.mark.parametrize(("least", "several"), [(1e-9, False), (0.1, True)])
def test_times_are_taken_in_turn_and_short_calls_several_at_a_time(monkeypatch, least, several):
    """Before them are the calls whose results are compared, and those that say how short each is."""
    monkeypatch.setattr(pairs, "LEAST", least)
    calls = []
    a, b = (lambda: (time.sleep(0.001), calls.append("A"))), (lambda: (time.sleep(0.2), calls.append("B")))
    found = measure(Pair("a sum", "a peer", a, b, ALWAYS, repeats=3))
    turns = [(name, len(list(same))) for name, same in groupby(calls)]
    assert turns[:4] == [("A", 1), ("B", 1)] * 2
    assert turns[4:] == [("A", turns[4][1]), ("B", 1)] * 3
    assert (turns[4][1] > 1) == several
    assert 0.001 <= min(found.ours) < 0.1  # the mean of the calls, not their sum
    assert len(found.theirs) == 3


def test_the_time_of_a_peer_that_does_a_part_of_the_work_is_scaled():
    slow = Pair("a sum", "a peer", lambda: 0, lambda: time.sleep(0.01), ALWAYS, repeats=2, scale=10)
    assert all(0.1 <= seconds < 10 for seconds in measure(slow).theirs)


@pytest.mark.parametrize(
    ("at_least", "aim", "verdict"),
    [
        (None, None, ""),
        (8.1, 10, "FLOOR NOT REACHED"),
        (7.9, 8.1, "floor reached"),
        (7.9, None, "floor reached"),
        (7, 7.9, "aim reached"),
    ],
)
def test_the_verdict_compares_the_ratio_with_floor_and_aim(at_least, aim, verdict):
    assert measured(at_least=at_least, aim=aim).verdict == verdict


@pytest.mark.parametrize("theirs", [1.2, 0.8, np.nan])
def test_a_disagreement_raises_one_sentence(theirs):
    with pytest.raises(BenchmarkError, match=r"^a sum.*a peer.* nats.*1e-01$"):
        measure(pair(theirs=theirs))


def test_a_difference_within_tolerance_is_recorded():
    assert measure(pair(theirs=1.05)).difference == pytest.approx(0.05)


def test_a_missing_peer_raises_one_sentence_with_the_remedy():
    with pytest.raises(BenchmarkError, match=r"^no_such_peer.*`make bench`"):
        peer("no_such_peer")


def test_the_table_shows_medians_spread_and_verdict():
    shown = line(cells(measured(at_least=9, aim=10)))
    assert len(cells(measured())) == len(COLUMNS)
    for part in (
        "a sum",
        "2.00 ms (1.00 to 4.00)",
        "12.0 ms (8.0 to 20.0)",
        "8 (3 to 10)",
        "9, 10",
        "FLOOR NOT REACHED",
    ):
        assert part in shown


def test_remarks_give_agreement_share_and_note():
    flops = Flops(1e6, "float32", "n w operations")  # in 2 ms: 5e8 a second, a quarter of 2e9
    said = remarks(measured(flops=flops, note="a note"), RATES)
    for part in ("5.0e-02 nats", "1e-01", "25%", "float32", "n w operations", "a note"):
        assert part in said


def test_markdown_has_a_row_for_each_pair():
    head, rule, *body = markdown([measured(), measured()], RATES).splitlines()
    assert head.count("|") == rule.count("|") == body[0].count("|") == body[1].count("|")


def test_a_record_is_in_seconds():
    row = record("sums", measured(at_least=4), RATES)
    expected = {
        "ours_median_s": 0.002,
        "peer_max_s": 0.02,
        "ratio_min": 3,
        "floor": 4,
        "aim": None,
        "difference": 0.05,
    }
    assert {key: row[key] for key in expected} == pytest.approx(expected)


def test_after_a_disagreement_the_other_benchmarks_run_and_the_command_fails(bench, capsys):
    benchmarks = {
        "first": {"pairs": lambda: iter([pair(theirs=2.0), pair()])},
        "second": {"lines": lambda: iter(["a thing took 3 s"])},
    }
    code, folder = bench(benchmarks)
    assert code == "1 failed."
    assert [row["benchmark"] for row in rows(folder)] == ["first"]
    text, shown = (folder / "benchmarks.md").read_text(), capsys.readouterr().out
    for said in ("a thing took 3 s", "first FAILED: a sum", "1.0e+00 nats"):
        assert said in text
        assert said in shown


def test_a_missing_peer_fails_only_its_pair(bench):
    missing = Pair("a sum", "a peer", lambda: 0, lambda: peer("no_such_peer"), ALWAYS)
    code, folder = bench({"first": {"pairs": lambda: iter([missing, pair()])}})
    assert code == "1 failed."
    assert len(rows(folder)) == 1


def test_a_missed_floor_is_no_failure(bench):
    code, folder = bench({"first": {"pairs": lambda: iter([pair(at_least=1e9)])}})
    assert code is None
    assert "FLOOR NOT REACHED" in (folder / "benchmarks.md").read_text()


def test_only_the_named_benchmarks_run_and_an_unknown_name_is_refused(bench):
    benchmarks = {name: {"lines": lambda name=name: iter([f"{name} ran"])} for name in ("first", "second")}
    code, folder = bench(benchmarks, "second")
    assert code is None
    assert "first ran" not in (folder / "benchmarks.md").read_text()
    refused = bench(benchmarks, "third")[0]
    assert all(name in refused for name in ("third", "first", "second"))


def test_pairs_measured_before_a_crash_are_written(bench, tmp_path):
    def crash():
        yield pair()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bench({"first": {"pairs": crash}})
    assert len(rows(tmp_path)) == 1


@pytest.mark.parametrize("name", run.BENCHMARKS)
def test_every_benchmark_offers_pairs_or_lines(name):
    """Import each benchmark without the peers that it needs."""
    benchmark = importlib.import_module(name)
    assert hasattr(benchmark, "pairs") or hasattr(benchmark, "lines")


@pytest.mark.parametrize("dtype", RATES)
def test_the_matrix_product_rate_is_plausible(dtype):
    assert 1e8 < matmul_rate(dtype) < 1e15


def test_one_thread_restores_the_number_of_threads():
    n_threads = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == n_threads
