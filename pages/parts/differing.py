"""What differs between runs: as one sentence, as a table by title, and what only one of them has; and what each is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.figures.scores import say
from distill_core.record.contest import points
from distill_core.record.folder import RunFolder

from . import feed, runbar, studio

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
            found[f"job: {name}"] = (titles.get(name, name.capitalize()), str(became or value))
    names = {one["name"]: str(one.get("title") or one["name"]) for one in entry.get("fields", [])}
    for path, value in shelf.settings_of_run(studio.home(), asked).items():  # type: ignore[arg-type]
        found[path] = (names.get(path) or path.rpartition(".")[2].replace("_", " "), str(value).replace("_", " "))
    return found


def sentence(found: Sequence[Setting], names: Sequence[str]) -> str:
    """What is the difference: the settings that all runs have and that are not the same."""
    shared = [one for one in found if one.shared]
    who = _joined([studio.escape(name) for name in names])
    if not found:
        return f"{who} were asked for the same thing."
    if not shared:
        return f"{who} share no setting that differs; each has settings of its own."
    said = [f"**{studio.escape(one.title)}** ({_against(one)})" for one in shared[:MOST_SAID]]
    more = len(shared) - len(said)
    many = "one thing" if len(shared) == 1 else f"{len(shared)} things"
    return f"{who} differ in {many}: {_joined(said)}{f' and {more} more' if more else ''}."


def about(asked: Sequence[Mapping[str, Any]], found: Sequence[Setting]) -> None:
    """What the first setting that differs does, as its method says it."""
    titles = [one.title for one in found if one.shared][:1]
    fields = [one for run in asked for one in studio.method_info(run["method"]).get("fields", [])]
    said = next((str(one["help"]) for one in fields if one.get("title") in titles and one.get("help")), "")
    if said:
        st.caption(f"{studio.escape(titles[0])}: {studio.escape(said)}")


def _against(one: Setting) -> str:
    return " against ".join(studio.escape(str(value)) for value in one.values)


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def table(found: Sequence[Setting], names: Sequence[str]) -> None:
    """The settings that differ; those that only some runs have are folded."""
    shared, own = [one for one in found if one.shared], [one for one in found if not one.shared]
    if shared:
        _draw(shared, names)
    else:
        st.caption("Of the settings that all have, none differs.")
    if own:
        with st.expander(f"{len(own)} settings that not every run has", icon=":material/unfold_more:"):
            _draw(own, names)


def _draw(found: Sequence[Setting], names: Sequence[str]) -> None:
    columns = {name: ["–" if one.values[i] is None else one.values[i] for one in found] for i, name in enumerate(names)}
    st.dataframe({"setting": [one.title for one in found], **columns}, hide_index=True, height="content")


def accuracies(folders: Sequence[RunFolder], names: Sequence[str]) -> None:
    """Under each wall what its images are worth beside as many random real ones; followed while a run works."""
    active = not all(feed.is_over(feed.state_of(one)) for one in folders)
    st.fragment(run_every=3.0 if active else None)(_accuracies)(folders, names)


def _accuracies(folders: Sequence[RunFolder], names: Sequence[str]) -> None:
    scores = [feed.state_of(folder).get("scores") or {} for folder in folders]
    for column, own, name in zip(st.columns(len(folders), gap="medium"), scores, names, strict=True):
        with column:
            st.markdown(worth(own, name))
    if said := duel(scores):
        st.caption(said)


def duel(scores: Sequence[Mapping[str, Mapping[str, Any]]]) -> str:
    """The first against the second; "" where there are more, or one has no score."""
    own = [one["distilled"]["accuracy"] for one in scores if one.get("distilled")]
    if len(scores) != 2 or len(own) != 2:
        return ""
    return f"B against A: {points(own[1], own[0]):+.1f} points. Each is one run: which of the two ways is better, several seeds of both would tell."


def worth(scores: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """Accuracy of the students of a run, and of its random control, in one line."""
    own, control = scores.get("distilled"), scores.get("random")
    if own is None:
        return f"{studio.escape(name[:1])}: no student has finished yet."
    said = f"{studio.escape(name[:1])}: **{_said(own)}** of unseen images"
    if control is None:
        return f"{said}; no random control."
    apart = points(own["accuracy"], control["accuracy"])
    return f"{said}; random real ones: {_said(control)}: {apart:+.1f} points"


def _said(score: Mapping[str, Any]) -> str:
    draws = int(score.get("draws") or 0)
    if draws < 2:
        return say(score["accuracy"], score["std"], int(score["n"]))
    return f"{100 * score['accuracy']:.1f} ± {100 * score['std']:.1f} % ({draws} draws)"
