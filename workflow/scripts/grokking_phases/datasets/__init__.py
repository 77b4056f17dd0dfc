"""Tasks, one file each: `make(**options) -> Examples`."""
