"""Errands: what needs torch and is no question of the engine, done by our own command line in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import streamlit as st

from . import studio

ROOT = Path(__file__).parents[2]


@dataclass(eq=False)
class Errand:
    """A command on its way; its one JSON document comes on `out`."""

    process: subprocess.Popen[bytes]
    out: IO[bytes]


@st.cache_resource(show_spinner=False)
def _errands() -> dict[str, Errand]:
    return {}


def send(name: str, *words: str) -> None:
    """Start `distill-studio WORDS --json` under a name; the same name again starts it anew once it is over."""
    before = _errands().get(name)
    if before and before.process.poll() is None:
        return
    out = tempfile.TemporaryFile()  # noqa: SIM115 (read when the process is over)
    command = [sys.executable, "-m", "distill_core.cli", *words, "--home", str(studio.home()), "--json"]
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, stdout=out, env=environment, cwd=ROOT, **quiet)
    _errands()[name] = Errand(process, out)


def outcome(name: str) -> dict[str, Any] | None:
    """What the errand brought: its document, or `{"error": sentence}`; None where it was not sent or is on its way."""
    errand = _errands().get(name)
    if errand is None or errand.process.poll() is None:
        return None
    errand.out.seek(0)
    try:
        return json.loads(errand.out.read())
    except ValueError:
        return {"error": f"The engine ended with code {errand.process.returncode} and no reason. Try it in a terminal."}


def forget(name: str) -> None:
    """Take an errand that is over off the list."""
    errand = _errands().pop(name, None)
    if errand:
        errand.out.close()


def is_on_its_way(name: str) -> bool:
    errand = _errands().get(name)
    return errand is not None and errand.process.poll() is None


def wait(name: str, words: str) -> None:
    """Say what is being done, and rerun the page when it is over."""
    if is_on_its_way(name):
        st.fragment(_wait, run_every=0.5)(name, words)


def _wait(name: str, words: str) -> None:
    if not is_on_its_way(name):
        st.rerun()
    st.caption(f":material/hourglass_top: {words}")
