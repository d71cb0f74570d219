"""The checkpoints of a run: those that earlier sittings left, and those that this one writes, as seldom as is worth it."""

from __future__ import annotations

import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadRecord
from ..loop import Save
from ..record.folder import RunFolder
from . import checkpoint

FIRST = 3.0  # seconds until a loop's first checkpoint
EVERY = 10.0  # seconds between two
SHARE = 0.03  # of the time may go into checkpoints
WORTH = 2.0  # seconds a loop must have taken for its end to be kept
STEPS_VARIABLE = "DISTILL_STUDIO_CHECKPOINT_STEPS"  # for tests: a checkpoint every so many steps


@dataclass(frozen=True)
class Now:
    """Where a run stands: records written, real images seen, knobs in force, loops opened."""

    records: int
    seen: int
    knobs: dict[str, float]
    opened: list[str]


class Kept:
    """`found` are the checkpoints of earlier sittings by loop, `newest` the loop of the newest ("" where there is none), `before`
    the loops that had been opened when it was written."""

    def __init__(self, folder: RunFolder):
        self.path = folder.path / "checkpoints"
        self.every_steps = int(os.environ.get(STEPS_VARIABLE, "0"))
        self._saved, self._cost = time.perf_counter() - EVERY + FIRST, 0.0
        self.found: dict[str, tuple[Path, checkpoint.About]] = {}
        self.newest, self.serial, self.before = "", 0, frozenset[str]()
        self._unreadable: list[str] = []
        self._outdated: list[Path] = []
        for path in sorted(self.path.glob("*.safetensors")):
            self._look(path)
        if self.found:
            self.newest, (_, about) = max(self.found.items(), key=lambda item: item[1][1]["serial"])
            self.serial, self.before = int(about["serial"]), frozenset(about["opened"])

    def _look(self, path: Path) -> None:
        try:
            about = checkpoint.about(path)
            self.found[about["key"]] = (path, about)
        except checkpoint.OtherVersion:
            self._outdated.append(path)
        except (BadRecord, KeyError) as error:
            self._unreadable.append(str(error))

    def useless(self) -> list[str]:
        """Sentences about checkpoints that are of no use, said once; those of another version are taken away."""
        sentences, self._unreadable = self._unreadable, []
        if self._outdated:
            then = "." if self.newest else ": the run begins anew."
            sentences.append(f"Checkpoints of another version of the studio are not used{then}")
        for path in self._outdated:
            path.unlink(missing_ok=True)
        self._outdated.clear()
        return sentences

    def is_time(self, index: int) -> bool:
        """Whether a checkpoint is due at this step."""
        if self.every_steps:
            return index > 0 and index % self.every_steps == 0
        return time.perf_counter() - self._saved >= max(EVERY, self._cost / SHARE)

    def is_worth(self, took: float) -> bool:
        """Whether the end of a loop that took so long is kept."""
        return took > WORTH or bool(self.every_steps)

    def keep(self, key: str, index: int, total: int, save: Save, now: Now) -> None:
        """Write the state of a loop before its step `index`."""
        began = time.perf_counter()
        state = save()
        if checkpoint.is_sound(state):  # resuming from a NaN would help nobody
            self.serial += 1
            about: checkpoint.About = {
                "key": key,
                "step": index,
                "total": total,
                "serial": self.serial,
                "keep": now.records,
                "seen": now.seen,
                "knobs": now.knobs,
                "opened": now.opened,
            }
            checkpoint.save(self.path / file_name(key), state, about)
        self._saved = time.perf_counter()
        self._cost = self._saved - began


def file_name(key: str) -> str:
    """A loop's key as a file name: readable, and different for different keys."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", key).strip("-")[-60:]
    return f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:8]}.safetensors"
