"""The frame: page config, navigation and the run that is being looked at. `streamlit run app.py`"""

import streamlit as st

from pages.parts import frame, lesson_card, teach

st.set_page_config(page_title="Distill Studio", page_icon=frame.icon(), layout="wide")
page = st.navigation(frame.menu(), position="top")
frame.follow_link()
frame.style()
try:
    lesson_card.draw(page.url_path)
    frame.show_chosen_run(page.url_path)
    page.run()
finally:  # also when a page stopped early
    teach.remember(page.url_path)
    frame.get_ready()
