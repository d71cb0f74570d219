"""What a set of images is worth: students trained on it under a named protocol, always beside random real images.

    scores = yield from score(result, job, real, teacher=teacher)

`PROTOCOLS` says how students are trained, `train_student` trains one, `score` trains all that a run needs. Accuracy is
that of the last epoch, on the real test part; nothing is chosen by it.
"""

from __future__ import annotations

from .choosing import chosen_protocol, protocol_of
from .control import control_of, random_lesson, random_rows, teacher_labels
from .exam import score
from .protocols import PROTOCOLS, Protocol, find
from .students import Trained, accuracy, train_student
from .whole import known_whole, measure_whole

__all__ = [
    "PROTOCOLS",
    "Protocol",
    "Trained",
    "accuracy",
    "chosen_protocol",
    "control_of",
    "find",
    "known_whole",
    "measure_whole",
    "protocol_of",
    "random_lesson",
    "random_rows",
    "score",
    "teacher_labels",
    "train_student",
]
