"""The public names: what they are does not depend on what was imported before."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import distill_core
from tests.methods.tiny import JOB, NETWORK, drain

EVERYTHING = """
import importlib, pkgutil, distill_core
before = {name: getattr(distill_core, name) for name in distill_core.__all__}
for one in pkgutil.walk_packages(distill_core.__path__, "distill_core."):
    if not one.name.endswith("__main__"):
        importlib.import_module(one.name)
changed = [name for name, value in before.items() if getattr(distill_core, name) is not value]
from distill_core import evaluate, steps
assert callable(evaluate) and callable(steps)
print(changed)
"""


def test_no_public_name_is_a_module() -> None:
    modules = {one.name for one in pkgutil.iter_modules(distill_core.__path__)}
    assert not modules & set(distill_core.__all__)


def test_public_names_stay_what_they_are_after_any_import() -> None:
    command = [sys.executable, "-W", "error::ImportWarning", "-c", EVERYTHING]
    said = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "[]", said.stdout + said.stderr


def test_a_set_is_distilled_and_then_evaluated() -> None:
    asked = {**JOB, "teacher": NETWORK, "student": NETWORK}
    _, result = drain(distill_core.distill("random", **asked))
    events, _ = drain(distill_core.evaluate(result, students=1, epochs=1, student=NETWORK, device="cpu"))
    assert {one.subject for one in events if one.kind == "scored"} >= {"distilled", "random"}
