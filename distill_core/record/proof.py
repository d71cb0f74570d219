"""The part of a report that machines read: what was asked of each run and what came of it, enough to make it again.

It stands in the page as JSON, in one script element that no browser runs. What is read back comes through one door: the models here.
"""

from __future__ import annotations

import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from safetensors import SafetensorError, safe_open

from ..errors import BadRecord
from ..job import explain

MARK = "distill-studio-proof"  # the id of the script element
MOST = 200 << 20  # bytes of a report that is read
FORMAT = 1


class _Plain(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Figure(_Plain):
    """A score: one accuracy in [0, 1] for each student; of random real images `draws` says which draw each student saw."""

    subject: Literal["distilled", "random", "real"]
    student: str
    protocol: str
    labels: str
    accuracy: tuple[float, ...] = Field(min_length=1)
    draws: tuple[int, ...] = ()


class Made(_Plain):
    """A run: what was asked, and what came of it."""

    run: str
    name: str
    method: str
    settings: dict[str, JsonValue]
    job: dict[str, JsonValue]
    command: str = ""  # "" where none can make it again
    data: str = ""  # the fingerprint of the real data
    set: str = ""  # the fingerprint of the tensors that the run ended with
    seconds: float = 0.0
    brought: bool = False  # a set that was imported: there is nothing to run again
    figures: tuple[Figure, ...] = ()


class Proof(_Plain):
    """All runs of a report, and where it was written."""

    format: Literal[1] = 1
    written: str
    versions: dict[str, str]
    runs: tuple[Made, ...] = Field(min_length=1)

    def json_inside(self) -> str:
        """As text that can stand in a script element: no tag can end it."""
        return self.model_dump_json().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class _Finder(HTMLParser):
    """Collects the text of the one script element."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.text = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script" and ("id", MARK) in attrs

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text += data


def read(path: Path) -> Proof:
    """The machine part of a report. `BadRecord` with a sentence for any other file."""
    if not path.is_file():
        raise BadRecord(f"There is no file {path}. `distill-studio report RUN -o report.html` writes one.")
    if (size := path.stat().st_size) > MOST:
        raise BadRecord(f"{path.name} has {size >> 20} MB; a report has at most {MOST >> 20}. Is it another file?")
    finder = _Finder()
    try:
        finder.feed(path.read_text(encoding="utf-8"))
        said = json.loads(finder.text) if finder.text else None
    except ValueError as error:
        raise BadRecord(f"{path.name} cannot be read as a report ({error}).") from None
    if not isinstance(said, dict):
        raise BadRecord(
            f"{path.name} is no report of ours: it has no element {MARK!r}. Give the HTML file of `report`."
        )
    if isinstance(said.get("format"), int) and said["format"] > FORMAT:
        raise BadRecord(f"{path.name} was written by a newer version (format {said['format']}). Update Distill Studio.")
    try:
        return Proof.model_validate_json(finder.text)
    except ValidationError as error:
        raise BadRecord(f"{path.name} holds a report that was changed: {explain(error)}") from None


def of_tensors(path: Path) -> str:
    """16 hex digits of the tensors in a safetensors file, whatever its header says beside; "" where there is none to read."""
    digest = hashlib.sha256()
    try:
        with safe_open(str(path), framework="numpy") as file:
            names = sorted(file.keys())
            for name in names:
                part = file.get_slice(name)
                digest.update(f"{name} {part.get_dtype()} {part.get_shape()}\0".encode())
        data = path.read_bytes()
    except (OSError, SafetensorError):
        return ""
    head = int.from_bytes(data[:8], "little")
    places = json.loads(data[8 : 8 + head])
    for name in names:
        start, end = places[name]["data_offsets"]
        digest.update(data[8 + head + start : 8 + head + end])
    return digest.hexdigest()[:16]


def data_of(path: Path) -> str:
    """The fingerprint of the real data that a set was made from, as its file says; "" where it does not."""
    try:
        with safe_open(str(path), framework="numpy") as file:
            header = json.loads((file.metadata() or {}).get("distill_studio", "null"))
    except (OSError, SafetensorError, ValueError):
        return ""
    about = header.get("about") if isinstance(header, dict) else None
    return str(about.get("fingerprint", "")) if isinstance(about, dict) else ""
