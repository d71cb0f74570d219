"""The finished search that a ranking is about: its candidates, what it matched, and where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import BadSetting
from ..evaluation import ranking as engine
from ..methods import registry
from ..methods.own import method_of
from ..part import Part
from ..parts.objectives import MeanFeatures, Objective
from ..record.asked import Asked
from ..record.candidates import Candidate
from ..record.folder import RunFolder
from ..record.sheets import read_sheet
from ..results import load_result
from ..search.prior import InPrior


def protocol_of(folder: RunFolder, made: Asked) -> str:
    """The protocol of the run's set; of a run without one that of what it matches."""
    path = folder.path / "set.safetensors"
    return load_result(path).protocol if path.is_file() else objective_of(made).students


def objective_of(made: Asked) -> Objective:
    """What the run matches; of a method without an objective, or one that is not here, mean features."""
    return next((one for one in _parts_of(made) if isinstance(one, Objective)), MeanFeatures())


def inside_of(made: Asked) -> InPrior | None:
    """Where the run searched inside a generator, with which one and how; None for any other run."""
    return next((one for one in _parts_of(made) if isinstance(one, InPrior)), None)


def _parts_of(made: Asked) -> list[Part]:
    try:
        kind = method_of(made, registry())
    except BadSetting:  # a method that is not here
        return []
    return list(kind.build(made["settings"], saved=True).parts().values())


def of_walk(folder: RunFolder, one: Candidate) -> engine.Entrant:
    pixels, labels = read_sheet(folder, one.record), np.asarray(one.record["labels"])
    return engine.Entrant(one.name, one.layer, pixels, labels, one.loss, one.step, one.roles)


def without_twins(entrants: list[engine.Entrant]) -> list[engine.Entrant]:
    """One of those with equal pixels: a layer's first images are mostly what the layer before was left with."""
    kept: dict[str, engine.Entrant] = {}
    for one in entrants:
        before = kept.setdefault(one.mark, one)
        if before is not one and one.walk and one.layer == before.layer:
            kept[one.mark] = replace(before, roles=tuple(dict.fromkeys((*before.roles, *one.roles))))
    return list(kept.values())
