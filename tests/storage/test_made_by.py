"""A file of any format says what made it, and a job refuses an input that other options made."""

import matplotlib.pyplot as plt
import numpy as np
import pyarrow as pa
import pytest
from pypdf import PdfWriter
from safetensors.numpy import save

from grokking_phases.plotting.pages import write_pdf, write_png
from grokking_phases.storage.headers import header_of, metadata, sealed, write_parquet
from grokking_phases.storage.made_by import made_by, stamped
from grokking_phases.storage.stamps import stated

HEADER = made_by({"options": "0ff1ce", "lineage": "11ea9e", "inputs": []}, [], {"train": "c0de"})


def write_tensors(path):
    with sealed(path) as temporary:
        temporary.write_bytes(save({"0/weight": np.arange(50.0)}, metadata(HEADER)))


def write_joined(path):
    write_pdf(path, [plt.figure()])
    joined = PdfWriter()
    joined.append(path)
    joined.add_metadata({"/Keywords": stamped(HEADER)})
    joined.write(path)


WRITERS = {
    "table.parquet": lambda path: write_parquet(
        path, pa.table({"value": [1.0]}), {"note": "größer", **HEADER}
    ),
    "weights.safetensors": write_tensors,
    "page.pdf": lambda path: write_pdf(path, [plt.figure(), plt.figure()], stamped(HEADER)),
    "page.png": lambda path: write_png(path, [plt.figure()], stamped(HEADER)),
    "joined.pdf": write_joined,
    "table.md": lambda path: path.write_text(f"# Title\n\n<!-- {stamped(HEADER)} -->\n"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_made_a_file_is_read_from_it(name, tmp_path):
    path = tmp_path / name
    WRITERS[name](path)
    said = stated(path)
    assert said["made_by"] == HEADER["made_by"] and said["content"]
    if path.suffix in (".parquet", ".safetensors"):
        assert said == header_of(path)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("content", [b"", b"junk", b"PAR1" * 9, b"grokkingphases0xaend"])
def test_a_file_of_another_program_has_no_header(content, name, tmp_path):
    path = tmp_path / name
    assert stated(path) == {}
    path.write_bytes(content)
    assert stated(path) == {}


def test_a_job_records_its_inputs_and_refuses_one_made_under_other_options(tmp_path):
    path = tmp_path / "table.parquet"
    WRITERS["table.parquet"](path)
    asked = {"options": "another", "lineage": "", "inputs": [["0/table.parquet", "0ff1ce"]]}
    found = made_by(asked, [path], {})["made_by"]["inputs"]
    assert found == {"0/table.parquet": {"content": header_of(path)["content"], "lineage": "11ea9e"}}
    asked["inputs"][0][1] = "0ther"
    with pytest.raises(
        ValueError, match="table.parquet was made under options that differ from the config's"
    ):
        made_by(asked, [path], {})
