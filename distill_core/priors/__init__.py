"""Generators that can be cut between layers; pixels are the simplest prior.

By name: `style:width=32` (ours, trained on these data with the recipe for them; found or trained in a stage of its own), `style@<key>` (a
file that was trained or imported), `stylegan-xl@<key>`, `stylegan2@<key>`, `biggan@<key>`, `autoencoder@<key>` (somebody else's
generator, imported from a file), `untrained:width=32` (the same with random weights, a control), `pixels` (no generator).
"""

from __future__ import annotations

from typing import Any

import torch

from .. import store
from ..datasets import RealSet
from ..errors import BadSetting, nearest
from ..method import Stream, stage
from ..spec import parse, weights
from .prior import Cut, Identity, Prior
from .style import StyleGenerator, cuts_of

__all__ = ["Cut", "Identity", "Prior", "cuts_for", "is_at_hand", "prior_of"]

OPTIONS = {"style": ("width", "steps", "sharpen"), "untrained": ("width",), "pixels": ()}
FOREIGN = ("stylegan-xl", "stylegan2", "biggan", "autoencoder")
OPTIONS |= dict.fromkeys(FOREIGN, ())
LEAST, MOST = {"width": 4, "steps": 1, "sharpen": 0}, {"width": 512, "steps": 1_000_000, "sharpen": 1_000_000}


def checked(spec: str) -> tuple[str, dict[str, Any]]:
    """Name and options; `BadSetting` with a sentence for what there is not."""
    name, options = parse(spec)
    if name not in OPTIONS:
        raise BadSetting(
            f"There is no prior called {name!r}.{nearest(name, list(OPTIONS))} There are {', '.join(OPTIONS)}."
        )
    for option, value in options.items():
        if option not in OPTIONS[name]:
            have = f"It has {', '.join(OPTIONS[name])}." if OPTIONS[name] else "It has no options."
            raise BadSetting(f"{name} has no option {option!r}.{nearest(option, OPTIONS[name])} {have}")
        if not isinstance(value, int) or not LEAST[option] <= value <= MOST[option]:
            raise BadSetting(
                f"{name}:{option}={value} cannot work: choose a whole number from {LEAST[option]} to {MOST[option]:,}."
            )
    if weights(spec) and name != "style" and name not in FOREIGN:
        raise BadSetting(
            f"{spec!r} cannot work: only style and imported generators can name a file. Write style@{weights(spec)}."
        )
    if name in FOREIGN and not weights(spec):
        raise BadSetting(f"{name} needs a file: distill-studio prior import FILE --data NAME says what to write.")
    return name, options


def cuts_for(spec: str, channels: int, size: int) -> tuple[Cut, ...]:
    """The layers that a search can stop at, without loading or training anything."""
    name, options = checked(spec)
    if name == "pixels":
        return Identity(channels, size, 1).cuts
    if name in FOREIGN:
        from .shelf import cuts

        return cuts(weights(spec), name, channels, size)
    return cuts_of(size, options.get("width", 32))


def prior_of(spec: str, real: RealSet, seed: int, device: torch.device) -> Stream[Prior]:
    """The prior, in eval mode and with gradients of its own weights off; trained first where the name asks for that.

    Args:
        seed: of the weights of an untrained one. A trained one has the seed of its recipe, so that runs share it.
    """
    name, options = checked(spec)
    shape = real.channels, real.size, len(real.classes)
    if name == "pixels":
        return Identity(*shape)
    if name == "untrained":
        network = StyleGenerator(*shape, width=options.get("width", 32), seed=seed)
        return network.to(device).eval().requires_grad_(False)
    if name in FOREIGN:
        from . import shelf

        return shelf.find(weights(spec), name, real, device)
    from .files import find
    from .recipes import recommended
    from .train import trained

    if key := weights(spec):
        return find(key, real, device)
    recipe = recommended(real.name, **options)
    return (yield from stage("prior", trained(real, recipe, device), recipe.steps + recipe.sharpen))


def is_at_hand(spec: str, real: RealSet) -> bool:
    """Whether `prior_of` need not train it first."""
    name, options = checked(spec)
    if name != "style" or weights(spec):
        return True
    from .recipes import recommended
    from .train import prior_key

    return store.find("prior", prior_key(real, recommended(real.name, **options))) is not None
