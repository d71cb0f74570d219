"""What an installed engine holds: everything that it reads beside its modules."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_file_that_is_no_module_travels_with_the_package():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "package-data"
    ]
    carried = {
        file
        for package, patterns in settings.items()
        for pattern in patterns
        for file in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    there = {
        file
        for file in (ROOT / "distill_core").rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc", ".pyo")
    }
    assert there, "the cards of the methods, at least"
    assert carried == there
