"""Figures: one folder for each paper, and one file for each figure.

The file's `select(tables, panels)` returns the numbers to plot, and its `draw(numbers, study)` returns pages.
"""
