"""Reports of runs: written with the nearest real images, and made again."""

from __future__ import annotations

import io
import os
import platform
import secrets
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .. import catalog as shelf
from ..datasets import RealSet, load
from ..errors import BadSetting, StudioError
from ..figures import report
from ..figures.report.runs import Read, data_uri
from ..home import replacing, studio_home
from ..job import ask
from ..methods import method_class
from ..pieces.show import to_uint8
from ..record.folder import RunFolder
from ..record.proof import Made, Proof
from ..results import Pictures
from ..run import check
from . import sets

PACKAGES = ("distill-studio", "torch", "torchvision", "numpy", "pydantic", "safetensors", "scikit-learn", "pillow")
ACROSS = 20  # images of a set that are laid above their nearest real ones
EDGE = 1  # pixels between them


def write(home: Path, runs: Sequence[str], target: Path) -> Path:
    """One HTML file about these runs. `BadSetting` or `BadRecord` with a sentence for what cannot be reported."""
    ids = list(dict.fromkeys(runs))
    if not 1 <= len(ids) <= report.MOST:
        raise BadSetting(f"{len(ids)} runs were given; a report has 1 to {report.MOST}. Leave some out.")
    catalog = shelf.read(home)
    read = [report.read_run(RunFolder.find(home, run), catalog) for run in ids]
    proof = Proof(written=time.strftime("%Y-%m-%d"), versions=versions(), runs=tuple(one.made for one in read))
    nearest = {one.made.run: _nearest(RunFolder.find(home, one.made.run), one) for one in read}
    text = report.page(proof, read, nearest, catalog)
    try:
        with replacing(target) as file:
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadSetting(f"{target} cannot be written ({error.strerror or error}). Choose another place.") from None
    return target


def versions() -> dict[str, str]:
    """What is installed here."""
    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found


def _nearest(folder: RunFolder, one: Read) -> report.Pictures:
    """Images of the set above the nearest real training images; where that cannot be, why."""
    try:
        own = Pictures.of(sets.of_run(folder))
        real = load(str(one.made.job.get("data", "")))
    except StudioError as error:
        return report.Pictures(words=f"They cannot be shown: {error}")
    if own.images.shape[1:] != real.train.images.shape[1:]:
        return report.Pictures(words="They cannot be shown: the set's images have another shape than the real ones.")
    images = own.images[:ACROSS]
    distances, ids = nearest_real(images, real)
    words = f"Above: the first {len(images)} images of the set. Below: the real training image nearest to each, over all classes, "
    words += f"by the root of the mean squared difference of pixels from 0 to 1: {float(distances.min()):.3f} to {float(distances.max()):.3f}."
    return report.Pictures(*_sheet(images, real.pixels(real.train.images[ids])), words)


def nearest_real(images: Tensor, real: RealSet) -> tuple[Tensor, Tensor]:
    """For images (n, c, h, w) in [0, 1]: the distance (n,) to the nearest real training image, root mean square, and its place (n,)."""
    mine = images.flatten(1).double()
    best, where = torch.full((len(mine),), torch.inf, dtype=torch.float64), torch.zeros(len(mine), dtype=torch.long)
    for start in range(0, len(real.train), 2048):
        other = real.pixels(real.train.images[start : start + 2048]).flatten(1).double()
        found, place = torch.cdist(mine, other).min(1)
        nearer = found < best
        best, where = torch.where(nearer, found, best), torch.where(nearer, place + start, where)
    return best / mine.shape[1] ** 0.5, where


def _sheet(above: Tensor, below: Tensor) -> tuple[str, int]:
    """Two rows as a picture: its data URI and its width."""
    rows = []
    for images in (above, below):
        tiles = to_uint8(images)
        rows.append(np.concatenate([np.pad(one, ((0, EDGE), (0, EDGE), (0, 0))) for one in tiles], axis=1))
    sheet = np.concatenate(rows)
    file = io.BytesIO()
    Image.fromarray(sheet.squeeze(-1) if sheet.shape[-1] == 1 else sheet).save(file, "PNG")
    return data_uri(file.getvalue(), "png"), sheet.shape[1]


def anew(home: Path, made: Made) -> RunFolder:
    """A new run that asks for the same; `BadSetting` or `BadData` with a sentence where that cannot work here."""
    if made.brought:
        raise BadSetting(f"{made.run} was brought in, so there is nothing to run again. Ask for the run that made it.")
    method, job = method_class(made.method).build(made.settings, saved=True), ask(**made.job)
    check(method, job)
    name = f"again: {made.name}"[:120]
    return RunFolder.create(home, made.method, method.plain(), job.model_dump(mode="json"), name=name)


def fresh_home(home: Path) -> Path:
    """An empty home inside this one, which shares nothing with it but the real data: nothing that was made before is found there."""
    place = home / "again" / secrets.token_hex(4)
    place.mkdir(parents=True)
    (home / "data").mkdir(exist_ok=True)
    (place / "data").symlink_to((home / "data").resolve(), target_is_directory=True)
    os.environ["DISTILL_STUDIO_HOME"] = str(place)
    return studio_home(place)
