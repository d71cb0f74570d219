"""The file of a label store: safetensors, read where it lies on disk, never whole in memory (`writing.py` writes it)."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Generator, Tensor

from ...errors import BadRecord
from ...results.views import Crops, Views
from .record import Columns, Layout

HEADER, FORMAT = "distill_studio_labels", 1
_NAMES = {"<i4": "I32", "<f4": "F32", "<i2": "I16", "<u2": "U16", "<u4": "U32", "<f2": "F16", "|u1": "U8"}


@dataclass(frozen=True)
class Said:
    """What a store says of itself.

    Args:
        layout: of its records.
        images: how many images it has labels for; `fingerprint` is theirs (`fingerprint_of`).
        batches: how the views were drawn and mixed, as runs: so many images, so many times.
        augment, mix: the views, by name.
        teacher: who labelled, as far as that is known.
        walk: how students walk through the views of an image.
        source: whose labels they are, in words.
    """

    layout: Layout
    images: int
    fingerprint: str
    batches: tuple[tuple[int, int], ...]
    augment: str
    teacher: str = ""
    walk: Literal["turn", "random"] = "turn"
    source: str = ""

    @property
    def records(self) -> int:
        return sum(size * many for size, many in self.batches)

    @property
    def bytes(self) -> int:
        """Of the records, without the file's header."""
        return self.records * self.layout.record

    @property
    def sizes(self) -> Iterator[int]:
        """The batches in the order in which they were drawn."""
        return (size for size, many in self.batches for _ in range(many))

    def plain(self) -> dict[str, object]:
        return {**vars(self), "layout": self.layout.plain(), "format": FORMAT}


def head_of(said: Said) -> tuple[bytes, dict[str, int], int]:
    """The header of the file, where each column begins after it, and the bytes of all."""
    tensors: dict[str, object] = {"__metadata__": {HEADER: json.dumps(said.plain())}}
    places, at = {}, 0
    for name, (kind, many) in said.layout.columns.items():
        size = said.records * many * kind.itemsize
        shape = [said.records] if many == 1 and name != "logits" else [said.records, many]
        tensors[name] = {"dtype": _NAMES[kind.str], "shape": shape, "data_offsets": [at, at + size]}
        places[name], at = at, at + size
    text = json.dumps(tensors).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, places, at


@dataclass(frozen=True, eq=False)
class LabelStore:
    """An open store. Columns are mapped from disk: what is asked for is read, and nothing else."""

    path: Path
    said: Said
    columns: Mapping[str, np.ndarray]

    @classmethod
    def open(cls, path: Path) -> LabelStore:
        """Raises `BadRecord` for another file, a damaged one or one of a newer version."""
        try:
            with path.open("rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                if length > path.stat().st_size:
                    raise ValueError("its header is cut off")
                text = json.loads(file.read(length))
            said = _said(path, json.loads((text.get("__metadata__") or {}).get(HEADER, "null")))
            _, places, size = head_of(said)
            if path.stat().st_size != 8 + length + size:
                raise ValueError(f"it has {path.stat().st_size:,} bytes, {8 + length + size:,} were wanted")
        except FileNotFoundError:
            raise BadRecord(
                f"There is no label store at {str(path)!r}. Give the file that `labels read` wrote."
            ) from None
        except (ValueError, KeyError, TypeError, struct.error) as error:
            raise BadRecord(
                f"{path.name!r} is no label store that can be read ({error}). Write it again with `labels write` or `labels read`."
            ) from None
        return cls(path, said, _mapped(path, said.layout.columns, said.records, 8 + length, places))

    @property
    def augment(self) -> str:
        return self.said.augment

    @property
    def mix(self) -> str:
        return self.said.layout.mix

    @cached_property
    def _index(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Records in the order of their images, where those of an image begin, how many it has."""
        own = np.asarray(self.columns["own"])[:, 0]
        many = np.bincount(own, minlength=self.said.images)
        return own.argsort(kind="stable"), np.concatenate([[0], many.cumsum()[:-1]]), many

    @cached_property
    def _partners(self) -> np.ndarray:
        """The record in which each record's partner is seen: it lies in the same batch."""
        own, partner = (np.asarray(self.columns[name])[:, 0].astype(np.int64) for name in ("own", "partner"))
        sizes = np.fromiter(self.said.sizes, np.int64)
        batch = np.repeat(np.arange(len(sizes)), sizes) * self.said.images
        order = (batch + own).argsort()
        return order[np.searchsorted((batch + own)[order], batch + partner)]

    def seen(self, epoch: int, rows: Tensor, generator: Generator) -> Views:
        """The views of these images in an epoch: view e mod k of each, where it has k; or one of them by chance."""
        order, first, many = self._index
        own = rows.cpu().numpy()
        if self.said.walk == "random":
            turn = (torch.rand(len(own), generator=generator).numpy() * many[own]).astype(np.int64)
        else:
            turn = epoch % many[own]
        return self.records(order[first[own] + turn])

    def records(self, at: np.ndarray) -> Views:
        """The records at these places."""
        columns = {name: np.asarray(column[at]) for name, column in self.columns.items()}
        basic = torch.from_numpy(columns["own"][:, 0].astype(np.int64)), self._crops(columns)
        logits = self.said.layout.logits(columns)
        if self.mix == "none":
            return Views(*basic, logits=logits)
        other = self._partners[at]
        others = self._crops({name: np.asarray(self.columns[name][other]) for name in ("crop", "flip", *self._order)})
        partner = torch.from_numpy(columns["partner"][:, 0].astype(np.int64))
        box = torch.from_numpy(columns["box"].astype(np.int64)) if "box" in columns else None
        return Views(*basic, partner, others, torch.from_numpy(columns["share"][:, 0].copy()), box, logits)

    @property
    def _order(self) -> tuple[str, ...]:
        return ("order",) if "order" in self.columns else ()

    def _crops(self, columns: Mapping[str, np.ndarray]) -> Crops:
        order = torch.from_numpy(columns["order"].astype(np.int64)) if self._order else None
        return Crops(torch.from_numpy(columns["crop"].copy()), torch.from_numpy(columns["flip"][:, 0] > 0), order)


def _mapped(path: Path, columns: Columns, records: int, start: int, places: Mapping[str, int]) -> dict[str, np.ndarray]:
    return {
        name: np.memmap(path, kind, "r", start + places[name], (records, many))
        for name, (kind, many) in columns.items()
    }


def _said(path: Path, plain: dict[str, object] | None) -> Said:
    if not isinstance(plain, dict):
        raise BadRecord(
            f"{path.name!r} holds no labels: our header is not there. Give the file that `labels read` wrote."
        )
    values = dict(plain)
    if (version := values.pop("format")) != FORMAT:
        raise BadRecord(
            f"{path.name!r} is a label store of format {version}; {FORMAT} is known here. Update Distill Studio."
        )
    layout, batches = Layout(**values.pop("layout")), values.pop("batches")  # type: ignore[arg-type]
    runs = tuple((int(size), int(many)) for size, many in batches)  # type: ignore[attr-defined]
    return Said(layout, batches=runs, **values)  # type: ignore[arg-type]


def epochs_of(said: Said) -> float:
    """Views of each image, on average."""
    return said.records / max(1, said.images) if said.images else math.nan
