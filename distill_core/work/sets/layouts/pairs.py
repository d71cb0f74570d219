"""Layouts of two files: images and labels beside each other, with the learned rate where there is one."""

from __future__ import annotations

import re

import torch

from ....errors import BadRecord
from ..place import Place
from ..raw import Layout, Raw, images_of, labels_of, rate_of

PAIRS = r"(?P<before>(?:.*/)?(?:[^/]*_)?)images(?P<after>(?:_[^/]*)?)\.(?P<end>pt|npy)"
PARTS = r"(?P<before>(?:.*/)?)images_best_(?P<part>\d+)\.pt"


def _pairs(place: Place) -> list[re.Match[str]]:
    """Every images file that has its labels beside it, the last iteration last; `best` after all of them."""
    found = [one for one in place.all(PAIRS) if place.has(_beside(one, "labels"))]
    return sorted(found, key=lambda one: one["after"] == "_best")


def _beside(one: re.Match[str], what: str) -> str:
    after = one["after"]
    if what == "labels" and after.startswith("_zca"):  # the same iteration in other pixels
        after = after.removeprefix("_zca")
    return f"{one['before']}{what}{after}.{one['end']}"


def _images_named(place: Place) -> bool:
    pattern = r"(?:.*/)?(?:[^/]*_)?images(?:_[^/]*)?\.(?:pt|npy)"
    return bool(re.fullmatch(pattern, place.chosen) if place.chosen else place.all(pattern))


def _take_pair(place: Place) -> Raw:
    pairs = _pairs(place)
    named = re.fullmatch(PAIRS, place.chosen) if place.chosen else None
    if not (named or pairs):
        have = place.all(r"(?:.*/)?(?:[^/]*_)?images(?:_[^/]*)?\.(?:pt|npy)")[0].string
        raise BadRecord(f"{have} is there, but no file of labels ({have.replace('images', 'labels')}) beside it.")
    one = named or _chosen_of(pairs)
    images, labels = one.string, _beside(one, "labels")
    if not place.has(labels):
        raise BadRecord(f"{images} is there, but no file of labels ({labels}) beside it. Put it there.")
    rate = next((name for name in (_beside(one, "lr"), _beside(one, "lrs")) if place.has(name)), "")
    others = [pair.string for pair in pairs if pair.string != images]
    notes = () if place.chosen or not others else (f"{images} was taken; {len(others)} others lie there.",)
    files = (images, labels, *([rate] if rate else []))
    soft = f"{one['before']}soft_labels.pt"
    return Raw(
        images_of(place.tensor(images), images),
        labels_of(place.tensor(labels), labels),
        files,
        soft=place.tensor(soft).float() if place.has(soft) else None,
        rate=rate_of(place.loaded(rate), rate) if rate else None,
        protocol="mtt" if rate or re.fullmatch(r"_(?:best|zca_\d+|\d+)", one["after"]) else "",
        notes=notes,
    )


def _chosen_of(pairs: list[re.Match[str]]) -> re.Match[str]:
    """Of a folder: the one that its program calls best, else plain images.pt, else the last iteration as it was trained."""
    trained = [one for one in pairs if not one["after"].startswith("_zca")] or pairs
    return trained[-1]


# ── DC-BENCH's Tiny-ImageNet set of trajectory matching, in parts ────────────────────────────────────────────────


def _take_split(place: Place) -> Raw:
    parts = place.all(PARTS)
    numbers = [int(one["part"]) for one in parts]
    if numbers != list(range(len(parts))):
        raise BadRecord(
            f"It has the parts {numbers} of images_best; they have to be 0, 1, 2 and so on. Add the missing ones."
        )
    names = [one.string for one in parts]
    labels = [name.replace("images_best_", "labels_best_") for name in names]
    if missing := [name for name in labels if not place.has(name)]:
        whole = f"{parts[0]['before']}labels_best.pt"
        if not place.has(whole):
            raise BadRecord(f"{missing[0]} is missing: every part of the images has its labels beside it.")
        labels = [whole]
    images = torch.cat([images_of(place.tensor(name), name) for name in names])
    found = torch.cat([labels_of(place.tensor(name), name) for name in labels])
    return Raw(images, found, (*names, *labels), notes=(f"{len(names)} parts were put together.",))


SPLIT = Layout(
    "split", "images_best_0.pt, images_best_1.pt, … (DC-BENCH, Tiny-ImageNet)", "DC-BENCH's trajectory matching on Tiny-ImageNet",
    lambda place: len(place.all(PARTS)) > 1 and not re.fullmatch(r".*labels.*", place.chosen), _take_split,
    ("normalized", "imagenet"), protocol="mtt",
)  # fmt: skip
PAIR = Layout(
    "pair", "images….pt and labels….pt, with lr….pt where a rate was learned (MTT, DATM, DD-Ranking, plain)",
    "MTT, DATM, DD-Ranking, DC-BENCH", _images_named, _take_pair, ("normalized", "zca", "unit"),
)  # fmt: skip
