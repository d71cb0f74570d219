"""Class after class: how many tasks and orders, and the curve after each task."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.errors import BadSetting
from distill_core.figures import studies
from distill_core.record import findings

from . import draw, passports, studio, studying

STUDY = "continual"


def ask(catalog: dict[str, Any], runs: dict[str, dict[str, Any]]) -> None:
    """The form: tasks, orders, student, protocol; then cost and start."""
    study = studying.entry(catalog, STUDY)
    with st.expander(
        "Let the classes come one task after the other",
        icon=":material/model_training:",
        expanded=not found_of(list(runs)),
    ):
        st.markdown(study["idea"])
        with st.container(horizontal=True, vertical_alignment="bottom"):
            tasks = st.number_input("Tasks", 1, 1000, 5, 1, key="tasks.tasks", help="Parts of the classes.", width=140)
            orders = st.number_input(
                "Class orders", 1, 100, 5, 1, key="tasks.orders", help="Drawn by the seed and averaged.", width=160
            )
            words = st.text_input(
                "Or one order",
                key="tasks.order",
                placeholder="3, 1, 0, 2, …",
                help="Every class number once.",
                width=200,
            )
            networks = ["auto", *(one["name"] for one in catalog.get("networks") or [])]
            student = st.selectbox("Student", networks, key="tasks.student", accept_new_options=True, width=220)
        job = studying.choose_training(catalog, "tasks", seeds=False)
        try:
            order = read_order(words)
        except BadSetting as error:
            st.markdown(f":red[:material/error: {error}]")
            return
        if not runs:
            st.caption("Choose at least one run.")
            return
        count = 2 * int(tasks) * (1 if order else int(orders))
        counts = sorted({one["ipc"] for one in runs.values()})
        st.caption(
            f"{count} students per run, half of them on random real images. The set's own {' or '.join(map(str, counts))} "
            f"images per class are remembered; the papers' table has 20 on CIFAR-100. Labels name the classes seen so far only."
        )
        plan = {"tasks": int(tasks), "orders": int(orders), "order": order}
        asked = [
            (
                {"run": run, **plan},
                studying.job_of(row, job, student=student or "auto"),
                f"{study['title']} · {row['name']}",
            )
            for run, row in runs.items()
        ]
        studying.offer(study, asked, f"Train {count * len(runs)} students")


def read_order(words: str) -> list[int]:
    """`"3, 1, 0"` → class numbers; raises `BadSetting` with a sentence."""
    try:
        return [int(one) for one in words.replace(",", " ").split()]
    except ValueError:
        raise BadSetting(f"The class order {words!r} cannot be read. Write class numbers: 3, 1, 0, 2.") from None


def found_of(runs: list[str]) -> list[dict[str, Any]]:
    """What was found of these runs, or of all where none is chosen."""
    return findings.every(studio.home(), STUDY, runs)


def show(runs: list[str]) -> None:
    """The curves of the chosen runs, or of all where none is chosen; and the same as CSV."""
    found = found_of(runs)
    if not found:
        st.caption("Nothing was found yet for these runs. Train some students above.")
        return
    curves = [curve for one in newest(found) for curve in studies.curves_of(one)]
    draw.figure(
        studies.curve(curves),
        "curve",
        alt="Accuracy on the classes seen so far after each task, with control",
        of="seen-accuracy",
    )
    st.caption(
        "Mean ± s.d. over class orders, last epoch, real test images of the classes seen so far. Dashed: as many random real "
        "images per class (one draw), same protocol, same students."
    )
    passports.of_findings(found, "student")
    text = studies.continual_csv(curve for one in found for curve in studies.curves_of(one))
    st.download_button("CSV", text, "continual.csv", "text/csv", icon=":material/download:", on_click="ignore")


def newest(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each run the newest finding; a choice where a run was asked in several ways."""
    ways: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        ways.setdefault(one["run"], []).append(one)
    kept = []
    for run, several in ways.items():
        labels = {one["file"]: way(one) for one in several}
        file = several[0]["file"]
        if len(several) > 1:
            name = several[0]["request"].get("name") or run
            file = st.selectbox(f"Shown of {name}", list(labels), format_func=labels.get, key=f"way.{run}")
        kept.append(next(one for one in several if one["file"] == file))
    return kept


def way(found: dict[str, Any]) -> str:
    """How this was asked, in a line."""
    orders, asked = len(found["orders"]), found["asked"]
    words = [f"{len(found['sizes'])} tasks", f"{orders} class orders" if orders > 1 else "1 class order"]
    return " · ".join(
        [*words, found["student"], f"{found['protocol']}, {found['epochs']} epochs", f"seed {asked['seed']}"]
    )
