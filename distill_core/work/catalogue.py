"""Writes the catalog: what the engine can do, as plain data, from the registry and the other lists of names."""

from __future__ import annotations

import dataclasses
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import torch
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..catalog import SCHEMA, installed, package_version
from ..errors import BadSetting
from ..home import read_json, write_json
from ..job import Job
from ..method import Method
from ..methods.own import from_file
from ..record import guests
from ..record.folder import plain


def write(home: Path) -> dict[str, Any]:
    """Write the home's catalog if it says something new; returns it."""
    catalog = build()
    for name in guests.known(home).keys() & {one["name"] for one in catalog["methods"]}:
        guests.forget(home, name)  # the same name was built in or installed since
    path = home / "catalog.json"
    if not path.exists() or _read(path) != catalog:
        write_json(path, catalog)
    return catalog


def _read(path: Path) -> Any:
    from ..errors import BadRecord

    try:
        return read_json(path)
    except BadRecord:  # a damaged catalog is written anew
        return None


def build() -> dict[str, Any]:
    """Everything that a page offers, in menu order; its form is said in `catalog.py`."""
    from .. import datasets, methods, networks, studies
    from .. import evaluation as evaluate

    return {
        "schema": SCHEMA,
        "methods": [method_entry(method) for method in methods.registry().values()],
        "studies": [method_entry(study) for study in studies.STUDIES.values()],
        "job": [one for one in fields_of(Job) if one["name"] != "moves"],
        "data": [_values(info) for info in datasets.known()],
        "networks": [_values(info) for info in networks.known()],
        "protocols": [_values(protocol) for protocol in evaluate.PROTOCOLS.values()],
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


def method_entry(method: type[Method]) -> dict[str, Any]:
    """A card with its presets and the schema of its fields."""
    card = plain(dataclasses.asdict(method.card))
    return {**card, "fields": fields_of(method)}


def fields_of(model: type[BaseModel]) -> list[dict[str, Any]]:
    return [field_entry(name, field) for name, field in model.model_fields.items()]


def field_entry(name: str, field: FieldInfo) -> dict[str, Any]:
    """One field as a form needs it: type, default, bounds, and what `knob` says of it."""
    extra: dict[str, Any] = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    kind, choices = _kind(field.annotation)
    entry = {
        "name": name,
        "title": field.title or name,
        "help": field.description or "",
        "type": kind,
        "choices": choices,
    }
    bounds: dict[str, Any] = {"minimum": None, "maximum": None, "exclusive_minimum": None}
    entry |= {"default": plain(field.default), **bounds}
    for bound in field.metadata:
        for attribute, key in (("ge", "minimum"), ("le", "maximum"), ("gt", "exclusive_minimum")):
            if getattr(bound, attribute, None) is not None:
                entry[key] = getattr(bound, attribute)
    said = {"live": False, "advanced": False, "scale": "linear", "source": ""}
    return {**entry, **{key: extra.get(key, value) for key, value in said.items()}}


def _kind(annotation: Any) -> tuple[str, list[Any]]:
    """`int`, `float`, `bool`, `choice` (with its choices) or `text`."""
    if get_origin(annotation) is Literal:
        return "choice", list(get_args(annotation))
    for kind in (bool, int, float):
        if annotation is kind or kind in get_args(annotation):
            return kind.__name__, []
    return "text", []


def _values(thing: Any) -> dict[str, Any]:
    """A frozen dataclass or a pydantic model as plain values."""
    return plain(thing.model_dump(mode="json") if isinstance(thing, BaseModel) else dataclasses.asdict(thing))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def import_data(home: Path, path: Path, name: str, tell: Any) -> dict[str, Any]:
    """Bring in the user's own images as `own/<name>`; `tell(what=, done=, total=)` hears how far it is.

    Returns `{"data": DataInfo, "read": n, "skipped": [[path, reason]], "notes": [...]}`; the catalog then lists it.
    """
    from ..datasets import own

    info, report = own.add(path, name, progress=lambda what, done, total: tell(what=what, done=done, total=total))
    write(home)
    return {"data": _values(info), **_values(report)}


if (
    __name__ == "__main__"
):  # python -m distill_core.work.catalogue: the catalog that is shipped, shown until a worker has written one
    import os
    import tempfile

    from ..home import ASSETS

    with tempfile.TemporaryDirectory() as empty:  # none of this machine's own data sets and devices
        os.environ["DISTILL_STUDIO_HOME"] = empty
        write_json(ASSETS / "catalog.json", {**build(), "devices": ["cpu"], "guests": []})
