"""One right set in every layout that is read, and a table of what can be wrong with it: each breaks one thing."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from distill_core.results import Pictures
from distill_core.work import sets
from tests.work import layouts
from tests.work.layouts import LABELS, PIXELS, REAL, SOFT, mosaic, saved

Writer = Callable[[Path, Any, Any], Path]


def ours() -> Pictures:
    """The right set as one of our own, with soft labels and ids."""
    about = {"method": "dm", "job": {"data": REAL.name, "seed": 1}, "data": REAL.name}
    ids = torch.arange(10) + 5
    return Pictures(
        PIXELS, LABELS, REAL.classes, REAL.mean, REAL.std, soft_labels=SOFT, protocol="static", ids=ids, about=about
    )


# ── tensors: (folder, images, labels) → what is brought ───────────────────────────────────────────────────────────


def _array(given: Any) -> np.ndarray:
    if isinstance(given, Tensor) and given.dtype == torch.bfloat16:
        given = given.float()
    return given.numpy() if isinstance(given, Tensor) else np.array(given)


def _npy(at: Path, images: Any, labels: Any) -> Path:
    at.mkdir(parents=True, exist_ok=True)
    np.save(at / "images.npy", _array(images))
    np.save(at / "labels.npy", _array(labels))
    return at


def _npz(at: Path, images: Any, labels: Any) -> Path:
    at.mkdir(parents=True, exist_ok=True)
    np.savez(at / "set.npz", images=_array(images), labels=_array(labels))
    return at / "set.npz"


def _split(at: Path, images: Any, labels: Any) -> Path:
    whole = {"labels_best__pt": labels} | {"images_best_0__pt": images[:5], "images_best_1__pt": images[5:]}
    return saved(at, **whole)


def _card(at: Path, images: Any, labels: Any) -> Path:
    sets.write(ours().with_(soft_labels=None, ids=torch.arange(10)), "pt", at)
    return saved(at, images__pt=images, labels__pt=labels)


def _safetensors(at: Path, images: Any, labels: Any) -> Path:
    return resaved(at, {"images": images, "labels": labels})


TENSORS: dict[str, Writer] = {
    "pair": lambda at, images, labels: saved(at, images__pt=images, labels__pt=labels),
    "dc": lambda at, images, labels: saved(at, res_DM_x__pt={"data": [[images, labels]], "accs_all_exps": {}}),
    "npy": _npy,
    "kip": _npz,
    "split": _split,
    "ssnl": lambda at, images, labels: saved(at, results__pth=[(images, labels, torch.tensor(0.02))]),
    "lgm": lambda at, images, labels: saved(at, data__pth={"images": images, "labels": labels}),
    "ncfm": lambda at, images, labels: saved(at, data_1__pt=[images, labels]),
    "cim": lambda at, images, labels: saved(at, data__pt={"dataset": "digits", "data": images, "label": labels}),
    "ours as pt": _card,
    "ours": _safetensors,
}
MOSAICS = ("ncfm", "cim")  # whose images are decoded: not compared


def right_images(name: str) -> Tensor:
    return mosaic()[0] if name in MOSAICS else PIXELS


def _spoiled(given: Tensor, value: float) -> Tensor:
    given = given.clone().float()
    given.view(-1)[3] = value
    return given


IMAGES: dict[str, Callable[[Tensor], Any]] = {
    "as they are": lambda x: x,
    "without channels": lambda x: x[:, 0],
    "channels last": lambda x: x.permute(0, 2, 3, 1).contiguous(),
    "flat": lambda x: x.flatten(1),
    "one number each": lambda x: x.flatten(1)[:, 0],
    "one number": lambda x: torch.tensor(0.5),
    "five dimensions": lambda x: x[None],
    "no channel": lambda x: x[:, :0],
    "two channels": lambda x: x.repeat(1, 2, 1, 1),
    "three channels": lambda x: x.repeat(1, 3, 1, 1),
    "four channels": lambda x: x.repeat(1, 4, 1, 1),
    "five channels": lambda x: x.repeat(1, 5, 1, 1),
    "none": lambda x: x[:0],
    "of no height": lambda x: x[:, :, :0],
    "of one pixel": lambda x: x[:, :, :1, :1],
    "wide": lambda x: x.repeat(1, 1, 1, 2),
    "one too many": lambda x: torch.cat([x, x[:1]]),
    "half": lambda x: x.half(),
    "bfloat16": lambda x: x.bfloat16(),
    "double": lambda x: x.double(),
    "huge doubles": lambda x: x.double() * 1e300,
    "complex": lambda x: x.to(torch.complex64),
    "whole": lambda x: (x * 255).round().long(),
    "bytes": lambda x: (x * 255).round().byte(),
    "yes and no": lambda x: x > 0.5,
    "NaN": lambda x: _spoiled(x, float("nan")),
    "infinite": lambda x: _spoiled(x, float("inf")),
    "far outside": lambda x: _spoiled(x, 1e30),
    "all the same": lambda x: x * 0,
    "of another stride": lambda x: x.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2),
    "claims": lambda x: x[:1].expand(len(x), -1, -1, -1),
    "a list": lambda x: x.tolist(),
}
LABELS_OF: dict[str, Callable[[Tensor], Any]] = {
    "negative": lambda y: y - 1,
    "fractional": lambda y: y + 0.5,
    "huge": lambda y: y + 2**40,
    "hugest": lambda y: y + (2**62),
    "huge floats": lambda y: y.double() + 1e30,
    "of no class": lambda y: y + 1,
    "too few": lambda y: y[:4],
    "too many": lambda y: torch.cat([y, y]),
    "none": lambda y: y[:0],
    "one number": lambda y: torch.tensor(3),
    "a column": lambda y: y[:, None],
    "two columns": lambda y: torch.stack([y, y], 1),
    "three columns of floats": lambda y: torch.rand(len(y), 3),
    "no column": lambda y: torch.zeros(len(y), 0),
    "three dimensions": lambda y: y[:, None, None].repeat(1, 2, 2),
    "one-hot": lambda y: torch.nn.functional.one_hot(y, 10).float(),
    "one-hot bytes": lambda y: torch.nn.functional.one_hot(y, 10).byte(),
    "logits": lambda y: SOFT,
    "half logits": lambda y: SOFT.half(),
    "double logits": lambda y: SOFT.double(),
    "infinite logits": lambda y: _spoiled(SOFT, float("-inf")),
    "complex": lambda y: y.to(torch.complex64),
    "NaN": lambda y: _spoiled(y, float("nan")),
    "floats": lambda y: y.float(),
    "half": lambda y: y.half(),
    "int32": lambda y: y.int(),
    "bytes": lambda y: y.byte(),
    "yes and no": lambda y: y > 4,
    "a list": lambda y: y.tolist(),
    "words": lambda y: [str(one) for one in y.tolist()],
    "lists of other lengths": lambda y: [[1, 2], [3]],
    "a dict": lambda y: {0: y},
    "nothing": lambda y: None,
    "all of one class": lambda y: y * 0 + 3,
}


# ── our own forms: a header, a card, a table ──────────────────────────────────────────────────────────────────────


def resaved(
    at: Path, tensors: dict[str, Any] | None = None, header: dict[str, Any] | None = None, text: str = ""
) -> Path:
    """Our set with other tensors (None takes one away) or another header."""
    at.mkdir(parents=True, exist_ok=True)
    path = at / "set.safetensors"
    ours().save(path)
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        said = json.loads(file.metadata()["distill_studio"])
    found = {**load_file(path), **(tensors or {})}
    kept = {name: one.contiguous() for name, one in found.items() if isinstance(one, Tensor)}
    said = {name: one for name, one in {**said, **(header or {})}.items() if one is not ABSENT}
    save_file(kept, path, metadata={"distill_studio": text or json.dumps(said)})
    return path


class Absent:
    """What is left out; its name is the same in every process that collects these cases."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()
DEEP = "[" * 100_000 + "]" * 100_000
HEADERS: dict[str, dict[str, Any]] = {
    f"{field} {value!r:.40}": {field: value}
    for field, values in {
        "classes": (3, "abc", [], ["a"] * 3, list(range(10)), [None] * 10, {"a": 1}, [["a"]] * 10, None, ABSENT),
        "mean": (0.5, [], ["x"], [0.1, 0.2], [float("nan")], [1e999], None, ABSENT, [None]),
        "std": ([0.0], [-1.0], "x", [0.1, 0.2], [float("inf")], ABSENT),
        "stages": (3, ["a"], [-1], [1.5], [20], [3, 3], None, ABSENT, {"a": 1}),
        "protocol": (3, None, [], {}, "", "no such protocol", ABSENT),
        "teacher": (3, None, [], "../../x", ABSENT),
        "about": (3, None, [], "x", {"job": 3}, {"method": [1]}, {"settings": 5}, {"brought": 3}, {"method": "../x"}, {"job": {"data": 3}}, ABSENT,
                  {"brought": {"notes": 5}}, {"brought": {"notes": [3]}}, {"settings": {"a": float("nan")}}, {"job": {"ipc": "x"}}),
        "dial": (3, [], {"labels": 3}, {"nonsense": 1}, {"labels": "nothing"}, {"labels": "stored", "stored": 3}),
        "stored_bytes": ("x", -1, [], 1e999, 2.5),
        "packed": (0, -1, "x", [], 3.5, 1e999, None),
        "kind": (3, [], None, "generated", "factored", {}),
        "format": ("x", [], None, -1, 99, 1e999),
        "dense": (3, [], {}, {"across": 2}),
    }.items()
    for value in values
}  # fmt: skip
MORE: dict[str, dict[str, Any]] = {  # other tensors in our file
    "ids too few": {"ids": torch.arange(3)},
    "ids of two dimensions": {"ids": torch.zeros(10, 2).long()},
    "ids of floats": {"ids": torch.arange(10) + 0.5},
    "ids twice": {"ids": torch.zeros(10).long()},
    "ids negative": {"ids": -torch.arange(10)},
    "soft labels too few": {"soft_labels": SOFT[:4]},
    "soft labels of other classes": {"soft_labels": SOFT[:, :4]},
    "soft labels of one dimension": {"soft_labels": SOFT[:, 0]},
    "soft labels in halves": {"soft_labels": SOFT.half()},
    "soft labels in doubles": {"soft_labels": SOFT.double()},
    "soft labels that are whole": {"soft_labels": SOFT.long()},
    "soft labels with NaN": {"soft_labels": SOFT * float("nan")},
    "no images": {"images": None},
    "no labels": {"labels": None},
    "dense labels nobody speaks of": {"dense_labels": torch.zeros(3)},
}


def listing(at: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    """Our folder of PNG with another labels.json."""
    sets.write(ours(), "png", at)
    said = json.loads((at / "labels.json").read_text())
    changed = change(said)
    (at / "labels.json").write_text(
        changed if isinstance(changed, str) else json.dumps(said if changed is None else changed)
    )
    return at


def _row(**values: Any) -> Callable[[dict[str, Any]], None]:
    def change(said: dict[str, Any]) -> None:
        row = said["images"][2]
        said["images"][2] = {name: one for name, one in {**row, **values}.items() if one is not ABSENT}

    return change


def _with(change: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in {**said, **change}.items() if one is not ABSENT}


LISTINGS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a list": lambda said: [said],
    "a number": lambda said: 3,
    "no JSON": lambda said: "{",
    "deep": lambda said: DEEP,
    "no rows": lambda said: {**said, "images": []},
    "rows of numbers": lambda said: {**said, "images": [1, 2]},
    "no images": lambda said: {name: one for name, one in said.items() if name != "images"},
    "a label of words": _row(label="three"),
    "a label below 0": _row(label=-1),
    "a label and a half": _row(label=1.5),
    "a huge label": _row(label=10**30),
    "no label": _row(label=ABSENT),
    "no file": _row(file=ABSENT),
    "a file that is a number": _row(file=3),
    "a file elsewhere": _row(file="../../etc/passwd"),
    "an id of words": _row(id="x"),
    "one id missing": _row(id=ABSENT),
    "a huge id": _row(id=10**30),
    "soft labels too few": lambda said: {**said, "soft_labels": said["soft_labels"][:3]},
    "soft labels of other lengths": lambda said: {**said, "soft_labels": [[1.0], [1.0, 2.0]]},
    "soft labels of words": lambda said: {**said, "soft_labels": "x"},
    **{f"card: {name}": partial(_with, change)
       for name, change in HEADERS.items() if not name.startswith(("kind", "format", "packed", "stored", "dial"))},
}  # fmt: skip


def table(at: Path, **columns: Any) -> Path:
    """Our parquet file with other columns; None takes one away."""
    at.mkdir(parents=True, exist_ok=True)
    path = at / "set.parquet"
    sets.write(ours(), "parquet", path)
    found = pyarrow.parquet.read_table(path)
    kept = {name: found[name].to_pylist() for name in found.column_names} | columns
    new = pyarrow.table({name: one for name, one in kept.items() if one is not None})
    pyarrow.parquet.write_table(new.replace_schema_metadata(found.schema.metadata), path)
    return path


TABLES: dict[str, dict[str, Any]] = {
    "no label": {"label": None},
    "no image": {"image": None},
    "labels of words": {"label": list("abcdefghij")},
    "labels and a half": {"label": [one + 0.5 for one in range(10)]},
    "labels below 0": {"label": [-1] * 10},
    "huge labels": {"label": [2**62] * 10},
    "labels missing": {"label": [None, *range(9)]},
    "lists of labels": {"label": [[1, 2]] * 10},
    "images of words": {"image": ["x"] * 10},
    "images missing": {"image": [None] * 10},
    "images without bytes": {"image": [{"path": "a.png"}] * 10},
    "images that are none": {"image": [{"bytes": b"x"}] * 10},
    "ids of words": {"id": list("abcdefghij")},
    "ids missing": {"id": [None] * 10},
    "ids and a half": {"id": [0.5] * 10},
    "soft labels of words": {"soft_label": ["x"] * 10},
    "soft labels missing": {"soft_label": [None] * 10},
    "soft labels of other classes": {"soft_label": [[1.0, 2.0]] * 10},
    "soft labels of other lengths": {"soft_label": [[1.0]] * 9 + [[1.0, 2.0]]},
}


# ── bytes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def right(name: str, at: Path) -> Path:
    """The right set in a layout: ours in four forms, everybody else's by `layouts`."""
    if name == "ours":
        return resaved(at)
    if name in ("ours as png", "ours as pt"):
        return sets.write(ours(), name.removeprefix("ours as "), at)
    if name == "ours as parquet":
        return table(at)
    if name == "zipped":
        sets.write(ours(), "png", at / "inner")
        with zipfile.ZipFile(at / "set.zip", "w") as archive:
            for file in sorted((at / "inner").rglob("*.*")):
                archive.write(file, file.relative_to(at / "inner"))
        return at / "set.zip"
    at.mkdir(parents=True)
    return layouts.LAYOUTS[name][1](at)


RIGHT = ("ours", "ours as png", "ours as pt", "ours as parquet", "zipped", *layouts.LAYOUTS)


def damage(file: Path, how: int, draw: np.random.Generator) -> None:
    """Cut a file short, empty it, or change some of its bytes."""
    data = bytearray(file.read_bytes())
    if how == 0:
        data = data[: int(draw.integers(len(data) + 1))]
    elif how == 1:
        for at in draw.integers(len(data), size=3) if data else ():
            data[at] = int(draw.integers(256))
    elif how == 2:
        data = data[: len(data) // 2] + data[: len(data) // 2]
    else:
        data = bytearray(csv_bytes())
    file.write_bytes(bytes(data))


def csv_bytes() -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(["not", "what", "was", "there"])
    return text.getvalue().encode()
