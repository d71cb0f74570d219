"""Arrays that took time to make, kept in the home's cache as safetensors under a key that says what they are."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from .home import replacing, studio_home


def remembered(key: str, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays kept under `key`, made and kept when they are not there. A damaged file is made again."""
    path = studio_home() / "cache" / f"{key}.safetensors"
    if path.is_file():
        try:
            return load_file(path)
        except (SafetensorError, OSError) as error:
            logging.getLogger(__name__).warning("%s cannot be read (%s) and is made again.", path.name, error)
    arrays = {name: np.ascontiguousarray(array) for name, array in make().items()}
    try:
        with replacing(path) as file:
            save_file(arrays, file)
    except OSError as error:  # a full disk costs the cache, not the run
        logging.getLogger(__name__).warning("%s could not be kept (%s).", path.name, error)
    return arrays
