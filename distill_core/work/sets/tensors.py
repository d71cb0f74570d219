"""A set as a folder of state tensors: images.pt, labels.pt and a card."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from ...errors import BadRecord
from ...results import Pictures
from .card import assembled, card_of
from .place import Place
from .raw import images_of, labels_of, single


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


def fits(place: Place) -> bool:
    """Whether it is what `write` wrote: images.pt with our card."""
    return _named(place) and place.has("card.json") and "distill_studio" in place.json("card.json")


def _named(place: Place) -> bool:
    return place.has("images.pt") and place.chosen in ("", "images.pt")


def read(place: Place, data: str) -> Pictures:
    """The folder, or the images in it. What the card says of the pixels holds."""
    card = place.json("card.json")
    if not place.has("labels.pt"):
        raise BadRecord("there is no labels.pt beside images.pt. Put it there.")
    images, said = single(images_of(place.tensor("images.pt"), "images.pt"))
    if images.dtype == torch.uint8:
        images, said = images.float() / 255, "Its pixels are bytes, and were read as n / 255."
    labels = labels_of(place.tensor("labels.pt"), "labels.pt")
    soft = place.tensor("soft_labels.pt").float() if place.has("soft_labels.pt") else None
    found = assembled(images, labels, card, data, soft_labels=soft)
    if said:
        found = found.with_(about={**found.about, "brought": {"notes": [said]}})
    if not card.get("normalized"):
        return found
    mean, std = (torch.tensor(one).view(1, -1, 1, 1) for one in (found.mean, found.std))
    return found.with_(images=(images * std + mean).clamp(0, 1))
