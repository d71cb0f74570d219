"""Scores of a finished run's set that were asked for afterwards: they stand in its records like the first ones."""

from __future__ import annotations

from collections.abc import Sequence

from filelock import Timeout

from ..errors import BadRecord
from ..events import Scored
from .folder import RunFolder
from .health import signs_of
from .log import Recorder, Timeline
from .scores import scores_of


def add_scores(folder: RunFolder, scored: Sequence[Scored]) -> None:
    """Write them into the run; of those that were said while draw after draw came in, the last. Raises `BadRecord` where somebody works on it."""
    try:
        with folder.lock():
            seconds = float(folder.state().get("seconds") or 0.0)
            recorder = Recorder(folder)
            recorder.offset, recorder.stage = seconds, "evaluate"
            last = {(one.subject, one.student, one.protocol, one.labels): one for one in scored}
            for event in last.values():
                recorder.write(event)
            recorder.close()
            records = Timeline.all(folder)
            folder.set_state(scores=scores_of(records), health=signs_of(folder, records))
    except Timeout:
        raise BadRecord(
            f"Run {folder.id!r} is being worked on, so its scores were not kept. Ask again later."
        ) from None
