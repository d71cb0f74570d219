"""A run as the command line that makes it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ..fields import Field, active, short
from ..job import Job

USUAL = {
    "teacher": "auto",
    "student": "auto",
    "protocol": "auto",
    "device": "auto",
    "students": 3,
    "draws": 0,
    "epochs": 0,
}


def command(method: str, fields: list[Field], settings: Mapping[str, Any], job: Mapping[str, Any], seed: int) -> str:
    """The same run as a command line; only what differs from the defaults is spelled."""
    words = ["distill-studio", "run", method, "--data", str(job["data"]), "--ipc", str(job["ipc"]), "--seed", str(seed)]
    given = {name: job[name] for name, default in USUAL.items() if job.get(name, default) != default}
    for one in active(fields, settings):
        if (value := settings.get(one["name"], one["default"])) != one["default"]:
            given[short(fields, one["name"], Job.model_fields)] = value
    for name, value in given.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag[2:]}")
        else:
            words += [flag, _spelled(value)]
    return shlex.join(words)


def _spelled(value: Any) -> str:
    """A value as text that is read as the same value, a number as short as that goes."""
    short = f"{value:g}" if isinstance(value, float) else ""
    return short if short and float(short) == value else str(value)
