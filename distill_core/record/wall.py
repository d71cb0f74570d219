"""The images of a run as a whole: how they stood at first, how they stand at the end, and since when something holds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from .folder import RunFolder
from .lines import ImagesLine, Line
from .sheets import read_sheet

ASIDE = ("compensator", "samples")  # spaces that show something else than images of the set
MOST_BYTES = 64 << 20  # of pixels that are held; of larger sets those of the first classes
MOST_LOOKS = 40  # records that are read to find since when something holds


@dataclass(frozen=True)
class Wall:
    """Images (n, h, w, c) uint8 in the order of their ids, and labels (n,)."""

    pixels: np.ndarray
    labels: np.ndarray

    def of(self, label: int) -> np.ndarray:
        """The images of a class as whole numbers, so that differences have a sign."""
        return self.pixels[self.labels == label].astype(np.int16)


@dataclass
class Shown:
    """The records of the set's images in a run, in order; sheets are read when they are asked for."""

    folder: RunFolder
    records: list[ImagesLine]
    _read: dict[int, np.ndarray] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: RunFolder, records: Iterable[Line]) -> Shown:
        """Those of the size that the last one has: some starts are smaller."""
        found = [one for one in records if one["kind"] == "images" and one.get("source", "synthetic") == "synthetic"]
        found = [one for one in found if one["space"] not in ASIDE]
        last = found[-1] if found else None
        same = [one for one in found if last and (one["tile"], one["channels"]) == (last["tile"], last["channels"])]
        return cls(folder, same)

    def wall(self, *, last: bool) -> Wall:
        """The last images of each id, or the first."""
        place: dict[int, tuple[ImagesLine, int]] = {}
        for record in self.records if last else reversed(self.records):
            place |= {one: (record, i) for i, one in enumerate(record["ids"])}
        labels = {one: record["labels"][i] for one, (record, i) in place.items()}
        most = max(1, MOST_BYTES // self.sheet(self.records[0])[0].nbytes)
        kept = sorted(sorted(place, key=lambda one: (labels[one], one))[:most])
        pixels = np.stack([self.sheet(place[one][0])[place[one][1]] for one in kept])
        return Wall(pixels, np.array([labels[one] for one in kept]))

    def sheet(self, record: ImagesLine) -> np.ndarray:
        if record["n"] not in self._read:
            if len(self._read) > 4:
                self._read.pop(next(iter(self._read)))
            self._read[record["n"]] = read_sheet(self.folder, record)
        return self._read[record["n"]]

    def since(self, holds: Callable[[Wall], bool]) -> ImagesLine:
        """The record from which on it holds of everything that is shown; the last one where that is not seen in single records."""
        looks = [self.records[i] for i in spaced(len(self.records), MOST_LOOKS)]
        found = self.records[-1]
        for record in reversed(looks):
            if not holds(Wall(self.sheet(record), np.array(record["labels"]))):
                break
            found = record
        return found


def spaced(count: int, most: int) -> Sequence[int]:
    return range(count) if count <= most else np.unique(np.linspace(0, count - 1, most).astype(int)).tolist()
