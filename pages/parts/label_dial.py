"""The dial of labels: one set, and its random control, under labels of every price; which kinds, what they take, and the curve."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.figures import label_curve as figures
from distill_core.record import findings, naming

from . import draw, errand, passports, studio, studying

STUDY = "label_curve"
MORE = ("stored:stored=4,top=1", "stored:stored=4,top=2", "pruned", "soft_hard_soft", "refined")
COLUMNS = ("Run", "Labels", "Protocol", "Student", "Kept for labels", "Set", "Random real images", "Gain", "Passport")


def ask(catalog: dict[str, Any], runs: dict[str, dict[str, Any]]) -> None:
    """The form: kinds of labels, seeds, protocol; then what they take, the cost and the start."""
    study = studying.entry(catalog, STUDY)
    usual = next(list(one["default"]) for one in study["fields"] if one["name"] == "ladder")
    with st.expander("Train students under other labels", icon=":material/label:", expanded=not found(list(runs))):
        st.markdown(study["idea"])
        kinds = st.multiselect(
            "Labels",
            [*usual, *(one for one in MORE if one not in usual)],
            default=usual,
            key="dial.kinds",
            accept_new_options=True,
            help="Options are typed: `stored:stored=4,top=10` keeps the ten largest logits of four views of each image.",
        )
        job = studying.choose_training(catalog, "dial", seeds=True)
        if not runs or not kinds:
            st.caption("Choose at least one finished run and one kind of labels.")
            return
        asked = [
            ({"run": run, "ladder": kinds}, studying.job_of(one, job), f"{study['title']} · {one['name']}")
            for run, one in runs.items()
        ]
        _price(next(iter(runs)), kinds, job)
        studying.offer(study, asked, f"Train students under {len(kinds)} kinds of labels")


def _price(run: str, kinds: list[str], job: dict[str, Any]) -> None:
    """What has to be kept for each kind, before anything is made."""
    name = f"price {run} {' '.join(kinds)} {job['protocol']} {job['epochs']}"
    if errand.outcome(name) is None and not errand.is_on_its_way(name):
        if not st.button("What do they take?", icon=":material/sell:", key="dial.price"):
            return
        words = ("--labels", " ".join(kinds), "--protocol", job["protocol"], "--epochs", str(job["epochs"]))
        errand.send(name, "labels", "price", run, *words)
    errand.wait(name, "The engine reckons what these labels take …")
    reply = errand.outcome(name)
    if reply is None:
        return
    if "error" in reply:
        st.error(studio.escape(str(reply["error"])))
        return
    st.dataframe(
        [
            {
                "Labels": one["labels"],
                "Kept": draw.size(one["label_bytes"]),
                "Teacher that goes along": draw.size(one["teacher_bytes"]),
                "Updates of a student": one["steps"],
            }
            for one in reply["prices"]
        ],
        hide_index=True,
        alt="Bytes that each kind of labels takes, and the updates of a student",
    )
    st.caption("For the set; every draw of its random control takes as much again.")


def found(runs: list[str]) -> list[dict[str, Any]]:
    """What was found of these runs, or of all where none is chosen."""
    return findings.every(studio.home(), STUDY, runs)


def show(runs: list[str]) -> None:
    """The curve of the chosen runs, or of all where none is chosen; its points as a table, and as CSV."""
    points = figures.points(found(runs))
    if not points:
        st.caption("Nothing was found yet for these runs. Train some above: every point appears when it is there.")
        return
    figure = figures.label_curve(points)
    draw.figure(figure, "dial", "Accuracy of set and random control against the bytes of labels", of=naming.SCORE)
    st.caption(
        "Filled: the set. Hollow: as many random real images, several draws, their labels of the same kind by the same teacher. Every "
        "student of a curve has as many updates. A live teacher costs its own bytes. Labels that take nothing stand at the left edge."
    )
    st.dataframe(
        [dict(zip(COLUMNS, one, strict=True)) for one in figures.lines(points)],
        hide_index=True,
        alt="Accuracy of set and control for each kind of labels",
    )
    passports.of_findings(found(runs), "labels")
    text = figures.label_csv(points)
    st.download_button("CSV", text, "labels.csv", "text/csv", icon=":material/download:", on_click="ignore")
