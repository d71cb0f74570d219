"""The priors of this home: the table, samples of one and what can be done with it, the form that trains another, and the way in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image

from distill_core.errors import StudioError
from distill_core.fields import active
from distill_core.quantities import quantity, sentence
from distill_core.record import priors as shelf
from distill_core.spec import parse

from . import draw, form_data, knobs, studio, studying, weights

STUDY = "prior"
MEASURED = ("samples-recognized", "samples-teach", "judge-accuracy", "samples-distance", "test-distance")
WIDEST = 800  # pixels of a sheet on the screen


def table(catalog: dict[str, Any]) -> None:
    """Every prior with its recipe and measured quality; samples of the one that is ticked, and what can be done with it."""
    rows = shelf.known(studio.home())
    columns = {quantity(name).title: _column(name) for name in MEASURED}
    alt = "All priors with data set, measured quality, size and recipe"
    hint = "Tick one to look at its samples, to use it in a new run, or to export it."
    if picked := weights.table(STUDY, rows, _line, columns, alt=alt, hint=hint):
        _one(picked, catalog)


def _column(name: str) -> Any:
    """A measured quality: shares in percent, distances as they are."""
    return st.column_config.NumberColumn(
        format="%.1f %%" if quantity(name).unit == "%" else "%.3f", help=sentence(name)
    )


def _value_of(name: str, quality: dict[str, float]) -> float | None:
    return None if name not in quality else (100 if quantity(name).unit == "%" else 1) * quality[name]


def _line(row: dict[str, Any]) -> dict[str, Any]:
    quality = row["quality"]
    return {
        "Data": row["data"],
        **{quantity(name).title: _value_of(name, quality) for name in MEASURED},
        "Size": draw.size(row["bytes"]),
        "From": weights.origin(row),
        "Recipe": weights.recipe(row["recipe"], "steps"),
        "Key": row["key"],
    }


def _one(row: dict[str, Any], catalog: dict[str, Any]) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        _samples(row)
    with right:
        _actions(row, catalog)


def _samples(row: dict[str, Any]) -> None:
    """The sheet of samples, made by the worker where there is none yet."""
    path = row["sheet"]
    if path is None:
        reply = studio.answer("prior_sheet", use=row["use"], data=row["data"])
        if reply is None:
            st.caption(":material/hourglass_top: Samples are being drawn …")
            return
        if reply.get("error"):
            st.error(str(reply["error"]), icon=":material/error:")
            return
        path = reply["file"]
    st.image(enlarged(Path(path)), alt=f"Samples of the prior of {row['data']}: a row for each class")
    st.caption(f"A row for each class, a latent for each column: {', '.join(map(studio.escape, row['classes'][:20]))}.")


def enlarged(path: Path) -> Image.Image:
    """A sheet in whole multiples of its pixels, so that none is blurred."""
    with Image.open(path) as sheet:
        times = max(1, WIDEST // sheet.width)
        return sheet.resize((sheet.width * times, sheet.height * times), Image.Resampling.NEAREST)


def _actions(row: dict[str, Any], catalog: dict[str, Any]) -> None:
    with st.container(horizontal=True):
        for method in (one for one in catalog["methods"] if _place(one)):
            if st.button(
                f"Use it in {method['name']}", icon=":material/add_circle:", key=f"priors.use.{method['name']}"
            ):
                st.session_state[f"new.{method['name']}.{_place(method)}"] = row["use"]
                st.session_state.pop("new.link", None)
                st.switch_page(studio.NEW, query_params={"method": method["name"], "data": row["data"]})
    with st.container(horizontal=True, vertical_alignment="center"):
        weights.export_button(STUDY, row, shelf.card(row))
        if row["where"] != "shipped":
            with st.popover("Delete", icon=":material/delete:"):
                st.caption(
                    "Runs that searched in it keep their sets. It cannot be brought back; it can be trained again."
                )
                st.button("Delete this prior", key="priors.delete", on_click=_delete, args=(row["key"],))
    st.caption(f"Write it as `{row['use']}`. Recipe: {weights.recipe(row['recipe'], 'steps')}.")
    if not row["quality"]:
        st.caption(
            "Its quality was not measured. Train it with *Measure it* to have it measured; the weights are kept."
        )


def _place(method: dict[str, Any]) -> str:
    """The setting of a method, at its defaults, that names a generator; "" where it has none."""
    return next((f["name"] for f in active(method["fields"], {}) if f["name"].rpartition(".")[2] == "prior"), "")


def _delete(key: str) -> None:
    try:
        shelf.delete(studio.home(), key)
    except StudioError as error:
        st.toast(str(error), icon=":material/error:")


def train(catalog: dict[str, Any]) -> None:
    """Data and recipe; then cost and start."""
    study = studying.entry(catalog, STUDY)
    with st.expander("Train a prior", icon=":material/gesture:", key="priors.train"):
        left, right = st.columns(2, gap="medium")
        with left:
            data, _ = form_data.choose_data(catalog)
            form_data.own_images()
        presets = {one["title"]: one for one in study["presets"]}
        if st.session_state.get("priors.for") != data:
            st.session_state["priors.for"] = data
            st.session_state["priors.recipe"] = recommended(study, data)
            _fill(study)
        with right:
            st.pills("Recipe", list(presets), key="priors.recipe", on_change=_fill, args=(study,))
            chosen = presets.get(st.session_state.get("priors.recipe") or "")
            if chosen:
                st.caption(f"Values: {chosen['source']}")
        settings, wrong = knobs.draw_all(study["fields"], "priors")
        if not wrong:
            job = {"data": data, "students": 0}
            studying.offer(study, [(settings, job, f"Prior · {data}")], "Train")


def recommended(study: dict[str, Any], data: str) -> str:
    """The title of the named recipe for a data set; the first one where none was found for it."""
    name = parse(data).name
    titles = [one["title"] for one in study["presets"] if one["job"].get("data") == name]
    return titles[0] if titles else study["presets"][0]["title"]


def _fill(study: dict[str, Any]) -> None:
    """A named recipe puts its values into the controls."""
    title = st.session_state.get("priors.recipe")
    preset = next((one for one in study["presets"] if one["title"] == title), None)
    if preset:
        knobs.seed(study["fields"], "priors", preset["settings"], anew=True)


def take_in(catalog: dict[str, Any]) -> None:
    """A generator of the visitor's own as a safetensors file: checked by the engine before it is kept."""
    with st.expander("Import a prior", icon=":material/upload:", key="priors.import"):
        st.caption(
            "A safetensors file of this studio's generator, StyleGAN-XL, StyleGAN2-ADA, BigGAN-deep or a diffusers "
            "AutoencoderKL. Tensors, classes and the size of its images are compared with the data set's. A pickle is never "
            "opened; `distill-studio prior convert` explains how to make tensors of one. Files of gigabytes are better taken "
            "in with `distill-studio prior import FILE --data NAME`."
        )
        file = st.file_uploader("Weights", type=["safetensors"], key="priors.file")
        names = [one["name"] for one in catalog["data"]]
        data = st.selectbox(
            "Data set whose images it makes", names, key="priors.data", accept_new_options=True, width=260
        )
        classes = st.text_input(
            "Its classes, where it knows more",
            key="priors.classes",
            placeholder="0,217,482,…",
            help="Numbers of the generator's classes in the order of the data set's, such as those of ImageNet; empty where "
            "both have the same.",
            width=420,
        )
        if st.button(
            "Check and import", icon=":material/fact_check:", disabled=not (file and data), key="priors.check"
        ):
            weights.send(STUDY, words(weights.kept(file), str(data), classes))
        if found := weights.outcome(STUDY, "The engine looks at the file …"):
            st.success(f"Imported. A run uses it with the prior `{found['use']}`.", icon=":material/check_circle:")


def words(path: Path, data: str, classes: str = "") -> list[str]:
    """The command that imports a file."""
    return ["prior", "import", str(path), "--data", data, *(["--classes", classes.strip()] if classes.strip() else [])]
