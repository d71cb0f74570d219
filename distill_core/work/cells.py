"""The engine's look at a sweep before it starts: which cells cannot work, and why."""

from __future__ import annotations

from typing import TypedDict, cast

from ..errors import BadSetting, StudioError
from ..fields import Field, belongs
from ..job import ask
from ..method import Method
from ..queue.sweep import Cell, Sweep, key_of, spoken

ENOUGH = 5  # refusals after which nobody reads on


class Refusal(TypedDict):
    """A cell that cannot work: where it is, what it is called, why."""

    place: list[int]
    label: str
    reason: str


def refusals(sweep: Sweep, kind: type[Method]) -> list[Refusal]:
    """The first cells that are refused, in the method's own words.

    What depends on the job alone (data, networks) is looked at once for every different job.
    """
    from ..run import check

    found: list[Refusal] = []
    jobs: set[str] = set()
    for cell in sweep.cells():
        reason = ""
        try:
            _means_something(sweep, cell)
            method = kind.build(cell.settings)
            job = ask(**cell.job, seed=sweep.seeds[0])
            same = key_of("", {}, cell.job)
            if same not in jobs:
                jobs.add(same)
                check(method, job)
            reason = method.why_not(job) or ""
        except StudioError as error:
            reason = str(error)
        if reason:
            found.append({"place": list(cell.place), "label": sweep.words(cell), "reason": reason})
        if len(found) >= ENOUGH:
            break
    return found


def _means_something(sweep: Sweep, cell: Cell) -> None:
    """Raise `BadSetting` where an axis sets what belongs to a part that is not chosen here: several places would be one run."""
    cases = [axis.cases[label] for axis, label in zip(sweep.axes, cell.labels, strict=True)]
    for name in (name for case in cases for name in case):
        if sweep.fields and name not in {**cell.job, **cell.settings}:
            raise BadSetting(belongs(cast(tuple[Field, ...], sweep.fields), name, cell.settings))


def refusal(refused: list[Refusal]) -> str:
    """The sentence about cells that cannot work, or ""."""
    if not refused:
        return ""
    said = " ".join(f"Cell “{one['label']}”: {one['reason']}" for one in refused[:3])
    rest = f" {spoken(len(refused) - 3, 'more cell')} or more cannot work either." if len(refused) > 3 else ""
    return f"{said}{rest} Nothing was started; take those values off the axis."
