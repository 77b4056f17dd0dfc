"""Optimisers, one a file: `build(parameters, recipe)` returns a torch optimiser."""
