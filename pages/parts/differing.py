"""What differs between runs: as one sentence, as a table by title, and what only one of them has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.record.folder import RunFolder

from . import feed, runbar, standing, studio

SILENT = ("moves", "device")  # of a job: where and how it was watched, not what was asked
MOST_SAID = 3  # settings that the sentence names
RESOLVED = ("student", "protocol")  # "auto" in a job; the scores say what it became


@dataclass(frozen=True)
class Setting:
    """One setting in all runs: its title, and the value in each, None where a run has no such setting."""

    title: str
    values: tuple[str | None, ...]

    @property
    def shared(self) -> bool:
        """Every run has it."""
        return None not in self.values


def settings(folders: Sequence[RunFolder], asked: Sequence[Mapping[str, Any]]) -> list[Setting]:
    """The settings in which these runs differ, as they were resolved, by title; those that all have first."""
    columns = [_resolved(folder, one) for folder, one in zip(folders, asked, strict=True)]
    titles = {path: title for column in columns for path, (title, _) in column.items()}
    found = []
    for path, title in titles.items():
        values = tuple(column[path][1] if path in column else None for column in columns)
        if len(set(values)) > 1:
            found.append(Setting(title, values))
    return sorted(found, key=lambda one: not one.shared)


def _resolved(folder: RunFolder, asked: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Everything that holds for a run: path → (title, value)."""
    known = runbar.catalog()
    entry = studio.method_info(asked["method"])
    found = {"method": ("Method", str(entry.get("title") or asked["method"]))}
    titles = {one["name"]: str(one["title"]) for one in known.get("job", [])}
    scored = (feed.state_of(folder).get("scores") or {}).get("distilled") or {}
    for name, value in asked["job"].items():
        if name not in SILENT:
            became = scored.get(name) if name in RESOLVED and value in ("auto", "", None) else None
            said = standing.data_said(str(value)) if name == "data" else str(became or value)
            found[f"job: {name}"] = (titles.get(name, name.capitalize()), said)
    names = {one["name"]: str(one.get("title") or one["name"]) for one in entry.get("fields", [])}
    for path, value in shelf.settings_of_run(studio.home(), asked).items():  # type: ignore[arg-type]
        found[path] = (names.get(path) or path.rpartition(".")[2].replace("_", " "), str(value).replace("_", " "))
    return found


def sentence(found: Sequence[Setting]) -> str:
    """What is the difference: the settings that all runs have and that are not the same."""
    shared = [one for one in found if one.shared]
    if not found:
        return "They were asked for the same thing."
    if not shared:
        return "They share no setting that differs; each has settings of its own."
    said = [f"**{studio.escape(one.title)}** ({_against(one)})" for one in shared[:MOST_SAID]]
    more = len(shared) - len(said)
    many = "One thing differs" if len(shared) == 1 else f"{len(shared)} things differ"
    return f"{many}: {', '.join(said)}{f' and {more} more' if more else ''}."


def about(asked: Sequence[Mapping[str, Any]], found: Sequence[Setting]) -> str:
    """What the first setting that differs does, as its method says it; "" where it says nothing."""
    first = next((one for one in found if one.shared), None)
    fields = [one for run in asked for one in studio.method_info(run["method"]).get("fields", [])]
    field = next((one for one in fields if first and one.get("title") == first.title and one.get("help")), None)
    if first is None or field is None:
        return ""
    kinds = {name.replace("_", " "): str(said) for name, said in (field.get("kinds") or {}).items()}
    each = [f"**{'ABCDEF'[i]}**: {studio.escape(kinds.get(str(value), ''))}" for i, value in enumerate(first.values)]
    if all(str(value) in kinds for value in first.values):  # only what is laid side by side, not every choice
        return f"{studio.escape(str(field['help']).partition(':')[0])}. {' '.join(each)}"
    return f"{studio.escape(first.title)}: {studio.escape(str(field['help']))}"


def _against(one: Setting) -> str:
    return ", ".join(f"{'ABCDEF'[i]}: {studio.escape(str(value))}" for i, value in enumerate(one.values))


def table(found: Sequence[Setting]) -> None:
    """The settings that differ; those that only some runs have stand in a table of their own."""
    shared, own = [one for one in found if one.shared], [one for one in found if not one.shared]
    if shared:
        _draw(shared)
    else:
        st.caption("Of the settings that all have, none differs.")
    if own:
        st.caption("Settings that not every run has:")
        _draw(own)


def _draw(found: Sequence[Setting]) -> None:
    many = len(found[0].values)
    columns = {"ABCDEF"[i]: ["–" if one.values[i] is None else one.values[i] for one in found] for i in range(many)}
    st.dataframe({"setting": [one.title for one in found], **columns}, hide_index=True, height="content")
