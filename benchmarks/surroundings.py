"""The surroundings of the benchmarks: the machine, its matrix-product rates, and the versions of packages."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from matmul import matmul_rate

from grokking_phases.jobs.machine import machine

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "pyarrow", "thoi", "hoi", "jax", "frites")


@dataclass(frozen=True)
class Surroundings:
    processor: str
    cores: int  # available to this process; the benchmarks use one
    rates: dict[str, float]  # {dtype: operations a second of a matrix product on one thread}
    versions: dict[str, str]

    @classmethod
    def here(cls) -> "Surroundings":
        """Return the surroundings of this process, measured on the threads that are set."""
        made_with = machine()
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        versions = {"Python": platform.python_version()} | {name: version_of(name) for name in PACKAGES}
        versions["numpy"] += f" (BLAS {made_with['blas']})"
        rates = {dtype: matmul_rate(dtype) for dtype in ("float32", "float64")}
        return cls(made_with["processor"], cores, rates, versions)

    def lines(self) -> list[str]:
        rates = " and ".join(f"{rate / 1e9:.0f} GFLOP/s in {dtype}" for dtype, rate in self.rates.items())
        return [
            f"Machine: {self.processor}, {self.cores} cores, of which the benchmarks use one thread.",
            f"Matrix products of 1024 x 1024 on that thread: {rates}.",
            f"Versions: {', '.join(f'{name} {said}' for name, said in self.versions.items())}.",
        ]


def version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
