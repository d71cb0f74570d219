"""How a family of methods works, as one drawing: real images → network → loss → image, as HTML."""

from __future__ import annotations

from html import escape
from typing import NamedTuple


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


STYLE = (
    "<style>.mech{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem;margin:0}"
    ".mech>li{display:block;list-style:none;margin:0;padding:.45rem .7rem;border:1px solid currentColor;border-radius:.5rem;"
    "max-width:13rem;text-align:center;line-height:1.25;font-size:.9rem}.mech>li.last{border-width:2px;font-weight:600}"
    ".mech>li.arrow{border:0;padding:0 .1rem;font-size:1.2rem}.mech>li.back{border-style:dashed;flex-basis:100%;max-width:none}"
    "</style>"
)


def drawing(family: str) -> str:
    """The drawing of a family as HTML in the color of the text around it; it wraps where there is little room. "" for a family
    that is not known."""
    if family not in FAMILIES:
        return ""
    one = FAMILIES[family]
    boxes = [f"<li>{escape(words)}</li>" for words in ("all real images", one.network, one.loss)]
    boxes.append(f'<li class="last">{escape(one.image)}</li>')
    row = '<li class="arrow" aria-hidden="true">→</li>'.join(boxes)
    again = f'<li class="back">↺ the loss {escape(one.moves)}, and the network looks again</li>' if one.moves else ""
    return f'{STYLE}<ol class="mech" aria-label="How {escape(family)} works">{row}{again}</ol>'
