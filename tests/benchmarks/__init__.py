"""Measurements, started by hand: `python -m tests.benchmarks.engine`, `python -m tests.benchmarks.screen`. Ratios come from one run."""
