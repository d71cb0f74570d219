"""Every test has a home of its own, one torch thread, and no way to the user's runs."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A studio home for this test alone."""
    monkeypatch.setenv("DISTILL_STUDIO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DISTILL_STUDIO_NO_WORKER", "1")
    from distill_core.home import studio_home

    return studio_home()
