"""The data set that runs have in common, and the one teacher that looks at all of them: found, opened, asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import BadRecord, StudioError
from ..home import ASSETS
from ..record.folder import RunFolder
from ..record.lines import Line
from ..record.view import Judge

if TYPE_CHECKING:
    from torch import Tensor

    from ..datasets import RealSet
    from ..networks import Network


def one_data_set(folders: Sequence[RunFolder]) -> RealSet:
    """The `RealSet` of all these runs."""
    names = {folder.id: str(folder.request()["job"].get("data", "digits")) for folder in folders}
    sets = {name: loaded(name) for name in dict.fromkeys(names.values())}
    if len({one.fingerprint for one in sets.values()}) > 1:
        said = ", ".join(f"{run} is on {name}" for run, name in names.items())
        raise BadRecord(
            f"Runs on different data have no plane and no measure in common: {said}. Choose runs on one set."
        )
    return next(iter(sets.values()))


@lru_cache(maxsize=2)
def loaded(name: str) -> RealSet:
    from ..datasets import load

    return load(name)


def teacher_of(folders: Sequence[RunFolder], logs: Mapping[str, Sequence[Line]], real: RealSet) -> str:
    """The key of the teacher that measures: that of the first run which has one at hand, else any trained on these data."""
    from ..store import find

    for folder in folders:
        named = [key for one in logs[folder.id] if one["kind"] == "logits" and (key := one.get("network"))]
        for key in [*named[-1:], *_of_set(folder.path / "set.safetensors")]:
            if key and find("teacher", key):
                return key
    if found := usual_teacher(real) or _any_teacher(real):
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


def usual_teacher(real: RealSet) -> str:
    """The key of the teacher that methods use by default on these data, "" where it is not at hand: whoever measures without a
    teacher of the run's own measures by this one, whatever else is there."""
    from ..networks import resolve
    from ..pieces.teach import SqueezeRecipe, teacher_key
    from ..store import find

    key = teacher_key(real, resolve("auto", channels=real.channels, size=real.size), SqueezeRecipe())
    return key if find("teacher", key) else ""


def _any_teacher(real: RealSet) -> str:
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
def opened(key: str, data: str) -> tuple[Network, Judge]:
    """A teacher's network in eval mode, and whose it is."""
    import torch

    from ..pieces.teach import find_teacher

    teacher = find_teacher(key, loaded(data), torch.device("cpu"))
    return teacher.network, {"key": key, "spec": teacher.spec, "accuracy": teacher.accuracy}


def ask(network: Network, normalized: Tensor) -> np.ndarray:
    """(n, f + classes) float32: last features beside logits, in eval mode, of normalized images."""
    import torch

    with torch.no_grad():
        parts = [network.features(one) for one in normalized.split(256)]
        return torch.cat([torch.cat([z, network.classifier(z)], dim=1) for z in parts]).numpy()
