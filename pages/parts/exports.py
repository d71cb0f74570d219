"""In and out: a run as a zip, its synthetic set in other people's forms, and the way back for both."""

from __future__ import annotations

import io
import re
import secrets
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import streamlit as st

from distill_core.errors import StudioError
from distill_core.record import archive
from distill_core.record.folder import RunFolder

from . import draw, errand, studio

FORMS = {
    "run": "The whole run (zip)",
    "set": "Synthetic set (safetensors)",
    "png": "Images (PNG, zip)",
    "parquet": "Images and labels (parquet)",
    "pt": "images.pt and labels.pt (zip)",
    "res": "DC's res_….pt",
    "ddranking": "DD-Ranking's images.pt, labels.pt, lr.pt (zip)",
    "folders": "The SRe2L family's folder, PNG (zip)",
    "folders-jpeg": "The SRe2L family's folder, JPEG (zip)",
    "hub": "A folder for a data hub, with card (zip)",
    "tensorboard": "Curves and walls for TensorBoard (zip)",
}
NAMES = {
    "run": ".zip",
    "set": ".safetensors",
    "png": "-png.zip",
    "parquet": ".parquet",
    "pt": "-pt.zip",
    "res": "-res.pt",
}
FOLDERS = ("pt", "ddranking", "folders", "folders-jpeg", "hub", "tensorboard")  # what the engine writes as a folder
NAMES |= {form: f"-{form}.zip" for form in FOLDERS if form not in NAMES}


def offer(run: RunFolder) -> None:
    """Choose a form and get it; what needs the engine is made when asked for."""
    stored = run.path / "set.safetensors"
    forms = list(FORMS) if stored.is_file() else ["run", "tensorboard"]
    form = st.selectbox("Export as", forms, format_func=FORMS.get, key=f"form.{run.id}")
    name = run.id + NAMES[form]
    if form == "run":
        st.download_button("Download", lambda: packed(run), name, "application/zip", icon=":material/download:")
    elif form == "set":
        label = f"Download ({draw.size(stored.stat().st_size)})"
        st.download_button(label, stored.read_bytes, name, icon=":material/download:")
    else:
        _made(run, form, name)
    if not stored.is_file():
        st.caption("There is no synthetic set yet; a run writes it when its images are done.")


def packed(run: RunFolder) -> bytes:
    """The run as the bytes of a zip, without what is only needed to resume it."""
    with tempfile.TemporaryDirectory() as folder:
        return archive.export_run(run, Path(folder) / f"{run.id}.zip").read_bytes()


def _made(run: RunFolder, form: str, name: str) -> None:
    errand_name, folder = f"export {run.id} {form}", studio.home() / "exports" / run.id
    own = f"{form}-{secrets.token_hex(3)}" if form == "tensorboard" else form if form in FOLDERS else name
    target = folder / own
    if st.button("Prepare", icon=":material/package_2:", disabled=errand.is_on_its_way(errand_name)):
        shutil.rmtree(target, ignore_errors=True)  # the engine writes folders that are new
        folder.mkdir(parents=True, exist_ok=True)
        errand.send(errand_name, "export", run.id, "--as", form, "--to", str(target))
    errand.wait(errand_name, "The engine writes the file; it takes some seconds to wake up.")
    found = errand.outcome(errand_name)
    if found and "error" in found:
        st.error(str(found["error"]), icon=":material/error:")
    elif found:
        for sentence in found.get("notes") or []:
            st.caption(studio.escape(str(sentence)))
        st.download_button("Download", lambda: zipped(Path(str(found["path"]))), name, icon=":material/download:")


def zipped(path: Path) -> bytes:
    """A file's bytes; a folder as the bytes of a zip of its files."""
    if path.is_file():
        return path.read_bytes()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for one in sorted(file for file in path.rglob("*") if file.is_file()):
            out.write(one, one.relative_to(path))
    return file.getvalue()


def take_in() -> None:
    """Bring in the zip of a run, or a synthetic set in any of the forms that we write."""
    with st.expander("Import a run or a synthetic set", icon=":material/upload:"):
        st.caption(
            "The zip of a run; or a set as safetensors, parquet or a zip of PNG. Nothing in a file is ever executed."
        )
        given = st.file_uploader("File", type=["zip", "safetensors", "parquet"], key="runs.import")
        if given and st.button("Import", icon=":material/upload:"):
            _bring(given)
        errand.wait("import", "The engine reads the set …")
        found = errand.outcome("import")
        if found:
            errand.forget("import")
            st.session_state["runs.brought"] = found
            st.rerun()
        _brought(st.session_state.pop("runs.brought", None))


def _bring(given: Any) -> None:
    """A run's zip is unpacked here; a set needs the engine. Both check names and sizes before they write."""
    folder = studio.home() / "data" / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    stem, suffix = Path(given.name).stem, Path(given.name).suffix.lower()
    path = folder / f"{re.sub('[^A-Za-z0-9._-]+', '-', stem)[:60]}-{secrets.token_hex(3)}{suffix}"
    path.write_bytes(given.getbuffer())
    try:
        if archive.is_run(path):
            st.session_state["runs.brought"] = {"run": archive.import_run(studio.home(), path).id}
            path.unlink()
            st.rerun()
        errand.send("import", "import", str(path), "--name", stem[:100])
        st.rerun()
    except StudioError as error:
        st.session_state["runs.brought"] = {"error": str(error)}
        st.rerun()


def _brought(found: dict[str, Any] | None) -> None:
    if found and "error" in found:
        st.error(str(found["error"]), icon=":material/error:")
    elif found:
        st.success(f"Imported as {found['run']}.", icon=":material/check_circle:")
