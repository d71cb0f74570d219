"""Transfer: what a finished set is worth to other architectures, under other labels, and when the classes come one task after the
other."""

import streamlit as st

from pages.parts import label_dial, others, regimes, reliability, runbar, studio, studying, tasks

VIEWS = {
    "students": "Other students",
    "regimes": "Three regimes",
    "labels": "Other labels",
    "reliability": "Reliability",
    "tasks": "Class after class",
}
PARTS = {"students": others, "regimes": regimes, "labels": label_dial, "reliability": reliability, "tasks": tasks}

st.title("Transfer")
st.caption(
    "What is a finished set worth to other networks, under other labels, and when its classes come one after the other?"
)
catalog = studio.catalog()
listed = studying.finished(catalog)
if not listed:
    studio.stop("No run has finished yet. Its set can then be examined here.", page=studio.NEW, label="New run")
view = st.segmented_control(
    "Question", list(VIEWS), format_func=VIEWS.get, key="question", default="students", required=True,
    bind="query-params", label_visibility="collapsed",
)  # fmt: skip
chosen = studying.choose_runs(listed)
runbar.brought_in([run for run in chosen if run in listed])
part = PARTS.get(str(view), others)
part.ask(catalog, {run: listed[run] for run in chosen if run in listed})
studying.progress([part.STUDY])
part.show([run for run in chosen if run in listed])
