"""What was found in a set from elsewhere: sentences and questions, pixel spaces, images, labels, and a teacher's opinion."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.figures import pixels

from . import draw, studio


def show(found: dict[str, Any]) -> None:
    """Sentences, questions, candidates, wall, labels, pixels, and what a teacher makes of it."""
    for caution in found["cautions"]:
        st.warning(studio.escape(caution), icon=":material/warning:")
    st.subheader("What was found")
    st.markdown(
        "\n".join(f"- {studio.escape(one)}" for one in found["said"])
        or "- One of our own sets: it says itself what it is."
    )
    if found["kind"] == "experts":
        return
    for open_question in found.get("asks") or []:
        st.info(studio.escape(open_question), icon=":material/help:")
    if found.get("mosaic"):
        _mosaics()
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.subheader("The images")
        st.image(found["wall"], caption=_wall(found), alt="Images of the set, class by class")
    with right:
        _labels(found)
        _teacher(found)
    if found["candidates"]:
        _spaces(found)
    shares = found["histogram"]
    chart = pixels.histogram(shares["edges"], shares["set"], shares.get("real") or ())
    draw.figure(chart, "bring.histogram", "Shares of pixels by value, of this set and of real images")


def _spaces(found: dict[str, Any]) -> None:
    """Every space that was tried with four images in it, best first, and the choice."""
    st.subheader("In which space are its pixels?")
    rows = found["candidates"]
    titles = {one["space"]: one["title"] for one in rows}
    st.session_state.setdefault("bring.pixels", None)
    st.pills(
        "Take them as",
        list(titles),
        key="bring.pixels",
        format_func=titles.get,
        help=f"Nothing chosen: what was found ({found['pixels_title']}).",
    )
    _thumbnails(rows[:4], found["pixels"])
    if rows[4:]:
        with st.expander(f"{len(rows) - 4} more that were tried", icon=":material/more_horiz:"):
            _thumbnails(rows[4:], found["pixels"])
    st.caption(
        ":material/info: *Away* adds up how far the pixels are from real ones: reach outside of \\[0, 1\\], mean, contrast, and how much "
        "neighbors are alike. 0 is like real images."
    )


def _thumbnails(rows: list[dict[str, Any]], taken: str) -> None:
    """Four images in each of the spaces, with the figures that it was judged by."""
    for column, one in zip(st.columns(4), rows, strict=False):
        mark = ":green[:material/check_circle:] " if one["space"] == taken else ""
        with column:
            st.markdown(f"{mark}**{studio.escape(one['title'])}**")
            st.image(one["file"], alt=f"Four images, read as {one['title']}")
            seen = "" if one["recognized"] is None else f" · a teacher recognizes {100 * one['recognized']:.0f} %"
            outside, mean, std, _ = one["figures"]
            st.caption(
                f"away {one['away']:.2f} · {100 * outside:.0f} % outside · mean {mean:.2f} · s.d. {std:.2f}{seen}"
            )


def _mosaics() -> None:
    factors = {0: "as its program does", 1: "whole", 2: "2×2", 3: "3×3"}
    st.segmented_control("Images are", list(factors), key="bring.factor", format_func=factors.get, default=0)


def _wall(found: dict[str, Any]) -> str:
    shape = "×".join(map(str, found["shape"][1:]))
    return f"{found['images']:,} images of {shape} pixels; a column for each class where there are 20 or fewer"


def _labels(found: dict[str, Any]) -> None:
    st.subheader("The labels")
    rows = [{"Class": one["name"], "Images": one["images"]} for one in found["classes"]]
    st.dataframe(rows, hide_index=True, height=min(38 + 35 * len(rows), 250))
    kind = found.get("labels", "soft" if found["soft"] else "hard")
    st.caption(f"Kind: {kind}{', one soft label for each image' if found['soft'] else ''}.")


def _teacher(found: dict[str, Any]) -> None:
    st.subheader("What a teacher makes of it")
    seen = found.get("teacher")
    if not seen:
        st.caption("No teacher of this data set is at hand; train one under *Teachers*, or name the data set.")
        return
    with st.container(horizontal=True):
        for title, one in (("this set", seen["set"]), ("real images", seen["real"])):
            st.metric(
                f"recognized, {title}",
                f"{100 * one['recognized']:.0f} %",
                help=f"Sure of the class to {one['sure']:.2f}.",
            )
    st.caption(f"`{seen['spec']}`; the real ones are as many test images of the same classes.")
