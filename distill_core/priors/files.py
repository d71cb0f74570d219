"""Priors as files: safetensors with a header that says what they are. Never a pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from .. import store
from ..datasets import RealSet
from ..errors import BadRecord, BadSetting
from ..home import ASSETS, replacing
from .header import Header
from .style import StyleGenerator


def save(network: StyleGenerator, about: Header, file: Path) -> None:
    """Write the generator; its form is read off its tensors."""
    tensors = {name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()}
    save_file(tensors, file, metadata={"prior": json.dumps(about, ensure_ascii=False)})


def find(key: str, real: RealSet, device: torch.device) -> StyleGenerator:
    """Load a prior and check that it makes images of this data set; gradients of its own weights are off."""
    network = opened(_where(key), real)[0].to(device)
    network.spec = f"style@{key}"
    return network


def shipped(data: str, real: RealSet) -> str:
    """Key of the prior that ships for the data set `data`, where it makes the classes of `real`; "" for none."""
    for path in sorted((ASSETS / "priors").glob("*.safetensors")):
        about = header(path)
        if about.get("data") == data and about.get("classes") == list(real.classes):
            return path.stem
    return ""


def check(key: str, real: RealSet) -> None:
    """`BadRecord` where the prior is not there or makes other images, by its header and its shapes: no tensor is read."""
    path = _where(key)
    try:
        with safe_open(str(path), framework="pt") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise BadRecord(f"{path.name} cannot be read ({error}). Delete it, or fetch it again.") from None
    built(path.name, shapes, header(path), real)


def _where(key: str) -> Path:
    path = store.find("prior", key)
    if path is None:
        raise BadRecord(
            f"Prior {key} is neither shipped nor cached. Write prior=style; it is then trained in a stage of its own."
        )
    return path


def opened(path: Path, real: RealSet) -> tuple[StyleGenerator, Header]:
    """A generator from a file, believed in nothing that can be checked, and what its header says.

    Raises:
        BadRecord: for a pickle, a damaged file, another form, another number of classes or another size of images.
    """
    tensors, metadata = read(path)
    about = about_of(path, metadata)
    return fitted(path.name, tensors, about, real), about


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors file and its metadata.

    Raises:
        BadRecord: for a pickle, with how to convert it; for a damaged file, or none.
    """
    if path.suffix != ".safetensors":
        raise BadRecord(
            f"{path.name} is no safetensors file. A pickle (.pkl, .pt, .pth, .bin) can run code when it is opened, so none is. "
            f"Convert it first: distill-studio prior convert {path.name} {path.stem}.safetensors"
        )
    try:
        with safe_open(str(path), framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            return tensors, file.metadata() or {}
    except FileNotFoundError:
        raise BadRecord(f"There is no file {path}.") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise BadRecord(f"{path.name} cannot be read ({error}). Delete it, or fetch it again.") from None


def header(path: Path) -> Header:
    """What a prior's header says; no tensor is read."""
    try:
        with safe_open(str(path), framework="pt") as file:
            return about_of(path, file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise BadRecord(f"{path.name} cannot be read ({error}). Delete it, or fetch it again.") from None


def about_of(path: Path, metadata: Mapping[str, str]) -> Header:
    """The header in a file's metadata; {} where there is none."""
    wrong = f"{path.name} has a header that says nothing: its entry `prior` must be a JSON object."
    try:
        about: Header = json.loads(metadata.get("prior", "{}"))
    except ValueError:
        raise BadRecord(wrong) from None
    if not isinstance(about, dict):
        raise BadRecord(wrong)
    return about


def fitted(name: str, tensors: Mapping[str, Tensor], about: Header, real: RealSet) -> StyleGenerator:
    """The generator with these tensors, which have to fit by name and shape, and be finite."""
    network = built(name, {one: list(tensor.shape) for one, tensor in tensors.items()}, about, real)
    for one, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise BadRecord(
                f"{name} holds numbers that are not finite in {one!r}. Its training failed; train it again."
            )
    network.load_state_dict(dict(tensors))
    return network.eval().requires_grad_(False)


def built(name: str, shapes: Mapping[str, list[int]], about: Header, real: RealSet) -> StyleGenerator:
    """A generator of this form with weights of its own; `BadRecord` where the form makes no images of this data set."""
    constant, embedding, last = (shapes.get(one) for one in ("constant", "embedding", "last"))
    if constant is None or embedding is None or last is None or len(constant) != 3:
        raise BadRecord(
            f"{name} is no generator of ours: it has {', '.join(sorted(shapes)[:4]) or 'no tensors'}, not constant, "
            "embedding, last and the layers. Train one with `distill-studio prior train`."
        )
    if embedding[0] != len(real.classes):
        raise BadRecord(f"{name} makes {embedding[0]} classes, but {real.name} has {len(real.classes)}.")
    given = about.get("classes")
    if isinstance(given, list) and tuple(given) != tuple(real.classes):
        raise BadRecord(f"{name} makes the classes {given[:8]}, but {real.name} has {list(real.classes)[:8]}.")
    try:
        network = StyleGenerator(real.channels, real.size, len(real.classes), width=constant[0])
    except BadSetting as error:
        raise BadRecord(f"{name} cannot be used for {real.name}: {error}") from None
    wanted = network.state_dict()
    for one, right in wanted.items():
        if shapes.get(one) != list(right.shape):
            has = f"with shape {shapes[one]}" if one in shapes else "not at all"
            shape = f"{real.channels}×{real.size}×{real.size}"
            raise BadRecord(
                f"{name} holds {one!r} {has}; a generator of {shape} images has {list(right.shape)}. "
                "Choose the data set and size it was trained on."
            )
    if more := sorted(shapes.keys() - wanted.keys()):
        raise BadRecord(f"{name} holds {len(more)} tensors that a generator of ours has not, such as {more[0]!r}.")
    return network


def adopt(path: Path, real: RealSet) -> str:
    """Take in somebody's file; returns the key to write after `style@`. It is made of the tensors, not of a recipe."""
    network, about = opened(path, real)
    digest = hashlib.sha256(f"imported {real.fingerprint}".encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode() + tensor.contiguous().numpy().tobytes())
    key = digest.hexdigest()[:16]
    said: Header = {"recipe": about.get("recipe", {}), "data": real.name, "fingerprint": real.fingerprint, "key": key}
    said |= {"classes": list(real.classes), "imported": path.name}
    with replacing(store.path_of("prior", key)) as file:
        save(network, said, file)
    return key
