"""The device and the number of threads, as the config sets them, whatever the machine's number of cores."""

import ctypes
import os
import platform

import torch
from threadpoolctl import threadpool_limits

from grokking_phases.jobs.machine import machine


def on_device(name: str, threads: int) -> dict[str, str | int]:
    """Set the threads, choose the device, and return what decides the exact bits of a result.

    `auto` is CUDA if there is any. Raises ValueError if CUDA is asked for and absent.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "device: cuda is asked for, but torch finds no CUDA device; set `device: auto` in config.yaml"
        )
    device = "cuda" if name != "cpu" and torch.cuda.is_available() else "cpu"
    if device == "cuda":
        repeat_bits()
    torch.set_num_threads(threads)
    keep_freed_memory()
    threadpool_limits(threads)
    gpu = {"gpu": torch.cuda.get_device_name()} if device == "cuda" else {}
    with_torch = {"torch": str(torch.__version__), "instructions": torch.backends.cpu.get_cpu_capability()}
    return {"device": device, **gpu, "threads": threads, **with_torch, **machine()}


def repeat_bits() -> None:
    """Let a GPU sum in the same order each time, so that a seed decides everything there too."""
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # cuBLAS reads it when it is first used
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False


def keep_freed_memory() -> None:
    """Make glibc reuse the memory of freed activations; new pages would take a tenth of each step's time."""
    if platform.libc_ver()[0] == "glibc":
        m_trim_threshold, m_mmap_threshold = -1, -3  # see mallopt(3)
        libc = ctypes.CDLL(None)
        libc.mallopt(m_mmap_threshold, 32 * 2**20)  # the largest that glibc accepts
        libc.mallopt(m_trim_threshold, 2**30)
