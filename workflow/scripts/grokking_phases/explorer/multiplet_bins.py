"""The bins that form a metric's multiplets, from the stored scores that the metric was made from.

Tables of multiplets hold units alone. A file of scores holds the tree of each layer's live units
(`synergy.searched_layer`), and the tree, cut, gives the bins. The header of the table says which file it was
made from, what that held, and into how many bins the tree was cut.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from grokking_phases.storage.headers import header_of
from grokking_phases.storage.stamps import stated
from grokking_phases.synergy.clustering import TREES, cut_tree
from grokking_phases.synergy.searched_layer import unpacked_tree

Bins = dict[int, dict[str, np.ndarray]]  # {step: {layer: the bin of each unit, -1 for none}}
ReadBins = Callable[[list[int]], Bins]  # from the steps that are wanted


@dataclass(frozen=True)
class StoredBins:
    """The bins of one table of multiplets.

    path      the file of scores
    content   the digest of what it must hold
    problems  the list to which a sentence is added if the file is damaged, or holds something else
    """

    path: Path
    content: str
    linkage: str
    n_bins: int
    problems: list[str]

    def __call__(self, steps: list[int]) -> Bins:
        """Return the bins at those of the steps at which they are known; {} if the file is not there."""
        try:
            return self.trees().cut(steps)
        except FileNotFoundError:
            return {}
        except (ValueError, OSError) as error:
            if str(error) not in self.problems:
                self.problems.append(str(error))
            return {}

    def trees(self) -> "StoredTrees":
        """Return the trees in the file; raise ValueError if it is not as it must be."""
        stat = self.path.stat()
        trees = stored_trees(self.path, (stat.st_mtime_ns, stat.st_size), self.linkage, self.n_bins)
        if trees.content != self.content:
            what = f"{self.path} was made again after a metric that began with it"
            raise ValueError(f"{what}; the metric's bins are left out until it is measured again")
        return trees


def stored_bins(table: Path, problems: list[str]) -> StoredBins | None:
    """Return the bins of a metric's table; None if it has no multiplets of bins, or began with no scores."""
    header = stated(table)
    options = header.get("options", {})
    if header.get("module") != "o_information" or options.get("linkage") not in TREES:
        return None
    for name, digests in header.get("made_by", {}).get("inputs", {}).items():
        if Path(name).parent.name == "scores":
            path = table.parents[1] / "scores" / Path(name).name
            return StoredBins(path, digests["content"], options["linkage"], options["n_bins"], problems)
    return None


class StoredTrees:
    """The trees of one linkage in a file of scores, each cut when it is first asked for."""

    def __init__(self, path: Path, linkage: str, n_bins: int) -> None:
        header = header_of(path)
        self.path, self.linkage, self.n_bins = path, linkage, n_bins
        self.content = header["content"]
        self.row_groups = {step: i for i, step in enumerate(header["steps"])}
        self.found: Bins = {}

    def cut(self, steps: list[int]) -> Bins:
        """Return the bins at those of the steps that the file has."""
        known = [step for step in steps if step in self.row_groups]
        if new := [step for step in known if step not in self.found]:
            self.found |= {step: {} for step in new}
            for step, layer, labels in self.read(new):
                self.found[step][layer] = labels
        return {step: self.found[step] for step in known}

    def read(self, steps: list[int]) -> Iterator[tuple[int, str, np.ndarray]]:
        """Yield the step, layer and bins of each layer that has as many live units as bins, or more."""
        places = [self.row_groups[step] for step in steps]
        columns = ["step", "layer", "width", "live", self.linkage]
        rows = pq.ParquetFile(self.path).read_row_groups(places, columns).to_pandas()
        for step, layer, width, live, tree in rows.itertuples(index=False, name=None):
            if len(live) >= self.n_bins:
                labels = np.full(width, -1, dtype=np.int16)
                labels[live] = labels_in(tree.tobytes(), self.n_bins)
                yield step, layer, labels


# A study that is watched asks each minute, and to read and cut a file of 121 steps takes a tenth of a second.
@lru_cache(maxsize=10_000)
def stored_trees(path: Path, stamp: Any, linkage: str, n_bins: int) -> StoredTrees:
    """Return the trees in a file, read once while its `stamp` stays the same."""
    return StoredTrees(path, linkage, n_bins)


# Files that differ in the rule for ties hold the same trees.
@lru_cache(maxsize=2000)
def labels_in(tree: bytes, n_bins: int) -> np.ndarray:
    """Return the bin of each live unit, from the bytes of a packed tree of 32-bit integers."""
    return cut_tree(unpacked_tree(np.frombuffer(tree, np.int32)), n_bins)
