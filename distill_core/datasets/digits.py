"""scikit-learn's hand-written digits: 1,797 grey 8×8 images with 17 levels, bundled with the package.

Alpaydin & Kaynak, "Optical Recognition of Handwritten Digits", UCI 1998; scikit-learn carries the UCI test set. 500
images are the test part (stratified, seed `TEST_SEED`); of the other 1,297 a tenth is the validation part. Larger
sizes repeat Pillow's bicubic filter on 8-bit images, which works in whole numbers and is the same everywhere.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from ..errors import BadSetting
from .real import DataInfo, Progress, RealSet, Split, assemble, fingerprint

SIZES = (8, 16, 32)
TEST_SEED = 1797
TEST = 500
INFO = DataInfo(
    "digits",
    "Digits",
    "Hand-written digits, grey. Small enough to distill in seconds on any machine.",
    tuple("0123456789"),
    train=1297,
    test=TEST,
    channels=1,
    size=16,
    sizes=SIZES,
    may_mirror=False,
    bundled=True,
    ready=True,
)


def load(size: int = 16, progress: Progress | None = None) -> RealSet:
    """The digits at 8, 16 or 32 pixels."""
    if size not in SIZES:
        raise BadSetting(f"digits:size={size} cannot work: choose one of {', '.join(map(str, SIZES))}.")
    from sklearn.datasets import load_digits  # a second or two, so only when it is needed

    source = load_digits()
    small = source.images.astype(np.uint8)  # (1797, 8, 8) in 0..16
    labels = source.target.astype(np.int64)
    images = np.stack([_enlarge(image, size) for image in small])[:, None]
    train, test = _test_part(labels)
    whole, held = (Split(torch.from_numpy(images[i]), torch.from_numpy(labels[i])) for i in (train, test))
    key = fingerprint("digits", f"size={size}", small, labels)
    name = "digits" if size == INFO.size else f"digits:size={size}"
    return assemble(INFO, whole, held, key, name=name, licence="CC BY 4.0 (UCI Machine Learning Repository)")


def _enlarge(image: np.ndarray, size: int) -> np.ndarray:
    full = (image.astype(np.uint16) * 255 // 16).astype(np.uint8)
    if size == 8:
        return full
    return np.asarray(Image.fromarray(full).resize((size, size), Image.Resampling.BICUBIC))


def _test_part(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exactly 500 test images, 50 of each digit."""
    rng = np.random.RandomState(TEST_SEED)
    each = TEST // 10
    test = np.sort(np.concatenate([rng.permutation(np.flatnonzero(labels == d))[:each] for d in range(10)]))
    return np.setdiff1d(np.arange(len(labels)), test), test
