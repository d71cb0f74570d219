"""The command line as the tests of this folder call it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from distill_core.cli import main


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path) -> Any:
    """A command with its words: exit code, stdout, stderr."""
    monkeypatch.setattr("distill_core.work.sitting.leave_a_core", lambda: None)

    def command(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main([*words, "--home", str(home)])
        said = capsys.readouterr()
        code = end.value.code
        return (code if isinstance(code, int) else 0), said.out, said.err

    return command
