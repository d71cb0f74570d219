"""The same things from a terminal: `distill-studio --help`.

Every command takes `--json` (exactly one JSON document on stdout, everything else on stderr) and `--home DIR`. The exit code is
0 when all went well, 2 for a wrong setting, 1 for anything else.
"""

from __future__ import annotations

import sys

import typer

from ..errors import BadSetting, StudioError
from . import (
    carrying,
    importing,
    labelling,
    listing,
    offering,
    prioring,
    reporting,
    running,
    serving,
    studying,
    sweeping,
    swept,
    teaching,
)
from .out import USAGE_ERROR, fail

app = typer.Typer(
    name="distill-studio",
    help="Watch a data set being distilled. Without a command, the studio opens in the browser.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
serving.add(app)
offering.add(app)
listing.add(app)
running.add(app)
carrying.add(app)
reporting.add(app)
importing.add(app)
labelling.add(app)
teaching.add(app)
prioring.add(app)
studying.add(app)
sweeping.add(app)
swept.add(app)


def main(arguments: list[str] | None = None) -> None:
    """Run a command line and exit; what is wrong is said as a sentence, never as a traceback."""
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    try:
        code = app(given, standalone_mode=False, prog_name="distill-studio")
    except BadSetting as error:
        code = fail(str(error), 2, as_json)
    except StudioError as error:
        code = fail(str(error), 1, as_json)
    except USAGE_ERROR as error:
        code = fail(getattr(error, "message", "") or str(error), 2, as_json)
    except (typer.Abort, KeyboardInterrupt):
        code = fail("Interrupted.", 1, as_json)
    except OSError as error:
        code = fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.", 1, as_json)
    sys.exit(code if isinstance(code, int) else 0)
