"""Examples, their split, and what is recorded of a network on them."""
