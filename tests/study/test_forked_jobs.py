"""Scripts run in forks of one Python as they would in a Python of their own."""

import signal
import subprocess
import sys
import textwrap
import threading
from types import SimpleNamespace

import psutil
import pytest

from study import forked_jobs
from study.fork_server import TRAINING
from study.forked_jobs import ALONE, ForkedJobs, fork_jobs_of, may_fork
from study.provenance import SCRIPTS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are used on Linux alone")


@pytest.fixture(scope="module")
def jobs():
    jobs = ForkedJobs()
    jobs.start()
    yield jobs
    jobs.control.close()


@pytest.fixture
def script(tmp_path):
    """Return a function that writes a script and returns its path."""

    def write(text, name="metric.py"):
        (tmp_path / name).write_text(textwrap.dedent(text))
        return str(tmp_path / name)

    return write


def servers():
    found = psutil.Process().children()
    return [process for process in found if any("fork_server.py" in part for part in process.cmdline())]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("x = 1", 0),
        ("import sys; sys.exit()", 0),
        ("import sys; sys.exit(7)", 7),
        ("import sys; sys.exit('a sentence')", 1),
        ("1 / 0", 1),
        ("raise KeyboardInterrupt", 1),
        ("def (", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", None),
    ],
)
def test_the_exit_status_is_that_of_the_script(jobs, script, text, status):
    assert jobs.run(script(text)) == status


def test_errors_are_printed(jobs, script, tmp_path):
    """Check also that a script can name its file and import modules that lie beside it."""
    script("word = 'beside'", "besides_it.py")
    body = f"""
    import os, sys
    sys.stderr = open({str(tmp_path / "said")!r}, "w")
    import besides_it
    assert __name__ == "__main__" and __file__ == sys.argv[0]
    raise ValueError(besides_it.word)
    """
    assert jobs.run(script(body)) == 1
    said = (tmp_path / "said").read_text()
    assert "ValueError: beside" in said
    assert "metric.py" in said


def test_no_script_sees_what_another_did(jobs, script, tmp_path):
    leaves = script("import sys, os; sys.left = True; os.environ['LEFT'] = '1'; os.chdir('/')")
    assert jobs.run(leaves) == 0
    body = "import sys, os; sys.exit(hasattr(sys, 'left') or 'LEFT' in os.environ or os.getcwd() == '/')"
    assert jobs.run(script(body)) == 0


def test_what_scripts_need_is_imported_already(jobs, script):
    body = "import sys; sys.exit(not {'pandas', 'pyarrow.parquet', 'scipy.special'} <= set(sys.modules))"
    assert jobs.run(script(body)) == 0


def test_scripts_run_at_the_same_time(jobs, script, tmp_path):
    """Let each of two scripts wait for the other."""
    body = f"""
    import os, pathlib, sys, time
    folder, (mine, other) = pathlib.Path({str(tmp_path)!r}), {{}}
    (folder / mine).touch()
    while not (folder / other).exists():
        time.sleep(0.01)
    """
    paths = [script(body.format(pair), f"{pair[0]}.py") for pair in (("a", "b"), ("b", "a"))]
    found = []
    threads = [threading.Thread(target=lambda path=path: found.append(jobs.run(path))) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert found == [0, 0]


def test_a_script_has_the_signals_and_children_of_any_other(jobs, script):
    body = """
    import signal, subprocess, sys
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    sys.exit(subprocess.run(["false"]).returncode == 0)
    """
    assert jobs.run(script(body)) == 0


def test_the_server_ignores_ctrl_c_and_ends_with_its_socket(script):
    jobs, before = ForkedJobs(), servers()
    assert jobs.run(script("")) == 0
    (server,) = [process for process in servers() if process not in before]
    server.send_signal(signal.SIGINT)
    assert jobs.run(script("")) == 0
    jobs.control.close()
    assert server.wait(timeout=60) in (0, None)


class Scripts:
    """A class of scripts such as Snakemake's, which notes what it executes itself."""

    conda_env = container_img = env_modules = shadow_dir = bench_record = None

    def __init__(self, name, **special):
        self.path = SimpleNamespace(get_filename=lambda: name)
        self.__dict__.update(special)

    def execute_script(self, fname, edit=False):
        self.executed = fname


@pytest.fixture
def forked(jobs, monkeypatch):
    """Return a class of scripts of which the short ones run in forks."""
    monkeypatch.setattr(forked_jobs, "ForkedJobs", lambda: jobs)
    scripts = type("Copy", (Scripts,), {"execute_script": Scripts.execute_script})
    fork_jobs_of(scripts, 1)
    return scripts


def test_a_script_runs_in_a_fork_and_one_that_starts_snakemake_does_not(forked, script):
    metric, adopt = forked("metric.py"), forked("adopt.py")
    metric.execute_script(script(""))
    adopt.execute_script("x")
    assert not hasattr(metric, "executed")
    assert adopt.executed == "x"


@pytest.mark.parametrize(
    ("torch", "forks"), [("2.13.0+cpu", True), ("2.13.0", False), ("2.13.0+cu130", False)]
)
@pytest.mark.parametrize("name", ["train.py", "retrain.py"])
def test_a_script_that_trains_runs_in_a_fork_unless_torch_can_use_a_gpu(name, torch, forks, monkeypatch):
    monkeypatch.setattr(forked_jobs, "version", {"torch": torch}.get)
    forked_jobs.computes_on_cpu.cache_clear()
    assert may_fork(Scripts(name)) is forks
    forked_jobs.computes_on_cpu.cache_clear()


def test_torch_is_imported_for_scripts_that_train_alone(script):
    jobs, body = ForkedJobs(), "import sys; sys.exit('torch' in sys.modules)"
    assert jobs.run(script(body, "a.metric.py")) == 0
    assert jobs.run(script(body, "a.train.py")) == 1
    jobs.control.close()


def test_a_fork_has_the_name_of_its_script(jobs, script):
    body = "import psutil, sys; sys.exit(psutil.Process().name() != 'metric.py')"
    assert jobs.run(script(body, "tmp1234.metric.py")) == 0


def test_without_the_server_a_script_runs_as_before(monkeypatch, script):
    jobs, before = ForkedJobs(), servers()
    monkeypatch.setattr(forked_jobs, "ForkedJobs", lambda: jobs)
    scripts = type("Copy", (Scripts,), {"execute_script": Scripts.execute_script})
    fork_jobs_of(scripts, 1)
    jobs.start()
    (server,) = [process for process in servers() if process not in before]
    server.kill()
    server.wait(timeout=60)
    short = scripts("metric.py")
    short.execute_script("x")
    assert short.executed == "x"


@pytest.mark.parametrize("text", ["1 / 0", "import os; os._exit(1)"])
def test_a_failed_script_raises_the_error_that_snakemake_expects(forked, script, text):
    with pytest.raises(subprocess.CalledProcessError):
        forked("metric.py").execute_script(script(text))


@pytest.mark.parametrize(
    "special", ["conda_env", "container_img", "env_modules", "shadow_dir", "bench_record"]
)
def test_a_script_in_another_environment_does_not_run_in_a_fork(special):
    assert may_fork(Scripts("metric.py"))
    assert not may_fork(Scripts("metric.py", **{special: "x"}))


def test_with_several_threads_no_script_runs_in_a_fork():
    scripts = type("Copy", (Scripts,), {"execute_script": Scripts.execute_script})
    fork_jobs_of(scripts, 2)
    assert scripts.execute_script is Scripts.execute_script


def test_scripts_that_are_named_exist():
    assert not (ALONE | TRAINING) - {path.stem for path in SCRIPTS.glob("*.py")}
