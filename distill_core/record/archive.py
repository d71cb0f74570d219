"""A run as one zip, and back: only what a run folder holds, in bounded size, never outside its own folder."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import tempfile
import time
import zipfile
from pathlib import Path

from ..errors import BadRecord, BadSetting
from ..home import read_json, replacing, write_json
from .folder import OVER, RunFolder

MOST_FILES = 200_000
MOST_BYTES = 8 << 30  # of all members, unpacked
MOST_RATIO = 200  # unpacked to packed bytes, of a member above `SMALL`
SMALL = 1 << 20
BELONGS = re.compile(
    r"(job|state|control|tags)\.json|events\.jsonl|log\.txt|set\.safetensors|sheets/[\w.-]+\.webp|arrays/[\w.-]+\.npy"
    r"|planes/[\w.-]+\.(npy|json)|findings/[\w.-]+\.json|checkpoints/[\w.-]+\.safetensors"
)


def export_run(run: RunFolder, target: Path, *, checkpoints: bool = False) -> Path:
    """Write the run as a zip; a run that is working is packed as it stands. Checkpoints only when asked for.

    Returns the path written: `target`, or `target/<id>.zip` where it is a folder.
    """
    run.request()
    path = target / f"{run.id}.zip" if target.is_dir() else target
    try:
        with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
            for name in _names(run, checkpoints):
                # sheets, arrays and sets hardly shrink; text does
                packing = (
                    zipfile.ZIP_DEFLATED if name.endswith((".json", ".jsonl", ".txt", ".npy")) else zipfile.ZIP_STORED
                )
                archive.writestr(zipfile.ZipInfo(f"{run.id}/{name}", _now()), _bytes(run, name), packing)
    except OSError as error:
        raise BadSetting(f"{path} cannot be written ({error.strerror or error}). Choose another place.") from None
    return path


def _now() -> tuple[int, int, int, int, int, int]:
    now = time.localtime()
    return now.tm_year, now.tm_mon, now.tm_mday, now.tm_hour, now.tm_min, now.tm_sec


def _names(run: RunFolder, checkpoints: bool) -> list[str]:
    """What belongs to a run, the log first: every file that it names was written before its line."""
    found = [path.relative_to(run.path).as_posix() for path in run.path.rglob("*") if path.is_file()]
    kept = [name for name in found if BELONGS.fullmatch(name) and (checkpoints or not name.startswith("checkpoints/"))]
    return sorted(kept, key=lambda name: (name != "events.jsonl", name))


def _bytes(run: RunFolder, name: str) -> bytes:
    data = (run.path / name).read_bytes()
    return data[: data.rfind(b"\n") + 1] if name == "events.jsonl" else data


def import_run(home: Path, source: Path) -> RunFolder:
    """Unpack a run into the library, under a new id where its own is taken.

    Raises `BadRecord` with a sentence, and leaves nothing behind, for what is not the zip of a run, reaches outside its
    folder, is too large, holds other files, or comes from a newer version.
    """
    staging = home / "runs" / f".new-{secrets.token_hex(6)}"
    try:
        with zipfile.ZipFile(source) as archive:
            one = _check(archive, source.name)
            _unpack(archive, one, staging)
        _settle(staging)
        folder = RunFolder(home / "runs" / _free_id(home, one))
        asked = {**RunFolder(staging).request(), "id": folder.id}
        if "file" in asked:  # code is never taken from where somebody else's run says that it lies
            asked["file"] = re.split(r"[/\\]", str(asked["file"]))[-1]
        write_json(staging / "job.json", asked)
        os.replace(staging, folder.path)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadRecord(f"{source.name} is not a readable zip ({error}). Export the run again.") from None
    except FileNotFoundError:
        raise BadRecord(f"There is no file {source}.") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def copy_run(home: Path, source: RunFolder) -> RunFolder:
    """A run from another folder as one of the library's own, with the checks of `import_run`."""
    with tempfile.TemporaryDirectory() as passing:
        return import_run(home, export_run(source, Path(passing)))


def _check(archive: zipfile.ZipFile, name: str) -> str:
    """Refuse before anything is unpacked; returns the id of the run inside."""
    members = [one for one in archive.infolist() if not one.is_dir()]
    if len(members) > MOST_FILES or sum(one.file_size for one in members) > MOST_BYTES:
        raise BadRecord(
            f"{name} is too large: at most {MOST_FILES:,} files and {MOST_BYTES >> 30} GB unpacked are taken."
        )
    tops = {one.filename.partition("/")[0] for one in members}
    inside = {one.filename.partition("/")[2] for one in members}
    for one in members:
        _check_member(one, name)
    if len(tops) != 1 or not {"job.json", "state.json"} <= inside:
        raise BadRecord(
            f"{name} is not the zip of one run: a folder with job.json and state.json was wanted. Export the run again."
        )
    return tops.pop()


def _check_member(one: zipfile.ZipInfo, name: str) -> None:
    shown, top, path = one.filename[:80], *one.filename.partition("/")[::2]
    if stat.S_ISLNK(one.external_attr >> 16) or not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,99}", top) or ".." in path:
        raise BadRecord(
            f"{name} was not unpacked: its member {shown!r} reaches outside the run's folder. Nothing was written."
        )
    if not BELONGS.fullmatch(path):
        raise BadRecord(f"{name} was not unpacked: its member {shown!r} does not belong to a run. Nothing was written.")
    if one.file_size > SMALL and one.file_size > MOST_RATIO * max(1, one.compress_size):
        raise BadRecord(
            f"{name} was not unpacked: its member {shown!r} grows more than {MOST_RATIO} times. Nothing was written."
        )


def _unpack(archive: zipfile.ZipFile, top: str, staging: Path) -> None:
    for part in ("sheets", "arrays", "checkpoints", "planes", "findings"):
        (staging / part).mkdir(parents=True)
    for one in archive.infolist():
        if one.is_dir():
            continue
        left = one.file_size
        with archive.open(one) as packed, open(staging / one.filename.removeprefix(f"{top}/"), "wb") as file:
            while data := packed.read(1 << 20):
                left -= len(data)
                if left < 0:  # the directory of a zip may lie about sizes
                    raise BadRecord(f"The member {one.filename[:80]!r} is larger than it says. Nothing was written.")
                file.write(data)


def _settle(staging: Path) -> None:
    """Nobody works on what was just unpacked: a run packed while it worked can be resumed."""
    run = RunFolder(staging)
    run.request()
    state = read_json(staging / "state.json")
    if not isinstance(state, dict) or not isinstance(state.get("state"), str):
        raise BadRecord("The run's state.json cannot be read. Export the run again.")
    if state["state"] not in OVER:
        state |= {"state": "stopped", "message": "Packed while it worked; it can be resumed."}
    write_json(staging / "state.json", {**state, "pid": 0, "by": 0})
    (staging / "control.json").unlink(missing_ok=True)


def _free_id(home: Path, wanted: str) -> str:
    if not (home / "runs" / wanted).exists() and not (home / "trash" / wanted).exists():
        return wanted
    return f"{wanted[:90].rstrip('-._')}-{secrets.token_hex(3)}"


def is_run(path: Path) -> bool:
    """Whether this looks like the zip of a run (and not of pictures)."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith(("/job.json", "/events.jsonl")) or name == "job.json" for name in archive.namelist())
