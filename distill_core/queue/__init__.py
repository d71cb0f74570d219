"""Asking for work: runs, sweeps and questions are written into a home, and whoever works there finds them. Loads no torch."""
