"""Scores: accuracy with its spread, always beside as many random real images; and what changes it, in sweeps."""

import streamlit as st

from distill_core.figures import rows as found
from distill_core.figures import tables
from pages.parts import (
    examples,
    passports,
    reporting,
    runbar,
    score_table,
    standing,
    studio,
    sweep_form,
    sweep_view,
    terms,
)

st.title("Scores: which learned images teach best?")
with st.container(horizontal=True, vertical_alignment="center"):
    shown = score_table.view()
    place = st.container(width="content")
if shown == score_table.ABLATIONS:
    sweep_form.propose(studio.catalog())
    sweep_view.show()
    st.stop()

runs = score_table.scored_runs()
if example := {run["id"] for run in runs} <= examples.names():
    runs = score_table.shipped_runs()
places = {data: standing.data_said(data) for data in {str(run["job"]["data"]) for run in runs}}
rows = found.table(runs, found.about(runbar.catalog()), places)
if not rows:
    sentence = "No run has been scored yet. A run's students are trained at its end."
    studio.stop(sentence, page=studio.NEW, label="New run")

terms.style()
terms.write(
    "Networks that have seen nothing else learn from each set, then sort real test images. A set is good where its blue mark "
    "lies right of the orange one: as many random real images, with the same labels."
)
with place:
    rows = score_table.filtered(rows)
if not rows:
    studio.stop("No score fits this filter. Take one of the choices above away.")
regimes = {name: own for name in found.REGIMES if (own := [row for row in rows if row.regime == name])}
for name, own in regimes.items():
    score_table.show(name, own)
ships = ":material/movie: Examples that ship with the studio: runs of your own stand here once their students were trained. "
st.caption(f"{ships if example else ''}Our own measurements only, no published number is among them.")
if not example:
    runbar.brought_in([run for row in rows for run in row.runs])
    with st.container(horizontal=True):
        st.download_button("CSV", lambda: tables.to_csv(rows), "scores.csv", "text/csv", icon=":material/download:")
        st.download_button(
            "LaTeX", lambda: tables.to_latex(rows), "scores.tex", "text/x-tex", icon=":material/functions:"
        )
        reporting.offer(rows)
score_table.budgets(regimes)
score_table.details(rows)
score_table.costs(rows)
passports.show(rows)
