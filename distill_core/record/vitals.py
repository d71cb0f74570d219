"""Signs of ruin while a run works, told from each record as it is written: nothing of the log is read again. No torch.

The limits are those of the run's end (`health.py`). What may yet pass has to be seen in several reports on end, and a sign goes when what
it says holds no longer; so the end alone judges, and a run that only staggers is not called ruined on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .asked import Sign
from .folder import RunFolder
from .health import REPORTS, Search, is_loss, make_sign, not_finite, risen
from .lines import ImagesLine, Line, ScalarsLine, StageLine
from .ruined import RISEN, UNMOVED, WORDS, Classes, alike, are_ends, collapsed, differ, named
from .sheets import read_sheet
from .wall import ASIDE, MOST_LOOKS, Wall, spaced

STANDS = 3  # reports on end in which images are seen to be ruined


@dataclass
class Seen:
    """Since which report something holds, and in how many on end."""

    record: ImagesLine
    times: int = 1


@dataclass
class Vitals:
    """What is remembered of a run: of each image its share of black and white, and its first pixels until any of them moves."""

    ipc: int = 1
    search: Search = field(default_factory=lambda: Search([], []))
    steps: int = 0  # of the stage
    broken: Sign | None = None
    rose: Sign | None = None
    first: dict[int, np.ndarray] = field(default_factory=dict)
    moved: bool = False
    shape: tuple[int, ...] = ()
    start: dict[int, np.ndarray] = field(
        default_factory=dict
    )  # of an image, as it was first: (share of black, of white)
    now: dict[int, np.ndarray] = field(default_factory=dict)
    seen: dict[tuple[str, Classes], Seen] = field(default_factory=dict)
    unmoved: Sign | None = None

    @classmethod
    def again(cls, folder: RunFolder, records: Sequence[Line]) -> Vitals:
        """As they are after these records of a run that goes on; of many sheets a few are read."""
        vitals = cls(int(folder.request()["job"].get("ipc", 1)))
        sheets = [one["n"] for one in records if one["kind"] == "images" and _of_the_set(one)]
        read = {sheets[i] for i in spaced(len(sheets), MOST_LOOKS)}
        for one in records:
            if one["kind"] == "images":
                if one["n"] in read:
                    vitals.take(one, read_sheet(folder, one))
            else:
                vitals.take(one)
        return vitals

    def take(self, record: Line, pixels: np.ndarray | None = None) -> None:
        """One record more; `pixels` are those of an `images` record, (n, h, w, c) uint8."""
        if record["kind"] == "stage":
            self._begin(record)
        elif record["kind"] == "scalars":
            self._told(record)
        elif record["kind"] == "images" and pixels is not None and _of_the_set(record):
            self._shown(record, pixels)

    def signs(self) -> list[Sign]:
        """What is wrong so far, in the order in which it began."""
        found = [self.broken, self.rose, self.unmoved, *(self._image_sign(kind) for kind in WORDS)]
        return sorted((one for one in found if one is not None), key=lambda one: one["n"])

    # ── numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, record: StageLine) -> None:
        self.search, self.steps = Search([], []), record["steps"]

    def _told(self, record: ScalarsLine) -> None:
        self.broken = self.broken or not_finite(record)
        if any(is_loss(name) for name in record["values"]):
            self.search.losses.append(record)
            if self.search.images:  # a teacher's loss is not that of the set
                self.rose = risen(self.search, on_end=REPORTS)

    # ── images ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _shown(self, record: ImagesLine, pixels: np.ndarray) -> None:
        if self.shape != pixels.shape[1:]:  # some starts are smaller
            self.shape, self.moved = pixels.shape[1:], False
            self.first, self.start, self.now, self.seen = {}, {}, {}, {}
        self.search.images.append(record)
        self._compare(record, pixels)
        holding: list[tuple[str, Classes]] = [("saturated", ())] if self._is_saturated(record, pixels) else []
        if self.moved:
            whole = self._whole(record, pixels)
            holding += [("collapsed", one) for one in collapsed(whole)] + [("alike", one) for one in alike(whole)]
        self.seen = {key: self._once_more(key, record) for key in holding}
        self.unmoved = self._still(record)

    def _once_more(self, key: tuple[str, Classes], record: ImagesLine) -> Seen:
        before = self.seen.get(key)
        return Seen(before.record, before.times + 1) if before else Seen(record)

    def _compare(self, record: ImagesLine, pixels: np.ndarray) -> None:
        for i, one in enumerate(record["ids"]):
            if not self.moved:
                self.moved = differ(self.first.setdefault(one, pixels[i].copy()), pixels[i])
        if self.moved:
            self.first = {}

    def _is_saturated(self, record: ImagesLine, pixels: np.ndarray) -> bool:
        """Of the wall as it stands, of which this record shows a part or all."""
        ends = np.stack([(pixels == level).mean((1, 2, 3)) for level in (0, 255)], 1)
        for one, share in zip(record["ids"], ends, strict=True):
            self.start.setdefault(one, share)
            self.now[one] = share
        black, white = np.mean(list(self.now.values()), 0)
        return are_ends(black, white) and black + white > float(np.sum(np.mean(list(self.start.values()), 0))) + RISEN

    def _whole(self, record: ImagesLine, pixels: np.ndarray) -> Wall:
        """The classes of which this record shows every image."""
        labels = np.array(record["labels"])
        counts = {label: int((labels == label).sum()) for label in set(record["labels"])}
        kept = np.array([counts[label] >= self.ipc for label in record["labels"]])
        return Wall(pixels[kept], labels[kept])

    def _still(self, record: ImagesLine) -> Sign | None:
        """Half of a search went by and no image is another than at first."""
        searches = len(self.search.images) >= REPORTS and self.search.losses and self.search.again()
        if self.moved or not searches or not self.steps or 2 * record["step"] < self.steps:
            return None
        return make_sign("unmoved", UNMOVED, self.search.images[0])

    def _image_sign(self, kind: str) -> Sign | None:
        standing = {classes: one for (what, classes), one in self.seen.items() if what == kind and one.times >= STANDS}
        if not standing:
            return None
        since = max((one.record for one in standing.values()), key=lambda one: one["n"])
        share = 100 * float(np.sum(np.mean(list(self.now.values()), 0)))
        return make_sign(kind, WORDS[kind].format(share=share, classes=named(list(standing))), since)


def _of_the_set(record: ImagesLine) -> bool:
    return record.get("source", "synthetic") == "synthetic" and record["space"] not in ASIDE
