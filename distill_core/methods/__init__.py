"""The registry: every method in menu order, and methods of other packages through entry points.

[project.entry-points."distill_core.methods"]
mine = "my_package.mine:MyMethod"

A method in a file of the user's own is known to the home that it was given to (`record/guests.py`).
"""

from __future__ import annotations

import tomllib
import warnings
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from ..catalog import GROUP
from ..errors import BadSetting, nearest
from ..home import studio_home
from ..method import Method
from ..record import guests
from .atom import AttentionMixer
from .aum import AreaUnderMargin
from .ccs import CoverageCentric
from .cda import CurriculumDataAugmentation
from .confident import Confident
from .datadam import DatasetAttention
from .dc import DatasetCondensation
from .dm import DistributionMatching
from .dsa import SiameseCondensation
from .dwa import DirectedWeightAdjustment
from .edc import DesignSpace
from .el2n import ErrorNorm
from .forgetting import Forgetting
from .glad import GenerativeLatent
from .gvbsm import GeneralizedMatching
from .herding import Herding
from .hglad import HierarchicalPrior
from .infer import InterclassCompensators
from .kcenter import KCenter
from .kmeans import ClassMeans
from .ladd import LabelAugmented
from .mtt import TrajectoryMatching
from .own import from_file
from .random import RandomReal
from .rded import RealisticDiverse
from .sre2l import SqueezeRecoverRelabel
from .sre2lpp import SqueezeRecoverRelabelPlus

BUILT_IN: tuple[type[Method], ...] = (
    DirectedWeightAdjustment,
    SqueezeRecoverRelabel,
    CurriculumDataAugmentation,
    SqueezeRecoverRelabelPlus,
    GeneralizedMatching,
    DesignSpace,
    RealisticDiverse,
    InterclassCompensators,
    DistributionMatching,
    DatasetAttention,
    AttentionMixer,
    DatasetCondensation,
    SiameseCondensation,
    TrajectoryMatching,
    GenerativeLatent,
    HierarchicalPrior,
    LabelAugmented,
    RandomReal,
    Herding,
    KCenter,
    ErrorNorm,
    Forgetting,
    AreaUnderMargin,
    CoverageCentric,
    Confident,
    ClassMeans,
)


def departures() -> list[str]:
    """Where all methods here depart from the papers' code alike, a sentence or two each."""
    said = tomllib.loads(Path(__file__).with_name("departures.toml").read_text(encoding="utf-8"))
    return [str(one) for one in said["shared"]]


@cache
def registry() -> dict[str, type[Method]]:
    """All methods by name. A guest that cannot be loaded, or takes a name that is taken, is left out with a warning."""
    known = {method.card.name: method for method in BUILT_IN}
    for entry in entry_points(group=GROUP):
        try:
            guest = entry.load()
            if not (isinstance(guest, type) and issubclass(guest, Method)):
                raise TypeError(f"{entry.value} is not a distill_core Method")
            if guest.card.name in known:
                raise ValueError(f"the name {guest.card.name!r} is taken")
        except Exception as error:  # noqa: BLE001 (a guest's fault must not take the studio down)
            warnings.warn(f"Method {entry.name!r} ({entry.value}) was left out: {error}", stacklevel=2)
            continue
        known[guest.card.name] = guest
    return known


def method_class(name: str) -> type[Method]:
    """The method with this name, built in, installed or in a file that this home was given; `BadSetting` with the nearest one."""
    known, own = registry(), guests.known(studio_home())
    if name not in known and name in own:
        return from_file(own[name]["file"])
    if name not in known:
        names = [*known, *own]
        raise BadSetting(f"There is no method called {name!r}.{nearest(name, names)} There are: {', '.join(names)}.")
    return known[name]
