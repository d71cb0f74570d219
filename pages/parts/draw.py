"""Small things that several pages draw: figures in the page's theme, numbers with units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from distill_core.figures.ledger import size
from distill_core.quantities import sentence

from . import terms

__all__ = ["about", "departures", "duration", "figure", "key", "meaning", "size"]


def figure(chart: go.Figure, key: str, alt: str, of: str = "") -> None:
    """A Plotly figure in the page's theme, with a name for those who do not see it, and no toolbar but the picture.

    Args:
        of: the quantity that it shows; what that means, and which way is good, is said below.
    """
    config = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}
    st.plotly_chart(chart, key=key, config=config, alt=alt)
    if of:
        meaning(of)


def key(marks: Iterable[tuple[str, str, str]]) -> None:
    """What the marks of a picture are, in a line above it: (sign, color, words)."""
    said = (f'<span style="color:{color}">{sign}</span>&nbsp;{words}' for sign, color, words in marks)
    terms.write(" &nbsp; ".join(said))


def meaning(of: str) -> None:
    """What a quantity means and which way is good, as a line under the chart that shows it."""
    if words := sentence(of):
        st.caption(f":material/info: {words}")


def duration(seconds: float | None) -> str:
    """`0.4 s`, `42 s`, `3 min 20 s`, `2 h 5 min`, or a dash."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def about(method: dict[str, Any]) -> None:
    """The small print of a method: paper, what it learns and matches, presets, where ours departs from the paper."""
    facts = [f"{word}: {method[word]}" for word in ("learns", "matches", "labels") if method.get(word)]
    st.caption(" · ".join(facts))
    paper = f"[{method['paper']}]({method['url']})" if method.get("url") else method.get("paper") or "no paper"
    st.caption(f":material/article: {paper}")
    if method.get("file"):
        st.caption(f":material/code: your own, in `{method['file']}`")
    presets = [one["title"] for one in method.get("presets") or []]
    if presets:
        st.caption(":material/tune: presets: " + " · ".join(presets))
    if said := method.get("departures"):
        st.markdown("**Where ours departs from the paper**\n\n" + "\n".join(f"- {one}" for one in said))


def departures(said: list[str], title: str) -> None:
    """Sentences on where ours differs, folded."""
    if said:
        with st.expander(title, icon=":material/alt_route:"):
            st.markdown("\n".join(f"- {one}" for one in said))
