"""Lessons: what each asks and how long it takes, a way in, and the teacher's page that prints all of it."""

import streamlit as st

from distill_core.errors import StudioError
from pages.parts import lesson_list, lesson_plan, lessons, studio

try:
    shelf = lessons.lessons()
except StudioError as error:
    studio.stop(studio.escape(str(error)), icon=":material/broken_image:", page=studio.METHODS, label="Methods")

plan = st.query_params.get("plan", "")
if plan:
    lesson_plan.show(shelf, plan)
else:
    lesson_list.show(shelf)
