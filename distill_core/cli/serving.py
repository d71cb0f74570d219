"""`distill-studio` without a command: the studio in the browser."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typer

from ..errors import MissingPackage
from .out import AsJson, Home, home_of

APP = Path(__file__).resolve().parents[2] / "app.py"


def add(app: typer.Typer) -> None:
    app.callback(invoke_without_command=True)(open_studio)


def in_json(command: object) -> dict[str, object]:
    """Defaults for a command and all below it that answer in JSON."""
    below: dict[str, object] = getattr(command, "commands", {})
    return {"as_json": True, **{name: in_json(one) for name, one in below.items()}}


def open_studio(
    context: typer.Context,
    home: Home = None,
    as_json: AsJson = False,
    port: int = typer.Option(8501, help="Port of the studio, on this machine only."),
) -> None:
    """Watch a data set being distilled. Without a command, the studio opens in the browser."""
    if context.invoked_subcommand is not None:
        if home is not None:
            home_of(home)  # `distill-studio --home X runs` says the same as `distill-studio runs --home X`
        if as_json:  # and `--json runs` the same as `runs --json`
            context.default_map = in_json(context.command)
        return
    home_of(home)
    if not APP.is_file():
        raise MissingPackage(
            "app.py is not beside the engine. Clone the project and install it there: pip install -e ."
        )
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.address", "127.0.0.1"]
    raise SystemExit(subprocess.call([*command, "--server.port", str(port)], cwd=APP.parent))
