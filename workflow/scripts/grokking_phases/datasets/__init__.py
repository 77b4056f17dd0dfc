"""Tasks, one a file: `make(**options) -> Examples`."""
