"""Exact linear regions of a ReLU network on a square."""
