"""How well each distance would have picked among a search's candidates: what was found, or the button that asks for it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.errors import StudioError
from distill_core.figures import ranking as figures
from distill_core.figures import ranking_plots as plots
from distill_core.quantities import variant
from distill_core.record import findings
from distill_core.record.candidates import candidates
from distill_core.record.folder import OVER, RunFolder

from . import draw, examples, studio, studying

STUDY = "ranking"
JUDGED = "hglad-digits-ipc1"  # a shipped search whose ranking ships with it
HOW = (
    "Students are trained on each candidate from the same first weights; accuracy is that of the last epoch on real test images, "
    "which no distance has seen. ρ is Spearman's rank correlation: −1 picks perfectly. The interval (95 %) resamples candidates; "
    "neighbors on one path are alike, so it is rather too narrow. Large markers: what a layer was left with; open ones stand beside "
    "the walk."
)


def section(folder: RunFolder) -> None:
    """The latest ranking of this run; where there is none, the form. Self-contained: place it on any page of a run."""
    catalog = studio.catalog()
    mine = findings.every(studio.home(), STUDY, [folder.id])
    if mine:
        _show(mine[0])
    studying.progress([STUDY])
    if folder.state()["state"] not in OVER:
        st.caption("The candidates can be ranked once the run is over.")
        return
    if any(one["method"] == STUDY and one["state"] in studio.WORKING for one in studio.runs()):
        return  # one after the other; the page looks again when it is done
    if mine:
        with st.expander("Rank again in another way", icon=":material/model_training:"):
            _ask(catalog, folder)
    else:
        if folder.id != JUDGED and JUDGED in examples.names():
            label = "Open a recorded search whose candidates students judged"
            st.page_link(studio.LAYERS, label=label, icon=":material/movie:", query_params={"run": JUDGED})
        _ask(catalog, folder)


def _ask(catalog: dict[str, Any], folder: RunFolder) -> None:
    """How many candidates and students; then cost and start."""
    study, made = studying.entry(catalog, STUDY), folder.request()
    st.markdown(study["idea"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        each = st.number_input(
            "Candidates of a layer", 1, 50, 4, 1, key="ranking.each", help="Kept, first, last, others between.", width=170
        )  # fmt: skip
        draws = st.number_input(
            "Draws beside the walk", 0, 20, 1, 1, key="ranking.draws", width=180,
            help="Sets that differ more, with so many seeds: random real images, starts, pixels and every layer, shortly and long.",
        )  # fmt: skip
        students = st.number_input("Students on each", 1, 100, 3, 1, key="ranking.students", width=150)
        epochs = st.number_input(
            "Epochs", 0, 100_000, 300, 50, key="ranking.epochs", help="0 takes the protocol's own number.", width=130
        )
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, 1, key="ranking.seed", width=110)
    try:
        count = len(candidates(folder, int(each)))
    except StudioError as error:
        st.caption(str(error))
        return
    beside = f", and as many others as differ, {_spoken(int(draws))}" if draws else ""
    st.caption(
        f"Up to {count} candidates of the walk{beside}; {int(students)} students on each under the run's own protocol; equal images "
        "count once."
    )
    job = {"students": int(students), "epochs": int(epochs), "seed": int(seed), "protocol": "auto", "device": "auto"}
    asked = studying.job_of({name: made["job"].get(name, 1) for name in ("data", "ipc")}, job)
    name = f"{study['title']} · {made.get('name') or folder.id}"
    settings = {"run": folder.id, "each": int(each), "draws": int(draws)}
    studying.offer(study, [(settings, asked, name)], "Train students on the candidates")


def _spoken(draws: int) -> str:
    return "one draw" if draws == 1 else f"{draws} draws of each"


def _show(found: dict[str, Any]) -> None:
    """One sentence, ρ of every distance, one distance candidate by candidate, and the numbers."""
    st.markdown(f"{figures.sentence(found)} {figures.restricted(found)}")
    left, right = st.columns(2, gap="medium")
    with left:
        draw.figure(
            plots.strengths(found),
            "ranking.strengths",
            "Rank correlation of every distance with test accuracy",
            "rank-correlation",
        )
    with right:
        metric = st.selectbox("Distance", figures.metrics(found), format_func=figures.name_of, key="ranking.metric")
        if metric:
            draw.figure(
                plots.scatter(found, metric),
                "ranking.scatter",
                "Distance against test accuracy of each candidate",
                variant("candidate-distance", metric),
            )
    st.dataframe(
        [dict(zip(figures.columns(found)[:-2], line, strict=False)) for line in figures.lines(found)], hide_index=True, key="ranking.lines"
    )  # fmt: skip
    said = f"{found['students']} × {found['student']}, {found['protocol']}, {found['epochs']} epochs."
    st.caption(f"picks: test accuracy, in %, of the candidate with the least distance of all. {said} {HOW}")
    with st.expander("Every candidate", icon=":material/table_rows:"):
        st.dataframe(figures.candidates(found), hide_index=True, key="ranking.rows")
        text = figures.ranking_csv(found)
        st.download_button("CSV", text, "ranking.csv", "text/csv", icon=":material/download:", on_click="ignore")
