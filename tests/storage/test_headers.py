"""A header is accepted only if no bit of its file has changed and its entries are as expected."""

import numpy as np
import pyarrow as pa
import pytest
from safetensors.numpy import save

from grokking_phases.storage import headers
from grokking_phases.storage.headers import (
    check_same_training,
    content_of,
    header_of,
    metadata,
    of_all,
    of_run,
    sealed,
    write_parquet,
)

SAID = {"run": "addition", "seed": 3, "training": "c0ffee"}


def write(path, said):
    if path.suffix == ".parquet":
        write_parquet(path, pa.table({"value": np.arange(50.0)}), said)
    else:
        with sealed(path) as temporary:
            temporary.write_bytes(save({"0/weight": np.arange(50.0)}, metadata(said)))
    return path


@pytest.fixture(params=["table.parquet", "weights.safetensors"])
def file(request, tmp_path):
    return write(tmp_path / request.param, SAID)


def test_a_header_has_what_was_written_and_the_format(file):
    header = header_of(file, run="addition", seed=3)
    assert header.items() >= (SAID | {"format_version": headers.FORMAT_VERSION}).items()


def test_the_same_content_is_the_same_bytes(file, tmp_path):
    again = write(tmp_path / f"again{file.suffix}", SAID)
    assert file.read_bytes() == again.read_bytes()


def test_a_change_of_any_byte_is_noticed(file):
    """The seal's own bytes, the magic numbers and the padding are included."""
    content = file.read_bytes()
    for i in range(len(content)):
        file.write_bytes(content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :])
        with pytest.raises(ValueError, match="; delete it, and the same command makes it again$"):
            header_of(file)


def test_a_file_may_be_read_in_blocks_of_any_length(file, monkeypatch):
    content = file.read_bytes()
    for block in range(len(headers.MARK + headers.ZEROS), 400, 13):
        monkeypatch.setattr(headers, "BLOCK", block)
        assert header_of(file)["run"] == "addition"
        assert write(file, SAID).read_bytes() == content


@pytest.mark.parametrize(("left", "what"), [(0, "is empty"), (8, "was cut short"), (-1, "")])
def test_a_file_cut_short_is_refused(left, what, file):
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(ValueError, match=f"{file.name} .*{what}"):
        header_of(file)


def test_bytes_added_are_noticed(file):
    file.write_bytes(file.read_bytes() + b"\0")
    with pytest.raises(ValueError, match="its seal does not fit"):
        header_of(file)


@pytest.mark.parametrize("content", [b"junk", b"PAR1" * 100, b"sha256:", b"sha256:" + b"0" * 64])
def test_a_file_of_another_program_is_refused(content, file):
    file.write_bytes(content)
    with pytest.raises(
        ValueError, match=f"{file.name} (was cut short, or is not a file of this pipeline|is damaged)"
    ):
        header_of(file)


@pytest.mark.parametrize(
    ("version", "remedy"), [(99, "update grokking-phases, or delete it"), (1, "; delete it")]
)
def test_another_format_is_refused(version, remedy, tmp_path, monkeypatch):
    monkeypatch.setattr(headers, "FORMAT_VERSION", version)
    path = write(tmp_path / "table.parquet", SAID)
    monkeypatch.undo()
    with pytest.raises(
        ValueError, match=f"is of format {version}, and this version reads format 2.*{remedy}"
    ):
        header_of(path)


@pytest.mark.parametrize(
    ("expected", "sentence"),
    [
        ({"run": "other"}, "it has run 'addition', but run 'other' is expected"),
        ({"seed": 4}, "it has seed 3, but seed 4 is expected"),
        ({"mask": "weights"}, "it has no mask, but mask 'weights' is expected"),
    ],
)
def test_a_file_of_another_run_is_refused(expected, sentence, file):
    with pytest.raises(ValueError, match=f"{file.name} does not belong there: {sentence}; delete it"):
        header_of(file, **expected)


def test_a_file_made_from_one_names_its_run():
    assert of_run(SAID | {"layers": {}, "diverged_at": 7, "seal": ""}) == SAID | {"diverged_at": 7}


def test_a_file_made_from_several_names_all_runs_that_diverged(tmp_path):
    paths = [write(tmp_path / f"{i}.parquet", SAID | {"seed": i, "diverged_at": 10 * i}) for i in (1, 2)]
    summary = write(tmp_path / "summary.parquet", {"run": "addition", **of_all(paths)})
    sound = write(tmp_path / "sound.parquet", SAID)
    said = of_all([summary, sound])
    assert said["diverged"] == {"addition seed 1": 10, "addition seed 2": 20}
    assert said == of_all([summary, sound])
    assert said["training"] != of_all([sound, summary])["training"]


def test_tables_of_different_trainings_are_refused(tmp_path):
    curves = write(tmp_path / "curves.parquet", SAID)
    metric = write(tmp_path / "metric.parquet", SAID)
    check_same_training([curves], [metric])
    write(metric, SAID | {"training": "another"})
    with pytest.raises(
        ValueError, match="metric.parquet and .*curves.parquet come from different trainings of "
    ):
        check_same_training([curves], [metric])
    write(metric, SAID | {"training": "another", "seed": 4})
    check_same_training([curves], [metric])


def test_the_content_depends_on_data_and_header_and_not_on_the_code(file):
    content = content_of(file)
    write(file, SAID | {"made_by": {"code": {"train": "c0de"}}, "processor": "another"})
    assert content_of(file) == content
    write(file, SAID | {"diverged_at": 7})
    assert content_of(file) != content
    path = file.with_name("other.parquet")
    contents = set()
    for n in (49.0, 50.0):
        write_parquet(path, pa.table({"value": np.arange(n)}), SAID)
        contents.add(content_of(path))
    assert len(contents) == 2


def test_a_file_without_a_content_is_named(file, monkeypatch):
    monkeypatch.setattr(headers, "header_of", lambda _: SAID)
    with pytest.raises(ValueError, match=f"{file.name} was made by an earlier version; delete it"):
        content_of(file)
