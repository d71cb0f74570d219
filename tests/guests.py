"""A stranger's methods: the README's example as it is printed, and ways to bring one in."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from distill_core import catalog, methods
from distill_core.method import Method

README = Path(__file__).parents[1] / "README.md"


def printed() -> str:
    """The README's example of a method, word for word."""
    section = README.read_text(encoding="utf-8").partition("## Add a method")[2]
    [example] = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    return example


def lines_printed() -> tuple[str, str]:
    """The README's two lines: the flag `file.py:Class`, and the entry point `name = "module:Class"`."""
    section = README.read_text(encoding="utf-8").partition("## Add a method")[2]
    return re.findall(r"--method (\S+)", section)[0], re.findall(r'`(\w+ = "\S+")` under', section)[0]


@contextmanager
def in_the_tree(path: Path, name: str) -> Iterator[type[Method]]:
    """The file as one of `distill_core/methods/`, named in the list of `__init__.py`."""
    full = f"distill_core.methods.{path.stem}"
    spec = spec_from_file_location(full, path)
    assert spec and spec.loader
    module = sys.modules[full] = module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.MonkeyPatch.context() as patch, anew():
        patch.setattr(methods, "BUILT_IN", (*methods.BUILT_IN, getattr(module, name)))
        yield getattr(module, name)
    del sys.modules[full]


@contextmanager
def installed(site: Path, code: str, line: str, version: str = "1.0") -> Iterator[None]:
    """A package with this code and this entry point, as pip would have put it into `site`."""
    module = line.partition('"')[2].partition(":")[0]
    about = site / f"guest_{module}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: guest-{module}\nVersion: {version}\n")
    (about / "entry_points.txt").write_text(f"[distill_core.methods]\n{line.replace(chr(34), '')}\n")
    if code:
        (site / f"{module}.py").write_text(code, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, anew():
        patch.syspath_prepend(str(site))
        yield
    sys.modules.pop(module, None)


@contextmanager
def anew() -> Iterator[None]:
    """Nobody remembers what was installed before, nor afterwards what is installed now."""
    for remembered in (methods.registry, catalog._entries):
        remembered.cache_clear()
    importlib.invalidate_caches()
    yield
    for remembered in (methods.registry, catalog._entries):
        remembered.cache_clear()
