"""Networks with the weights that torchvision publishes for ImageNet-1K: `resnet18:stem=torchvision@torchvision`.

Nothing is downloaded here: the file is asked for, with where it goes and the line that makes it. It is one safetensors file
under torchvision's own names, never a pickle; before it teaches it has to know the data set's validation images.
"""

from __future__ import annotations

from pathlib import Path

import torch

from .. import store
from ..datasets import RealSet
from ..datasets.constants import IMAGENET
from ..errors import BadRecord, BadSetting, MissingWeights
from ..home import studio_home
from ..networks import build
from ..spec import parse
from .adopt import keep, key_of, tensors_of
from .teacher import Teacher, find_teacher, same_constants
from .tensor_names import library_names, model_name

LIBRARY = "torchvision"  # what follows @
VERSION = "IMAGENET1K_V1"  # the weights of which the papers' code speaks
CLASSES = 1000


def library_name(spec: str) -> str:
    """What torchvision calls the network; `BadSetting` where it has no weights for it."""
    asked = parse(spec)
    if asked.options.get("stem") != LIBRARY or asked.options.get("norm", "batch") != "batch":
        raise BadSetting(
            f"{spec} cannot have torchvision's weights: they fit its networks as they are. "
            f"Write {asked.name}:stem={LIBRARY}@{LIBRARY}, or leave out @{LIBRARY} and one is trained."
        )
    return model_name(spec)


def place(spec: str) -> Path:
    """Where the file belongs."""
    return studio_home() / "weights" / f"{LIBRARY}-{library_name(spec)}.safetensors"


def missing(network: str) -> str | None:
    """What to do where a network asks for torchvision's weights and they are not here, or None."""
    asked = parse(network)
    if asked.weights != LIBRARY:
        return None
    spec = network.partition("@")[0]
    if (path := place(spec)).is_file():
        return None
    made = f"get_model('{library_name(spec)}', weights='{VERSION}').state_dict()"
    return (
        f"{network} asks for the weights that torchvision publishes for ImageNet-1K, and they are not here. Put them at {path}: "
        f'mkdir -p {path.parent} && python -c "from torchvision.models import get_model; from safetensors.torch import save_file; '
        f"save_file({made}, '{path}')\". Or import a teacher of your own and write {spec}@ with its key, or leave out @{LIBRARY} "
        "and one is trained."
    )


def published(network: str, spec: str, real: RealSet, device: torch.device) -> Teacher:
    """The network with torchvision's weights, checked on these data and kept under a key of its own.

    Raises `MissingWeights` where the file is not there; `BadSetting` or `BadRecord` where it does not fit the data.
    """
    if sentence := missing(network):
        raise MissingWeights(sentence)
    path = place(spec)
    if len(real.classes) != CLASSES:
        raise BadSetting(
            f"{network} tells the {CLASSES:,} classes of ImageNet-1K apart, but {real.name} has {len(real.classes)}. Import a teacher "
            f"of your own and write {spec}@ with its key, or leave out @{LIBRARY} and one is trained."
        )
    if not all(same_constants(given, want) for given, want in zip((real.mean, real.std), IMAGENET, strict=True)):
        raise BadSetting(
            f"{network} was trained with ImageNet's mean and s.d., but {real.name} is normalized with {list(real.mean)} and "
            f"{list(real.std)}. Load the images as folder:constants=imagenet:PATH."
        )
    tensors = as_ours(spec, tensors_of(path), real)
    key = key_of(spec, tensors, real)
    if store.find("teacher", key):
        return find_teacher(key, real, device)
    return keep(path.name, spec, tensors, real, recipe={"published": f"{LIBRARY} {VERSION}"}, device=device)


def as_ours(spec: str, tensors: dict[str, torch.Tensor], real: RealSet) -> dict[str, torch.Tensor]:
    """torchvision's tensors under our names: both networks hold the same modules in the same order."""
    theirs = library_names(spec)
    if missed := [name for name in theirs if name not in tensors]:
        raise BadRecord(f"{place(spec).name} has no tensor {missed[0]!r}. Make it again as the sentence about it says.")
    ours = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=0).state_dict()
    return {mine: tensors[name] for mine, name in zip(ours, theirs, strict=True)}
