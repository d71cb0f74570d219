"""New run: choose data, a method and its settings, see what it will cost, and start one run per seed."""

import streamlit as st

from pages.parts import form, form_data, form_job, form_method, form_preset, form_start, knobs, studio

st.title("New run")
catalog = studio.catalog()
form.fill(catalog)

begin = st.container(border=True, key="new-start")
left, right = st.columns(2, gap="medium")
with left.container(border=True, height="stretch"):
    st.subheader("1 Data")
    data, info = form_data.choose_data(catalog)
    form_data.own_images()
    ipc = form_data.choose_ipc()
with right.container(border=True, height="stretch"):
    st.subheader("2 Method")
    method = form_method.choose(catalog)
    form_preset.choose(method, data, catalog)

prefix = f"new.{method['name']}"
reply = form_method.asked(method, knobs.read(method["fields"], prefix), form_job.now(catalog, data, ipc))
force = reply.get("in_force") or {}
with st.container(border=True):
    st.subheader("3 Settings")
    settings, unfit = knobs.draw_all(method["fields"], prefix, force)
with st.container(border=True):
    st.subheader("4 Students and seeds")
    job, seeds, wrong = form_job.choose(catalog, data, ipc, force)
with begin:
    wrong += unfit + form_method.why_not(reply)
    form_start.bar(method, settings, job, seeds, wrong)
if not wrong:
    with st.expander("The same as a command line", icon=":material/terminal:"):
        spelled = form.command(method["name"], method["fields"], settings, job, seeds[0])
        st.code(spelled, language="bash", wrap_lines=True)
