"""Stored labels: views that are drawn once, a teacher's logits on them in half precision, on disk and with a price.

    store = yield from stored_views(lesson, protocol, real, teacher, epochs, device)
    views = store.seen(epoch, rows, generator)       which images, boxes, mirrors, partners, logits
    label_bytes(protocol, images, classes, epochs)   what it takes, before anything is made

A record belongs to one image and names its partner, so that a store can be read in other batches than it was made in.
"""

from __future__ import annotations

from .belongs import as_held, belongs
from .file import LabelStore, Said, epochs_of
from .making import fingerprint_of, stored_views
from .plan import kept_batches, label_bytes, layout_of
from .record import Layout

__all__ = [
    "LabelStore",
    "Layout",
    "Said",
    "as_held",
    "belongs",
    "epochs_of",
    "fingerprint_of",
    "kept_batches",
    "label_bytes",
    "layout_of",
    "stored_views",
]
