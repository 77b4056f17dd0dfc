"""The config alone sets the number of threads, and `on_device` returns what decides the exact bits."""

import json
import os
import subprocess
import sys

import pytest
import torch

from grokking_phases.jobs.devices import on_device

THREADS = """
import json, numpy, torch
from threadpoolctl import threadpool_info
from grokking_phases.jobs.devices import on_device
on_device("cpu", 1)
print(json.dumps([torch.get_num_threads(), *(library["num_threads"] for library in threadpool_info())]))
"""


def test_the_threads_that_the_environment_offers_are_not_used():
    offered = {f"{library}_NUM_THREADS": "2" for library in ("OMP", "MKL", "OPENBLAS")}
    environment = os.environ | offered | {"PYTHONPATH": os.pathsep.join(sys.path)}
    said = subprocess.run(
        [sys.executable, "-c", THREADS], env=environment, capture_output=True, text=True, check=True
    )
    assert set(json.loads(said.stdout)) == {1}


def test_what_decides_the_bits_is_returned():
    made_with = on_device("cpu", 1)
    assert made_with.keys() == {"device", "threads", "torch", "instructions", "processor", "numpy", "blas"}
    assert made_with["torch"] == torch.__version__


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_device_is_refused_in_one_sentence():
    with pytest.raises(
        ValueError, match="device: cuda is asked for, but torch finds no CUDA device; set `device: auto`"
    ):
        on_device("cuda", 1)
