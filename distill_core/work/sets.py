"""A synthetic set for other people's tools, and back: PNG, parquet, state tensors, safetensors.

Reading never runs code from a file: PNG through Pillow, tensors with `weights_only=True`, everything in bounded size.
8-bit forms (PNG, parquet) hold each value rounded to the nearest 1/255; safetensors and `pt` hold the exact floats.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ..errors import BadData, BadRecord, BadSetting, MissingPackage, nearest
from ..results import SyntheticSet

MOST_BYTES = 4 << 30  # of a file of tensors
MOST_PIXELS = 4096 * 4096  # of one picture
PARQUET_LINE = 'pip install "distill-studio[parquet]"'


def write(result: SyntheticSet, form: str, path: Path, *, normalized: bool = False) -> Path:
    """Write a set as `set` (one safetensors), `png` (a zip, or a folder where the name does not end in .zip), `parquet`
    or `pt` (a folder with images.pt, labels.pt and a card). `normalized` writes `pt` images as a student sees them."""
    forms: dict[str, Callable[[], None]] = {
        "set": lambda: result.save(path),
        "png": lambda: _write_png(result, path),
        "parquet": lambda: _write_parquet(result, path),
        "pt": lambda: _write_pt(result, path, normalized),
    }
    if form not in forms:
        raise BadSetting(f"A set cannot be written as {form!r}.{nearest(form, list(forms))} Choose {', '.join(forms)}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        forms[form]()
    except OSError as error:
        raise BadSetting(f"{path} cannot be written ({error.strerror or error}). Choose another place.") from None
    return path


def read(path: Path, *, data: str = "") -> SyntheticSet:
    """Read any of these forms. `data` names the data set whose classes and normalization are meant where the file has none.

    Raises `BadRecord` with a sentence for anything else.
    """
    if not path.exists():
        raise BadRecord(f"There is no file {path}.")
    try:
        if path.suffix == ".safetensors":
            return SyntheticSet.load(path)
        if path.suffix == ".parquet":
            return _read_parquet(path, data)
        if path.suffix == ".pt" or (path.is_dir() and (path / "images.pt").exists()):
            return _read_pt(
                path if path.is_dir() else path.parent, path if path.suffix == ".pt" else path / "images.pt", data
            )
        if path.is_dir() or path.suffix == ".zip":
            return _read_png(path, data)
    except (BadData, OSError, KeyError, TypeError, ValueError) as error:
        raise BadRecord(f"{path.name} holds no synthetic set that can be read: {error}") from None
    raise BadRecord(
        f"{path.name} is none of .safetensors, .zip, .parquet, .pt or a folder of these. Export the set in one of them."
    )


# ── what all forms say beside the images ──────────────────────────────────────────────────────────────────────


def _card(result: SyntheticSet) -> dict[str, Any]:
    said = {"classes": result.classes, "mean": result.mean, "std": result.std, "protocol": result.protocol}
    return {
        "distill_studio": 1,
        **said,
        "stages": result.stages,
        "teacher": result.teacher,
        "about": dict(result.about),
    }


def _assemble(images: Tensor, labels: Tensor, card: dict[str, Any], data: str, **more: Any) -> SyntheticSet:
    """A set from what was read; what the card does not say comes from the data set `data`, else plainly."""
    if images.ndim != 4 or len(images) == 0 or images.shape[1] not in (1, 3) or labels.shape != (len(images),):
        given = f"images {tuple(images.shape)} and labels {tuple(labels.shape)}"
        raise BadRecord(f"It holds {given}; images (n, 1 or 3, h, w) and labels (n,) were wanted.")
    if not bool(torch.isfinite(images).all()) or int(labels.min()) < 0:
        raise BadRecord("It holds numbers that are not finite, or labels below 0.")
    channels = images.shape[1]
    if data and not card.get("classes"):
        from ..datasets import load

        real = load(data)
        card = {"classes": real.classes, "mean": real.mean, "std": real.std, **card}
    classes = tuple(map(str, card.get("classes") or range(int(labels.max()) + 1)))
    mean, std = tuple(card.get("mean") or (0.5,) * channels), tuple(card.get("std") or (0.5,) * channels)
    if len(mean) != channels or len(std) != channels or int(labels.max()) >= len(classes):
        raise BadRecord(
            f"It has {channels} channels and labels up to {int(labels.max())}, but its card says otherwise."
        )
    said: dict[str, Any] = {"stages": tuple(card.get("stages") or ()), "teacher": str(card.get("teacher") or "")}
    said |= {"protocol": str(card.get("protocol") or "hard"), "about": dict(card.get("about") or {})}
    return SyntheticSet(images, labels, classes, mean, std, **said, **more)


# ── PNG ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _png(image: Tensor) -> bytes:
    """(c, h, w) in [0, 1] → the bytes of a lossless PNG."""
    pixels = (image.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
    return file.getvalue()


def _pixels(data: bytes, name: str) -> Tensor:
    """The bytes of a picture → (c, h, w) float32 in [0, 1], c 1 or 3."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise BadRecord(f"{name} has {opened.width}×{opened.height} pixels, more than is taken.")
            pixels = np.array(opened.convert("L" if opened.mode in ("1", "L", "I;16") else "RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadRecord(f"{name} is no picture that can be read ({error}).") from None
    return torch.from_numpy(pixels.reshape(*pixels.shape[:2], -1)).permute(2, 0, 1).float() / 255


def _png_files(result: SyntheticSet) -> Iterator[tuple[str, bytes]]:
    """One sub-folder per class, labels as JSON and CSV, a card."""
    names = [f"{label:03d}_{re.sub(r'[^A-Za-z0-9-]+', '-', name)[:40]}" for label, name in enumerate(result.classes)]
    rows = []
    assert result.ids is not None
    for i, (label, one) in enumerate(zip(result.labels.tolist(), result.ids.tolist(), strict=True)):
        rows.append({"file": f"{names[label]}/{i:06d}.png", "label": label, "id": one})
        yield rows[-1]["file"], _png(result.images[i])
    soft = None if result.soft_labels is None else result.soft_labels.tolist()
    yield (
        "labels.json",
        json.dumps({**_card(result), "images": rows, "soft_labels": soft}, ensure_ascii=False, indent=1).encode(),
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "label", "class", *([f"logit_{name}" for name in result.classes] if soft else [])])
    writer.writerows(
        [r["file"], r["label"], result.classes[r["label"]], *(soft[i] if soft else [])] for i, r in enumerate(rows)
    )
    yield "labels.csv", text.getvalue().encode()


def _write_png(result: SyntheticSet, path: Path) -> None:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name, data in _png_files(result):
                archive.writestr(name, data)
        return
    for name, data in _png_files(result):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)


def _read_png(path: Path, data: str) -> SyntheticSet:
    from ..datasets.tree import opened

    with opened(path) as tree:
        files = {entry.path: entry for entry in tree.entries}
        if "labels.json" not in files:
            raise BadRecord(
                "it has no labels.json, which says the label of each picture. Bring it in as a data set instead."
            )
        card = json.loads(tree.read(files["labels.json"]))
        rows = card["images"]
        absent = [row["file"] for row in rows if row["file"] not in files]
        if absent:
            raise BadRecord(f"labels.json names {absent[0]!r}, which is not there.")
        images = [_pixels(tree.read(files[row["file"]]), row["file"]) for row in rows]
    sizes = {tuple(image.shape) for image in images}
    if len(sizes) != 1:
        raise BadRecord(f"its pictures have {len(sizes)} different shapes; one was wanted.")
    soft = None if card.get("soft_labels") is None else torch.tensor(card["soft_labels"], dtype=torch.float32)
    labels = torch.tensor([int(row["label"]) for row in rows])
    ids = torch.tensor([int(row["id"]) for row in rows]) if all("id" in row for row in rows) else None
    return _assemble(torch.stack(images), labels, card, data, soft_labels=soft, ids=ids)


# ── parquet ───────────────────────────────────────────────────────────────────────────────────────────────────


def _arrow() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingPackage(f"Parquet needs pyarrow. {PARQUET_LINE}") from None
    return pyarrow


def _write_parquet(result: SyntheticSet, path: Path) -> None:
    """Columns `image` ({bytes, path}, as the Hugging Face library reads it), `label`, `id`, and `soft_label` where there are some."""
    arrow = _arrow()
    assert result.ids is not None
    pictures = [{"bytes": _png(image), "path": f"{i:06d}.png"} for i, image in enumerate(result.images)]
    columns: dict[str, Any] = {"image": pictures, "label": result.labels.tolist(), "id": result.ids.tolist()}
    features: dict[str, Any] = {"image": {"_type": "Image"}, "id": {"dtype": "int64", "_type": "Value"}}
    features["label"] = {"names": list(result.classes), "_type": "ClassLabel"}
    if result.soft_labels is not None:
        columns["soft_label"] = result.soft_labels.tolist()
        features["soft_label"] = {"feature": {"dtype": "float32", "_type": "Value"}, "_type": "Sequence"}
    said = {"huggingface": json.dumps({"info": {"features": features}}), "distill_studio": json.dumps(_card(result))}
    arrow.parquet.write_table(arrow.table(columns).replace_schema_metadata(said), path)


def _read_parquet(path: Path, data: str) -> SyntheticSet:
    arrow = _arrow()
    try:
        table = arrow.parquet.read_table(path)
    except arrow.ArrowException as error:
        raise BadRecord(f"{path.name} is not a readable parquet file ({error}).") from None
    if not {"image", "label"} <= set(table.column_names):
        raise BadRecord(f"it has the columns {table.column_names}; `image` and `label` were wanted.")
    card = json.loads((table.schema.metadata or {}).get(b"distill_studio", b"{}"))
    pictures = [one["bytes"] if isinstance(one, dict) else one for one in table["image"].to_pylist()]
    images = torch.stack([_pixels(one, f"row {i}") for i, one in enumerate(pictures)])
    soft = torch.tensor(table["soft_label"].to_pylist()) if "soft_label" in table.column_names else None
    ids = torch.tensor(table["id"].to_pylist()) if "id" in table.column_names else None
    return _assemble(images, torch.tensor(table["label"].to_pylist()), card, data, soft_labels=soft, ids=ids)


# ── state tensors ─────────────────────────────────────────────────────────────────────────────────────────────


def _write_pt(result: SyntheticSet, path: Path, normalized: bool) -> None:
    path.mkdir(parents=True, exist_ok=True)
    mean, std = (torch.tensor(one).view(1, -1, 1, 1) for one in (result.mean, result.std))
    torch.save((result.images - mean) / std if normalized else result.images.clone(), path / "images.pt")
    torch.save(result.labels.clone(), path / "labels.pt")
    if result.soft_labels is not None:
        torch.save(result.soft_labels.clone(), path / "soft_labels.pt")
    card = {**_card(result), "normalized": normalized}
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
    except Exception as error:  # unpickling errors, torch's own, and whatever a damaged file causes
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise BadRecord(f"{path.name} holds more than tensors, or is damaged; it was not loaded ({reason}).") from None
    if not isinstance(found, Tensor):
        raise BadRecord(f"{path.name} holds a {type(found).__name__}; one tensor was wanted.")
    return found


def _read_pt(folder: Path, images_path: Path, data: str) -> SyntheticSet:
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
        return _assemble(images.clamp(0, 1), labels, card, data, soft_labels=soft)
    if not data and not card.get("mean"):
        raise BadRecord(
            "its images are normalized, but nothing says with which mean and std. Name the data set: --data NAME."
        )
    found = _assemble(images, labels, card, data, soft_labels=soft)
    mean, std = (torch.tensor(one).view(1, -1, 1, 1) for one in (found.mean, found.std))
    return found.with_(images=(images * std + mean).clamp(0, 1))


def keep(home: Path, result: SyntheticSet, *, name: str, data: str = "") -> Any:
    """Put a set from elsewhere into the library as a finished run: it can be looked at, compared and evaluated."""
    from ..events import Finished, Images
    from ..record.folder import Recorder, RunFolder

    made = dict(result.about.get("job") or {})
    counts = result.labels.bincount(minlength=len(result.classes))
    job = {**made, "data": data or made.get("data") or "unknown", "ipc": max(1, int(counts.max()))}
    method = str(result.about.get("method") or "imported")
    folder = RunFolder.create(home, method, dict(result.about.get("settings") or {}), job, name=name[:120])
    result.save(folder.path / "set.safetensors")
    recorder = Recorder(folder)
    pixels = (result.images.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    assert result.ids is not None
    recorder.write(Images(0, pixels, result.labels.numpy(), result.ids.numpy()))
    recorder.write(Finished(0.0))
    recorder.close()
    folder.set_state(state="finished", message="", seconds=0.0, imported=True)
    return folder
