"""Methods: what there is, how they differ, and a link from each to a new run."""

import streamlit as st

from distill_core.figures import family
from pages.parts import draw, method_card, studio, terms

st.title("Methods")
catalog = studio.catalog()
methods = catalog["methods"]
st.markdown(
    f"{len(methods)} ways to make a few images stand for many. Each says where it departs from its paper; "
    "all are judged by the same students, beside as many random real images."
)
draw.departures(catalog.get("departures") or [], "Where all of them depart from the papers' code alike")
terms.style()
titles = {one["name"]: one["title"] for one in methods}
with st.expander("How each family works, in one drawing", icon=":material/schema:", expanded=True):
    method_card.mechanism(list(dict.fromkeys(one["family"] for one in methods)))
with st.grid(min_column_width=320):
    for method in methods:
        with st.container(border=True, height="stretch"):
            method_card.card(method, titles)
            link = {"method": method["name"]}
            st.page_link(studio.NEW, label="Use it", icon=":material/arrow_forward:", query_params=link)

st.subheader("Side by side")
words = {"name": "Method", "family": "Family", "learns": "Learns", "matches": "Matches", "labels": "Labels"}
rows = [{title: one.get(key) or "–" for key, title in words.items()} for one in methods]
st.dataframe(rows, hide_index=True, alt="What each method learns, what it matches and which labels it uses")

st.subheader("Who is related to whom")
draw.figure(family.tree(methods), "family", alt="Methods grouped by family")
