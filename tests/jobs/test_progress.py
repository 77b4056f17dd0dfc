"""Progress is one live line on a terminal, and plain lines in a file."""

import io
import sys
from types import SimpleNamespace

import pytest

from grokking_phases.jobs import progress
from grokking_phases.jobs.logs import Both
from grokking_phases.jobs.progress import Progress

VALUES = {"train_loss": 0.5, "test_loss": 12.34567, "train_accuracy": 1.0, "test_accuracy": 0.25}


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def shown(self):
        """Return the lines on the screen: \\r goes to the start of a line, \\x1b[2K empties it."""
        lines, column = [""], 0
        for character in self.getvalue().replace("\x1b[2K", "\x00"):
            if character == "\n":
                lines, column = [*lines, ""], 0
            elif character == "\r":
                column = 0
            elif character == "\x00":
                lines[-1] = ""
            else:
                lines[-1] = lines[-1][:column] + character + lines[-1][column + 1 :]
                column += 1
        return lines


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def use_stderr(monkeypatch):
    """Return a function that makes a stream stderr."""

    def use(stream):
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return use


def report(clock, seconds, steps=(0, 5, 10), start=0):
    """Report steps of a run of 10 steps; after each, `seconds` pass."""
    call = Progress("addition seed 0", last=10, start=start)
    for step in steps:
        call(step, VALUES)
        clock.now += seconds


def steps_in(lines):
    return [line.split(": step ")[1].split(",")[0] for line in lines if ": step " in line]


def test_a_line_says_where_the_run_is(clock, use_stderr):
    stream = use_stderr(io.StringIO())
    report(clock, 40)
    assert stream.getvalue().splitlines()[1] == (
        "addition seed 0: step 5/10, loss 0.5 train 12.35 test, "
        "accuracy 1.000 train 0.250 test, 0.1 steps/s, 40 s left"
    )
    assert stream.getvalue().splitlines()[0].endswith("just begun")


def test_a_file_gets_plain_lines_now_and_then_and_the_last(clock, use_stderr):
    stream = use_stderr(io.StringIO())
    report(clock, 4, steps=range(11))
    # The second line comes 32 s after the first, the third at the end.
    assert steps_in(stream.getvalue().splitlines()) == ["0/10", "8/10", "10/10"]
    assert stream.getvalue().endswith("\n")
    assert not {"\r", "\x1b"} & set(stream.getvalue())


def test_a_terminal_shows_one_line_that_changes(clock, use_stderr):
    terminal = use_stderr(Terminal())
    report(clock, 2, steps=(0, 5))
    assert steps_in(terminal.shown()) == ["5/10"]
    assert "\n" not in terminal.getvalue()
    assert steps_in(terminal.getvalue().split("\r")) == ["0/10", "5/10"]


def test_a_terminal_shows_only_the_last_step_when_the_run_is_done(clock, use_stderr):
    terminal = use_stderr(Terminal())
    report(clock, 2)
    line, rest = terminal.shown()
    assert line.startswith("addition seed 0: step 10/10")
    assert line.count("step 10/10") == line.count(": step ") == 1
    assert rest == ""


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_the_last_step_is_written_however_soon_it_comes(stream, clock, use_stderr):
    stream = use_stderr(stream())
    report(clock, 0.001)
    assert "step 10/10" in stream.getvalue()
    assert "step 5/10" not in stream.getvalue()


def test_a_resumed_runs_rate_counts_its_own_steps(clock, use_stderr):
    stream = use_stderr(io.StringIO())
    report(clock, 40, steps=(6, 8), start=4)
    assert "goes on from step 4" in stream.getvalue()
    assert "step 8/10" in stream.getvalue()
    assert "0.1 steps/s, 20 s left" in stream.getvalue()  # 4 steps in 40 s


def test_the_log_has_only_whole_lines(clock, use_stderr):
    log = io.StringIO()
    use_stderr(Both(Terminal(), log))
    report(clock, 2, start=0)
    assert steps_in(log.getvalue().splitlines()) == ["10/10"]
    assert log.getvalue().startswith("addition seed 0: step 10/10")
    assert log.getvalue().endswith("left\n")
    assert not {"\r", "\x1b"} & set(log.getvalue())
