"""Two methods that only have settings: what the pages' tests choose, fill, move and start."""

from __future__ import annotations

from typing import Annotated, Literal

from distill_core.method import Card, Method, Preset
from distill_core.part import Part, again, choice, knob

ABOUT = {"family": "selection", "paper": "a baseline", "labels": "hard"}


class AsItIs(Part):
    """No adjustment."""

    kind: Literal["none"] = "none"


class Random(Part):
    """A random adjustment."""

    kind: Literal["random"] = "random"
    rho: float = knob(0.1, "Rho", "What rho does.", ge=0)
    noise: float = knob(0.5, "Noise", "What noise does.", ge=0, le=1, live=True)


class Directed(Random):
    """A directed one: another default, and one more setting."""

    kind: Literal["directed"] = "directed"  # type: ignore[assignment]
    rho: float = again(Random, "rho", 0.015)
    noise: float = again(Random, "noise", 0.0)
    turns: int = knob(12, "Turns", "What turns does.", ge=1, le=100)


class RandomReal(Method):
    """Without a setting."""

    card = Card(name="random", title="Random real images", idea="Takes real images.", learns="nothing", **ABOUT)


class Shift(Method):
    """With a setting of every kind, and a part of three kinds."""

    card = Card(
        name="shift",
        title="Shifted weights",
        idea="Shifts.",
        **ABOUT,
        presets=(
            Preset("quick", {"steps": 20, "rho": 0.5}, {"ipc": 5}, "ours"),
            Preset("by chance", {"adjust": "random", "noise": 0.25}, {}, "ours"),
        ),
    )
    steps: int = knob(300, "Steps", "What steps does.", ge=1, le=20_000, source="the paper, table 9")
    lr_img: float = knob(0.1, "Lr_img", "What lr_img does.", gt=0, scale="log", live=True)
    weight: float = knob(1.0, "Weight", "What weight does.", ge=0, le=10, live=True)
    flip: bool = knob(True, "Flip", "What flip does.")
    adjust: Annotated[AsItIs | Random | Directed, choice("Adjust", "What adjust does.")] = Directed()
    start: Literal["real", "noise"] = knob("real", "Start", "What start does.", advanced=True)


class Inside(Part):
    """A search in a generator."""

    prior: str = knob("style", "Prior", "Which generator.")


class Searcher(Method):
    """One that searches in a generator."""

    card = Card(name="searcher", title="A search inside", idea="Searches.", **ABOUT)
    space: Inside = Inside()
