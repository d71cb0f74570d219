"""Expensive things by content: found where they ship or in the home's cache, or made there once.

A thing has a kind (`teacher`, `prior`, `expert`, `moments`, `score`, …) and a key, which says what it is made of. It
ships as `assets/<kind>s/<key>`, and is kept in the cache as `<kind>-<key>`. Of several that ask for it at once one makes it
and the others wait. A reader sees a whole file or none; a damaged one is made again, unless the reader calls that an error.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from .events import Event, Note
from .home import ASSETS, replacing, studio_home
from .where import within

T = TypeVar("T")
TENSORS = ".safetensors"
Arrays = dict[str, np.ndarray]
_DAMAGE = (SafetensorError, OSError, ValueError, KeyError)


def key_of(content: Mapping[str, object]) -> str:
    """16 hex digits of plain content: the same for the same content, in whatever order it is said."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def path_of(kind: str, key: str, ending: str = TENSORS) -> Path:
    """Where a thing is kept that was made or imported here."""
    return studio_home() / "cache" / f"{kind}-{key}{ending}"


def find(kind: str, key: str, ending: str = TENSORS) -> Path | None:
    """Where a thing lies: shipped, cached, or nowhere."""
    return next(iter(_places(kind, key, ending)), None)


def at_hand(kind: str, key: str, read: Callable[[Path], T | None], ending: str = TENSORS) -> T | None:
    """What `read` makes of the file; None where there is none, or none that is whole and will do (see `made`)."""
    found, damaged = _look(kind, key, read, ending)
    for sentence in damaged:
        logging.getLogger(__name__).warning(sentence)
    return found


def made(
    kind: str,
    key: str,
    make: Callable[[Path], Generator[Event, None, None]],
    read: Callable[[Path], T | None],
    ending: str = TENSORS,
) -> Generator[Event, None, T]:
    """What `read` makes of the file, which is made first where it is not at hand.

    Args:
        make: a stream that writes the file that it is given. Loops in it are named by this kind and key.
        read: the thing in a file, or None where that will not do and another has to be made. A `StudioError` stands (the
            file was found and must not be used); any other trouble with the file means that it is damaged and made again.
    """
    if (found := _look(kind, key, read, ending)[0]) is not None:
        return found
    path = path_of(kind, key, ending)
    lock = _lock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield Note(f"Another run is making this {kind}; waiting for it.")
        lock.acquire()
    try:
        found, damaged = _look(kind, key, read, ending)
        if found is not None:
            return found
        for sentence in damaged:
            yield Note(sentence, "warning")
        with within(path.stem), replacing(path) as file:
            yield from make(file)
    finally:
        lock.release()
    if (found := read(path)) is None:
        raise RuntimeError(f"{path.name} was made and will not do")
    return found


def remembered(kind: str, key: str, make: Callable[[], Arrays]) -> Arrays:
    """Arrays that take a moment, kept like the rest; where the disk is full they are made every time."""
    if (found := at_hand(kind, key, load_file)) is not None:
        return found
    path = path_of(kind, key)
    with _lock(path):
        if (found := at_hand(kind, key, load_file)) is not None:
            return found
        arrays = {name: np.ascontiguousarray(array) for name, array in make().items()}
        try:
            with replacing(path) as file:
                save_file(arrays, file)
        except OSError as error:
            logging.getLogger(__name__).warning("%s could not be kept (%s).", path.name, error)
    return arrays


def _look(kind: str, key: str, read: Callable[[Path], T | None], ending: str) -> tuple[T | None, list[str]]:
    """What can be read and will do, and a sentence for each file that is damaged."""
    damaged: list[str] = []
    for path in _places(kind, key, ending):
        try:
            if (found := read(path)) is not None:
                return found, damaged
        except _DAMAGE as error:
            damaged.append(f"{path.name} cannot be read ({error}) and is made again.")
    return None, damaged


def _places(kind: str, key: str, ending: str) -> list[Path]:
    places = (ASSETS / f"{kind}s" / f"{key}{ending}", path_of(kind, key, ending))
    return [path for path in places if path.is_file()]


def _lock(path: Path) -> FileLock:
    """Of the process, not of a thread: a stream may be closed by another thread than the one that drove it."""
    return FileLock(path.with_suffix(".lock"), thread_local=False)
