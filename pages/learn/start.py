"""Start: watch a recorded run, see what its images are worth, and start the same thing for real."""

import streamlit as st

from pages.parts import recorded, studio, views

choices = recorded.shelf()
if not choices:
    st.title("A whole data set, boiled down to a handful of images")
    st.markdown("Dataset distillation *learns* a few images that teach a network almost as much as all the real ones.")
    studio.stop(
        "No recording is installed. `python -m assets.record` makes one in a few minutes; or start a run of your own.",
        page=studio.NEW,
        label="New run",
    )

headline = st.container()
chosen = st.segmented_control(
    "Learned images",
    list(choices),
    default=next(iter(choices)),
    required=True,
    key="recording",
    bind="query-params",
)
tape = choices[chosen]
facts = recorded.facts(tape)
headline.title(facts.headline)
views.race(
    recorded.packet(tape), bars=facts.bars, key="race", sentences=facts.sentences, push=facts.push, chance=facts.chance
)
with st.container(horizontal=True):
    if st.button(
        "Start it for real", type="primary", icon=":material/play_arrow:", help="The same job, on this machine."
    ):
        studio.watch(studio.start(**facts.request).id)
    following = recorded.after(choices, chosen)
    if following:
        st.button(
            following.question,
            icon=":material/arrow_forward:",
            on_click=st.session_state.update,
            kwargs={"recording": following.label},
        )
    if st.button("New run", icon=":material/add:", help="Choose data, method and settings first."):
        st.switch_page(studio.NEW)
    if st.button("What methods exist", icon=":material/school:"):
        st.switch_page(studio.METHODS)

with st.expander("The images at the end, as a still picture", icon=":material/image:"):
    st.image(recorded.poster(tape), caption=facts.caption, alt=facts.caption)
st.caption(facts.small_print)
