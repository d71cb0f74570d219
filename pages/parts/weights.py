"""What the pages of teachers and of priors do alike with files of weights: list them, hand out, take in."""

from __future__ import annotations

import io
import json
import re
import secrets
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from . import errand, studio

WHERE = {"shipped": "shipped with the studio", "trained": "trained here", "imported": "imported"}


def origin(row: dict[str, Any]) -> str:
    """Where the weights of a row come from, and when they were made."""
    made = f", {datetime.fromtimestamp(row['made']):%d %b %Y %H:%M}" if row["made"] else ""
    return WHERE[row["where"]] + made


def recipe(said: dict[str, Any], unit: str) -> str:
    """A recipe in a line: `40 epochs, lr 0.1, batch 128, weight decay 0.0005`; `unit` is what it counts in."""
    if not said:
        return "not stated"
    count = said.get(unit, "?")
    rest = [_value(name, value) for name, value in said.items() if name not in (unit, "seed")]
    seed = [f"seed {said['seed']}"] if said.get("seed") else []
    return ", ".join([f"{count} {unit.removesuffix('s') if count == 1 else unit}", *rest, *seed])


def _value(name: str, value: Any) -> str:
    """One value of a recipe: `lr 0.001`, or a word for what is on."""
    words = name.replace("_", " ")
    return words if value is True else f"{words} {value:g}" if isinstance(value, float) else f"{words} {value}"


def table(
    kind: str,
    rows: list[dict[str, Any]],
    line: Callable[[dict[str, Any]], dict[str, Any]],
    columns: dict[str, Any],
    *,
    alt: str,
    hint: str,
) -> dict[str, Any] | None:
    """One `line` for each file of weights; returns the row that is ticked, or None with a hint on the page."""
    event = st.dataframe(
        [line(row) for row in rows],
        key=f"{kind}s.{len(rows)}",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        column_config=columns,
        alt=alt,
    )
    picked = [rows[i] for i in (event["selection"]["rows"] if event else []) if i < len(rows)]
    if not picked:
        st.caption(hint)
    return picked[0] if picked else None


def export_button(kind: str, row: dict[str, Any], card: dict[str, Any]) -> None:
    """The file with its card; packed only when it is asked for."""
    name = f"{kind}-{re.sub('[^a-z0-9]+', '-', row['data'].lower())}-{row['key']}"
    st.download_button(
        "Export (safetensors and card)",
        lambda: packed(row["path"], name, card),
        f"{name}.zip",
        "application/zip",
        icon=":material/download:",
        on_click="ignore",
    )


def packed(path: str, name: str, card: dict[str, Any]) -> bytes:
    """Weights and card as the bytes of a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        out.write(path, f"{name}.safetensors")
        out.writestr(f"{name}.json", json.dumps(card, ensure_ascii=False, indent=1))
    return file.getvalue()


def kept(file: Any, card: Any = None) -> Path:
    """The uploads as files of the home's own naming; what is in them is judged by the engine."""
    folder = studio.home() / "data" / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(file.name).stem)[:60]
    path = folder / f"{stem}-{secrets.token_hex(3)}{Path(file.name).suffix.lower()}"
    path.write_bytes(file.getbuffer())
    if card:
        path.with_suffix(".json").write_bytes(card.getbuffer())
    return path


def send(kind: str, command: Sequence[str]) -> None:
    """Let the engine take a file in; `outcome` says what came of it."""
    st.session_state.pop(f"{kind}s.brought", None)
    errand.send(kind, *command)
    st.rerun()


def outcome(kind: str, waiting: str) -> dict[str, Any] | None:
    """What came of the last import: the command's answer, or None with the error (or that it is being worked on) on the page."""
    errand.wait(kind, waiting)
    if found := errand.outcome(kind):
        errand.forget(kind)
        st.session_state[f"{kind}s.brought"] = found
        st.rerun()
    found = st.session_state.get(f"{kind}s.brought")
    if found and "error" in found:
        st.error(str(found["error"]), icon=":material/error:")
        return None
    return found
