"""A set as other people's programs expect it: DC's file, DD-Ranking's folder, the SRe2L family's folder of pictures.

Each is read back by its program's own documented way; what its layout has no place for comes back as sentences.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ...errors import BadSetting
from ...evaluation.protocols import find
from ...results import Pictures
from .pictures import png

JPEG = 75  # Pillow's usual quality, with which the released programs save
SHADE = 1e-3  # of a level: what n / 255 may lack of n when it is multiplied again


def dc(result: Pictures, path: Path) -> list[str]:
    """`{'data': [[images, labels]], 'accs_all_exps': {}}`, images normalized; read with `torch.load(path)['data'][-1]`."""
    data = {"data": [[_normalized(result), result.labels.clone()]], "accs_all_exps": {}}
    torch.save(data, path)
    return [_means(result), *_left(result, "DC's file holds classes only", soft=True)]


def dc_name(result: Pictures) -> str:
    """`res_DM_digits_ConvNet_1ipc.pt`: what DC calls its file."""
    said = result.about
    data = re.sub(r"[^A-Za-z0-9]+", "-", str(said.get("data") or "data")).strip("-")
    ipc = max(1, int(result.labels.bincount().max()))
    return f"res_{str(said.get('method') or 'SET').upper()}_{data}_ConvNet_{ipc}ipc.pt"


def ddranking(result: Pictures, path: Path) -> list[str]:
    """`images.pt` (normalized), `labels.pt` (logits n×C, or classes) and `lr.pt`."""
    path.mkdir(parents=True, exist_ok=True)
    soft = result.soft_labels
    rate = float(result.about.get("student_lr") or find(result.protocol).lr)
    learned = "learned with the set" if "student_lr" in result.about else f"that of protocol {result.protocol}"
    torch.save(_normalized(result), path / "images.pt")
    torch.save(result.labels.clone() if soft is None else soft.clone(), path / "labels.pt")
    torch.save(torch.tensor(rate), path / "lr.pt")
    return [
        _means(result),
        f"The rate in lr.pt ({rate:g}) is {learned}.",
        *_left(result, "DD-Ranking's files hold one label for each image"),
    ]


def recovered(result: Pictures, path: Path, *, jpeg: bool) -> list[str]:
    """`newNNN/classNNN_idNNN.png` or `.jpg`; read with torchvision's ImageFolder.

    A JPEG is made as the released programs make theirs: values cut to whole levels, not rounded, at Pillow's usual quality.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BadSetting(f"{path} is there and not empty. Name a folder that is new.")
    seen = [0] * len(result.classes)
    for image, label in zip(result.images, result.labels.tolist(), strict=True):
        folder = path / f"new{label:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"class{label:03d}_id{seen[label]:03d}.{'jpg' if jpeg else 'png'}"
        seen[label] += 1
        if jpeg:
            _picture(image).save(file, "JPEG", quality=JPEG)
        else:
            file.write_bytes(png(image))
    lossy = ["A JPEG loses what it does not show: the pictures are not the set's own pixels any more."] if jpeg else []
    names = ", ".join(result.classes[:5]) + (" …" if len(result.classes) > 5 else "")
    said = f"Class names stand nowhere in it; in order they are {names}."
    return [*lossy, said, *_left(result, "The folder holds pictures by class", soft=True)]


def _picture(image: Tensor) -> Image.Image:
    levels = np.floor(image.clamp(0, 1).numpy() * 255 + SHADE).astype(np.uint8)
    return Image.fromarray(levels[0] if len(levels) == 1 else levels.transpose(1, 2, 0))


def _normalized(result: Pictures) -> Tensor:
    mean, std = (torch.tensor(one).view(-1, 1, 1) for one in (result.mean, result.std))
    return ((result.images - mean) / std).contiguous()


def _means(result: Pictures) -> str:
    mean, std = (", ".join(f"{one:.4g}" for one in values) for values in (result.mean, result.std))
    return f"Pixels are normalized with mean {mean} and s.d. {std}: a program that reads them has to use the same."


def _left(result: Pictures, why: str, *, soft: bool = False) -> list[str]:
    """What there is no place for."""
    lacks = {
        "soft labels": soft and result.soft_labels is not None,
        "dense labels": result.dense is not None,
        "the teacher that labels its views": bool(result.teacher),
        "its stages": bool(result.stages),
    }
    left = [name for name, lost in lacks.items() if lost]
    return [f"{why}; left out: {', '.join(left)}."] if left else []
