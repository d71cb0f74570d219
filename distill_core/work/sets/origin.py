"""What a set that was brought in is, in sentences: where it came from, what was read, what is not known."""

from __future__ import annotations

from pathlib import Path

from ...results import Pictures, Result

FEW = 12  # classes that are named


def said_of(result: Result, source: Path | None, data: str) -> list[str]:
    """For the notes of its run; the first one stands in its state."""
    came = f"It was brought in from {source.name}." if source else "It was brought in."
    counts = result.labels.bincount(minlength=len(result.classes))
    absent = [name for name, n in zip(result.classes, counts.tolist(), strict=True) if not n]
    named = ", ".join(result.classes[:FEW]) + (", …" if len(result.classes) > FEW else "")
    shape = "×".join(map(str, result.shape))
    labels = "soft labels" if isinstance(result, Pictures) and result.soft_labels is not None else "hard labels"
    notes = [f"{came} Nothing was distilled here, so it has no timeline."]
    notes.append(
        f"Read: {len(result.labels)} images of {shape} with {labels}, {len(result.classes)} classes ({named})."
    )
    notes += (
        [f"Classes without an image: {', '.join(absent[:FEW])}{', …' if len(absent) > FEW else ''}."] if absent else []
    )
    known = f"The data set it was made from: {data}; evaluate takes it from here."
    return [
        *notes,
        known if data else "Nobody said which data set it was made from: evaluate has to be told with --data NAME.",
    ]
