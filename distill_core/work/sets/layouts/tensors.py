"""Layouts whose images are tensors in a file: matching methods and their kin."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from torch import Tensor

from ....errors import BadRecord
from ..place import Place, described
from ..raw import Layout, Raw, images_of, labels_of, rate_of

FILE = r"(?:.*/)?[^/]*\.(?:pt|pth)"


def _single(place: Place) -> tuple[str, object]:
    """The tensor file that was named, or the only one of a folder with what it holds."""
    name = place.one(FILE)
    if not name or (not place.chosen and len(place.all(FILE)) > 1):
        return "", None
    return name, place.loaded(name)


# ── DC and its kin: {'data': [[images, labels], …], 'accs_all_exps': …} ───────────────────────────────────────────


def _is_dc(place: Place) -> bool:
    name = place.one(r"(?:.*/)?res_[^/]*\.pt") or _single(place)[0]
    found = place.loaded(name) if name else None
    return isinstance(found, dict) and isinstance(found.get("data"), list)


def _take_dc(place: Place) -> Raw:
    name = place.one(r"(?:.*/)?res_[^/]*\.pt") or _single(place)[0]
    found = place.loaded(name)
    assert isinstance(found, dict)
    looks = f"{name} holds {described(found)}: it looks like DC's or DM's"
    data = found["data"]
    if not data:
        raise BadRecord(
            f"{looks}, but its 'data' is empty: no experiment was finished. Bring a file of a finished one."
        )
    last = data[-1]
    if not isinstance(last, list | tuple) or len(last) != 2:
        raise BadRecord(f"{looks}, but the last entry of its 'data' is {described(last)}; [images, labels] was wanted.")
    notes = (f"The last of {len(data)} experiments was taken.",) if len(data) > 1 else ()
    own = "dc" if re.search(r"res_DC_", name) else ""
    return Raw(images_of(last[0], name), labels_of(last[1], name), (name,), protocol=own, notes=notes)


# ── KIP: arrays, images NHWC, labels one-hot − 1/C ───────────────────────────────────────────────────────────────


def _npz(place: Place) -> str:
    name = place.one(r"(?:.*/)?[^/]*\.npz")
    found = place.loaded(name) if name else None
    return name if isinstance(found, dict) and {"images", "labels"} <= found.keys() else ""


def _take_npz(place: Place) -> Raw:
    name = _npz(place)
    found = place.loaded(name)
    assert isinstance(found, dict)
    return Raw(images_of(found["images"], name), labels_of(found["labels"], name), (name,))


# ── ssnl's results.pth: one entry per step ───────────────────────────────────────────────────────────────────────


def _is_ssnl(place: Place) -> bool:
    name = place.one(r"(?:.*/)?results\.pth")
    found = place.loaded(name) if name else None
    return isinstance(found, list | tuple) and bool(found) and isinstance(found[-1], list | tuple)


def _take_ssnl(place: Place) -> Raw:
    name = place.one(r"(?:.*/)?results\.pth")
    steps = place.loaded(name)
    assert isinstance(steps, list | tuple)
    last = steps[-1]
    if len(last) < 2:
        raise BadRecord(f"The last step in {name} is {described(last)}; images, labels and a rate were wanted.")
    notes = (f"The last of {len(steps)} steps was taken, as DC-BENCH takes it; its students saw all of them in turn.",)
    rate = rate_of(last[2], name) if len(last) > 2 and isinstance(last[2], Tensor) else None
    return Raw(
        images_of(last[0], name), labels_of(last[1], name), (name,), rate=rate, notes=notes if len(steps) > 1 else ()
    )


# ── [images, labels] and dicts of both ───────────────────────────────────────────────────────────────────────────


def _listed(place: Place) -> tuple[str, list[object] | tuple[object, ...]]:
    name = place.one(r"(?:.*/)?data_[^/]*\.pt") or _single(place)[0]
    found = place.loaded(name) if name else None
    both = isinstance(found, list | tuple) and len(found) == 2 and all(isinstance(one, Tensor) for one in found)
    return (name, found) if both and isinstance(found, list | tuple) else ("", ())


def _take_listed(place: Place) -> Raw:
    name, (images, labels) = _listed(place)
    return _mosaic(Raw(images_of(images, name), labels_of(labels, name), (name,), factor=2))


def _keyed(place: Place, images: str, labels: str) -> tuple[str, dict[str, object]]:
    name, found = _single(place)
    if not name and (main := place.one(r"(?:.*/)?data\.(?:pt|pth)")):
        name, found = main, place.loaded(main)
    fits = isinstance(found, dict) and isinstance(found.get(images), Tensor) and labels in found
    return (name, found) if fits and isinstance(found, dict) else ("", {})


def _take_cim(place: Place) -> Raw:
    name, found = _keyed(place, "data", "label")
    raw = Raw(images_of(found["data"], name), labels_of(found["label"], name), (name,), factor=2)
    return _mosaic(raw)


def _take_lgm(place: Place) -> Raw:
    name, found = _keyed(place, "images", "labels")
    return Raw(images_of(found["images"], name), labels_of(found["labels"], name), (name,))


def _mosaic(raw: Raw) -> Raw:
    """The factor that these programs decode with is not in the file."""
    said = f"Each image is read as a mosaic of 2×2 smaller ones, as its program decodes it; the factor is not in {PurePosixPath(raw.files[0]).name}."
    return Raw(raw.images, raw.labels, raw.files, factor=raw.factor, notes=(*raw.notes, said))


DC = Layout(
    "dc", "res_METHOD_DATA_….pt, a dict with 'data' (DC, DSA, DM, GLaD)", "DC, DSA, DM, GLaD, DC-BENCH",
    _is_dc, _take_dc, ("normalized-2023", "normalized"), protocol="dsa",
)  # fmt: skip
KIP = Layout(
    "kip", "an .npz with images (NHWC) and labels (KIP)", "KIP, DC-BENCH",
    lambda place: bool(_npz(place)), _take_npz, ("zca-kip", "zca"), labels="centred",
)  # fmt: skip
SSNL = Layout(
    "ssnl", "results.pth, a list of steps (Dataset Distillation)", "the first Dataset Distillation (1811.10959)",
    _is_ssnl, _take_ssnl, ("normalized",), protocol="dc",
)  # fmt: skip
NCFM = Layout(
    "ncfm", "data_….pt, a list [images, labels] (NCFM)", "NCFM",
    lambda place: bool(_listed(place)[0]), _take_listed, ("normalized",), protocol="dsa",
)  # fmt: skip
CIM = Layout(
    "cim", "data.pt, a dict with 'data' and 'label' (CIM)", "CIM",
    lambda place: bool(_keyed(place, "data", "label")[0]), _take_cim, ("unit",), protocol="dsa",
)  # fmt: skip
LGM = Layout(
    "lgm", "data.pth, a dict with 'images' and 'labels' (LGM)", "LGM",
    lambda place: bool(_keyed(place, "images", "labels")[0]), _take_lgm, ("unit",),
)  # fmt: skip
