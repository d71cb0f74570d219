"""Takes a finished sweep of a home, with some of its runs, into this folder:

    python -m assets.ship HOME SWEEP --command "distill-studio sweep dwa …" --about "…" [--run RUN]…

The sweep becomes `sweeps/<id>.json` with the rows of its runs. The runs that are named ship whole but thinned: of their sheets
and arrays every fourth is kept, the first and the last always.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
from pathlib import Path
from typing import Any

import torch

from distill_core.queue import sweeps
from distill_core.record import index
from distill_core.record.folder import RunFolder

HERE = Path(__file__).parent
THINNED, EVERY = ("images", "logits", "parts"), 4
NUMBERS = ("id", "name", "method", "data", "ipc", "seed", "state", "preset", "created", "seconds", "accuracy", "std", "n", "random", "draws", "real", "student", "protocol", "facts")  # fmt: skip


def thinned(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every fourth of the records that hold files or bars, the first and the last of each kind and stage always."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for at, one in enumerate(lines):
        if one["kind"] in THINNED:
            kind = (one["kind"], one.get("stage", ""), one.get("source", ""), one.get("name", ""))
            groups.setdefault(kind, []).append(at)
    gone = {at for group in groups.values() for i, at in enumerate(group[:-1]) if i % EVERY}
    return [one for at, one in enumerate(lines) if at not in gone]


def files_of(value: Any) -> list[str]:
    """The files that a record names."""
    if isinstance(value, dict):
        own = [value[name] for name in ("sheet", "file") if isinstance(value.get(name), str)]
        return own + [one for inner in value.values() for one in files_of(inner)]
    return []


def ship_run(folder: RunFolder, name: str = "") -> None:
    """A run as an example, under its id or another name: its records thinned, only the files that they name."""
    target = HERE / "examples" / (name or folder.id)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for file in ("job.json", "state.json", "set.safetensors"):
        shutil.copyfile(folder.path / file, target / file)
    lines = [json.loads(one) for one in (folder.path / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = thinned(lines)
    text = "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in kept)
    (target / "events.jsonl").write_text(text, encoding="utf-8")
    for file in {file for one in kept for file in files_of(one)}:
        (target / file).parent.mkdir(exist_ok=True)
        shutil.copyfile(folder.path / file, target / file)
    size = sum(one.stat().st_size for one in target.rglob("*") if one.is_file())
    print(f"{folder.id}: {len(kept)} of {len(lines)} records, {size / 1e6:.2f} MB")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("home", type=Path)
    asked.add_argument("sweep")
    asked.add_argument("--command", required=True)
    asked.add_argument("--about", default="")
    asked.add_argument("--run", action="append", default=[])
    said = asked.parse_args()
    one = sweeps.read(said.home, said.sweep)
    assert one.state == "done", f"{said.sweep} is {one.state}"
    rows = {row["id"]: row for row in index.list_runs(said.home, limit=1_000_000)}
    mine = [{name: rows[run][name] for name in NUMBERS} for run in one.runs.values()]  # type: ignore[literal-required]
    made = {
        "command": said.command,
        "machine": f"{os.cpu_count()}-core {platform.machine()} CPU, one thread",
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "about": said.about,
    }
    plan = one.plan.model_dump(mode="json")
    found = {
        "schema": 1,
        "id": one.id,
        "created": one.created,
        "plan": plan,
        "runs": one.runs,
        "rows": mine,
        "made": made,
    }
    (HERE / "sweeps").mkdir(exist_ok=True)
    path = HERE / "sweeps" / f"{one.id}.json"
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(mine)} runs, {path.stat().st_size / 1e3:.0f} kB")
    for run in said.run:
        ship_run(RunFolder.find(said.home, run))


if __name__ == "__main__":
    main()
