"""Values as JSON knows them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def plain(value: object) -> Any:
    """NumPy and mappings to what JSON knows; a number that is not finite becomes null."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value
