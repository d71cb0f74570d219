"""Other students: which architectures, and the matrix of sets against them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.figures import studies
from distill_core.record import findings, naming

from . import draw, passports, studio, studying

STUDY = "transfer"
USUAL = ("convnet", "resnet18", "vgg11", "alexnet", "mobilenetv2", "efficientnetb0", "shufflenet", "vit", "deit")
FIRST = ("convnet", "resnet18", "vgg11")
SHOWN = {"accuracy": "Accuracy", "gain": "Above random images"}


def ask(catalog: dict[str, Any], runs: dict[str, dict[str, Any]]) -> None:
    """The form: architectures, seeds, protocol; then cost and start."""
    study = studying.entry(catalog, STUDY)
    with st.expander("Train other students", icon=":material/model_training:", expanded=not found(list(runs))):
        st.markdown(study["idea"])
        known = [one for one in USUAL if one in {net["name"] for net in catalog.get("networks") or []}]
        networks = st.multiselect(
            "Students",
            known,
            default=[one for one in FIRST if one in known],
            key="others.networks",
            accept_new_options=True,
            help="Options are typed: `convnet:width=64,norm=batch`. `deit` is DeiT-Tiny with random weights at the start; `timm:resnet10t` is any network of timm, where that is installed.",
        )
        job = studying.choose_training(catalog, "others", seeds=True)
        cells = len(runs) * len(networks)
        if not cells:
            st.caption("Choose at least one run and one student.")
            return
        count = cells * 2 * job["students"]
        st.caption(
            f"{cells} {'cell' if cells == 1 else 'cells'}, {count} students: {job['students']} on each set and as many on its random control. Cells that "
            "were found before are not worked on again."
        )
        first = next(iter(runs.values()))
        name = f"{study['title']} · {first['name']}" + (f" + {len(runs) - 1}" if len(runs) > 1 else "")
        settings = {"runs": list(runs), "networks": networks}
        studying.offer(study, [(settings, studying.job_of(first, job), name)], f"Train {count} students")


def found(runs: list[str]) -> list[dict[str, Any]]:
    """What was found of these runs, or of all where none is chosen."""
    return findings.every(studio.home(), STUDY, runs)


def show(runs: list[str]) -> None:
    """The matrix of the chosen runs, or of all where none is chosen; and the same as CSV."""
    cells = studies.cells(found(runs))
    if not cells:
        st.caption("Nothing was found yet for these runs. Train some above.")
        return
    value = st.segmented_control(
        "Show", list(SHOWN), format_func=SHOWN.get, key="shows", default="accuracy", required=True, bind="query-params"
    )
    figure = studies.matrix(cells, value or "accuracy")
    draw.figure(
        figure, "matrix", alt="Accuracy of every set with every student, beside its random control", of=naming.SCORE
    )
    st.caption(
        "Accuracy in %, mean ± s.d. over seeds, last epoch, real test images; vs: as many random real images (one "
        "draw), same protocol."
    )
    passports.of_findings(found(runs), "student")
    text = studies.transfer_csv(cells)
    st.download_button("CSV", text, "transfer.csv", "text/csv", icon=":material/download:", on_click="ignore")
