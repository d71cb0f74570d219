"""A trained teacher and its file: safetensors with a JSON header, never a pickle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from .. import store
from ..datasets import RealSet
from ..datasets.real import Split
from ..errors import BadRecord
from ..networks import Network, build


class Header(TypedDict):
    """What the file of a teacher says of it, as JSON."""

    spec: str
    recipe: object  # how it was trained: that of a `SqueezeRecipe`, or whatever the maker of an imported one says
    data: str
    fingerprint: str
    classes: list[str]
    accuracy: float
    mean: Sequence[float]
    std: Sequence[float]
    key: str
    imported: NotRequired[str]  # the file that it came in
    images: NotRequired[int]  # how many real images it was trained on, where it was trained here
    out_of: NotRequired[str]  # the fingerprint of the whole set, where it was trained on a choice of its images


@dataclass(frozen=True, eq=False)
class Teacher:
    """A trained classifier in eval mode, with gradients off, and what is known of it."""

    network: Network
    key: str
    spec: str
    accuracy: float  # on the real test part, a fraction; measured once after training, never used to choose
    bytes: int
    about: Header


def header(real: RealSet, spec: str, recipe: object, measured: float, key: str) -> Header:
    """What a teacher's file says of it."""
    said: Header = {
        "spec": spec,
        "recipe": recipe,
        "data": real.name,
        "fingerprint": real.fingerprint,
        "classes": list(real.classes),
        "accuracy": measured,
        "mean": real.mean,
        "std": real.std,
        "key": key,
    }
    return {**said, "out_of": real.out_of} if real.out_of else said


def trained_on(about: Header, real: RealSet) -> int | None:
    """How many real images a teacher was trained on; None where nobody says so: one that was imported, or published."""
    if "images" in about:
        return int(about["images"])
    recipe = about["recipe"]
    elsewhere = "imported" in about or not isinstance(recipe, dict) or "epochs" not in recipe
    return None if elsewhere or about["fingerprint"] != real.fingerprint else len(real.train)


def save_teacher(network: nn.Module, about: Header, file: Path) -> None:
    tensors = {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()}
    save_file(tensors, file, metadata={"teacher": json.dumps(about)})


def find_teacher(key: str, real: RealSet, device: torch.device) -> Teacher:
    """A teacher that is at hand; `BadRecord` where it is not, or does not belong to this data set."""
    path = store.find("teacher", key)
    if path is None:
        raise BadRecord(
            f"Teacher {key} is neither shipped nor cached. Run its method again; it trains the teacher first."
        )
    return read_teacher(path, key, real, device)


def read_teacher(path: Path, key: str, real: RealSet, device: torch.device) -> Teacher:
    """Load a teacher and check that it belongs to this data set, this order of classes and these mean and s.d."""
    try:
        with safe_open(str(path), framework="pt") as file:
            about = json.loads((file.metadata() or {})["teacher"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise BadRecord(
            f"Teacher file {path.name} cannot be read ({error}). Delete it; it is trained again when needed."
        ) from None
    known = {about["fingerprint"], about.get("out_of")}  # a choice of the images and the whole belong together
    if not known & {real.fingerprint, real.out_of or real.fingerprint} or tuple(about["classes"]) != real.classes:
        raise BadRecord(
            f"Teacher {key} was trained on {about['data']} with classes {about['classes']}; this run has {real.name} with {list(real.classes)}."
        )
    for name in ("mean", "std"):
        if not same_constants(about[name], getattr(real, name)):
            raise BadRecord(
                f"Teacher {key} was trained with {name} {list(about[name])}; {real.name} has {list(getattr(real, name))}. "
                "Train one for this data set."
            )
    network = build(about["spec"], channels=real.channels, size=real.size, classes=len(real.classes))
    network.load_state_dict(tensors)
    network.key, network.trained_on, network.accuracy = key, trained_on(about, real), float(about["accuracy"])
    network.to(device).eval().requires_grad_(False)
    size = sum(t.numel() * t.element_size() for t in tensors.values())
    return Teacher(network, key, network.spec, float(about["accuracy"]), size, about)


@torch.no_grad()
def accuracy(
    network: nn.Module, real: RealSet, split: Split, device: torch.device, at_most: int | None = None
) -> float:
    """Share of a real split that the network gets right, in eval mode."""
    was, right = network.training, torch.zeros((), device=device)
    network.eval()
    every = max(1, -(-len(split.labels) // at_most)) if at_most else 1  # evenly spaced, whatever the order of the part
    images, labels = split.images[::every], split.labels[::every]
    for part, wanted in zip(images.split(1000), labels.split(1000), strict=True):
        found = network(real.normalize(real.pixels(part.to(device)))).argmax(1)
        right += (found == wanted.to(device)).sum()
    network.train(was)
    return float(right) / max(1, len(labels))


def same_constants(given: Sequence[float], wanted: Sequence[float]) -> bool:
    """Whether means or s.d. per channel are equal, to the four digits that are written down."""
    return len(given) == len(wanted) and all(abs(a - b) < 1e-4 for a, b in zip(given, wanted, strict=True))
