"""Teachers: the trained classifiers that methods invert and that label. List, train, export, import."""

import streamlit as st

from pages.parts import studio, studying, teachers

st.title("Teachers")
st.markdown(
    "A teacher is trained once on the real data; every run that asks for the same data, network and recipe shares it. "
    "Before a run uses one, its data, class order and normalization are compared with the run's own."
)
catalog = studio.catalog()
studying.progress([teachers.STUDY])
teachers.table()
teachers.train(catalog)
teachers.take_in(catalog)
