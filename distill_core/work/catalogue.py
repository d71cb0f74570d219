"""Writes the catalog: what the engine can do, as plain data, from the registry and the other lists of names."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypedDict

import torch

from ..catalog import SCHEMA, installed, package_version
from ..entries import AblationEntry, AxisEntry, Catalog, DataEntry, Entry
from ..errors import BadSetting
from ..fields import Field, Plain, Values, named
from ..home import read_json, write_json
from ..job import Job
from ..method import Ablation, Method
from ..methods.own import from_file
from ..part import fields_of
from ..record import guests
from ..record.plain import plain


def write(home: Path) -> Catalog:
    """Write the home's catalog if it says something new; returns it."""
    catalog = build()
    for name in guests.known(home).keys() & {one["name"] for one in catalog["methods"]}:
        guests.forget(home, name)  # the same name was built in or installed since
    path = home / "catalog.json"
    if not path.exists() or _read(path) != catalog:
        write_json(path, catalog)
    return catalog


def _read(path: Path) -> object:
    from ..errors import BadRecord

    try:
        return read_json(path)
    except BadRecord:  # a damaged catalog is written anew
        return None


def build() -> Catalog:
    """Everything that a page offers, in menu order; its form is said in `catalog.py`."""
    from .. import datasets, methods, networks, studies
    from .. import evaluation as evaluate
    from .sets.layouts import TABLE

    return {
        "schema": SCHEMA,
        "methods": [method_entry(method) for method in methods.registry().values()],
        "departures": methods.departures(),
        "studies": [method_entry(study) for study in studies.STUDIES.values()],
        "job": [one for one in fields_of(Job) if one["name"] != "moves"],
        "data": [plain(dataclasses.asdict(info)) for info in datasets.known()],
        "networks": [plain(dataclasses.asdict(info)) for info in networks.known()],
        "protocols": [plain(one.model_dump(mode="json")) for one in evaluate.PROTOCOLS.values()],
        "layouts": [{"name": one.name, "title": one.title} for one in TABLE],
        "guests": installed(),
        "devices": ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))],
        "versions": {
            "distill-studio": package_version(),
            **{name: _version(name) for name in ("torch", "torchvision")},
        },
    }


def take(home: Path, place: str) -> type[Method]:
    """A method of the user's own, `file.py:Class`: loaded (which runs the file) and listed in this home from now on."""
    from ..studies import askable

    kind = from_file(place)
    file, _, name = place.rpartition(":")
    if kind.card.name in askable():
        raise BadSetting(f"{name} calls itself {kind.card.name!r}, and that name is taken. Give its card another name.")
    guests.remember(home, kind.card.name, f"{Path(file).expanduser().resolve()}:{name}", method_entry(kind))
    return kind


def method_entry(method: type[Method]) -> Entry:
    """A card with the schema of its fields; in presets, ablations and partners every setting has its path."""
    card, known = method.card, list(fields_of(method))
    sources = named(known, card.sources)
    said: Entry = plain({name: one for name, one in dataclasses.asdict(card).items() if name != "sources"})
    for preset in said["presets"]:
        preset["settings"] = named(known, preset["settings"])
    said["ablations"] = [_ablation(one, known) for one in card.ablations]
    said["fields"] = plain([{**one, "source": str(sources.get(one["name"], one["source"]))} for one in known])
    return said


def _ablation(one: Ablation, known: list[Field]) -> AblationEntry:
    axes: list[AxisEntry] = [
        {"title": axis.title, "cases": {at: _case(case, known) for at, case in axis.cases.items()}} for axis in one.axes
    ]
    return {
        "title": one.title,
        "axes": axes,
        "question": one.question,
        "published": list(one.published),
        "source": one.source,
    }


def _case(case: Mapping[str, Plain], known: list[Field]) -> Values:
    """What a place on an axis sets: values of the job by name, those of the method by path."""
    own = {name: value for name, value in case.items() if name not in Job.model_fields}
    return {**{name: value for name, value in case.items() if name not in own}, **named(known, own)}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


class Brought(TypedDict):
    """What became of a folder of the user's own images."""

    data: DataEntry
    given: int  # files that were found
    read: int
    skipped: list[list[str]]  # path, reason
    notes: list[str]


def import_data(
    home: Path,
    path: Path,
    name: str,
    tell: Callable[..., None],
    mirror: bool | None = None,
    size: int | None = None,
) -> Brought:
    """Bring in the user's own images as `own/<name>`; `tell(what=, done=, total=)` hears how far it is.

    `mirror`: whether training may mirror them; None goes by their classes. `size`: pixels a side; None goes by their own.

    The catalog then lists it.
    """
    from ..datasets import own

    def progress(what: str, done: int, total: int) -> None:
        tell(what=what, done=done, total=total)

    info, report = own.add(path, name, size=size, mirror=mirror, progress=progress)
    write(home)
    skipped = [list(one) for one in report.skipped]
    return {
        "data": plain(dataclasses.asdict(info)),
        "given": report.given,
        "read": report.read,
        "skipped": skipped,
        "notes": list(report.notes),
    }


if (
    __name__ == "__main__"
):  # python -m distill_core.work.catalogue: the catalog that is shipped, shown until a worker has written one
    import os
    import tempfile

    from ..home import ASSETS

    with tempfile.TemporaryDirectory() as empty:  # none of this machine's own data sets and devices
        os.environ["DISTILL_STUDIO_HOME"] = empty
        write_json(ASSETS / "catalog.json", {**build(), "devices": ["cpu"], "guests": []})
