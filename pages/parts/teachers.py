"""The teachers of this home: the table, what can be done with one, the form that trains another, and the way in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from distill_core.record import teachers as shelf

from . import draw, form_data, knobs, studio, studying, weights

STUDY = "teacher"


def table() -> None:
    """Every teacher with its recipe and accuracy; the buttons for the one that is ticked."""
    rows = shelf.known(studio.home())
    columns = {
        "Accuracy": st.column_config.NumberColumn(
            format="%.1f %%", help="Of the real test part; nothing is chosen by it."
        ),
        "Runs": st.column_config.NumberColumn(help="Finished runs whose sets it labels."),
    }
    alt = "All teachers with data set, network, recipe, accuracy, size and the runs that use them"
    hint = "Tick one to export it or to use it in a new run."
    if picked := weights.table(STUDY, rows, _line, columns, alt=alt, hint=hint):
        _actions(picked)


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "Data": row["data"],
        "Network": row["spec"],
        "Accuracy": 100 * row["accuracy"],
        "Size": draw.size(row["bytes"]),
        "From": weights.origin(row),
        "Runs": len(row["runs"]),
        "Key": row["key"],
        "Recipe": weights.recipe(row["recipe"], "epochs"),
    }


def _actions(row: dict[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        weights.export_button(STUDY, row, shelf.card(row))
        if st.button("Use in a new run", icon=":material/add_circle:"):
            st.session_state["new.teacher"] = f"{row['spec']}@{row['key']}"
            st.switch_page(studio.NEW, query_params={"data": row["data"]})
        for run in row["runs"][:5]:
            st.page_link(studio.LIVE, label=run, icon=":material/play_circle:", query_params={"run": run})
    classes = ", ".join(studio.escape(one) for one in row["classes"][:20]) + (" …" if len(row["classes"]) > 20 else "")
    st.caption(
        f"Classes in order: {classes}. Mean {row['mean']}, s.d. {row['std']}. Write it as `{row['spec']}@{row['key']}`."
    )


def train(catalog: dict[str, Any]) -> None:
    """Data, network and recipe; then cost and start."""
    study = studying.entry(catalog, STUDY)
    with st.expander("Train a teacher", icon=":material/school:", key="teachers.train"):
        left, right = st.columns(2, gap="medium")
        with left:
            data, _ = form_data.choose_data(catalog)
        with right:
            known = ["auto", *(one["name"] for one in catalog.get("networks") or [])]
            present = st.session_state.setdefault("teachers.network", "auto") or "auto"
            network = st.selectbox(
                "Network",
                [*known, *([present] if present not in known else [])],
                key="teachers.network",
                accept_new_options=True,
                help="`auto` takes what methods take for these images. Options are typed: `convnet:norm=batch,width=128`.",
            )
        presets = {one["title"]: one for one in study["presets"]}
        st.pills("Recipe", list(presets), key="teachers.recipe", on_change=_fill, args=(study,))
        chosen = presets.get(st.session_state.get("teachers.recipe") or "")
        if chosen:
            st.caption(f"Values: {chosen['source']}")
        settings, wrong = knobs.draw_all(study["fields"], "teachers")
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, 1, key="teachers.seed", width=160, help="Runs look for seed 0.")
        if not wrong:
            job = {"data": data, "teacher": network or "auto", "seed": int(seed), "students": 0}
            studying.offer(study, [(settings, job, f"Teacher {network} · {data}")], "Train")


def _fill(study: dict[str, Any]) -> None:
    """A named recipe puts its values into the controls, and its network where it names one."""
    title = st.session_state.get("teachers.recipe")
    preset = next((one for one in study["presets"] if one["title"] == title), None)
    if preset:
        knobs.seed(study["fields"], "teachers", preset["settings"], anew=True)
        st.session_state["teachers.network"] = preset["job"].get("teacher", "auto")


def take_in(catalog: dict[str, Any]) -> None:
    """A file of weights of the visitor's own: checked by the engine before it is kept."""
    with st.expander("Import a teacher", icon=":material/upload:", key="teachers.import"):
        st.caption(
            "A safetensors file whose header (entry `teacher`), or a JSON card beside it, says its classes in order, mean and "
            "std; or a dictionary of tensors that torch saved (.pt, .pth), with such a card. Tensors, normalization and class order "
            "are compared, and it has to recognize the validation images. Code in a file is never run."
        )
        file = st.file_uploader("Weights", type=["safetensors", "pt", "pth", "bin", "ckpt"], key="teachers.file")
        card = st.file_uploader("Card (JSON), if the header says nothing", type=["json"], key="teachers.card")
        names = [one["name"] for one in catalog["data"]]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            data = st.selectbox("Data set it knows", names, key="teachers.data", accept_new_options=True, width=260)
            network = st.text_input(
                "Network", key="teachers.form", placeholder="as the header says", help="Such as resnet18.", width=260
            )
        if st.button("Check and import", icon=":material/fact_check:", disabled=not (file and data)):
            weights.send(STUDY, words(weights.kept(file, card), str(data), network.strip()))
        if found := weights.outcome(STUDY, "The engine looks at the file and asks it about the validation images …"):
            share = f"{100 * found['accuracy']:.1f} % of the test images"
            said = f"Imported: {share}. A run uses it with the teacher `{found['use']}`."
            st.success(said, icon=":material/check_circle:")


def words(path: Path, data: str, network: str) -> list[str]:
    """The command that imports a file."""
    return ["teacher", "import", str(path), "--data", data, *(["--network", network] if network else [])]
