"""The last of several layers."""

import pandas as pd
import pytest

from grokking_phases.analysis.layers import last_layer


@pytest.mark.parametrize(
    ("names", "last"),
    [
        (["block_9", "block_10", "block_1"], "block_10"),
        (["h.9.mlp", "h.11", "h.11.mlp", None], "h.11.mlp"),
        (["hidden_2", "hidden_1", "preactivation"], "preactivation"),
        (["2", "hidden"], "hidden"),
        ([None], None),
        ([], None),
    ],
)
def test_numbers_in_names_count_as_numbers(names, last):
    assert last_layer(pd.Series(names, dtype=object)) == last
