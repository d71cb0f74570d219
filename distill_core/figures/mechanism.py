"""How a family of methods works, as one drawing: real images → network → loss → image, as HTML."""

from __future__ import annotations

from html import escape
from typing import NamedTuple


class Mechanism(NamedTuple):
    """What a family does in one sentence, what the boxes of its drawing say, and what the loss moves; "" where nothing is moved."""

    said: str
    network: str
    loss: str
    image: str
    moves: str = ""


PIXELS = ("pixels", "moves the pixels")
LIKE_REAL = "the class, and the same averages in {} layers as on real images?"

FAMILIES: dict[str, Mechanism] = {
    "distribution matching": Mechanism("To random networks, the few images look on average as the real ones do.", "random networks", "are the mean features of each class alike?", *PIXELS),
    "gradient matching": Mechanism("The few images pull a network's weights where the real ones pull them.", "young networks", "would both train the network the same way?", *PIXELS),
    "trajectory matching": Mechanism("A few steps on the few images lead where long training on the real ones led.", "recorded paths of training", "does the student end where the expert did?", *PIXELS),
    "statistics matching": Mechanism("Images are dreamt out of a trained network, from what it remembers of the real ones.", "a trained teacher", f"does it see {LIKE_REAL.format('its')}", *PIXELS),
    "generative prior": Mechanism("The prior is a generator: learned is the code from which it makes an image, not the pixels, so that it stays an image.", "networks", "are features or gradients alike?", "code → generator → image", "moves the code"),
    "compensators": Mechanism("A compensator is a learned pattern that is added alike to a group of real images, whatever their classes.", "trained teachers", f"do they see {LIKE_REAL.format('their')}", "real image + addition", "moves the addition"),
    "labels": Mechanism("The images stay as they are; they get labels that say more.", "a trained teacher", "what is seen in each part of the image?", "real image + labels"),
    "selection": Mechanism("Real images are picked, pasted together or averaged; no pixel is learned.", "a rule", "which images stand for the others?", "real images, chosen"),
}  # fmt: skip


STYLE = (
    "<style>.mech{display:inline-block;max-width:100%;font-size:.9rem;line-height:1.25;text-align:center}"
    ".mech ol{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem;margin:0;padding:0}"
    ".mech li{list-style:none;margin:0;padding:.45rem .7rem;border:1px solid currentColor;border-radius:.5rem;max-width:15rem}"
    ".mech li.last{border-width:2px;font-weight:600}.mech li.arrow{border:0;padding:0 .1rem;font-size:1.2rem}"
    ".mech p{box-sizing:border-box;width:0;min-width:100%;margin:.4rem 0 0;padding:.45rem .7rem;border:1px dashed currentColor;"
    "border-radius:.5rem}</style>"
)


def said(family: str) -> str:
    """What the methods of a family have in common, in one sentence; "" for a family that is not known."""
    return FAMILIES[family].said if family in FAMILIES else ""


def drawing(family: str) -> str:
    """The drawing of a family as HTML in the color of the text around it; it wraps where there is little room, and what is done
    again is as wide as the chain above it. "" for a family that is not known."""
    if family not in FAMILIES:
        return ""
    one = FAMILIES[family]
    boxes = [f"<li>{escape(words)}</li>" for words in ("all real images", one.network, one.loss)]
    boxes.append(f'<li class="last">{escape(one.image)}</li>')
    row = '<li class="arrow" aria-hidden="true">→</li>'.join(boxes)
    again = f"<p>↺ the loss {escape(one.moves)}, and the network looks again</p>" if one.moves else ""
    return f'{STYLE}<div class="mech"><ol aria-label="How {escape(family)} works">{row}</ol>{again}</div>'
