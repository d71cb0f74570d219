"""Bring a set: a distilled set from elsewhere is looked at, what cannot be known is asked, and it joins the library."""

import streamlit as st

from pages.parts import bring, brought, studio

st.title("Bring a set")
st.markdown(
    "A distilled set that another program made: its file or folder, or a zip. It is read without running anything in it, held against "
    "the data set it stands for, and shown before it is taken in."
)
catalog = studio.catalog()
asked = bring.choose(catalog)
if asked:
    found = bring.look(asked)
    if found:
        brought.show(found)
        bring.take(found, asked)
bring.known(catalog)
