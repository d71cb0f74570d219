"""What one network says of the images of one to six runs, step by step: the ground that planes and measures stand on.

The images are those that the runs recorded, pixel for pixel; the network is a teacher whose weights are kept. Features are
cached per record in the run (`planes/<key>/<n>.npy`), those of the real images in the home's cache.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadRecord, StudioError
from ..home import ASSETS, write_array
from ..record import view
from ..record.folder import RunFolder, Timeline, read_array, read_sheet

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
    """Real points and, for each run by id, its steps. `left` counts records that there was no time for.

    `about` says whose outputs these are: `{"key", "spec", "accuracy"}`; key "" where a run recorded them itself.
    """

    real: Step
    runs: dict[str, list[Step]]
    about: dict[str, Any]
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


def thinned(records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
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


def _recorded(folders: Sequence[RunFolder], logs: Mapping[str, list[dict[str, Any]]]) -> Cloud | None:
    """The logits of the runs' own records, or None where they have none or come from several networks."""
    every = [[one for one in logs[folder.id] if one["kind"] == "logits"] for folder in folders]
    networks = {one.get("network", "") for records in every for one in records}
    if not all(view.synthetic(one, "logits") for one in every) or (
        len(folders) > 1 and (len(networks) > 1 or "" in networks)
    ):
        return None
    reals = [
        (folder, one)
        for folder, records in zip(folders, every, strict=True)
        for one in records
        if one["source"] == "real"
    ]
    if not reals:
        return None
    real = _points(reals[-1][0], reals[-1][1])
    real = Step(real.n, real.ids[:MOST_REAL], real.labels[:MOST_REAL], real.x[:MOST_REAL])
    width, runs = real.x.shape[1], {}
    for folder, records in zip(folders, every, strict=True):
        listed = [{**one, "ids": read_array(folder, one["ids"]).tolist()} for one in view.synthetic(records, "logits")]
        steps = [_points(folder, one) for one in thinned(listed)]
        runs[folder.id] = [one for one in steps if one.x.ndim == 2 and one.x.shape[1] == width]
        if not runs[folder.id]:
            raise BadRecord(
                f"Run {folder.id!r} has synthetic logits of another width than the real ones. Run it again."
            )
    upto = {one: view.upto(log) for one, log in logs.items()}
    key = networks.pop() if len(networks) == 1 else ""
    return Cloud(real, runs, {"key": key, "spec": "the run's own network", "accuracy": None}, width, upto)


def _points(folder: RunFolder, record: Mapping[str, Any]) -> Step:
    logits = np.nan_to_num(read_array(folder, record["logits"]).astype(np.float64))
    return Step(record["n"], read_array(folder, record["ids"]), read_array(folder, record["labels"]), logits)


# ── one teacher looks at everything ───────────────────────────────────────────────────────────────────────────────


def _measured(
    folders: Sequence[RunFolder], logs: Mapping[str, list[dict[str, Any]]], space: str, until: float
) -> Cloud:
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
    folders: Sequence[RunFolder], chosen: Mapping[str, list[Mapping[str, Any]]]
) -> list[tuple[RunFolder, Mapping[str, Any]]]:
    pairs = [(folder, one) for folder in folders for one in chosen[folder.id]]
    return sorted(pairs, key=lambda pair: (-pair[1]["t"], -pair[1]["n"]))


def fitting(folder: RunFolder, log: list[dict[str, Any]], real: Any) -> list[Mapping[str, Any]]:
    """Records of synthetic images that the teacher can look at."""
    shown = view.synthetic(log, "images")
    found = [one for one in shown if tuple(one["tile"]) == (real.size, real.size) and one["channels"] == real.channels]
    if shown and not found:
        (h, w), c = shown[-1]["tile"], shown[-1]["channels"]
        wanted = f"{real.channels}×{real.size}×{real.size}"
        raise BadRecord(f"Run {folder.id!r} shows images of {c}×{h}×{w}, but {real.name} has {wanted}. Leave it out.")
    return found


def one_data_set(folders: Sequence[RunFolder]) -> Any:
    """The `RealSet` of all these runs."""
    names = {folder.id: str(folder.request()["job"].get("data", "digits")) for folder in folders}
    sets = {name: _loaded(name) for name in dict.fromkeys(names.values())}
    if len({one.fingerprint for one in sets.values()}) > 1:
        said = ", ".join(f"{run} is on {name}" for run, name in names.items())
        raise BadRecord(
            f"Runs on different data have no plane and no measure in common: {said}. Choose runs on one set."
        )
    return next(iter(sets.values()))


@lru_cache(maxsize=2)
def _loaded(name: str) -> Any:
    from ..datasets import load

    return load(name)


def teacher_of(folders: Sequence[RunFolder], logs: Mapping[str, list[dict[str, Any]]], real: Any) -> str:
    """The key of the teacher that measures: that of the first run which has one at hand, else any trained on these data."""
    from ..store import find

    for folder in folders:
        named = [one["network"] for one in logs[folder.id] if one["kind"] == "logits" and one.get("network")]
        for key in [*named[-1:], *_of_set(folder.path / "set.safetensors")]:
            if key and find("teacher", key):
                return key
    if found := _any_teacher(real):
        return found
    raise BadRecord(
        f"Features are those of a teacher, and no teacher trained on {real.name} is on this machine. Start a run of a "
        "method with a teacher on these data (it trains one first), or copy its teacher-….safetensors into the cache "
        "folder of the home."
    )


def _of_set(path: Path) -> list[str]:
    from ..results import load_result

    try:
        return [load_result(path).teacher] if path.is_file() else []
    except StudioError:
        return []


def _any_teacher(real: Any) -> str:
    """The best teacher on these data that is shipped or cached, "" where there is none."""
    from safetensors import SafetensorError, safe_open

    from ..home import studio_home

    found = []
    for path in [
        *(ASSETS / "teachers").glob("*.safetensors"),
        *(studio_home() / "cache").glob("teacher-*.safetensors"),
    ]:
        try:
            with safe_open(str(path), framework="np") as file:
                about = json.loads((file.metadata() or {})["teacher"])
            if about["fingerprint"] == real.fingerprint and tuple(about["classes"]) == real.classes:
                found.append((float(about["accuracy"]), str(about["key"])))
        except (SafetensorError, OSError, KeyError, ValueError, TypeError):
            continue  # another file, or half of one: not a teacher for these data
    return max(found, default=(0.0, ""))[1]


@lru_cache(maxsize=2)
def opened(key: str, data: str) -> tuple[Any, dict[str, Any]]:
    """A teacher's network in eval mode, and whose it is: `{"key", "spec", "accuracy"}`."""
    import torch

    from ..pieces.teach import find_teacher

    teacher = find_teacher(key, _loaded(data), torch.device("cpu"))
    return teacher.network, {"key": key, "spec": teacher.spec, "accuracy": teacher.accuracy}


def _ask(network: Any, normalized: Any) -> np.ndarray:
    """(n, f + classes) float32: last features beside logits, in eval mode, of normalized images."""
    import torch

    with torch.no_grad():
        parts = [network.features(one) for one in normalized.split(256)]
        return torch.cat([torch.cat([z, network.classifier(z)], dim=1) for z in parts]).numpy()


def _part(both: np.ndarray, classes: int, space: str) -> np.ndarray:
    return np.nan_to_num((both[:, -classes:] if space == "logits" else both[:, :-classes]).astype(np.float64))


def _look(folder: RunFolder, key: str, record: Mapping[str, Any], network: Any, real: Any) -> np.ndarray:
    """Ask the network about the images of a record, and keep what it says."""
    import torch

    pixels = torch.from_numpy(np.ascontiguousarray(read_sheet(folder, dict(record)).transpose(0, 3, 1, 2)))
    found = _ask(network, real.normalize(real.pixels(pixels)))
    place = folder.path / "planes" / key
    place.mkdir(parents=True, exist_ok=True)
    write_array(place / f"{record['n']}.npy", found)
    return found


def _kept(folder: RunFolder, key: str, record: Mapping[str, Any]) -> np.ndarray | None:
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


def _real(key: str, network: Any, real: Any, space: str) -> Step:
    from ..pieces.show import reference_ids
    from ..store import remembered

    ids = reference_ids(real)

    def make() -> dict[str, np.ndarray]:
        return {"outputs": _ask(network, real.normalize(real.pixels(real.train.images[ids])))}

    both = remembered("outputs", f"{key}-{len(ids)}", make)["outputs"]
    return Step(-1, ids.numpy(), real.train.labels[ids].numpy(), _part(both, len(real.classes), space))
