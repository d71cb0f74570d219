"""The engine's look at a sweep before it starts: which cells cannot work, and why."""

from __future__ import annotations

from typing import TypedDict

from ..errors import StudioError
from ..job import ask
from ..method import Method
from ..queue.sweep import Sweep, key_of, spoken

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


def refusal(refused: list[Refusal]) -> str:
    """The sentence about cells that cannot work, or ""."""
    if not refused:
        return ""
    said = " ".join(f"Cell “{one['label']}”: {one['reason']}" for one in refused[:3])
    rest = f" {spoken(len(refused) - 3, 'more cell')} or more cannot work either." if len(refused) > 3 else ""
    return f"{said}{rest} Nothing was started; take those values off the axis."
