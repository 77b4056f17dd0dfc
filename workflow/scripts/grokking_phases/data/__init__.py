"""Examples, their split, and the recorded activations and weights of a network."""
