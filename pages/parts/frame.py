"""The frame around every page: the menu, the run that was chosen, links that start at `/`, and getting ready."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import streamlit as st
from PIL import Image, ImageDraw

from distill_core.home import studio_home
from distill_core.queue.executor import executor_of

from . import steady, studio

CALM = 1.5  # seconds that the first picture has the machine for itself before a worker is started
PAGES = (  # section, file, address, title, icon, help
    ("", "learn/start", "", "Start", "rocket_launch", "Watch a whole data set become a handful of images."),
    (
        "Learn",
        "learn/tour",
        "tour",
        "Lessons",
        "menu_book",
        "Lessons on recorded runs: ask, guess, see, try; and a teacher's page.",
    ),
    ("Learn", "learn/toy", "toy", "Play", "touch_app", "Distill points in the plane, by hand if you like."),
    ("Learn", "learn/methods", "methods", "Methods", "school", "What methods there are and how they differ."),
    ("Distill", "distill/new", "new", "New run", "add_circle", "Choose data, a method and its settings, and start."),
    ("Distill", "distill/live", "live", "Watch", "play_circle", "Watch a run while it works, or replay it."),
    (
        "Distill",
        "distill/runs",
        "runs",
        "All runs",
        "folder_open",
        "Every run on disk: queue, compare, export, import.",
    ),
    (
        "Distill",
        "distill/bring",
        "bring",
        "Bring a set",
        "move_to_inbox",
        "A distilled set from elsewhere: looked at, questioned, taken in.",
    ),
    (
        "Distill",
        "distill/teachers",
        "teachers",
        "Teachers",
        "history_edu",
        "The trained classifiers: train, export, import.",
    ),
    ("Distill", "distill/priors", "priors", "Priors", "gesture", "The small generators to search in: train, look at."),
    ("Explore", "explore/layers", "layers", "Layers", "layers", "A search through a generator, layer by layer."),
    ("Explore", "explore/diversity", "diversity", "Diversity", "scatter_plot", "Do the learned images cover the real?"),
    (
        "Explore",
        "explore/compensators",
        "compensators",
        "Compensators",
        "add_photo_alternate",
        "One image for all classes.",
    ),
    ("Compare", "compare/side", "side", "Side by side", "compare", "Two to six runs on one clock."),
    ("Compare", "compare/scores", "scores", "Scores", "leaderboard", "Accuracies with spread, beside random images."),
    (
        "Compare",
        "compare/transfer",
        "transfer",
        "Transfer",
        "swap_horiz",
        "Other students, other labels, class after class.",
    ),
)
ROOT = Path(__file__).parents[2]
steady.keep_page()
FILLED = ("",)  # pages whose first row leaves no room beside it
SEVERAL = ("side", "diversity")  # pages that choose their runs themselves
MOST = 50  # runs that the chip offers; all of them are on the page of runs


def icon() -> Image.Image:
    """The browser tab's picture: many squares become one. Drawn here, since icons by name come from another host."""
    picture = Image.new("RGBA", (64, 64))
    pen = ImageDraw.Draw(picture)
    for i in range(9):
        left, top = 2 + i % 3 * 11, 2 + i // 3 * 11
        pen.rectangle((left, top, left + 8, top + 8), fill=(31, 128, 122, 90 + 18 * i))
    pen.rounded_rectangle((26, 26, 61, 61), 6, fill=(31, 128, 122, 255))
    return picture


def menu() -> dict[str, list]:
    """The pages by section, for `st.navigation`."""
    sections: dict[str, list] = {}
    for section, file, address, title, icon, words in PAGES:
        picture = f":material/{icon}:"
        page = st.Page(
            ROOT / "pages" / f"{file}.py",
            title=title,
            icon=picture,
            url_path=address or None,
            default=not address,
            help=words,
        )
        sections.setdefault(section, []).append(page)
    return sections


def style() -> None:
    """What the theme cannot say; see `web/frame.css`."""
    st.html(Path(__file__).with_name("web") / "frame.css")


def follow_link() -> None:
    """Links that are handed out start at the root, `/?go=live&run=…`: they work on a server nobody has visited yet."""
    known = {address: file for _, file, address, *_ in PAGES if address}
    goal = st.query_params.get("go", "")
    if goal in known:
        rest = {key: value for key, value in st.query_params.to_dict().items() if key != "go"}
        st.switch_page(f"pages/{known[goal]}.py", query_params=rest)


def show_chosen_run(page: str = "") -> None:
    """The chosen run with its state, at the top of every page; it stays in `?run=` when the page changes.

    `page` is the address of the page that is shown, "" for the start page.
    """
    asked = st.query_params.get("run") or st.session_state.get("run", "")
    if asked:
        st.session_state["run"] = asked
        if st.query_params.get("run") != asked:
            st.query_params["run"] = asked
    listed = {one["id"]: one for one in studio.runs(limit=MOST)}
    if not listed or page in SEVERAL or (asked not in listed and not page):
        return  # nothing to choose from, or a first visit to the start page: the headline comes first
    works = asked in listed and listed[asked]["state"] in studio.WORKING
    if works:
        st.fragment(_chip, run_every=2.0)(asked, works, page)
    else:
        _chip(asked, works, page)


def _chip(asked: str, works: bool, page: str) -> None:
    if st.session_state.pop("_moved", False) and works:
        st.rerun()  # the page has to follow, and a choice inside a fragment reruns the fragment only
    listed = {one["id"]: one for one in studio.runs(limit=MOST)}
    row = listed.get(asked)
    st.session_state["_chosen"] = asked if row else None
    if works and (row is None or row["state"] not in studio.WORKING):
        st.rerun()  # it is over: nothing to look at every two seconds any more
    name = (
        f"{studio.DOTS.get(row['state'], '')} {studio.escape(row['name'])} · {row['state']}" if row else "Choose a run"
    )
    with (
        st.container(
            horizontal=True, horizontal_alignment="right", key="_chosen_above" if page in FILLED else "_chosen_run"
        ),
        st.popover(name, type="tertiary", key="_chip"),
    ):
        st.selectbox(
            "Run",
            list(listed),
            format_func=lambda one: f"{listed[one]['name']} · {listed[one]['state']}" if one in listed else one,
            key="_chosen",
            on_change=_choose,
            placeholder="Choose a run",
        )
        st.page_link(studio.LIVE, label="Watch it", icon=":material/play_circle:", query_params={"run": asked})
        st.page_link(studio.RUNS, label="All runs", icon=":material/folder_open:")


def _choose() -> None:
    st.session_state["_moved"] = True
    st.session_state["run"] = st.session_state["_chosen"]
    st.query_params["run"] = st.session_state["_chosen"] or ""


@st.cache_resource(show_spinner=False)
def get_ready() -> None:
    """Once per server, after the first picture: a warm worker, and what is imported leaves the garbage hunt."""
    timer = threading.Timer(CALM, ready, [studio_home()])
    timer.daemon = True
    timer.start()


def ready(home: Path) -> None:
    """A worker that waits in this home; what is imported by now is not looked at again by the garbage collector."""
    executor_of(home).get_ready()
    gc.collect()
    gc.freeze()
