"""Jobs in the queue that distill nothing: a teacher or a prior is trained, a finished run is examined further.

They are asked, queued, watched, stopped and resumed like methods (their fields are their settings), but return what was found
instead of a set. Findings about a run are kept in its folder; see `record/findings.py`.
"""

from __future__ import annotations

from ..job import Job
from ..method import Method, Stream
from ..methods import registry
from .continual import ContinualLearning
from .label_curve import LabelCurve
from .prior import PriorTraining
from .ranking import CandidateRanking
from .regimes import Regimes
from .reliability import Reliability
from .study import Findings, Outcome, Study
from .teacher import RECIPES, TeacherTraining
from .transfer import Transfer

__all__ = ["RECIPES", "STUDIES", "Findings", "PriorTraining", "Study", "TeacherTraining", "askable", "whole"]

STUDIES: dict[str, type[Study]] = {
    one.card.name: one
    for one in (
        TeacherTraining,
        PriorTraining,
        ContinualLearning,
        Transfer,
        CandidateRanking,
        LabelCurve,
        Regimes,
        Reliability,
    )
}


def askable() -> dict[str, type[Method]]:
    """Everything that can be queued, by name: methods and studies."""
    return {**STUDIES, **registry()}


def whole(method: Method, job: Job) -> Stream[Outcome]:
    """What a worker drives: a run from end to end, or a study."""
    from ..run import whole as whole_run

    if isinstance(method, Study):
        return (yield from method.hold(job))
    return (yield from whole_run(method, job))
