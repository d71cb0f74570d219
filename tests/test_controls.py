"""The contract of controls: whatever a method shows at its defaults changes the set or the scores when it is moved.

A field marked `cost` changes the time or the memory alone: there the set must stay. A new method is covered by being listed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch

from distill_core.errors import BadSetting
from distill_core.fields import Field, Plain, active
from distill_core.job import Job
from distill_core.method import Method
from distill_core.methods import registry
from distill_core.part import fields_of, settings_of
from distill_core.record.folder import RunFolder
from distill_core.results import Pictures
from distill_core.run import whole
from tests.methods.tiny import NETWORK, drain, fitting, small

# What is too small to be seen in a few tiny steps: rates at which candidates get worse, two looks at a network with a
# training between them, experts that go on after the last start. And pixels that only get worse, statistics that weigh.
ENOUGH: dict[str, Plain] = {"looks": 6, "lr_f": 3.0, "lr_w": 0.3, "outer": 2, "train_epochs": 6, "last_start": 3}
WAYS = (ENOUGH, {**ENOUGH, "last.lr_img": 300.0, "mean_weight": 1.0, "variance_weight": 1.0})
TEXTS: dict[str, list[Plain]] = {  # other values of what is written, by the last word of the name
    "backbones": ["teacher"],
    "by": ["teacher"],
    "layer": ["latent", "pixels"],
    "network": [NETWORK, NETWORK.replace("depth=1", "depth=2")],
    "prior": ["untrained:width=4"],
    "protocol": ["hard", "sre2l", "dwa"],
    "run": ["given"],
}


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """One home for all: teachers, statistics, experts and priors are made once; `given` is a run that has ended."""
    folder = Path(tempfile.mkdtemp())
    asked = job_of(registry()["random"](), False).model_copy(update={"seed": 11})
    given = RunFolder(
        RunFolder.create(folder, "random", {}, asked.model_dump(mode="json")).path.rename(folder / "runs" / "given")
    )
    drain(registry()["random"]().distill(asked))[1].save(given.path / "set.safetensors")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", list(registry()))
def test_every_control_that_is_shown_acts(name, home, shared, monkeypatch):
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(shared))
    kind = registry()[name]
    usual, worse = (Tried(usual_of(kind, way)) for way in WAYS)
    shown = active(fields_of(kind), settings_of(usual.method))
    moving = [field for field in shown if not field.get("cost")]
    silent = [field["name"] for field in moving if not acts(usual, field) and not acts(worse, field)]
    assert not silent, f"{name} shows controls that do nothing: {', '.join(silent)}"
    usual = Tried(small(kind))  # at usual rates: large ones blow the rounding up
    for field in (field for field in shown if field.get("cost")):
        found = [outcome(made, False).images for made in others(usual.method, field)]
        alike = [torch.allclose(one, usual.at(False).images, atol=1.01 / 255) for one in found]
        assert alike and all(alike), f"{field['name']} changes the set"


class Outcome:
    """The set, and the scores of a student that was trained for a moment where they are asked for."""

    def __init__(self, result: Pictures, scores: list[object]):
        result = Pictures.of(result)
        self.images, self.soft, self.scores = result.images, result.soft_labels, scores
        self.stages, self.dense = result.stages, result.dense

    def differs(self, other: Outcome) -> bool:
        """Whether the pictures, the labels that are stored, or the scores are others."""
        if not torch.equal(self.images, other.images) or (self.scores, self.stages) != (other.scores, other.stages):
            return True
        if self.dense is not None and other.dense is not None:
            mine, others = self.dense, other.dense
            if (
                mine.said() != others.said()
                or mine.bytes != others.bytes
                or not torch.equal(mine.labels, others.labels)
            ):
                return True
        if self.soft is None or other.soft is None:
            return self.soft is not other.soft
        return not torch.equal(self.soft, other.soft)


class Tried:
    """A method, and what came of it without and with a student."""

    def __init__(self, method: Method):
        self.method, self._found = method, dict[bool, Outcome]()

    def at(self, students: bool) -> Outcome:
        if students not in self._found:
            self._found[students] = outcome(self.method, students)
        return self._found[students]


def usual_of(kind: type[Method], way: Mapping[str, Plain]) -> Method:
    """The method at its defaults, small, with steps that are seen in a few of them."""
    names = [field["name"] for field in active(fields_of(kind), settings_of(small(kind)))]
    return small(kind, **{path: value for end, value in way.items() for path in names if path.endswith("." + end)})


def acts(usual: Tried, field: Field) -> bool:
    """Whether one of a few other values changes something: the set, else what a student makes of it."""
    made = list(others(usual.method, field))
    return any(outcome(one, students).differs(usual.at(students)) for students in (False, True) for one in made)


def outcome(method: Method, students: bool) -> Outcome:
    asked = job_of(method, students)
    events, result = drain(whole(method, asked) if students else method.distill(asked))
    scores = [(e.subject, e.protocol, e.labels, e.accuracy) for e in events if e.kind == "scored"]
    return Outcome(result, [one for one in scores if one[0] == "distilled"])


def job_of(method: Method, students: bool) -> Job:
    return fitting(method, students=int(students), epochs=3)


def others(usual: Method, field: Field) -> Iterator[Method]:
    """The method with the field at other values; those that cannot be, or that refuse the job, are passed over."""
    kept = settings_of(usual)
    for value in values(field, kept[field["name"]]):
        try:
            moved = moved_to(type(usual), kept, field, value)
            if moved != usual and moved.why_not(job_of(usual, False)) is None:
                yield moved
        except BadSetting:
            continue


def moved_to(kind: type[Method], kept: dict[str, Plain], field: Field, value: Plain) -> Method:
    """A part that was not chosen before comes small as well; everything else stays."""
    if not field.get("part"):
        return kind.build({**kept, field["name"]: value})
    below = field["name"] + "."
    rest = {path: one for path, one in kept.items() if not path.startswith(below)}
    return small(kind, **{**rest, field["name"]: value})


def values(field: Field, now: Plain) -> list[Plain]:
    """A few other values, the cheap ones first."""
    if field["type"] == "choice":
        return [one for one in field["choices"] if one != now]
    if field["type"] == "bool":
        return [not now]
    if field["type"] == "text":
        return [one for one in TEXTS.get(field["name"].rpartition(".")[2], []) if one != now]
    assert isinstance(now, int | float)
    least, most = field["minimum"], field["maximum"]
    wanted = [now / 2, now * 2]
    wanted += [] if least is None or field["exclusive_minimum"] else [least]
    wanted += [now * 50, 0.1, 0.5] if field["type"] == "float" else [1]
    wanted = [int(one) if field["type"] == "int" else float(one) for one in wanted]
    fits = [one for one in wanted if one != now and (least is None or one >= least) and (most is None or one <= most)]
    return list(dict.fromkeys(fits))


def test_a_control_without_effect_would_be_seen(home):
    """The check itself: a field that nothing reads is found."""
    from distill_core.part import knob

    class Deaf(registry()["random"]):  # type: ignore[misc]
        unread: int = knob(1, "Unread", "Nothing looks at it.", ge=0, le=9)

    (field,) = (one for one in fields_of(Deaf) if one["name"] == "unread")
    assert not acts(Tried(Deaf()), field)
