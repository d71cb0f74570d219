"""Two pages with timers, each with a button to the other; `KEEP_PAGE=1` puts in place what the studio does about it."""

from __future__ import annotations

import os
import time

import streamlit as st

from pages.parts import steady

if os.environ["KEEP_PAGE"] == "1":
    steady.keep_page()


@st.fragment(run_every=0.1)
def tick(name: str) -> None:
    st.write(f"{name} ticks")


def one() -> None:
    st.write("This is one.")
    tick("one")
    if st.button("To two"):
        st.switch_page(TWO)


def two() -> None:
    time.sleep(0.5)  # so that timers of the page before arrive while this one is drawn
    st.write("This is two.")
    tick("two")
    if st.button("To one"):
        st.switch_page(ONE)


ONE, TWO = st.Page(one, default=True), st.Page(two, url_path="two")
st.navigation([ONE, TWO]).run()
