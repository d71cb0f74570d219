"""Imported generators as files of ours: what form a file has, how it is taken in, and how it is found again.

The cache holds `prior-<key>.safetensors`: the generator's tensors, and a header that names its form, its layers with their
shapes, the size and channels of its images, the classes of the data set it was imported for, and which of the generator's
classes each of those is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from .. import store
from ..datasets import RealSet
from ..errors import BadRecord, BadSetting
from ..home import replacing
from . import autoencoder, biggan, files, stylegan2, stylegan3
from .header import Config, Header
from .imported import Imported
from .prior import Cut

FORMS: dict[str, tuple[str, type[Imported]]] = {  # the tensor that gives a form away, and what is built from it
    "stylegan-xl": (stylegan3.SIGN, stylegan3.StyleGAN3),
    "stylegan2": (stylegan2.SIGN, stylegan2.StyleGAN2),
    "biggan": (biggan.SIGN, biggan.BigGAN),
    "autoencoder": (autoencoder.SIGN, autoencoder.Autoencoder),
}
OURS = ("constant", "embedding", "last")


def recognized(name: str, tensors: Mapping[str, Tensor], form: str = "") -> str:
    """The form of these tensors.

    Raises:
        BadRecord: for an architecture that none of them is; or another one than was said.
    """
    found = "style" if all(key in tensors for key in OURS) else ""
    found = found or next((one for one, (sign, _) in FORMS.items() if sign in tensors), "")
    if not found:
        signs = "; ".join(f"{one} has {sign}" for one, (sign, _) in FORMS.items())
        raise BadRecord(
            f"{name} is no generator that can be read: it has {', '.join(sorted(tensors)[:4]) or 'no tensors'}. "
            f"A file of ours has {', '.join(OURS)}; {signs}."
        )
    if form and form != found:
        raise BadRecord(f"{name} is said to be {form}, but its tensors are those of {found}. Leave --form out.")
    return found


def class_map(name: str, own: int, real: RealSet, given: Sequence[int] | None) -> list[int]:
    """The generator's class of each class of the data set; equal counts map one to one.

    Raises:
        BadSetting: for another count, or a class that the generator does not have.
    """
    count = len(real.classes)
    if not own:
        if given is not None:
            raise BadSetting(f"{name} knows no classes. Leave --classes out.")
        return [0] * count
    if given is None:
        if own != count:
            raise BadSetting(
                f"{name} makes {own} classes, but {real.name} has {count}. Say which of its classes are meant, in the order "
                f"of {', '.join(real.classes[:3])}, …: --classes 0,217,482,…"
            )
        return list(range(count))
    if len(given) != count:
        raise BadSetting(f"--classes names {len(given)} classes, but {real.name} has {count}.")
    if wrong := [one for one in given if not 0 <= one < own]:
        raise BadSetting(f"{name} has no class {wrong[0]}: they go from 0 to {own - 1}.")
    return list(given)


def fits(name: str, prior: Imported, real: RealSet) -> Imported:
    """`BadRecord` where the generator makes other images."""
    if (prior.channels, prior.size) != (real.channels, real.size):
        raise BadRecord(_makes(name, prior.channels, prior.size, real.name, real.channels, real.size))
    return prior


def _makes(name: str, channels: int, size: int, data: str, wanted: int, side: int) -> str:
    return (
        f"{name} makes images of {channels}×{size}×{size}, but {data} has {wanted}×{side}×{side}. "
        f"Choose a data set of {'RGB' if channels == 3 else 'gray'} images at {size} pixels, such as NAME:size={size}."
    )


def adopt(
    path: Path, real: RealSet, form: str = "", classes: Sequence[int] | None = None, truncation: float = 1.0
) -> str:
    """Take in somebody's file; returns what to write as a method's prior.

    Args:
        classes: the generator's class for each class of the data set.
        truncation: of BigGAN's latents.
    """
    tensors, metadata = files.read(path)
    found = recognized(path.name, tensors, form)
    told = files.about_of(path, metadata)  # of a file from another home
    same = told.get("classes") == list(real.classes)
    if truncation != 1 and found != "biggan":
        raise BadSetting(f"truncation is BigGAN's, and {path.name} is {found}. Leave it out.")
    if found == "style":
        if classes is not None:
            raise BadSetting(f"{path.name} is ours and makes the data set's own classes. Leave --classes out.")
        return f"style@{files.adopt(path, real)}"
    config = told.get("config") or _config(path, metadata)
    about: Header = {"form": found, "config": config, "size": real.size, "channels": real.channels}
    if found == "biggan":
        about["truncation"] = told.get("truncation", 1.0) if truncation == 1 else truncation
    if found == "autoencoder":
        if autoencoder.STARTS in tensors and not same:
            raise BadRecord(
                f"{path.name} holds latents of {told.get('data')}. Import the original file for {real.name}."
            )
        tensors = autoencoder.prepared(path.name, tensors, about, real)
    everything = torch.zeros(len(real.classes), dtype=torch.int64)
    prior = fits(path.name, FORMS[found][1].built(path.name, tensors, about, everything), real)
    own = prior.plan.classes
    which = class_map(path.name, own, real, told.get("which") if own and same and classes is None else classes)
    about |= {"data": real.name, "fingerprint": real.fingerprint, "classes": list(real.classes), "which": which}
    about |= {"recipe": {}, "imported": path.name, "cuts": [(cut.name, *cut.shape) for cut in prior.cuts]}
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for key, tensor in sorted(tensors.items()):
        digest.update(key.encode() + tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    key = digest.hexdigest()[:16]
    with replacing(store.path_of("prior", key)) as file:
        save_file({k: t.contiguous() for k, t in tensors.items()}, file, {"prior": json.dumps({**about, "key": key})})
    return f"{found}@{key}"


def _config(path: Path, metadata: Mapping[str, str]) -> Config:
    """What the file's own header, or a config.json beside it, says of its form; {} where there is none."""
    beside = path.with_name("config.json")
    try:
        text = metadata.get("config") or (beside.read_text(encoding="utf-8") if beside.is_file() else "{}")
        found: Config = json.loads(text)
    except (OSError, ValueError) as error:
        raise BadRecord(f"{beside.name} beside {path.name} cannot be read ({error}).") from None
    return found if isinstance(found, dict) else Config()


def find(key: str, form: str, real: RealSet, device: torch.device) -> Imported:
    """Load an imported generator and check that it makes images of this data set."""
    path, about = check(key, form, real)
    tensors, _ = files.read(path)
    which = torch.tensor(about["which"], dtype=torch.int64)
    prior = FORMS[form][1].built(path.name, tensors, about, which)
    prior.spec = f"{form}@{key}"
    if own := prior.plan.classes:
        class_map(prior.spec, own, real, about["which"])
    if prior.cuts != cuts(key, form, real.channels, real.size):
        raise BadRecord(f"{path.name} has a header that says other layers than its tensors. Import the original again.")
    return fits(prior.spec, prior, real).to(device)


def check(key: str, form: str, real: RealSet) -> tuple[Path, Header]:
    """What `header` says, and that the generator was imported for classes like these; no tensor is read."""
    path, about = header(key, form, real.channels, real.size)
    if about.get("classes") != list(real.classes):
        raise BadRecord(f"{form}@{key} was imported for {about.get('data')}. Import it again with --data {real.name}.")
    return path, about


def cuts(key: str, form: str, channels: int, size: int) -> tuple[Cut, ...]:
    """The layers that the header names; nothing is built and no tensor is read."""
    rows = header(key, form, channels, size)[1]["cuts"]
    return tuple(Cut(name, (c, h, w)) for name, c, h, w in rows)


def header(key: str, form: str, channels: int, size: int) -> tuple[Path, Header]:
    """Where the generator lies and what its header says; `BadSetting` for one that is not there or makes other images."""
    path = store.find("prior", key)
    if path is None:
        raise BadSetting(
            f"There is no imported generator {key}. Import it: distill-studio prior import FILE --data NAME."
        )
    about = files.header(path)
    if about.get("form", "style") != form:
        raise BadSetting(f"{key} is not {form}. Write {about.get('form', 'style')}@{key}.")
    if missing := [one for one in ("channels", "size", "cuts", "classes", "which") if not about.get(one)]:
        raise BadRecord(
            f"{path.name} has a header that says nothing of its {', '.join(missing)}. Import the original again."
        )
    if (about["channels"], about["size"]) != (channels, size):
        raise BadSetting(_makes(f"{form}@{key}", about["channels"], about["size"], "the data set", channels, size))
    return path, about
