"""The study that a config describes: its entries completed and checked, and the state of its results."""
