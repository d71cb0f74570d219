"""A set as a folder of state tensors: images.pt, labels.pt and a card."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import torch
from torch import Tensor

from ...errors import BadRecord
from ...results import Pictures
from .card import assembled, card_of

MOST_BYTES = 4 << 30  # of a file of tensors


def write(result: Pictures, path: Path, *, normalized: bool = False) -> None:
    path.mkdir(parents=True, exist_ok=True)
    mean, std = (torch.tensor(one).view(1, -1, 1, 1) for one in (result.mean, result.std))
    torch.save((result.images - mean) / std if normalized else result.images.clone(), path / "images.pt")
    torch.save(result.labels.clone(), path / "labels.pt")
    if result.soft_labels is not None:
        torch.save(result.soft_labels.clone(), path / "soft_labels.pt")
    card = {**card_of(result), "normalized": normalized}
    (path / "card.json").write_text(json.dumps(card, ensure_ascii=False, indent=1), encoding="utf-8")
    how = (
        "(pixels - mean) / std, with the mean and std in card.json"
        if normalized
        else "pixels in [0, 1], not normalized"
    )
    text = f"images.pt: {tuple(result.images.shape)} float32, {how}.\nlabels.pt: {tuple(result.labels.shape)} int64.\n"
    (path / "README.txt").write_text(text + "Load them with torch.load(path, weights_only=True).\n", encoding="utf-8")


def load_tensor(path: Path) -> Tensor:
    """One tensor from a .pt file; anything else in it is refused, and nothing in it is run."""
    if path.stat().st_size > MOST_BYTES:
        raise BadRecord(f"{path.name} has {path.stat().st_size >> 20} MB, more than {MOST_BYTES >> 20} MB.")
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST_BYTES:
                raise BadRecord(f"{path.name} unpacks to more than {MOST_BYTES >> 20} MB.")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 (unpickling errors, torch's own, and whatever a damaged file causes)
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise BadRecord(f"{path.name} holds more than tensors, or is damaged; it was not loaded ({reason}).") from None
    if not isinstance(found, Tensor):
        raise BadRecord(f"{path.name} holds a {type(found).__name__}; one tensor was wanted.")
    return found


def fits(path: Path) -> bool:
    return path.suffix == ".pt" or (path.is_dir() and (path / "images.pt").exists())


def read(path: Path, data: str) -> Pictures:
    """The folder, or the images in it."""
    folder, images_path = (path, path / "images.pt") if path.is_dir() else (path.parent, path)
    card = {}
    if (folder / "card.json").exists():
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    if not (folder / "labels.pt").exists():
        raise BadRecord("there is no labels.pt beside images.pt.")
    images, labels = load_tensor(images_path), load_tensor(folder / "labels.pt").long()
    images = images.float() / 255 if images.dtype == torch.uint8 else images.detach().float()
    soft = load_tensor(folder / "soft_labels.pt").float() if (folder / "soft_labels.pt").exists() else None
    outside = images.numel() > 0 and (float(images.min()) < -0.01 or float(images.max()) > 1.01)
    if not card.get("normalized", outside):
        return assembled(images.clamp(0, 1), labels, card, data, soft_labels=soft)
    if not data and not card.get("mean"):
        raise BadRecord(
            "its images are normalized, but nothing says with which mean and std. Name the data set: --data NAME."
        )
    found = assembled(images, labels, card, data, soft_labels=soft)
    mean, std = (torch.tensor(one).view(1, -1, 1, 1) for one in (found.mean, found.std))
    return found.with_(images=(images * std + mean).clamp(0, 1))
