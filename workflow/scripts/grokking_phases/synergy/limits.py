"""Bounds of the options that the search over multiplets and the metrics built on it share."""

LIMITS = {
    "n_bins": (2, "width"),  # at most one bin per unit of the layer
    "n_draws": (1, None),
    "seed": (0, None),  # a stream of random numbers cannot begin with a negative one
}
