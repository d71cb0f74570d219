"""Scores: accuracy with its spread, always beside as many random real images; and what changes it, in sweeps."""

import streamlit as st

from distill_core.figures import scores, tables
from distill_core.record import naming
from pages.parts import draw, passports, reporting, runbar, score_table, studio, sweep_form, sweep_view

st.title("Scores")
if score_table.view() == score_table.ABLATIONS:
    sweep_form.propose(studio.catalog())
    sweep_view.show()
    st.stop()

rows = scores.table(score_table.scored_runs())
if not rows:
    sentence = "No run has been scored yet. A run's students are trained at its end."
    studio.stop(sentence, page=studio.NEW, label="New run")

rows = score_table.filtered(rows)
if not rows:
    studio.stop("No score fits this filter. Take one of the choices above away.")
st.markdown(score_table.answer(rows))
score_table.show(rows)
runbar.brought_in([run for row in rows for run in row.runs])
passports.show(rows)
score_table.costs(rows)
st.caption(
    "Mean ± s.d. over seeds; ○ one seed, then over its students. Our own measurements only, no published number is among them."
)

with st.container(horizontal=True):
    st.download_button("CSV", lambda: tables.to_csv(rows), "scores.csv", "text/csv", icon=":material/download:")
    st.download_button("LaTeX", lambda: tables.to_latex(rows), "scores.tex", "text/x-tex", icon=":material/functions:")
    reporting.offer(rows)

bars = scores.bars(rows)
draw.figure(bars, "bars", "Accuracy of each set and of as many random real images, with error bars", of=naming.SCORE)
names = {name: title for name, (title, _) in scores.BUDGETS.items()}
budget = st.segmented_control(
    "Budget", list(names), format_func=names.get, key="budget", default="bytes", required=True, bind="query-params"
)
priced = scores.against(rows, str(budget or "bytes"))
draw.figure(
    priced, "bytes", "Accuracy against a budget, and the line of what nothing beats at its price", of=naming.SCORE
)
