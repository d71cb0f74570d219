"""The toy and its link: everything is computed in the browser, Python only carries the settings into the address and back."""

from __future__ import annotations

import streamlit as st

from . import views

KEY = "_toy_view"
NAMES = ("data", "noise", "points", "k", "begin", "objective", "rate", "seed", "step", "at", "moved")  # in the link


def show() -> None:
    """The toy with the settings that the address holds."""
    asked = {name: st.query_params[name] for name in NAMES if name in st.query_params}
    if KEY not in st.session_state or asked != st.session_state.get("_toy_link"):
        st.session_state["_toy_given"] = st.session_state["_toy_link"] = asked  # opened, or led here by another link
    views.toy(st.session_state["_toy_given"], KEY, told=_keep)


def _keep(link: dict[str, str]) -> None:
    """The visitor changed something: the address follows, and what the view was given stays, since it is there already."""
    for name in NAMES:
        if name in link:
            st.query_params[name] = link[name]
        elif name in st.query_params:
            del st.query_params[name]
    st.session_state["_toy_link"] = {name: link[name] for name in NAMES if name in link}
