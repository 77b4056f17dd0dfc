"""An error of one sentence names what Snakemake needs around it and does not find."""

import pytest

from study.errors import StudyError
from study.surroundings import check_python, check_records, check_scheduler


def test_a_python_whose_path_has_a_space_is_named():
    with pytest.raises(StudyError, match="no job can be started with /a b/bin/python"):
        check_python("/a b/bin/python")
    check_python("/a/b/bin/python")


def test_slurm_without_sbatch_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    check_scheduler("local")
    with pytest.raises(StudyError, match="no sbatch"):
        check_scheduler("slurm")
    (tmp_path / "sbatch").touch(mode=0o755)
    check_scheduler("slurm")


@pytest.mark.parametrize("exists", [True, False])
def test_records_that_cannot_be_written_are_named(monkeypatch, tmp_path, exists):
    folder = tmp_path / ".snakemake" if exists else tmp_path
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path)
    check_records()
    monkeypatch.setattr("os.access", lambda path, _mode: path.absolute() != folder)
    with pytest.raises(StudyError, match=f"nothing can be written to {folder},.* --directory"):
        check_records()
