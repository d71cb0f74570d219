"""How a family of methods works, as one drawing: real images → network → loss → image, as the text of an SVG."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

WIDE, HIGH, GAP = 150, 54, 34


class Mechanism(NamedTuple):
    """What the four boxes say, and what the loss moves; "" where nothing is moved."""

    network: str
    loss: str
    image: str
    moves: str = ""


FAMILIES: dict[str, Mechanism] = {
    "distribution matching": Mechanism("random networks", "are the mean features of each class alike?", "pixels", "moves the pixels"),
    "gradient matching": Mechanism("young networks", "would both train the network the same way?", "pixels", "moves the pixels"),
    "trajectory matching": Mechanism("recorded paths of training", "does the student end where the expert did?", "pixels", "moves the pixels"),
    "statistics matching": Mechanism("a trained teacher", "does it see the class, and what its layers remember?", "pixels", "moves the pixels"),
    "generative prior": Mechanism("networks", "are features or gradients alike?", "code → generator → image", "moves the code"),
    "compensators": Mechanism("trained teachers", "do they see the class, and what their layers remember?", "real image + addition", "moves the addition"),
    "labels": Mechanism("a trained teacher", "what is seen in each part of the image?", "real image + labels"),
    "selection": Mechanism("a rule", "which images stand for the others?", "real images, chosen"),
}  # fmt: skip


def drawing(family: str) -> str:
    """The drawing of a family in the color of the text around it; "" for a family that is not known."""
    if family not in FAMILIES:
        return ""
    one = FAMILIES[family]
    boxes = ("all real images", one.network, one.loss, one.image)
    wide, back = 4 * WIDE + 3 * GAP, 30 if one.moves else 4
    parts = [_box(i * (WIDE + GAP), words, bold=i == 3) for i, words in enumerate(boxes)]
    parts += [_arrow(i * (WIDE + GAP) + WIDE) for i in range(3)]
    if one.moves:
        parts.append(_back(one.moves))
    alt = escape(f"{' → '.join(boxes)}{f'; the loss {one.moves}, again and again' if one.moves else ''}")
    body = "".join(parts)
    return (
        f'<svg role="img" aria-label="{alt}" viewBox="0 0 {wide} {HIGH + back}" width="100%" font-size="14" '
        f'font-family="inherit" fill="currentColor" stroke="none">{body}</svg>'
    )


def _box(x: int, words: str, *, bold: bool) -> str:
    frame = f'<rect x="{x + 1}" y="1" width="{WIDE - 2}" height="{HIGH - 2}" rx="8" fill="none" stroke="currentColor" stroke-width="{3 if bold else 1.2}"/>'
    lines = _lines(words)
    first = HIGH / 2 + 5 - 8 * (len(lines) - 1)
    text = "".join(
        f'<text x="{x + WIDE / 2:g}" y="{first + 16 * i:g}" text-anchor="middle">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    return frame + text


def _lines(words: str, most: int = 20) -> list[str]:
    """Words in lines of about so many letters."""
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) > most and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _arrow(x: int) -> str:
    y, end = HIGH / 2, x + GAP
    return (
        f'<path d="M{x + 2} {y:g}H{end - 8}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f'<path d="M{end - 2} {y:g}l-8 -4v8z"/>'
    )


def _back(words: str) -> str:
    """From the image back to the network: it is seen again after every move."""
    start, end, low = 3 * (WIDE + GAP) + WIDE / 2, WIDE + GAP + WIDE / 2, HIGH + 12
    return (
        f'<path d="M{start:g} {HIGH}V{low}H{end:g}V{HIGH + 4}" fill="none" stroke="currentColor" stroke-width="1.5" '
        f'stroke-dasharray="4 3"/><path d="M{end:g} {HIGH}l-4 8h8z"/>'
        f'<text x="{(start + end) / 2:g}" y="{low + 15}" text-anchor="middle">{escape(words)}, then the network looks again</text>'
    )
