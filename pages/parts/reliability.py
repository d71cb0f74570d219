"""Reliability: calibration, corruptions and small attacks of the students of a set, beside random real images."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.figures import reliability as figures
from distill_core.record import findings

from . import draw, passports, studio, studying

STUDY = "reliability"


def ask(catalog: dict[str, Any], runs: dict[str, dict[str, Any]]) -> None:
    """The form: corruptions, seeds, protocol; then cost and start."""
    study = studying.entry(catalog, STUDY)
    with st.expander(
        "Put students through trials", icon=":material/health_and_safety:", expanded=not found(list(runs))
    ):
        st.markdown(study["idea"])
        usual = next(list(one["default"]) for one in study["fields"] if one["name"] == "corruptions")
        kinds = st.multiselect(
            "Corruptions", usual, default=usual, key="reliability.kinds", help="Each at five severities."
        )
        job = studying.choose_training(catalog, "reliability", seeds=True)
        if not runs:
            st.caption("Choose at least one finished run.")
            return
        first = next(iter(runs.values()))
        name = f"{study['title']} · {first['name']}" + (f" + {len(runs) - 1}" if len(runs) > 1 else "")
        settings = {"runs": list(runs), "corruptions": kinds}
        studying.offer(
            study, [(settings, studying.job_of(first, job), name)], f"Examine {len(runs)} set{'s' * (len(runs) > 1)}"
        )


def found(runs: list[str]) -> list[dict[str, Any]]:
    """What was found of these runs, or of all where none is chosen."""
    return findings.every(studio.home(), STUDY, runs)


def show(runs: list[str]) -> None:
    """Calibration, one corruption, and the attacks; all numbers as a table and as CSV."""
    shown = figures.subjects(found(runs))
    if not shown:
        st.caption("Nothing was found yet for these runs. Put students through trials above.")
        return
    st.dataframe(
        figures.lines(shown),
        hide_index=True,
        alt="Clean accuracy, calibration, corruptions and attacks of sets and controls",
    )
    st.caption(
        "Calibration error: how far students are from being right as often as they say, 15 bins; lower is better. Corruptions: the mean of five "
        "severities, of our own making. ε in 1/255. Mean ± s.d., last epoch, the same test images for all."
    )
    draw.figure(figures.diagram(shown), "calibration", "How often students are right against how sure they are")
    kinds = list(dict.fromkeys(kind for one in shown for kind in one.corruptions))
    if kinds:
        kind = st.segmented_control(
            "Corruption", kinds, key="corruption", default=kinds[0], required=True, bind="query-params"
        )
        draw.figure(
            figures.corrupted(shown, str(kind or kinds[0])),
            "corrupted",
            "Accuracy against the severity of a corruption",
        )
    for attack in ("fgsm", "pgd"):
        draw.figure(figures.attacked(shown, attack), attack, "Accuracy against the size of adversarial steps")
    passports.of_findings(found(runs), "student")
    text = figures.reliability_csv(shown)
    st.download_button("CSV", text, "reliability.csv", "text/csv", icon=":material/download:", on_click="ignore")
