"""New run: choose data, a method and its settings, see what it will cost, and start one run per seed."""

import streamlit as st

from distill_core.errors import StudioError
from pages.parts import form, form_data, form_job, form_method, knobs, studio

st.title("New run")
catalog = studio.catalog()
form.fill(catalog)

left, right = st.columns(2, gap="medium")
with left.container(border=True, height="stretch"):
    st.subheader("1 Data")
    data, info = form_data.choose_data(catalog)
    form_data.own_images()
    ipc = form_data.choose_ipc()
with right.container(border=True, height="stretch"):
    st.subheader("2 Method")
    method = form_method.choose(catalog)

with st.container(border=True):
    st.subheader("3 Settings")
    form_method.choose_preset(method)
    prefix = f"new.{method['name']}"
    settings, unfit = knobs.draw_all(method["fields"], prefix)

with st.container(border=True):
    st.subheader("4 Students and seeds")
    job, seeds, wrong = form_job.choose(catalog, data, ipc)
    wrong += unfit

with st.container(border=True):
    st.subheader("5 Cost and start")
    wrong += form_method.why_not(method, settings, job)
    if not wrong:
        form_job.cost(method, settings, job, len(seeds))
    name = st.text_input("Name", key="new.name", placeholder="made from the choices", max_chars=100)
    many = f"Start {len(seeds)} runs" if len(seeds) > 1 else "Start"
    if st.button(many, type="primary", icon=":material/play_arrow:", disabled=bool(wrong), shortcut="Ctrl+Enter"):
        try:
            preset = st.session_state.get(f"{prefix}!preset") or ""
            asked = [
                studio.start(method["name"], settings, {**job, "seed": one}, name=name, preset=preset) for one in seeds
            ]
        except StudioError as error:
            st.error(str(error))
        else:
            studio.watch(asked[0].id)
    st.page_link(studio.SCORES, label="Sweep…", icon=":material/grid_on:", query_params={"show": "Ablations"})
    for sentence in dict.fromkeys(wrong):
        st.markdown(f":red[:material/error: {sentence}]")
    if not wrong:
        st.caption("The same as a command line")
        st.code(
            form.command(method["name"], method["fields"], settings, job, seeds[0]), language="bash", wrap_lines=True
        )
