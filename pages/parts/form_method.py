"""A new run's method: which one, and why not."""

from __future__ import annotations

from typing import Any

import streamlit as st

from . import examples, studio, terms

LABELS = {"hard": "hard labels (the class, nothing else)"}  # what a card's shortest words mean


def choose(catalog: dict[str, Any]) -> dict[str, Any]:
    """One method of the catalog, by its title beside those of its family, with its card; returns the catalog's entry."""
    methods = {one["name"]: one for one in catalog["methods"]}
    if st.session_state.get("new.method") not in methods:
        first, _ = examples.played_first()
        st.session_state["new.method"] = first if first in methods else next(iter(methods))
    name = st.selectbox(
        f"{len(methods)} methods, by family",
        in_families(catalog["methods"]),
        key="new.method",
        format_func=lambda one: called(methods[one]),
        help="First what kind of method it is, then its name. Type a part of either to find it.",
        persist_state="session",
    )
    method = methods[name]
    st.page_link(studio.METHODS, label="See what each one makes", icon=":material/grid_view:")
    terms.style()
    terms.write(f"**{method['title']}.** {method['idea']}")
    labels = method.get("labels") or "hard"
    link = f"[{method['paper']}]({method['url']})" if method.get("url") else method.get("paper", "")
    facts = [
        f"learns {method['learns']}" if method.get("learns") else "",
        f"students get {LABELS[labels]}" if labels in LABELS else f"labels: {labels}",
    ]
    terms.write(" · ".join(part for part in (*facts, link) if part), caption=True)
    return method


def in_families(methods: list[dict[str, Any]]) -> list[str]:
    """The names, those of a family together; families and methods in the catalog's order."""
    families = list(dict.fromkeys(one.get("family") for one in methods))
    return [one["name"] for one in sorted(methods, key=lambda one: families.index(one.get("family")))]


def called(method: dict[str, Any]) -> str:
    """`Selection · Herding`: the family, then the title; once where the title begins with it."""
    family, title = str(method.get("family") or ""), str(method["title"])
    if not family or title.lower().startswith(family.lower()):
        return title
    return f"{family[:1].upper()}{family[1:]} · {title}"


def asked(method: dict[str, Any], settings: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    """What the engine says of this choice: why not, what to know before, what is in force where a value is left to it; nothing
    while it thinks."""
    return studio.answer("why_not", method=method["name"], settings=settings, job=job) or {}


def why_not(reply: dict[str, Any]) -> list[str]:
    """The engine's reason why this method cannot do this job, if it has one by now; what it warns of is said at once."""
    if caution := reply.get("caution"):
        st.markdown(f":orange[:material/warning: {studio.escape(str(caution))}]")
    reason = reply.get("reason") or reply.get("error")
    return [str(reason)] if reason else []
