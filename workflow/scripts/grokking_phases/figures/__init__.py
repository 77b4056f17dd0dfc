"""Figures, one folder a paper and one file a figure: `select(tables) -> plotted numbers`, `draw(numbers) -> pages`."""
