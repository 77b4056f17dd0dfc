"""What a config means, and whether it is sound."""
