"""Metrics, one per file. The file's function `compute(snapshots, **options)` yields tidy rows."""
