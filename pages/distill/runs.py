"""Runs: everything on disk. Watch, compare, rename, duplicate, export, import, take away and bring back."""

import streamlit as st

from pages.parts import exports, run_actions, run_table, studio

st.title("Runs")
run_table.queue()
rows = studio.runs()
if rows:
    shown = run_table.filtered(rows)
    chosen = run_table.choose(shown)
    run_actions.bar(chosen)
    broken = [row for row in rows if row["state"] == "broken"]
    if broken:
        with st.expander(
            f"{len(broken)} {'run' if len(broken) == 1 else 'runs'} cannot be read", icon=":material/broken_image:"
        ):
            for row in broken:
                st.markdown(f"`{row['id']}`: {row['message']}")
else:
    run_actions.bar([])
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(":material/inbox: No run yet. The first one takes less than a minute.")
        st.page_link(studio.NEW, label="New run", icon=":material/arrow_forward:")
exports.take_in()
run_actions.trash_can()
