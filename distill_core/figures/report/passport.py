"""Under what a score was measured, line by line."""

from __future__ import annotations

from collections.abc import Mapping

from ..ledger import NOT, sentence
from ..scores import Score

Values = Mapping[str, object]


def lines(score: Score, protocol: Values | None, epochs: int = 0) -> list[tuple[str, str]]:
    """What stands beside a number: title and words.

    Args:
        protocol: the named protocol with its values as the catalog has them; None where it is not known here.
        epochs: of a student, where the job asked for so many; 0 for the protocol's own number.
    """
    said = [("Student", score.student), ("Labels", score.labels)]
    said.append(("Protocol", f"{score.protocol}: {protocol['title']}" if protocol else score.protocol))
    if protocol:
        said += _training(protocol, epochs)
    steps = score.budget.get("student_steps")
    said.append(("Updates of a student", f"{steps:,.0f}" if steps is not None else NOT))
    said.append(("Counted", "the last epoch; nothing is chosen on test images"))
    said.append(("Kept", sentence(score.budget)))
    if protocol:
        said.append(("Values from", str(protocol["source"])))
    return said


def _training(p: Values, epochs: int) -> list[tuple[str, str]]:
    """The values as the protocol names them; those that depend on the student or on the images are said as such."""
    usual = " (some students have others)" if p["lr_of"] or p["schedule_of"] else ""
    rate = f"{p['optimizer']}, rate {p['lr']}, {p['schedule']}, decay {p['weight_decay']}{usual}"
    by = " by the number of images" if p["batch_rule"] != "fixed" or p["batch_of"] else ""
    mixed = f", {p['mix']} {p['mix_alpha']}" if p["mix"] != "none" else ""
    found = [
        ("Epochs", f"{epochs}, asked for (the protocol: {p['epochs']})" if epochs else str(p["epochs"])),
        ("Batch", f"{p['batch']}{by}"),
        ("Optimizer", rate),
        ("Augmentation", f"{p['augment']}{mixed}"),
    ]
    if p["labels"] != "hard":
        found.append(("Soft labels", f"loss {p['loss']}, temperature {p['temperature']}"))
    return found
