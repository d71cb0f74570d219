"""Sizes in words."""

from __future__ import annotations


def say_bytes(count: float) -> str:
    """`512 B`, `1.8 MB`, `60.8 GB`; a MB is a million."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} GB" if count < 1000 else f"{count:,.0f} GB"
