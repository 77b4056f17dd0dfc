"""The properties of a machine that decide the last bits of a result: processor, numpy and BLAS kernels."""

import platform
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info


def machine() -> dict[str, str]:
    """Return the processor's model, numpy's version, and the kernels that numpy's BLAS chose for it."""
    kernels = {
        library.get("architecture", "") for library in threadpool_info() if library["user_api"] == "blas"
    }
    return {"processor": _processor(), "numpy": np.__version__, "blas": ", ".join(sorted(kernels))}


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
