"""What one network says of the images of one to six runs, step by step: the ground that planes and measures stand on.

The images are those that the runs recorded, pixel for pixel; the network is a teacher whose weights are kept. Features are
cached per record in the run (`planes/<key>/<n>.npy`), those of the real images in the home's cache.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict, TypeVar

import numpy as np

from ..errors import BadRecord
from ..home import write_array
from ..record import view
from ..record.folder import RunFolder
from ..record.lines import ArrayFile, ImagesLine, Line, LogitsLine, Number
from ..record.log import Timeline
from ..record.sheets import read_array, read_sheet
from ..record.view import Judge
from .network import ask, one_data_set, opened, teacher_of

if TYPE_CHECKING:
    from ..datasets import RealSet
    from ..networks import Network

MOST_REAL = 2000
MOST_STEPS = 60  # of one run that are placed and measured
MOST_IMAGES = 12_000  # of one run, over all its steps


@dataclass(frozen=True, eq=False)
class Step:
    """The images of one record: number, ids (n,), labels (n,), points (n, d) float64."""

    n: int
    ids: np.ndarray
    labels: np.ndarray
    x: np.ndarray


@dataclass(frozen=True, eq=False)
class Cloud:
    """Real points and, for each run by id, its steps. `left` counts records that there was no time for."""

    real: Step
    runs: dict[str, list[Step]]
    about: Judge
    classes: int
    upto: dict[str, int] = field(default_factory=dict)
    left: int = 0

    @property
    def latest(self) -> dict[str, Step]:
        """Each run as it stands at its last step: the last word on every image."""
        return {run: at_end(steps) for run, steps in self.runs.items()}


def at_end(steps: Sequence[Step]) -> Step:
    """The last word on each id, by class and id; `steps` in order."""
    rows = {int(one): (step, i) for step in steps for i, one in enumerate(step.ids)}
    ids = np.array(sorted(rows), int)
    labels = np.array([rows[i][0].labels[rows[i][1]] for i in ids], int)
    x = np.stack([rows[i][0].x[rows[i][1]] for i in ids]) if len(ids) else np.zeros((0, 1))
    return Step(steps[-1].n if steps else -1, ids, labels, x)


class Listed(TypedDict):
    """A record of logits whose ids were read."""

    n: int
    ids: list[int]
    labels: list[int] | ArrayFile
    logits: list[list[Number]] | ArrayFile


Shown = TypeVar("Shown", ImagesLine, Listed)


def thinned(records: Sequence[Shown]) -> list[Shown]:
    """Evenly spaced records, the last of each group of images among them. A run that grows keeps what it had: the
    distance between two of them doubles."""
    total, stride = sum(len(one["ids"]) for one in records), 1
    while len(records) > stride * MOST_STEPS or total > stride * MOST_IMAGES:
        stride *= 2
    last = {tuple(one["ids"]): one["n"] for one in records}
    return [one for i, one in enumerate(records) if i % stride == 0 or one["n"] in last.values()]


def gather(folders: Sequence[RunFolder], space: str, until: float = float("inf")) -> Cloud:
    """The points of these runs in a space ("logits" or "features").

    Logits that the runs recorded themselves are taken where they come from one network; otherwise one teacher looks at
    all recorded images. It begins with the last records and stops at `until` (time.monotonic) with some of them `left`.

    Raises:
        BadRecord: nothing to look at yet, different data, or no teacher at hand; the sentence says which.
    """
    logs = {one.id: Timeline.all(one) for one in folders}
    if space == "logits" and (found := _recorded(folders, logs)):
        return found
    return _measured(folders, logs, space, until)


def _recorded(folders: Sequence[RunFolder], logs: Mapping[str, Sequence[Line]]) -> Cloud | None:
    """The logits of the runs' own records, or None where they have none or come from several networks."""
    every = [[one for one in logs[folder.id] if one["kind"] == "logits"] for folder in folders]
    networks = {one.get("network", "") for records in every for one in records}
    if not all(view.logits(one) for one in every) or (len(folders) > 1 and (len(networks) > 1 or "" in networks)):
        return None
    reals = [
        (folder, one)
        for folder, records in zip(folders, every, strict=True)
        for one in records
        if one.get("source") == "real"
    ]
    if not reals:
        return None
    real = _points(*reals[-1])
    real = Step(real.n, real.ids[:MOST_REAL], real.labels[:MOST_REAL], real.x[:MOST_REAL])
    width, runs = real.x.shape[1], dict[str, list[Step]]()
    for folder, records in zip(folders, every, strict=True):
        steps = [_points(folder, one) for one in thinned([_listed(folder, one) for one in view.logits(records)])]
        runs[folder.id] = [one for one in steps if one.x.ndim == 2 and one.x.shape[1] == width]
        if not runs[folder.id]:
            raise BadRecord(
                f"Run {folder.id!r} has synthetic logits of another width than the real ones. Run it again."
            )
    upto = {one: view.upto(log) for one, log in logs.items()}
    key = networks.pop() if len(networks) == 1 else ""
    return Cloud(real, runs, {"key": key, "spec": "the run's own network", "accuracy": None}, width, upto)


def _listed(folder: RunFolder, line: LogitsLine) -> Listed:
    ids: list[int] = read_array(folder, line["ids"]).tolist()
    return {"n": line["n"], "ids": ids, "labels": line["labels"], "logits": line["logits"]}


def _points(folder: RunFolder, record: LogitsLine | Listed) -> Step:
    logits = np.nan_to_num(read_array(folder, record["logits"]).astype(np.float64))
    return Step(record["n"], read_array(folder, record["ids"]), read_array(folder, record["labels"]), logits)


# ── one teacher looks at everything ───────────────────────────────────────────────────────────────────────────────


def _measured(folders: Sequence[RunFolder], logs: Mapping[str, Sequence[Line]], space: str, until: float) -> Cloud:
    real = one_data_set(folders)
    key = teacher_of(folders, logs, real)
    network, about = opened(key, folders[0].request()["job"]["data"])
    chosen = {}
    for folder in folders:
        chosen[folder.id] = thinned(fitting(folder, logs[folder.id], real))
        if not chosen[folder.id]:
            raise BadRecord(f"Run {folder.id!r} has shown no images yet. They come with its first report.")
        _forget(folder, key, {one["n"] for one in chosen[folder.id]})
    runs: dict[str, list[Step]] = {one: [] for one in chosen}
    left = 0
    for folder, record in _newest_first(folders, chosen):
        found = _kept(folder, key, record)
        if found is None and time.monotonic() > until and runs[folder.id]:
            left += 1
            continue
        both = found if found is not None else _look(folder, key, record, network, real)
        labels, ids = np.asarray(record["labels"], int), np.asarray(record["ids"], int)
        runs[folder.id].append(Step(record["n"], ids, labels, _part(both, len(real.classes), space)))
    for steps in runs.values():
        steps.sort(key=lambda one: one.n)
    upto = {one: view.upto(log) for one, log in logs.items()}
    return Cloud(_real(key, network, real, space), runs, about, len(real.classes), upto, left)


def _newest_first(
    folders: Sequence[RunFolder], chosen: Mapping[str, list[ImagesLine]]
) -> list[tuple[RunFolder, ImagesLine]]:
    pairs = [(folder, one) for folder in folders for one in chosen[folder.id]]
    return sorted(pairs, key=lambda pair: (-pair[1]["t"], -pair[1]["n"]))


def fitting(folder: RunFolder, log: Sequence[Line], real: RealSet) -> list[ImagesLine]:
    """Records of synthetic images that the teacher can look at."""
    shown = view.images(log)
    found = [one for one in shown if tuple(one["tile"]) == (real.size, real.size) and one["channels"] == real.channels]
    if shown and not found:
        (h, w), c = shown[-1]["tile"], shown[-1]["channels"]
        wanted = f"{real.channels}×{real.size}×{real.size}"
        raise BadRecord(f"Run {folder.id!r} shows images of {c}×{h}×{w}, but {real.name} has {wanted}. Leave it out.")
    return found


def _part(both: np.ndarray, classes: int, space: str) -> np.ndarray:
    return np.nan_to_num((both[:, -classes:] if space == "logits" else both[:, :-classes]).astype(np.float64))


def _look(folder: RunFolder, key: str, record: ImagesLine, network: Network, real: RealSet) -> np.ndarray:
    """Ask the network about the images of a record, and keep what it says."""
    import torch

    pixels = torch.from_numpy(np.ascontiguousarray(read_sheet(folder, record).transpose(0, 3, 1, 2)))
    found = ask(network, real.normalize(real.pixels(pixels)))
    place = folder.path / "planes" / key
    place.mkdir(parents=True, exist_ok=True)
    write_array(place / f"{record['n']}.npy", found)
    return found


def _kept(folder: RunFolder, key: str, record: ImagesLine) -> np.ndarray | None:
    try:
        found = np.load(folder.path / "planes" / key / f"{record['n']}.npy", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found if found.ndim == 2 and len(found) == len(record["ids"]) else None


def _forget(folder: RunFolder, key: str, wanted: set[int]) -> None:
    """Take away what is kept of records that are no longer among the chosen."""
    for path in (folder.path / "planes" / key).glob("[0-9]*.npy"):
        if int(path.stem) not in wanted:
            path.unlink(missing_ok=True)


def _real(key: str, network: Network, real: RealSet, space: str) -> Step:
    from ..pieces.show import reference_ids
    from ..store import remembered

    ids = reference_ids(real)

    def make() -> dict[str, np.ndarray]:
        return {"outputs": ask(network, real.normalize(real.pixels(real.train.images[ids])))}

    both = remembered("outputs", f"{key}-{len(ids)}", make)["outputs"]
    return Step(-1, ids.numpy(), real.train.labels[ids].numpy(), _part(both, len(real.classes), space))
