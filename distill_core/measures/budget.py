"""The ledger: what a set of images costs to store, to label and to learn from.

Soft labels made on the fly are stored nowhere, but somebody has to make them: `label_bytes_on_the_fly` says what
storing all of them would take (the FKD record: fp16 logits, crop box and flip, and with mixing the partner), so that a
few images with unlimited labels are not taken for a small set.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from torch import nn


@dataclass(frozen=True)
class Ledger:
    """Costs of one subject. Bytes are stored bytes; steps and seconds are means over its students, peaks the highest of them.

    None is what nobody measured: it is left out, and never said as 0.

    Args:
        images: how many images a student is trained on.
        image_bytes: one byte per pixel and channel, or what is really stored where that is something else.
        label_bytes: soft labels that are kept: static ones in fp16, stored ones with their views, dense ones; hard labels cost nothing
            (the order says them).
        label_bytes_on_the_fly: what the labels of all epochs would take if they were stored.
        teacher_bytes: the teacher that has to be shipped for labels on the fly.
        generator_bytes: the generator that has to be shipped where images are drawn by one.
        student_steps: updates of one student.
        seconds: training one student.
        real_images_seen: real images shown to one student, repeats counted.
        teacher_images: real images that the networks which made the labels were trained on; 0 where none had a hand in them.
        distill_seconds: making the set, with what had to be trained for it; 0 where nothing was made.
        peak_resident_bytes, peak_cuda_bytes: of training a student; see `memory`, one of the two is measured.
        distill_peak_resident_bytes, distill_peak_cuda_bytes: of making the set.
    """

    images: int
    image_bytes: int
    label_bytes: int = 0
    label_bytes_on_the_fly: int = 0
    teacher_bytes: int = 0
    student_steps: int = 0
    seconds: float = 0.0
    real_images_seen: int = 0
    generator_bytes: int = 0
    teacher_images: int | None = 0
    distill_seconds: float | None = None
    peak_resident_bytes: int | None = None
    peak_cuda_bytes: int | None = None
    distill_peak_resident_bytes: int | None = None
    distill_peak_cuda_bytes: int | None = None

    def plain(self) -> dict[str, float]:
        """As a mapping of numbers, for a `Scored` event."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in known.items()}


def record_bytes(classes: int, *, mixed: bool, indexed: bool = False, tiles: int = 0) -> int:
    """Bytes of a stored soft label in the released layout: fp16 logits, a crop of four fp32, a flip, and with mixing eight of the
    partner.

    Args:
        indexed: with eight of the image's own number (G-VBSM, EDC).
        tiles: shuffled tiles of a mosaic, eight bytes each (EDC on ImageNet: 4).
    """
    return 2 * classes + 16 + 1 + (8 if mixed else 0) + (8 if indexed else 0) + 8 * tiles


CONTAINER = 2200  # bytes that one file of the released layout takes beside its numbers, about (measured)


def on_the_fly(images_seen: int, classes: int, *, mixed: bool) -> int:
    """Bytes that storing every label of a training would take: images × epochs × record."""
    return images_seen * record_bytes(classes, mixed=mixed)


def network_bytes(network: nn.Module) -> int:
    """Bytes of a network's parameters and buffers."""
    return sum(t.numel() * t.element_size() for t in network.state_dict().values())
