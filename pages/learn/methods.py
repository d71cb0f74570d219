"""Methods: what there is, how they differ, and a link from each to a new run."""

import streamlit as st

from distill_core.figures.family import tree
from pages.parts import draw, examples, method_card, studio, terms

FIRST = 4  # methods of a family that are shown at first

st.title("Methods")
catalog = studio.catalog()
methods = catalog["methods"]
st.markdown(
    f"{len(methods)} ways to make a few images stand for many. Run one, and it is judged: students, fresh networks, learn from "
    "its images, and others in the same way from as many random real ones."
)
terms.style()
titles = {one["name"]: one["title"] for one in methods}
families = list(dict.fromkeys(one["family"] for one in methods))
played, _ = examples.played_first()
first = next((one["family"] for one in methods if one["name"] == played), families[0])
family = st.pills("Family", families, default=first, required=True, key="family", bind="query-params")
method_card.mechanism(family)
st.caption(
    "The pictures came with the studio: digits 0 to 9 as each method leaves them, one of each class, seed 0, its own quick settings. "
    "Compare accuracies only under the same kind of labels; what was made for large data can lose here."
)
shown = [one for one in methods if one["family"] == family]
whole = st.session_state.get("_whole_family") == family
with st.grid(min_column_width=320):
    for method in shown if whole else shown[:FIRST]:
        with st.container(border=True, height="stretch"):
            method_card.card(method, titles)
            link = {"method": method["name"]}
            st.page_link(studio.NEW, label="Use it", icon=":material/arrow_forward:", query_params=link)
if len(shown) > FIRST and not whole:
    title = f"Show all {len(shown)} methods of this family"
    st.button(title, key="_all", on_click=st.session_state.update, args=({"_whole_family": family},))

draw.departures(catalog.get("departures") or [], "What all of them do otherwise than the papers' code")
words = {"name": "Method", "family": "Family", "learns": "Learns", "matches": "Matches", "labels": "Labels"}
rows = [{title: one.get(key) or "–" for key, title in words.items()} for one in methods]
with st.expander("All of them side by side", icon=":material/table:"):
    st.dataframe(rows, hide_index=True, alt="What each method learns, what it matches and which labels it uses")

st.subheader("Who is related to whom")
draw.figure(tree(methods), "tree", alt="Methods grouped by family, each right of the one that it builds on")
