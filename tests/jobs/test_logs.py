"""An error that a user can fix is shown as one sentence; every other error keeps its traceback."""

import contextlib
import re
import sys
import time

import pytest

from grokking_phases.jobs.logs import logged

LAST = re.compile(r"took (\d+\.\d\d) s\n\Z")


@pytest.fixture
def log(tmp_path):
    return tmp_path / "job.log"


def said(log):
    """Return the log without its last line, which says how long the job took."""
    text, ends = LAST.subn("", log.read_text())
    assert ends == 1
    return text


@pytest.mark.parametrize("kind", [ValueError, FileNotFoundError])
def test_an_error_that_a_user_can_fix_ends_in_one_sentence(kind, log):
    with pytest.raises(SystemExit) as ended, logged(log):
        raise kind("p = 96: 2 has no inverse")
    assert ended.value.code.split("\n") == ["", "p = 96: 2 has no inverse", f"See {log}"]
    assert "Traceback" in log.read_text()
    assert f"{kind.__name__}: p = 96: 2 has no inverse" in log.read_text()


@pytest.mark.parametrize("kind", [RuntimeError, ZeroDivisionError])
def test_every_other_exception_keeps_its_traceback(kind, log):
    with pytest.raises(kind, match="a fault of ours"), logged(log):
        raise kind("a fault of ours")
    assert "Traceback" in log.read_text()
    assert f"{kind.__name__}: a fault of ours" in log.read_text()


def test_what_is_written_goes_to_the_terminal_and_the_log(log, capsys):
    with logged(log):
        sys.stderr.write("a line\n")
        sys.stderr.write("\r\x1b[2Ka live line")
        print("a warning", file=sys.stderr)
    assert said(log) == "a line\na warning\n"
    assert capsys.readouterr().err == "a line\n\r\x1b[2Ka live linea warning\n"


@pytest.mark.parametrize("error", [None, ValueError, RuntimeError])
def test_stderr_is_restored(error, log):
    before = sys.stderr
    try:
        with logged(log):
            assert sys.stderr is not before
            if error:
                raise error
    except (SystemExit, RuntimeError):
        pass
    assert sys.stderr is before


def test_a_new_log_replaces_the_old_one(log):
    for text in ("first\n", "second\n"):
        with logged(log):
            sys.stderr.write(text)
    assert said(log) == "second\n"


def test_the_last_line_says_how_long_the_job_took(log):
    with logged(log):
        time.sleep(0.1)
    assert 0.1 <= float(LAST.search(log.read_text())[1]) < 5


@pytest.mark.parametrize("error", [ValueError, RuntimeError])
def test_the_log_of_a_failed_job_has_no_time(error, log):
    with contextlib.suppress(SystemExit, RuntimeError), logged(log):
        raise error
    assert not LAST.search(log.read_text())
