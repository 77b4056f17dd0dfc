"""O-information under a Gaussian copula, and the search for its extremes."""
