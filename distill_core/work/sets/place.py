"""What lies at a path: a file with its neighbors, a folder, or a zip, all looked at in the same way and never unpacked to disk.

Nothing in a file is run: tensors are read with `weights_only`, arrays without pickle. What else a file holds is named, not made.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...datasets.torch_files import MOST_BYTES, loaded
from ...datasets.tree import Entry, Tree, opened
from ...errors import BadRecord

SHOWN = 6  # names that a sentence lists


class Place:
    """Files by their paths; those of the folder that holds them all may be asked for without it. `chosen` is the file that was named,
    "" where a folder or a zip was."""

    def __init__(self, path: Path, chosen: str, tree: Tree):
        self.path, self.chosen, self._tree = path, chosen, tree
        self._objects: dict[str, object] = {}  # one row after the other asks for the same file
        self._entries: dict[str, Entry] = {entry.path: entry for entry in tree.entries}
        self._below = _common(list(self._entries))

    @property
    def names(self) -> list[str]:
        return list(self._entries)

    def all(self, pattern: str) -> list[re.Match[str]]:
        """The names that a pattern fits whole, in the order of the numbers in them: `images_9.pt` before `images_10.pt`."""
        found = [match for name in self._entries if (match := re.fullmatch(pattern, name))]
        return sorted(found, key=lambda match: _by_number(match.string))

    def one(self, pattern: str) -> str:
        """The named file where the pattern fits it; else the last of a folder's files that it fits, or ""."""
        if self.chosen:
            return self.chosen if re.fullmatch(pattern, self.chosen) else ""
        found = self.all(pattern)
        return found[-1].string if found else ""

    def has(self, name: str) -> bool:
        return name in self._entries or self._below + name in self._entries

    def bytes(self, name: str) -> bytes:
        entry = self._entries.get(name) or self._entries[self._below + name]
        return self._tree.read(entry, MOST_BYTES)

    def json(self, name: str) -> Any:
        try:
            return json.loads(self.bytes(name))
        except (ValueError, RecursionError) as error:
            raise BadRecord(f"{name} is no JSON that can be read ({str(error)[:120]}). Write the set again.") from None

    def tensor(self, name: str) -> Tensor:
        """One tensor from a .pt or .npy file."""
        found = self.loaded(name)
        if not isinstance(found, Tensor):
            raise BadRecord(f"{name} holds {described(found)}; one tensor was wanted.")
        return found.detach()

    def loaded(self, name: str) -> object:
        """What `torch.save` or NumPy wrote: tensors, numbers, texts, lists and dicts of these."""
        if name.endswith((".npy", ".npz")):
            return _arrays(io.BytesIO(self.bytes(name)), name)
        if name not in self._objects:
            self._objects[name] = loaded(io.BytesIO(self.bytes(name)), PurePosixPath(name).name)
        return self._objects[name]


@contextmanager
def looked_at(path: Path) -> Iterator[Place]:
    """A path as a `Place`. Raises `BadRecord` for an empty one."""
    whole = path.is_dir() or path.suffix.lower() == ".zip"
    if whole:
        with opened(path) as tree:
            if not tree.entries:
                raise BadRecord(
                    f"{path.name} is empty: it holds no file. Give the folder or archive with the set in it."
                )
            yield Place(path, "", tree)
        return
    tree = Tree.beside(path)
    yield Place(path, path.name, tree)


def _arrays(file: io.BytesIO, name: str) -> object:
    """A tensor of an .npy, a dict of tensors of an .npz."""
    try:
        found = np.load(file, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return torch.from_numpy(found)
        return {key: torch.from_numpy(found[key]) for key in found.files}
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BadRecord(f"{name} cannot be read as arrays of numbers ({error}). Objects are never unpickled.") from None


def described(found: object) -> str:
    """What was found, in words: `a dict with keys data, accs_all_exps`, `a list of 2: a tensor (10, 1, 8, 8), …`."""
    if isinstance(found, Tensor):
        return f"a tensor {tuple(found.shape)} of {str(found.dtype).removeprefix('torch.')}"
    if isinstance(found, dict):
        keys = [str(key) for key in found]
        return (
            f"a dict with keys {', '.join(keys[:SHOWN])}{' …' if len(keys) > SHOWN else ''}"
            if keys
            else "an empty dict"
        )
    if isinstance(found, list | tuple):
        inner = ", ".join(described(one) if isinstance(one, Tensor) else type(one).__name__ for one in found[:3])
        return f"a list of {len(found)}: {inner}{' …' if len(found) > 3 else ''}" if found else "an empty list"
    return f"a {type(found).__name__}"


def _by_number(name: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name))


def _common(paths: list[str]) -> str:
    """The folders that hold every file: `set/a/1.png` and `set/b/1.png` lie in `set/`."""
    folders = [path.split("/")[:-1] for path in paths]
    depth = 0
    while folders and all(len(one) > depth for one in folders) and len({one[depth] for one in folders}) == 1:
        depth += 1
    return "".join(f"{part}/" for part in folders[0][:depth]) if folders else ""
