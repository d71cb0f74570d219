"""Distill Studio's engine: dataset distillation methods that can be watched.

    import distill_core

    for event in distill_core.distill("dwa", data="digits", ipc=1, seed=0):
        print(event)

Names are loaded when they are first used, so that the screen can read runs without loading torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "distill": "run",
    "evaluate": "run",
    "Result": "results",
    "Pictures": "results",
    "Factored": "results",
    "Generated": "results",
    "Bytes": "results",
    "load_result": "results",
    "Job": "job",
    "Method": "method",
    "Card": "method",
    "Preset": "method",
    "Stream": "method",
    "Part": "part",
    "choice": "part",
    "knob": "part",
    "stage": "method",
    "steps": "loop",
    "saw": "loop",
    "registry": "methods",
    "load": "datasets",
    "show": "pieces.show",
    "StageStarted": "events",
    "Scalars": "events",
    "Images": "events",
    "StudioError": "errors",
}
__all__ = sorted([*_PUBLIC, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
