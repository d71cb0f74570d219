"""Take in somebody's teacher: a safetensors file, or a dictionary of tensors that torch saved, believed in nothing that can be checked.
Code in a file is never run.

What has to agree: the classes and their order, mean and s.d., the network's tensors by name and shape; and it is asked to
classify the validation part, because a teacher with another class order has the right header and knows nothing, and one with two
classes swapped knows nearly everything. Files with public names of tensors are read by one table (`tensor_names`).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from .. import store
from ..datasets import RealSet
from ..errors import BadRecord, BadSetting, nearest
from ..home import replacing
from ..networks import build, resolve
from ..networks.dictionaries import DICTIONARIES, tensors_in
from .confusion import asked_part, confusion, reordered
from .teacher import Teacher, accuracy, find_teacher, header, same_constants, save_teacher
from .tensor_names import ours

MOST_BYTES = 4 << 30
NEEDED = ("classes", "mean", "std")
BETTER = 0.06  # by so much more right in other pixels, it was trained on these
MISSED = 0.05  # of the stated accuracy: more than this below it, the teacher is refused


def adopt(path: Path, real: RealSet, network: str = "", device: torch.device | None = None) -> Teacher:
    """Check a file and keep it in the home's cache under a key made of its own tensors; returns the teacher.

    Args:
        network: its form, where neither the header nor the card beside it (`x.json` for `x.safetensors`) says `spec`.

    Raises:
        BadRecord: with the sentence that says what does not agree.
    """
    device = device or torch.device("cpu")
    about, tensors = opened(path)
    check_header(path.name, about, real)
    if not (form := str(network or about.get("spec") or "")):
        raise BadRecord(f"{path.name} does not say which network it is. Name it, such as resnet18.")
    spec = resolve(form, channels=real.channels, size=real.size)
    stated, recipe = _stated(path.name, about)
    return keep(path.name, spec, tensors, real, stated=stated, recipe=recipe, device=device)


def _stated(name: str, about: Mapping[str, object]) -> tuple[float | None, Mapping[str, object]]:
    """The accuracy and the recipe that a file states, where it does; refused where they are something else."""
    accuracy, recipe = about.get("accuracy"), about.get("recipe") or {}
    if accuracy is not None and (not isinstance(accuracy, (int, float)) or not 0 <= accuracy <= 1):
        raise BadRecord(
            f"{name} states the accuracy {accuracy!r}; a number from 0 to 1 was wanted. Mend it, or leave it out."
        )
    if not isinstance(recipe, Mapping):
        raise BadRecord(
            f"{name} states the recipe {recipe!r}; names with values were wanted. Mend it, or leave it out."
        )
    return accuracy, recipe


def keep(
    name: str,
    spec: str,
    tensors: Mapping[str, Tensor],
    real: RealSet,
    *,
    stated: object = None,
    recipe: object = None,
    device: torch.device,
) -> Teacher:
    """Put tensors under our names into a network, have it classify, and keep it under a key made of them.

    Args:
        name: of the file, for sentences.
        stated: the accuracy that is claimed, a fraction, where one is.
    """
    built = fitted(name, spec, tensors, real).to(device).eval()
    measured = check_accuracy(name, built, real, stated, device)
    key = key_of(spec, tensors, real)
    said = header(real, spec, recipe or {}, measured, key)
    said["imported"] = name
    with replacing(store.path_of("teacher", key)) as file:
        save_teacher(built, said, file)
    return find_teacher(key, real, device)


def tensors_of(path: Path) -> dict[str, Tensor]:
    """The tensors of a file; `BadRecord` where it cannot be read."""
    return opened(path)[1]


def opened(path: Path) -> tuple[dict[str, object], dict[str, Tensor]]:
    """What a file says of itself and its tensors; the card beside it speaks where the header is silent."""
    if path.suffix not in (".safetensors", *DICTIONARIES):
        raise BadRecord(
            f"{path.name} cannot be read: a file of weights ends in .safetensors, {', '.join(DICTIONARIES)}. Save them with "
            "safetensors.torch.save_file(network.state_dict(), path)."
        )
    if not path.is_file():
        raise BadRecord(f"There is no file {path}.")
    if path.stat().st_size > MOST_BYTES:
        raise BadRecord(f"{path.name} has {path.stat().st_size >> 20:,} MB, more than {MOST_BYTES >> 20:,} MB.")
    said: object = {}
    try:
        if path.suffix in DICTIONARIES:
            tensors = tensors_in(path)
        else:
            with safe_open(str(path), framework="pt") as file:
                said = json.loads((file.metadata() or {}).get("teacher", "{}"))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        beside = path.with_suffix(".json")
        card = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    except (SafetensorError, OSError, ValueError) as error:
        raise BadRecord(f"{path.name} or the card beside it cannot be read ({error}).") from None
    if not isinstance(said, dict) or not isinstance(card, dict):
        raise BadRecord(
            f"{path.name} has a header that says nothing: a JSON object with {', '.join(NEEDED)} is wanted."
        )
    return {**card, **said}, tensors


def check_header(name: str, about: Mapping[str, object], real: RealSet) -> None:
    """Classes in order, mean and s.d., as the file states them against those of the data set."""
    given = {one: said for one in NEEDED if isinstance(said := about.get(one), (list, tuple))}
    absent = [one for one in NEEDED if one not in given]
    if absent:
        raise BadRecord(
            f"{name} does not say its {' and '.join(absent)}. Put them, as JSON lists, into the header's entry `teacher` or "
            f"into a file {Path(name).stem}.json beside it: a teacher with another class order looks like any other."
        )
    _check_classes(name, [str(one) for one in given["classes"]], real)
    for one in ("mean", "std"):
        wanted = getattr(real, one)
        if not all(isinstance(v, (int, float)) for v in given[one]) or not same_constants(given[one], wanted):
            raise BadRecord(
                f"{name} normalizes with {one} {list(given[one])}, but {real.name} with {list(wanted)}. "
                "Train it on images normalized like that; other constants show it other images."
            )


def _check_classes(name: str, given: Sequence[str], real: RealSet) -> None:
    wanted = list(real.classes)
    if list(given) == wanted:
        return
    if len(given) != len(wanted):
        raise BadRecord(f"{name} tells {len(given)} classes apart, but {real.name} has {len(wanted)}.")
    at = next(i for i, (a, b) in enumerate(zip(given, wanted, strict=True)) if a != b)
    if sorted(given) == sorted(wanted):
        raise BadRecord(
            f"{name} has the classes of {real.name} in another order: class {at} is {given[at]!r} there and {wanted[at]!r} "
            "here. Reorder the rows of its last layer, or train it on classes in this order."
        )
    raise BadRecord(f"{name} was trained on other classes: class {at} is {given[at]!r}, in {real.name} {wanted[at]!r}.")


def fitted(name: str, spec: str, tensors: Mapping[str, Tensor], real: RealSet) -> nn.Module:
    """The network with these tensors, which have to fit by name and shape and be finite."""
    try:
        network = build(spec, channels=real.channels, size=real.size, classes=len(real.classes), seed=0)
    except BadSetting as error:
        raise BadRecord(f"{name} cannot be built: {error}") from None
    named = ours(name, tensors, network)
    tensors, wanted = named.tensors, network.state_dict()
    for one in wanted:
        if one not in tensors:
            guess = nearest(one, list(tensors))
            raise BadRecord(
                f"{name} has no tensor {one!r}, which a {spec} has.{guess} Choose the network it was made for."
            )
        if tensors[one].shape != wanted[one].shape:
            given, right = (list(t.shape) for t in (tensors[one], wanted[one]))
            raise BadRecord(
                f"{name} holds {named.was.get(one, one)!r} with shape {given}; a {spec} for {real.name} has {right}. "
                "Choose the network it was made for."
            )
        if not bool(torch.isfinite(tensors[one].double()).all()):
            raise BadRecord(
                f"{name} holds numbers that are not finite in {named.was.get(one, one)!r}. It was damaged, or its training failed."
            )
    if more := sorted(tensors.keys() - wanted.keys()):
        raise BadRecord(f"{name} holds {len(more)} tensors that a {spec} has not, such as {more[0]!r}.")
    network.load_state_dict(dict(tensors))
    return network


def check_accuracy(name: str, network: nn.Module, real: RealSet, stated: object, device: torch.device) -> float:
    """Its accuracy on the test part, a fraction. Refused where it guesses on the validation part, where classes trade names, or where
    it misses what it states."""
    part = real.val if len(real.val) else real.train
    held, n = accuracy(network, real, part, device), len(part)
    chance = float(part.labels.bincount().max()) / n
    _check_pixels(name, network, real, held, device)
    asked = asked_part(real)
    swapped = reordered(confusion(network, real, asked, device), real.classes)
    if held <= chance + 3 * math.sqrt(chance * (1 - chance) / n):
        raise BadRecord(
            f"{name} gets {held:.1%} of {n:,} validation images of {real.name} right, no better than chance ({chance:.1%}). "
            + (
                f"The order of its classes is another one than the header says: {swapped}"
                if swapped
                else "It was not trained, or on other classes; or the order of its classes is another one than the header says; or its "
                "images were normalized or cropped differently."
            )
        )
    if swapped:
        raise BadRecord(
            f"{name} gets {held:.1%} of {n:,} validation images of {real.name} right, but {swapped} Reorder the rows of its last "
            "layer, or the classes in its header."
        )
    measured = accuracy(network, real, real.test, device)
    if isinstance(stated, (int, float)) and measured < stated - MISSED:
        raise BadRecord(
            f"{name} states an accuracy of {stated:.1%}, but gets {measured:.1%} of the test images of {real.name} right. "
            "Some of its classes may be in another order, or its images were normalized differently."
        )
    return measured


def _check_pixels(name: str, network: nn.Module, real: RealSet, held: float, device: torch.device) -> None:
    """Refuse one that knows the images far better in pixels that are normalized otherwise than its header says."""
    middle = (0.5,) * real.channels
    spaces = {"[0, 1]": ((0.0,) * real.channels, (1.0,) * real.channels), "[−1, 1]": (middle, middle)}
    part = real.val if len(real.val) else real.train
    chance = float(part.labels.bincount().max()) / len(part)
    enough = max(held, min(2 * chance, (1 + chance) / 2)) + BETTER  # so that luck is no knowledge
    for title, (mean, std) in spaces.items():
        other = accuracy(network, replace(real, mean=mean, std=std), part, device)
        if other > enough:
            raise BadRecord(
                f"{name} gets {held:.1%} of {len(part):,} validation images of {real.name} right as they are normalized here, and "
                f"{other:.1%} with pixels in {title}: it was trained on these. Train it with mean {list(real.mean)} and std "
                f"{list(real.std)}."
            )


def key_of(spec: str, tensors: Mapping[str, Tensor], real: RealSet) -> str:
    """16 hex digits of what the file holds; never those of a recipe, so that nobody's file passes for a trained teacher."""
    digest = hashlib.sha256(f"imported {spec} {real.fingerprint}".encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
