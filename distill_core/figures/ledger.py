"""What is stored, and who paid: the ledger of a score in words, the same on pages, in tables, in files and in a terminal.

What a record does not say is "not recorded", never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from .rows import Row
from .scores import PARTS, Score

Budget = Mapping[str, float]
TITLE = "What is stored, who paid"
NOT = "not recorded"


@dataclass(frozen=True)
class Entry:
    """A line of the ledger: what it is called, what it means, and how it is said of a budget."""

    title: str
    meaning: str
    said: Callable[[Budget], str]


def size(count: float | None) -> str:
    """Bytes in the unit that reads best: `812 B`, `10.2 kB`, `3.4 MB`, or a dash."""
    if count is None:
        return "–"
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def total(budget: Budget) -> float | None:
    """Bytes of images, labels, teachers and generators together; None where not even those of the images were recorded."""
    if "image_bytes" not in budget:
        return None
    return sum(float(budget.get(f"{part}_bytes", 0) or 0) for part in PARTS)


def _bytes(name: str) -> Callable[[Budget], str]:
    return lambda budget: size(budget[name]) if name in budget else NOT


def _number(name: str) -> Callable[[Budget], str]:
    return lambda budget: f"{budget[name]:,.0f}" if name in budget else NOT


def _seconds(name: str) -> Callable[[Budget], str]:
    return lambda budget: f"{budget[name]:,.1f} s" if name in budget else NOT


def _peak(prefix: str) -> Callable[[Budget], str]:
    def said(budget: Budget) -> str:
        where = {"resident": "", "cuda": " on the GPU"}
        found = {name: budget.get(f"{prefix}peak_{name}_bytes") for name in where}
        return next((size(value) + where[name] for name, value in found.items() if value is not None), NOT)

    return said


def _saw(budget: Budget) -> str:
    if "teacher_images" not in budget:
        return NOT
    return f"{budget['teacher_images']:,.0f} real images" if budget["teacher_images"] else "no teacher"


ENTRIES = (
    Entry("Images", "Pixels, or what stands for them: one byte for each channel of a pixel.", _bytes("image_bytes")),
    Entry("Labels", "Soft labels that are stored; hard ones cost nothing, the order says them.", _bytes("label_bytes")),
    Entry("Teachers", "Networks that label while students are trained: all their weights.", _bytes("teacher_bytes")),
    Entry("Generators", "Weights of what draws the images.", _bytes("generator_bytes")),
    Entry(
        "Total", "All that has to be kept to train a student.", lambda b: NOT if total(b) is None else size(total(b))
    ),
    Entry("Teacher saw", "Real images that the network was trained on which made the labels, stored or live.", _saw),
    Entry(
        "Live labels",
        "What the labels of a live teacher would take if they were stored.",
        _bytes("label_bytes_on_the_fly"),
    ),
    Entry("Student steps", "Updates of one student.", _number("student_steps")),
    Entry(
        "Making it", "Seconds until the set was there, with what had to be trained for it.", _seconds("distill_seconds")
    ),
    Entry(
        "Memory of making it",
        "Peak resident size of the process, less what it held before data and networks were loaded; or torch's peak on the GPU.",
        _peak("distill_"),
    ),
    Entry("A student", "Seconds of training one student, the mean.", _seconds("seconds")),
    Entry("Memory of a student", "The same peak while a student was trained, the highest of all students.", _peak("")),
)


def line(budget: Budget) -> dict[str, str]:
    """Every entry by its title, in words."""
    return {entry.title: entry.said(budget) for entry in ENTRIES}


def lines(rows: Iterable[Row]) -> list[dict[str, str]]:
    """For each row of the score table one line for the set and one for its random control."""
    found = []
    for row in rows:
        found.append({"Set": row.label, "Accuracy": row.distilled.text, **line(row.distilled.budget)})
        if row.random:
            said = {"Set": f"{row.label}: random real images", "Accuracy": row.random.text}
            found.append({**said, **line(row.random.budget)})
    return found


def sentence(budget: Budget) -> str:
    """What is stored, in one clause: `379 kB: 2.6 kB of images, a teacher of 377 kB that saw 1,168 real images`."""
    whole = total(budget)
    if whole is None:
        return NOT
    said = [f"{size(budget['image_bytes'])} of images"]
    if labels := budget.get("label_bytes"):
        said.append(f"{size(labels)} of labels")
    if generator := budget.get("generator_bytes"):
        said.append(f"a generator of {size(generator)}")
    if teacher := budget.get("teacher_bytes"):
        said.append(f"a teacher of {size(teacher)}")
    saw = budget.get("teacher_images")
    if saw:
        said[-1] += f" {'that' if teacher else 'by a teacher that'} saw {saw:,.0f} real images"
    return f"{size(whole)}: {', '.join(said)}"


def needs_teacher(score: Score | None) -> bool:
    """Whether a teacher has to be kept to train a student."""
    return bool(score and score.budget.get("teacher_bytes"))
