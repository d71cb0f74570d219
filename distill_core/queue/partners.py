"""Runs worth laying beside one: the same job and seed done in the other ways that the method's card names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import catalog as shelf
from ..fields import complete, named
from ..job import Job
from ..record.folder import RunFolder
from .known import found
from .sweep import key_of


@dataclass(frozen=True)
class Partner:
    """What would be asked, and the run that is there already ("" where there is none)."""

    title: str
    method: str
    settings: Mapping[str, object]
    job: Mapping[str, object]
    run: str


def partners(home: Path, folder: RunFolder) -> list[Partner]:
    """The card's list for this run; [] where the card has none. A partner that asks the very same is left out."""
    asked, known = folder.request(), shelf.read(home)
    entry, job = shelf.method(known, asked["method"]), {**Job().model_dump(mode="json"), **asked["job"]}
    mine = shelf.settings(entry, asked["settings"])
    own, listed = key_of(asked["method"], mine, job), []
    for one in entry.get("beside") or []:
        method = one["method"] or asked["method"]
        fields = shelf.method(known, method)["fields"]
        shared = {name: value for name, value in mine.items() if any(field["name"] == name for field in fields)}
        settings = complete(fields, {**shared, **named(fields, one["changes"])})
        key = key_of(method, settings, job)
        if key != own:
            listed.append(Partner(one["title"], method, settings, job, found(home, method, {key}).get(key, "")))
    return listed
