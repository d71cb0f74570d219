"""MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100 through torchvision's classes.

Files are looked for in the folder that `DISTILL_STUDIO_DATA` names, then in the home's `data` folder, laid out as
torchvision lays them out. What is absent is downloaded from the classes' own addresses into the home, with progress
and md5 checks.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import torch
from filelock import FileLock

from ..errors import BadData
from ..home import studio_home
from .real import DataInfo, Progress, RealSet, Split, assemble, fingerprint
from .vision_names import CIFAR10, CIFAR100, FASHION

if TYPE_CHECKING:
    from torchvision.datasets.vision import VisionDataset

QUIET = 30.0  # seconds without a byte after which a download has failed
PIECE = 1 << 18  # bytes read at once


@dataclass(frozen=True)
class Source:
    """One torchvision set: where its files lie below a data folder, and the published mean and s.d. per channel."""

    info: DataInfo
    library: str
    folder: str
    files: tuple[str, ...]
    constants: tuple[tuple[float, ...], tuple[float, ...]]
    licence: str

    def there(self, root: Path) -> bool:
        return all((root / self.folder / file).is_file() for file in self.files)

    def made_by(self) -> type[VisionDataset]:
        from torchvision import datasets

        return getattr(datasets, self.library)


_IDX = tuple(f"{part}-{kind}" for part in ("train", "t10k") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
_MIT, _CC, _NONE = "MIT", "CC BY-SA 3.0", "not stated by its authors"


def _grey(
    name: str, title: str, about: str, classes: tuple[str, ...], megabytes: float, *, may_mirror: bool = True
) -> DataInfo:
    return DataInfo(name, title, about, classes, 60_000, 10_000, 1, 28, (), may_mirror, download_mb=megabytes)


def _color(name: str, title: str, about: str, classes: tuple[str, ...]) -> DataInfo:
    return DataInfo(name, title, about, classes, 50_000, 10_000, 3, 32, (), download_mb=170.0)


# The constants are those that the distillation papers' released code normalizes with: MNIST and Fashion-MNIST in
# DatasetCondensation (2006.05929); CIFAR-10 in SRe2L's (2306.13092) and DWA's (2409.17612); CIFAR-100 in DWA's.
SOURCES = {
    source.info.name: source
    for source in (
        Source(
            _grey("mnist", "MNIST", "70,000 hand-written digits, grey.", tuple("0123456789"), 11.6, may_mirror=False),
            "MNIST",
            "MNIST/raw",
            _IDX,
            ((0.1307,), (0.3081,)),
            _CC,
        ),
        Source(
            _grey("fashion-mnist", "Fashion-MNIST", "70,000 pieces of clothing, grey.", FASHION, 30.9),
            "FashionMNIST",
            "FashionMNIST/raw",
            _IDX,
            ((0.2861,), (0.3530,)),
            _MIT,
        ),
        Source(
            _color("cifar10", "CIFAR-10", "60,000 small photographs of ten kinds of things.", CIFAR10),
            "CIFAR10",
            "cifar-10-batches-py",
            (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"),
            ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
            _NONE,
        ),
        Source(
            _color("cifar100", "CIFAR-100", "60,000 small photographs of a hundred kinds of things.", CIFAR100),
            "CIFAR100",
            "cifar-100-python",
            ("train", "test", "meta"),
            ((0.5071, 0.4867, 0.4408), (0.2675, 0.2565, 0.2761)),
            _NONE,
        ),
    )
}


def roots() -> list[Path]:
    """Where files are looked for, in order; what is downloaded goes to the last."""
    given = os.environ.get("DISTILL_STUDIO_DATA")
    return [*([Path(given).expanduser()] if given else []), studio_home() / "data"]


def infos() -> list[DataInfo]:
    """The four sets; `ready` where the files lie on this machine."""
    return [replace(s.info, ready=any(s.there(root) for root in roots())) for s in SOURCES.values()]


def load(name: str, progress: Progress | None = None) -> RealSet:
    """One of the four sets; downloads it where it is absent."""
    source = SOURCES[name]
    root = next((r for r in roots() if source.there(r)), None)
    if root is None:
        root = roots()[-1]
        with FileLock(root / f".{name}.lock"):
            if not source.there(root):
                _fetch(source, root, progress or (lambda what, done, total: None))
    train, test = (_read(source, root, part) for part in (True, False))
    key = fingerprint(name, *(a.numpy() for split in (train, test) for a in (split.images, split.labels)))
    return assemble(source.info, train, test, key, constants=source.constants, licence=source.licence)


def _read(source: Source, root: Path, train: bool) -> Split:
    try:
        with warnings.catch_warnings():  # the pickles of CIFAR are older than numpy's present rules
            warnings.simplefilter("ignore")
            found = source.made_by()(root=str(root), train=train, download=False)
    except (OSError, ValueError, RuntimeError, EOFError, AssertionError) as error:
        raise BadData(
            f"The files of {source.info.title} in {root / source.folder} cannot be read ({error}). "
            "Delete that folder to have them downloaded again."
        ) from None
    images = torch.as_tensor(np.asarray(found.data))
    images = images[:, None] if images.ndim == 3 else images.permute(0, 3, 1, 2)
    return Split(images.contiguous(), torch.as_tensor(found.targets, dtype=torch.int64))


def _fetch(source: Source, root: Path, progress: Progress) -> None:
    """Download the archives with progress; torchvision then finds them, checks them again and unpacks them."""
    library = source.made_by()
    if hasattr(library, "mirrors"):
        folder = root / source.folder
        archives = [(file, md5, [mirror + file for mirror in library.mirrors]) for file, md5 in library.resources]
    else:
        folder = root
        archives = [(library.filename, library.tgz_md5, [library.url])]
    folder.mkdir(parents=True, exist_ok=True)
    for file, md5, addresses in archives:
        what = f"Downloading {source.info.title}: {file}"
        _from_any(addresses, folder / file, md5, source, partial(progress, what))
    progress(f"Unpacking {source.info.title}", 0, 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            library(root=str(root), download=True)
    except (OSError, RuntimeError, ValueError, EOFError) as error:
        raise BadData(
            f"{source.info.title} could not be unpacked in {root} ({error}). {_by_hand(source, root)}"
        ) from None


def _from_any(addresses: list[str], path: Path, md5: str, source: Source, progress: Callable[[int, int], None]) -> None:
    """The archive from the first address that gives it whole."""
    if path.is_file() and hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == md5:
        return
    failures = []
    for address in addresses:
        try:
            _download(address, path, md5, progress)
            return
        except (URLError, OSError, ValueError) as error:
            failures.append(f"{address}: {getattr(error, 'reason', error)}")
    root = roots()[-1]
    raise BadData(f"{source.info.title} could not be downloaded ({'; '.join(failures)}). {_by_hand(source, root)}")


def _download(address: str, path: Path, md5: str, progress: Callable[[int, int], None]) -> None:
    part = path.with_name(path.name + ".part")
    digest, done = hashlib.md5(usedforsecurity=False), 0
    try:
        with urlopen(address, timeout=QUIET) as stream, part.open("wb") as file:
            total = int(stream.headers.get("Content-Length") or 0)
            while piece := stream.read(PIECE):
                file.write(piece)
                digest.update(piece)
                done += len(piece)
                progress(done, total)
        if digest.hexdigest() != md5:
            raise ValueError(f"what came is not the file that was wanted ({done} bytes, wrong md5)")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _by_hand(source: Source, root: Path) -> str:
    files, folder = ", ".join(source.files), source.folder
    return f"Put {files} into {root / folder} by hand, or set DISTILL_STUDIO_DATA to a folder that holds {folder}."
