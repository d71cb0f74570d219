"""Which real images a learned set comes within reach of, beside as many random real images and the set's own start.

`planes/reach[-mark].json` is a `figures.reach.Reach`; places are those of PCA on the last features of the real images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..evaluation.control import random_rows
from ..evaluation.seeds import derive
from ..figures.reach import FARTHEST, Group, OfRun, Reach
from ..measures import diversity
from ..record.folder import RunFolder
from .fits import kept, linear
from .network import ask, one_data_set, opened
from .outputs import Cloud, Step, at_end

DRAWS = 5  # of random real images, beside one set
MOST_DRAWN = 10_000  # images of all draws of one run together


def found(folders: Sequence[RunFolder], cloud: Cloud) -> Reach:
    """Of every run, what its images reach as they are now and as they began, and what random real ones reach."""
    plane = linear("pca", cloud.real.x, cloud.real.labels)
    runs: dict[str, OfRun] = {}
    for folder in folders:
        steps, now = cloud.runs[folder.id], cloud.latest[folder.id]
        began = None if cloud.left or len(steps) < 2 else at_end(steps[::-1])
        draws = [_group(one, cloud.real, plane.place) for one in _drawn(folder, now, cloud)]
        middle = float(np.mean([one["share"] for one in draws]))
        runs[folder.id] = {
            "learned": _group(now, cloud.real, plane.place),
            "start": None if began is None else _group(began, cloud.real, plane.place),
            "random": min(draws, key=lambda one: abs(one["share"] - middle)),
            "draws": [one["share"] for one in draws],
        }
    places = plane.place(cloud.real.x)
    return {
        "of": list(runs),
        "real": {"ids": cloud.real.ids.tolist(), "labels": cloud.real.labels.tolist(), "at": _plain(places)},
        "runs": runs,
        "k": diversity.K,
        "kept": kept(cloud.real.x, places),
        "network": cloud.about,
    }


def _group(step: Step, real: Step, place: Callable[[np.ndarray], np.ndarray]) -> Group:
    """What the images of a step reach, class by class."""
    apart = np.full(len(real.ids), np.inf)
    for label in np.unique(real.labels):
        own = real.labels == label
        apart[own] = diversity.apart(step.x[step.labels == label], real.x[own])
    order = np.argsort(-apart, kind="stable")
    return {
        "share": float((apart < 1).mean()),
        "reached": real.ids[apart < 1].tolist(),
        "farthest": [int(real.ids[i]) for i in order[:FARTHEST] if apart[i] >= 1],
        "labels": step.labels.tolist(),
        "at": _plain(place(step.x)),
    }


def _plain(places: np.ndarray) -> list[list[float]]:
    rows: list[list[float]] = np.round(places, 3).tolist()
    return rows


def _drawn(folder: RunFolder, now: Step, cloud: Cloud) -> list[Step]:
    """As many random real images of each class as the set has, several times: the draws of the run's own random control after the
    first, which is what many runs start from."""
    import torch

    from ..store import remembered

    real, key, seed = one_data_set([folder]), cloud.about["key"], int(folder.request()["job"].get("seed", 0))
    labels = torch.from_numpy(now.labels.astype(np.int64))
    count = max(1, min(DRAWS, MOST_DRAWN // max(1, len(labels))))
    rows = [random_rows(real, labels, derive("control", seed, draw)) for draw in range(1, count + 1)]
    network, _ = opened(key, folder.request()["job"]["data"])

    def make() -> dict[str, np.ndarray]:
        images = [ask(network, real.normalize(real.pixels(real.train.images[one]))) for one in rows]
        return {"outputs": np.concatenate(images)}

    mark = derive(seed, count, *np.bincount(now.labels).tolist())
    both = remembered("outputs", f"{key}-drawn-{mark:x}", make)["outputs"].reshape(count, len(labels), -1)
    features = np.nan_to_num(both[:, :, : -len(real.classes)].astype(np.float64))
    return [Step(-1, one.numpy(), now.labels, x) for one, x in zip(rows, features, strict=True)]
