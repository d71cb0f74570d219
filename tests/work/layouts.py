"""Ten digits (or what is given) as other people's programs write them: small files of each layout."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from distill_core.datasets import RealSet, load

REAL = load("digits:size=8")


def few(real: RealSet = REAL, ipc: int = 1) -> tuple[Tensor, Tensor]:
    """The first real images of every class, slice-major, in [0, 1]."""
    rows = [int(real.per_class(label)[place]) for place in range(ipc) for label in range(len(real.classes))]
    return real.pixels(real.train.images[rows]), real.train.labels[rows]


PIXELS, LABELS = few()
SEEN = REAL.normalize(PIXELS)  # as a network sees them


def picture(pixels: Tensor, form: str = "PNG") -> bytes:
    levels = (pixels * 255).round().byte().permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(levels[..., 0] if levels.shape[2] == 1 else levels).save(file, form, quality=95)
    return file.getvalue()


def folders(root: Path, name: Callable[[int, int], str], form: str = "PNG") -> Path:
    for at, label in enumerate(LABELS.tolist()):
        file = root / name(label, at // 10)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(PIXELS[at], form))
    return root


def saved(root: Path, **files: object) -> Path:
    """`images__pt=…` → images.pt"""
    root.mkdir(parents=True, exist_ok=True)
    for name, what in files.items():
        torch.save(what, root / name.replace("__", "."))
    return root


def parquet(
    path: Path, image: str = "image", label: str = "label", names: tuple[str, ...] = (), plain: bool = False
) -> Path:
    rows = [picture(one) if plain else {"bytes": picture(one), "path": None} for one in PIXELS]
    table = pyarrow.table({image: rows, label: LABELS.tolist()})
    if names:
        said = {"info": {"features": {label: {"names": list(names), "_type": "ClassLabel"}}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(said)})
    pyarrow.parquet.write_table(table, path)
    return path


def grid(root: Path) -> Path:
    saved(root, labels_best__pt=LABELS)
    (root / "images_best.png").write_bytes(picture(make_grid(PIXELS, nrow=5)[:1]))
    return root


def kip(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    np.savez(root / "kip.npz", images=PIXELS.permute(0, 2, 3, 1).numpy(), labels=np.eye(10)[LABELS] - 0.1)
    return root / "kip.npz"


def mosaic() -> tuple[Tensor, Tensor]:
    """Each of ten images holds four: two by two of half the size."""
    small = torch.nn.functional.interpolate(PIXELS, scale_factor=0.5)
    return torch.cat([torch.cat([small, small], 3)] * 2, 2), LABELS


SOFT = torch.nn.functional.one_hot(LABELS, 10) * 3.0 + 0.1 * torch.arange(10)
SCORES = {"ConvNet": [np.float64(0.5), np.float64(0.6)]}  # DC keeps accuracies as NumPy's numbers

# name → what makes it in a folder, and which row reads it
LAYOUTS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "DC": ("dc", lambda at: saved(at, res_DC_digits_ConvNet_1ipc__pt={"data": [[SEEN * 0, LABELS], [SEEN, LABELS]], "accs_all_exps": SCORES})),
    "DM": ("dc", lambda at: saved(at, res_DM_digits_ConvNet_1ipc__pt={"data": [[SEEN, LABELS]], "accs_all_exps": {}}) / "res_DM_digits_ConvNet_1ipc.pt"),
    "MTT best": ("pair", lambda at: saved(at, images_best__pt=SEEN, labels_best__pt=LABELS, images_0__pt=SEEN * 0, labels_0__pt=LABELS)),
    "MTT last": ("pair", lambda at: saved(at, images_500__pt=SEEN * 0, labels_500__pt=LABELS, images_5000__pt=SEEN, labels_5000__pt=LABELS)),
    "MTT zca": ("pair", lambda at: saved(at, images_zca_50__pt=PIXELS, labels_50__pt=LABELS) / "images_zca_50.pt"),
    "DATM": ("pair", lambda at: saved(at, images_best__pt=SEEN, labels_best__pt=SOFT, lr_best__pt=torch.tensor(0.02))),
    "DD-Ranking": ("pair", lambda at: saved(at, images__pt=SEEN, labels__pt=SOFT, lr__pt=0.03)),
    "DC-BENCH random": ("pair", lambda at: saved(at, digits_IPC1_normalize_images__pt=SEEN, digits_IPC1_normalize_labels__pt=LABELS)),
    "DC-BENCH TM": ("split", lambda at: saved(at, images_best_0__pt=SEEN[:5], images_best_1__pt=SEEN[5:], labels_best_0__pt=LABELS[:5], labels_best_1__pt=LABELS[5:])),
    "KIP": ("kip", kip),
    "ssnl": ("ssnl", lambda at: saved(at, results__pth=[(SEEN * 0, LABELS, torch.tensor(0.1)), (SEEN, LABELS, torch.tensor(0.02))])),
    "SRe2L": ("sre2l", lambda at: folders(at, lambda c, i: f"new{c:03d}/class{c:03d}_id{i:03d}.png")),
    "SRe2L IN-21K": ("sre2l", lambda at: folders(at, lambda c, i: f"new{c:05d}/class{c:05d}_id{i:05d}.png")),
    "UFC": ("sre2l", lambda at: folders(at, lambda c, i: f"new{c:03d}/class{c:03d}_model{i:03d}_id{i:03d}.png")),
    "RDED": ("rded", lambda at: folders(at, lambda c, i: f"{c:05d}/class{c:05d}_id{i:05d}.png")),
    "BPS": ("bps", lambda at: folders(at, lambda c, i: f"{c:03d}_{REAL.classes[c]}/cluster{i}_idx{i + 7}.png")),
    "NCFM": ("ncfm", lambda at: saved(at / "distilled_data", data_100__pt=[REAL.normalize(mosaic()[0]), LABELS])),
    "CIM": ("cim", lambda at: saved(at, data__pt={"dataset": "digits", "data": mosaic()[0], "label": LABELS})),
    "LGM": ("lgm", lambda at: saved(at, data__pth={"images": PIXELS, "labels": LABELS})),
    "H-GLaD": ("grid", grid),
    "rethinkdc": ("parquet", lambda at: parquet(at / "train.parquet", label="class_id")),
    "CIFAR's columns": ("parquet", lambda at: parquet(at / "train.parquet", image="img", plain=True)),
    "hub": ("parquet", lambda at: parquet(at / "train.parquet", names=REAL.classes)),
    "plain": ("pair", lambda at: saved(at, images__pt=torch.nn.Parameter(SEEN), labels__pt=LABELS)),
    "image folder": ("classes", lambda at: folders(at, lambda c, i: f"digit {REAL.classes[c]}"[-1:] + f"/{i}.png")),
}  # fmt: skip
