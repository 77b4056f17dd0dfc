"""Safetensors files that are written one tensor at a time have the bytes of safetensors' own writer."""

import tracemalloc

import numpy as np
import pytest
from safetensors.numpy import load_file, save, save_file

from grokking_phases.storage import headers
from grokking_phases.storage.headers import check_seal, header_of, metadata, sealed
from grokking_phases.storage.stamps import stated
from grokking_phases.storage.tensors import stored_in, write_joined, write_part

TENSORS = {
    "a": np.arange(3, dtype=np.float16),
    "b": np.array([True, False, True]),
    "weight": np.arange(12.0, dtype=np.float32).reshape(3, 4),
    "scalar": np.array(7, dtype=np.int64),
    "none": np.zeros((0, 4), dtype=np.float32),
}


def test_a_part_is_read_by_safetensors_and_has_a_header(tmp_path):
    path = tmp_path / "part.safetensors"
    write_part(path, TENSORS | {"across": TENSORS["weight"].T}, {"step": 6})
    read = load_file(path)
    for name, values in (TENSORS | {"across": TENSORS["weight"].T}).items():
        assert (read[name].dtype, read[name].shape) == (values.dtype, values.shape)
        np.testing.assert_array_equal(read[name], values)
    assert stated(path).items() >= {"step": 6, "format_version": 2}.items()


def test_a_change_of_any_byte_of_a_part_is_noticed(tmp_path):
    path = tmp_path / "part.safetensors"
    write_part(path, TENSORS, {"step": 6})
    content = path.read_bytes()
    check_seal(path)
    for i in range(len(content)):
        path.write_bytes(content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :])
        with pytest.raises(ValueError, match="; delete it, and the same command makes it again$"):
            check_seal(path)


def test_a_mark_among_the_data_is_not_taken_for_the_seal(tmp_path):
    path = tmp_path / "part.safetensors"
    write_part(path, {"a": np.frombuffer(b"sha256:" + b"0" * 64, dtype=np.uint8)}, {"step": 6})
    check_seal(path)


def test_joined_files_have_the_bytes_of_one_that_was_written_whole(tmp_path):
    """The tensors are ordered as safetensors orders them: by the width of elements, then by name."""
    weights = {"weight": TENSORS["weight"], "bias": np.float32([1, 2]), "b": TENSORS["b"]}
    stored = {}
    for step in (0, 10, 100, 2):
        save_file({name: values[:1] for name, values in weights.items()}, tmp_path / f"{step}")
        stored |= {f"{step}/{name}": each for name, each in stored_in(tmp_path / f"{step}")}
    order = sorted(stored, key=lambda name: (-stored[name].width, name))
    write_joined(tmp_path / "joined.safetensors", {name: stored[name] for name in order}, {"seed": 3})
    with sealed(tmp_path / "whole.safetensors") as temporary:
        tensors = {name: weights[name.partition("/")[2]][:1] for name in stored}
        temporary.write_bytes(save(tensors, metadata({"seed": 3})))
    joined, written = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("joined", "whole"))
    assert joined == written
    assert header_of(tmp_path / "joined.safetensors")["seed"] == 3


def test_joining_holds_one_tensor_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(headers, "BLOCK", 2**16)
    size, stored = 2**20, {}
    for step in range(8):
        save_file({"a": np.full(size, step, dtype=np.uint8)}, tmp_path / f"{step}")
        stored |= {f"{step}/{name}": each for name, each in stored_in(tmp_path / f"{step}")}
    tracemalloc.start()
    write_joined(tmp_path / "joined.safetensors", stored, {})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < peak < 2.5 * size
