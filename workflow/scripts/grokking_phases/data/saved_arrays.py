"""Arrays in files that others have saved: npz, npy, pt, safetensors, Parquet and zarr. Nothing is unpickled.

Each reader returns {name: array}. The name of an array without one, as in an npy file, is "".
"""

from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np

UNNAMED = ""
Arrays = dict[str, np.ndarray]


def read_arrays(path: Path) -> Arrays:
    """Return the arrays in a file; raise ValueError, naming the file, if it cannot be read as plain data."""
    reader = READERS.get(path.suffix)
    if reader is None:
        raise ValueError(f"{path} has the ending {path.suffix!r}, and these are read: {', '.join(READERS)}.")
    try:
        return reader(path)
    except ImportError as error:
        remedy = f"pip install 'grokking-phases[{'zarr' if path.suffix == '.zarr' else 'torch'}]'"
        raise ValueError(
            f"{path} needs the package {error.name}, which is not installed: {remedy}"
        ) from error
    except UnpicklingError as error:
        what = f"{path} holds more than tensors, and what could run code is not read"
        raise ValueError(f"{what}; save a dict of tensors instead.") from error
    except (OSError, ValueError, KeyError, EOFError, RuntimeError) as error:
        first = str(error).partition("\n")[0]
        objects = "; save arrays of numbers, not of objects" if "allow_pickle" in first else ""
        raise ValueError(f"{path} cannot be read as {path.suffix[1:]}: {first}{objects}.") from error


def from_npz(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def from_npy(path: Path) -> Arrays:
    return {UNNAMED: np.load(path, allow_pickle=False)}


def from_pt(path: Path) -> Arrays:
    import torch  # takes seconds

    held = torch.load(path, map_location="cpu", weights_only=True)
    named = held if isinstance(held, dict) else {UNNAMED: held}
    return {str(name): as_array(value) for name, value in named.items() if isinstance(value, torch.Tensor)}


def from_safetensors(path: Path) -> Arrays:
    from safetensors.torch import load_file  # NumPy has no bfloat16

    return {name: as_array(value) for name, value in load_file(path).items()}


def from_parquet(path: Path) -> Arrays:
    """Return each column of lists as an array, and all columns of numbers together as one without a name."""
    import pandas as pd

    frame = pd.read_parquet(path)
    lists = {str(name): np.stack(frame[name].to_list()) for name in frame if frame[name].dtype == object}
    numbers = frame.select_dtypes("number")
    return lists | ({UNNAMED: numbers.to_numpy()} if len(numbers.columns) else {})


def from_zarr(path: Path) -> Arrays:
    import zarr

    held = zarr.open(path, mode="r")
    # By name: zarr lists its arrays in the order of the file system.
    named = dict(sorted(held.arrays())) if isinstance(held, zarr.Group) else {UNNAMED: held}
    return {name: np.asarray(array[...]) for name, array in named.items()}


def as_array(value: Any) -> np.ndarray:
    """Return a tensor as an array; bfloat16, which NumPy lacks, becomes float32."""
    value = value.detach().cpu()
    return (value.float() if "bfloat16" in str(value.dtype) else value).numpy()


READERS: dict[str, Callable[[Path], Arrays]] = {
    ".npz": from_npz,
    ".npy": from_npy,
    ".pt": from_pt,
    ".safetensors": from_safetensors,
    ".parquet": from_parquet,
    ".zarr": from_zarr,
}


def read_column(path: Path) -> np.ndarray:
    """Return the one array in a file, such as the labels of all samples, or the one column of a CSV."""
    if path.suffix == ".csv":
        arrays = {str(name): column.to_numpy() for name, column in read_csv(path).items()}
    else:
        arrays = read_arrays(path)
    if len(arrays) != 1:
        found = ", ".join(arrays) or "none"
        raise ValueError(f"{path} must hold one array, and holds {len(arrays)} ({found}); save it by itself.")
    return next(iter(arrays.values()))


def read_csv(path: Path) -> Any:
    """Return the frame in a CSV file; raise ValueError, naming the file, if there is none."""
    import pandas as pd

    try:
        frame = pd.read_csv(path)
    except ValueError as error:  # also of an empty file, and of bytes that are no text
        what = f"{path} cannot be read as CSV: {str(error).strip()}"
        raise ValueError(f"{what}; give a table with a header.") from error
    if any("\0" in str(name) for name in frame):
        raise ValueError(f"{path} cannot be read as CSV: it is no text; give a table with a header.")
    return frame
