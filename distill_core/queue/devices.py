"""The devices of this machine: what there is, how a device is spelled as a lock, and who has it."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from .. import catalog as shelf


def known(home: Path) -> list[str]:
    """`cpu` and every accelerator, as a worker of this home found them."""
    catalog = shelf.written(home / "catalog.json")
    found = catalog.get("devices") if isinstance(catalog, dict) else None
    return [str(one) for one in found or ("cpu",)]


def named(home: Path, asked: str) -> str:
    """A device as its lock: `cuda` → `cuda-0`; `auto` is the first accelerator, or `cpu` where there is none."""
    if asked == "auto":
        asked = next((one for one in known(home) if one.startswith("cuda")), "cpu")
    asked = "cuda:0" if asked == "cuda" else asked
    return "".join(c if c.isalnum() else "-" for c in asked)[:40]


def lock(home: Path, device: str) -> FileLock:
    """Held by whoever works on this device (spelled as by `named`)."""
    (home / "devices").mkdir(exist_ok=True)
    return FileLock(home / "devices" / f"{device}.lock", timeout=0)


def is_busy(home: Path, device: str) -> bool:
    try:
        with lock(home, device):
            return False
    except Timeout:
        return True
