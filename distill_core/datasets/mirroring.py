"""Whether training may mirror a user's own images: asked when they come in, and again in a run where it should be otherwise.

`own/letters:mirror=yes`, `folder:mirror=no:/a/path`. Where nobody says, classes that are single letters or digits are left as
they are, because a mirrored b is a d: to mirror nothing costs little, to mirror what has a left and a right spoils the labels.
"""

from __future__ import annotations

from ..errors import BadSetting
from ..spec import Spec

SAID = {True: "yes", False: "no"}


def by_default(classes: tuple[str, ...]) -> bool:
    """False where every class is one letter or one digit."""
    return not all(len(name) == 1 and name.isalnum() for name in classes)


def asked_of(spec: Spec) -> bool | None:
    """What a data set's spec says of mirroring: yes, no, or nothing."""
    said = spec.options.get("mirror")
    if said not in (None, *SAID.values()):
        raise BadSetting(f"{spec.name}:mirror={said} cannot work: say mirror=yes or mirror=no.")
    return None if said is None else said == "yes"


def sentence(name: str, may: bool) -> str:
    """What is done, and how to have the other."""
    kind, colon, path = name.partition(":")
    other = f"{kind}:mirror={SAID[not may]}{colon}{path}"
    if may:
        return f"Training may mirror these images. Where left and right matter, write {other}."
    return f"Training does not mirror these images. Where left and right do not matter, write {other}."
