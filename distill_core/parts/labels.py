"""The labels that students learn from, and what each kind takes: `plain_labels.py` and `stored_labels.py` have the kinds."""

from __future__ import annotations

from typing import Annotated

from pydantic import ValidationError

from ..errors import BadSetting, nearest
from ..job import explain
from ..part import choice, kind_of, kinds_of
from ..results import Result
from ..spec import parse
from .plain_labels import HardLabels, LiveTeacher, StaticLabels
from .stored_labels import PrunedLabels, RefinedLabels, SoftHardSoft, StoredEpochs

__all__ = ["AnyLabels", "HardLabels", "LiveTeacher", "StaticLabels", "labels_of", "relabelled"]

AnyLabels = Annotated[
    LiveTeacher | StaticLabels | HardLabels | StoredEpochs | PrunedLabels | SoftHardSoft | RefinedLabels,
    choice(
        "Labels",
        "Made by the teacher at every update of a student, made by it once and kept, or the class alone.",
        source="arXiv 2306.13092 and 2408.06927",
    ),
]


def labels_of(spec: str) -> HardLabels:
    """`hard`, `stored:stored=4,top=10`, `refined:refine=0.2` → the part; `BadSetting` with a sentence."""
    said, known = parse(spec), {kind_of(one): one for one in kinds_of(AnyLabels)}
    if said.name not in known:
        raise BadSetting(
            f"There are no labels called {said.name!r}.{nearest(said.name, list(known))} Known: {', '.join(known)}."
        )
    try:
        return known[said.name](**said.options)  # type: ignore[return-value]
    except ValidationError as error:
        raise explain(error, [name for name in known[said.name].model_fields if name != "kind"]) from None


def relabelled(result: Result, labels: HardLabels) -> Result:
    """A finished set that is to be scored under other labels. What they take is reckoned when it is known under which protocol."""
    return result.with_(dial=labels.asked(), stored_bytes=0)
