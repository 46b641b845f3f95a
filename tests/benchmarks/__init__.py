"""Measurements: our work over a baseline, side by side in one run. See `docs/reference/performance.md`."""
