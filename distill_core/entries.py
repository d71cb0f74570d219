"""What a catalog holds, entry by entry, as it lies in `catalog.json`; what it is for is said in `catalog.py`."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from .fields import Field, Plain, Values


class AxisEntry(TypedDict):
    """An axis of an ablation: its cases say which settings (by path) and values of the job each place has."""

    title: str
    cases: dict[str, Values]


class AblationEntry(TypedDict):
    """A question about a method that a sweep answers; see `method.Ablation`."""

    title: str
    axes: list[AxisEntry]
    question: str
    published: list[str]
    source: str


class PresetEntry(TypedDict):
    """Named settings, by path, and what they suggest for the job; see `method.Preset`."""

    title: str
    settings: Values
    job: Values
    source: str


class BesideEntry(TypedDict):
    """Another way to do the same job; see `method.Beside`."""

    title: str
    changes: dict[str, object]
    method: str


class Entry(TypedDict):
    """A method or a study: what its card says, and its fields; see `method.Card`."""

    name: str
    title: str
    idea: str
    family: str
    paper: str
    url: str
    learns: str
    stages: NotRequired[list[str]]
    matches: str
    labels: str
    by_rule: bool
    descends: NotRequired[dict[str, str]]  # methods that it builds on, and what is new
    departures: list[str]
    presets: list[PresetEntry]
    ablations: list[AblationEntry]
    beside: list[BesideEntry]
    fields: list[Field]
    file: NotRequired[str]  # `/where/it/is.py:Class`, for a method in a file of the user's own


class DataEntry(TypedDict):
    """A real data set; see `datasets.DataInfo`."""

    name: str
    title: str
    about: str
    classes: list[str]
    train: int
    test: int
    channels: int
    size: int
    sizes: list[int]
    may_mirror: bool
    bundled: bool
    ready: bool
    download_mb: float


class OptionEntry(TypedDict):
    """One option of a network; see `networks.network.Option`."""

    name: str
    about: str
    default: Plain
    choices: list[Plain]
    minimum: float | None
    maximum: float | None
    always: bool


class NetworkEntry(TypedDict):
    """A network that can be built; see `networks.NetworkInfo`."""

    name: str
    title: str
    about: str
    options: list[OptionEntry]
    smallest: int
    norm: str


class Catalog(TypedDict):
    """All of it."""

    schema: int
    methods: list[Entry]
    departures: NotRequired[list[str]]  # of all methods alike
    studies: list[Entry]
    job: list[Field]
    data: list[DataEntry]
    networks: list[NetworkEntry]
    protocols: list[dict[str, Plain]]  # title, about, source and every setting of `evaluation.Protocol`
    layouts: NotRequired[list[dict[str, str]]]  # of other people's sets: name and title of each that is read
    guests: list[list[str]]
    devices: list[str]
    versions: dict[str, str]
