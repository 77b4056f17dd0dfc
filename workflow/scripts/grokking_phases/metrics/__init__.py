"""Metrics, one file each: `compute(snapshots, **options)` yields tidy rows."""
