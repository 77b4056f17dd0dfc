"""What decides the last bits of a result: the processor, and the numpy that sorts and multiplies on it."""

import platform
from pathlib import Path

import numpy as np


def machine() -> dict[str, str]:
    """Processor model and numpy version."""
    return {"processor": _processor(), "numpy": np.__version__}


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
