"""Whether a store's labels are those of the images, the classes and the views that are asked for."""

from __future__ import annotations

import math

from ...datasets import RealSet
from ...errors import BadRecord, BadSetting
from ...results import Lesson
from ..protocol import Protocol
from ..protocols import PROTOCOLS
from .file import LabelStore, epochs_of
from .making import fingerprint_of


def belongs(store: LabelStore, lesson: Lesson, protocol: Protocol, real: RealSet) -> None:
    """Refuse a store of other images, other classes or other views, by name."""
    name, said = store.path.name, store.said
    if said.layout.classes != len(real.classes):
        raise BadRecord(
            f"{name!r} has labels for {said.layout.classes} classes, and {real.name} has {len(real.classes)}. Give the store that was "
            "made for this set."
        )
    if said.images != len(lesson) or said.fingerprint != fingerprint_of(lesson):
        raise BadRecord(
            f"{name!r} has labels for {said.images} images with fingerprint {said.fingerprint}, and this set has {len(lesson)} with "
            f"{fingerprint_of(lesson)}. Give the store that was made for this set, or write one: `distill-studio labels write`."
        )
    if protocol.labels != "stored":
        raise BadSetting(
            f"{name!r} holds stored labels, and {protocol.labels} ones were asked for. Say --labels stored, or leave the store out."
        )
    if (said.augment, said.layout.mix) != (protocol.augment, protocol.mix):
        same = [one.name for one in PROTOCOLS.values() if (one.augment, one.mix) == (said.augment, said.layout.mix)]
        raise BadSetting(
            f"The labels in {name!r} were made on views {said.augment} with mixing {said.layout.mix}, and protocol {protocol.name!r} "
            f"sees {protocol.augment} with {protocol.mix}. Choose a protocol that sees the same"
            f"{': ' + ', '.join(same) if same else '; none here does'}."
        )


def as_held(protocol: Protocol, store: LabelStore) -> Protocol:
    """The protocol with as many views and as much of each label as a store holds, so that a control gets the same."""
    held = {"epochs": math.ceil(epochs_of(store.said)), "top": store.said.layout.top, "rest": store.said.layout.rest}
    return protocol.with_(stored={**held, "walk": store.said.walk})
