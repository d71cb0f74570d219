"""The one grammar for things chosen by name with options: `convnet:width=64,norm=batch`, `digits:size=8`."""

from __future__ import annotations

from typing import Any

from .errors import BadSetting


def parse(spec: str) -> tuple[str, dict[str, Any]]:
    """`"convnet:width=64,norm=batch"` → `("convnet", {"width": 64, "norm": "batch"})`. Numbers become numbers.

    After `folder:` everything is a path: `"folder:/a/b"` → `("folder", {"path": "/a/b"})`. What follows an `@` names the
    weights of a network (see `weights`) and says nothing about its form.
    """
    if not spec.strip().startswith("folder:"):
        spec = spec.partition("@")[0]
    name, _, rest = spec.strip().partition(":")
    if name == "folder":
        return name, {"path": rest}
    options: dict[str, Any] = {}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise BadSetting(f"{spec!r} cannot be read at {part!r}. Write name:option=value,option=value.")
        options[key.strip()] = number(value.strip())
    return name.strip(), options


def weights(spec: str) -> str:
    """The teacher whose weights are meant: `"resnet18@756ee6198d62b83a"` → `"756ee6198d62b83a"`, else ""."""
    return "" if spec.strip().startswith("folder:") else spec.partition("@")[2].strip()


def number(text: str) -> Any:
    """An int, a float, or the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def spell(name: str, options: dict[str, Any]) -> str:
    """The reverse of `parse`, options sorted, so that equal choices are spelled equally."""
    return name + (":" + ",".join(f"{k}={options[k]}" for k in sorted(options)) if options else "")
