"""Where a network with random weights looks in the images of a run and in real ones, and which channels answer; kept with the run.

`planes/attention-<record>.json`, of the final set `planes/attention-set.json`:
    {"version", "record", "stamp", "layers": [name, …], "powers": [p, …], "classes", "network", "counts": {"real", "synthetic"}}
For the i-th layer `….places<i>.npy` is (powers, 2, classes, h, w) float32, the mean attention over places of real and of synthetic
images, `….channels<i>.npy` (powers, 2, classes, channels) that over channels; NaN for a class that has no synthetic image yet.
`….images.npy` is (2, classes, H, W, c) uint8: the mean images. The network is the one whose logits the run shows: of its kind, and
none that it was matched under. Formulas: `measures/attention.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from ..errors import BadRecord
from ..home import write_array, write_json
from ..job import Job
from ..record import view
from ..record.folder import RunFolder
from ..record.lines import Line
from ..record.log import Timeline
from .activation import forget, images_at, is_sides, stamp_of, still_said
from .network import one_data_set

if TYPE_CHECKING:
    from torch import Tensor

    from ..datasets import RealSet

VERSION = 1
POWERS = (1.0, 2.0, 4.0, 8.0)
HELD_OUT = 2**31 - 2  # the seed of the network that shows a run's logits


class Counts(TypedDict):
    """Images of each class that were looked at."""

    real: list[int]
    synthetic: list[int]


class About(TypedDict):
    """`planes/attention-….json`; `stamp` tells a record from another with its number."""

    version: int
    record: int | None
    stamp: float
    layers: list[str]
    powers: list[float]
    classes: list[str]
    network: str
    counts: Counts


@dataclass(frozen=True, eq=False)
class Kept:
    """What was made: the JSON; for each layer (powers, 2, classes, h, w) and (powers, 2, classes, channels); mean images."""

    about: About
    places: list[np.ndarray]
    channels: list[np.ndarray]
    images: np.ndarray


def compute(home: Path, run: str, record: int | None = None, *, tell: Callable[..., None] = lambda **_: None) -> About:
    """Attention on the images as they stood at a record of a run (its number), or on its final set; returns the JSON.

    Raises:
        BadRecord: no such record, no images, or a network without maps to look at; the sentence says which.
    """
    from ..measures.attention import means, without_maps
    from ..pieces.match import random_network

    folder = RunFolder.find(home, run)
    log = Timeline.all(folder)
    name, stamp = view.look_name("attention", record), stamp_of(folder, log, record)
    if (old := kept(folder, log, record)) is not None:
        return old.about
    tell(stage="look", done=0, total=2)
    real = one_data_set([folder])
    network = random_network(Job(**folder.request()["job"]), real, HELD_OUT)
    if reason := without_maps(network, "activation"):
        raise BadRecord(f"Run {folder.id!r} cannot be looked at in this way: {reason}")
    sides = _real(real), images_at(folder, log, record, real)
    found = []
    for done, (images, labels) in enumerate(sides):
        found.append(means(network, real.normalize(images), labels, len(real.classes), POWERS))
        tell(stage="look", done=done + 1, total=2)
    where = folder.path / "planes"
    where.mkdir(exist_ok=True)
    layers = list(found[0])
    for i, layer in enumerate(layers):
        for what, at in (("places", 0), ("channels", 1)):
            both = np.stack([side[layer][at].numpy() for side in found], axis=1)
            write_array(where / f"{name}.{what}{i}.npy", both.astype(np.float32))
    pictures = np.stack([_mean_images(*side, len(real.classes)) for side in sides])
    write_array(where / f"{name}.images.npy", pictures)
    counts = [np.bincount(labels.numpy(), minlength=len(real.classes)).tolist() for _, labels in sides]
    answer: About = {
        "version": VERSION,
        "record": record,
        "stamp": stamp,
        "layers": layers,
        "powers": list(POWERS),
        "classes": list(real.classes),
        "network": network.spec,
        "counts": {"real": counts[0], "synthetic": counts[1]},
    }
    write_json(where / f"{name}.json", answer)
    forget(folder, "attention")
    return answer


def kept(folder: RunFolder, log: Sequence[Line], record: int | None) -> Kept | None:
    """What was made of a record before (None: of the final set), if it is whole. Needs no engine."""
    name, where = view.look_name("attention", record), folder.path / "planes"
    try:
        about: About | None = still_said(folder, log, record, name, VERSION)
        if about is None:
            return None
        images = np.load(where / f"{name}.images.npy", allow_pickle=False)
        places, channels = (
            [np.load(where / f"{name}.{what}{i}.npy", allow_pickle=False) for i in range(len(about["layers"]))]
            for what in ("places", "channels")
        )
        whole = len(POWERS), 2, len(about["classes"])
        fits = all(one.shape[:3] == whole for one in (*places, *channels)) and images.shape[:2] == whole[1:]
        words = all(isinstance(one, str) for one in (*about["layers"], *about["classes"], about["network"]))
        said = about["powers"] == list(POWERS) and words and is_sides(about["counts"], whole[2])
        return Kept(about, places, channels, images) if about["layers"] and fits and said else None
    except (BadRecord, OSError, ValueError, KeyError, TypeError):
        return None


def _real(real: RealSet) -> tuple[Tensor, Tensor]:
    """At most `relevance.MOST` training images of every class, evenly spaced."""
    import torch

    from ..measures.relevance import evenly

    ids = torch.cat([evenly(real, label) for label in range(len(real.classes))])
    return real.pixels(real.train.images[ids]), real.train.labels[ids]


def _mean_images(images: Tensor, labels: Tensor, classes: int) -> np.ndarray:
    """(classes, H, W, c) uint8; black for a class without images."""
    rows = [images[labels == label] for label in range(classes)]
    means = np.stack([one.mean(0).numpy() if len(one) else np.zeros(images.shape[1:]) for one in rows])
    return (means * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)
