"""Three regimes: sets, coresets and random real images under hard labels, one fixed soft label and a live teacher."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.figures import regimes as figures
from distill_core.record import findings, naming

from . import draw, passports, studio, studying

STUDY = "regimes"
SELECTIONS = "selection"  # the family of methods that choose real images


def ask(catalog: dict[str, Any], runs: dict[str, dict[str, Any]]) -> None:
    """The form: coresets, regimes, seeds, protocol; then cost and start."""
    study = studying.entry(catalog, STUDY)
    with st.expander("Examine in three regimes", icon=":material/view_column:", expanded=not found(list(runs))):
        st.markdown(study["idea"])
        usual = next(list(one["default"]) for one in study["fields"] if one["name"] == "coresets")
        known = [one["name"] for one in catalog.get("methods") or [] if one.get("family") == SELECTIONS]
        offered = list(dict.fromkeys([*usual, *known]))
        coresets = st.multiselect("Coresets", offered, default=usual, key="regimes.coresets", accept_new_options=True)
        chosen = st.multiselect(
            "Regimes", list(figures.WORDS), default=list(figures.WORDS), format_func=figures.WORDS.get, key="regimes.of"
        )
        bare = st.checkbox("Once more without augmentation, for ARS", key="regimes.bare")
        job = studying.choose_training(catalog, "regimes", seeds=True)
        if not runs or not chosen:
            st.caption("Choose at least one finished run and one regime.")
            return
        cells = len(runs) * (1 + len(coresets)) * len(chosen) * (2 if bare else 1)
        st.caption(
            f"{cells} cells; random real images stand beside each. Cells that were found before are not worked on again, and coresets of the "
            "same data are worked on once. Protocol auto is `regimes`: one recipe for all."
        )
        first = next(iter(runs.values()))
        name = f"{study['title']} · {first['name']}" + (f" + {len(runs) - 1}" if len(runs) > 1 else "")
        settings = {"runs": list(runs), "coresets": coresets, "regimes": chosen, "bare": bare}
        studying.offer(study, [(settings, studying.job_of(first, job), name)], f"Fill {cells} cells")


def found(runs: list[str]) -> list[dict[str, Any]]:
    """What was found of these runs, or of all where none is chosen."""
    return findings.every(studio.home(), STUDY, runs)


def show(runs: list[str]) -> None:
    """One picture and one table for each regime, of each group that shares data, student and recipe; and the same as CSV."""
    cells = figures.cells_of(found(runs))
    if not cells:
        st.caption("Nothing was found yet for these runs. Fill some cells above: each appears when it is there.")
        return
    groups = list(dict.fromkeys(one.group for one in cells))
    for at, group in enumerate(groups):
        _group([one for one in cells if one.group == group], at)
    passports.of_findings(
        [{**one, "told": f"{one['title']}, {figures.WORDS[one['regime']]}"} for one in found(runs)], "told"
    )
    text = figures.regimes_csv(cells)
    st.download_button("CSV", text, "regimes.csv", "text/csv", icon=":material/download:", on_click="ignore")


def _group(cells: list[figures.Cell], at: int) -> None:
    data, ipc, student, protocol, epochs = cells[0].group
    st.markdown(f"**{studio.escape(data)}, {ipc} per class** · {studio.escape(student)} · {protocol}, {epochs} epochs")
    alt = "Accuracy of sets, chosen real images and random real images under hard, fixed and live labels"
    draw.figure(figures.picture(cells), f"regimes{at}", alt, of=naming.SCORE)
    st.caption(
        "Filled: sets. Hollow and dashed: real images that were chosen. Squares: random real images, several draws. One student, one recipe, "
        "one teacher; only the labels differ. Last epoch."
    )
    for regime, word in figures.WORDS.items():
        for bare in (False, True):
            if shown := figures.lines(cells, regime, bare):
                st.markdown(f"**{word}**{', without augmentation' if bare else ''}")
                st.dataframe(shown, hide_index=True, alt=f"Sets and coresets under {word.lower()}")
    draw.figure(
        figures.robust_chart(cells), f"robust{at}", "LRS and ARS of every set with the neutral line", of=naming.SCORE
    )
    st.caption(
        "HLR: the gap to all real data with hard labels, lower is better. IOR: points above random real images under the same labels. LRS "
        "trades them half and half; at the dashed line nothing is gained or lost."
    )
