"""Files that are whole or absent, their headers and seals, and tidy tables."""
