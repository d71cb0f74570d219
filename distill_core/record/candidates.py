"""The candidates that a search through several layers has left in its run: images of each layer at several steps. No torch.

Read from what any such run records: synthetic `images` whose `space` is the layer; before the images that a layer was left
with, the scalar `step-kept`; and its loss, at reports or, once the layer is done, as parts `loss-by-step`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..errors import BadRecord
from .folder import RunFolder
from .lines import ImagesLine, Line
from .log import Timeline

FEWEST = 3  # candidates below which no order can be compared


@dataclass(frozen=True)
class Candidate:
    """Images of one layer at one step; `roles` are entry, middle, kept, last."""

    layer: str
    step: int
    roles: tuple[str, ...]
    loss: float | None
    record: ImagesLine = field(repr=False)  # the `images` record that shows it

    @property
    def name(self) -> str:
        return f"{self.layer}, step {self.step}"


def candidates(folder: RunFolder, each: int = 4) -> list[Candidate]:
    """The candidates of a run, at most `each` of a layer: the kept one first, then entry, last, and middles evenly spaced.

    Raises:
        BadRecord: the run shows images of fewer than two layers, or fewer than three candidates.
    """
    layers = _layers(Timeline.all(folder))
    found = [one for shown in layers.values() for one in _chosen(shown, each)]
    if len(layers) < 2 or len(found) < FEWEST:
        raise BadRecord(
            f"Run {folder.id!r} shows images of {len(layers)} {'layer' if len(layers) == 1 else 'layers'} and "
            f"{len(found)} candidates; two layers and {FEWEST} candidates are needed to compare their order. "
            "Choose a run that searches through the layers of a generator."
        )
    return found


def _layers(records: Iterable[Line]) -> dict[str, list[Candidate]]:
    """By layer, in the order in which the search came to it: what it was left with carries the role `kept`."""
    records = list(records)
    shown = [one for one in records if one["kind"] == "images" and one.get("source", "synthetic") == "synthetic"]
    own = set(shown[-1]["ids"]) if shown else set()  # a prior that is trained first shows samples with other ids
    found: dict[str, dict[tuple[int, str], Candidate]] = {}
    losses: dict[str, dict[int, float]] = {}  # by layer and step
    said: dict[int, float] = {}  # since the last images: they follow what is said of them
    kept: int | None = None
    for one in records:
        if one["kind"] == "stage":
            said, kept = {}, None
        elif one["kind"] == "scalars":
            if (loss := one["values"].get("loss")) is not None:
                said[one["step"]] = loss
            if (step := one["values"].get("step-kept")) is not None:
                kept = int(step)
        elif one["kind"] == "parts" and one["name"] == "loss-by-step":
            said |= {int(step): value for step, value in one["values"].items() if value is not None}
        elif one["kind"] == "images" and one.get("source", "synthetic") == "synthetic" and set(one["ids"]) == own:
            layer, step = one["space"], one["step"] if kept is None else kept
            losses.setdefault(layer, {}).update(said)
            role = "" if kept is None else "kept"
            repeated = any(one["step"] == other.record["step"] for other in found.get(layer, {}).values())
            if not repeated:  # the end of a run shows its best images once more
                found.setdefault(layer, {})[step, role] = Candidate(layer, step, (role,) if role else (), None, one)
            said, kept = {}, None
    return {
        layer: [replace(one, loss=losses[layer].get(one.step)) for one in shown.values()]
        for layer, shown in found.items()
    }


def _chosen(shown: list[Candidate], each: int) -> list[Candidate]:
    """At most `each` of a layer's candidates, in order of their steps, with what they are."""
    left_with = next((one for one in shown if one.roles), None)
    path = sorted((one for one in shown if not one.roles), key=lambda one: one.step)
    if not path:
        return [left_with] if left_with else []
    room = each - (left_with is not None)
    first, last, between = path[0], path[-1], [*path[1:-1]]
    taken = [replace(first, roles=("entry",))][: max(0, room)]
    taken += [replace(last, roles=("last",))][: max(0, room - 1)] if last is not first else []
    count = max(0, min(room - len(taken), len(between)))
    places = [round((i + 1) * (len(between) + 1) / (count + 1)) - 1 for i in range(count)]
    taken += [replace(between[at], roles=("middle",)) for at in dict.fromkeys(places)]
    taken += [left_with] if left_with else []
    return sorted(taken, key=lambda one: (one.step, one.roles))
