"""Limits of the options that the search over multiplets and the metrics built on it share."""

LIMITS = {
    "n_bins": (2, "width"),  # a layer has at most one bin per unit
    "n_draws": (1, None),
    "seed": (0, None),  # numpy's random generators take no negative seed
}
