"""A seed of its own for every purpose."""

from __future__ import annotations

import hashlib


def derive(*parts: object) -> int:
    """62 bits of a hash of the parts."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest()[:8], "big") >> 2
