"""Planes and measures that a worker makes: asked for from here, kept beside the first run, brought by the feed.

t-SNE and UMAP are made when somebody asks. Measures, and planes that were made, follow a run while it works: a worker is
asked again when there is something new, and no more often than keeps its work under `SHARE` of the time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import product
from typing import Any, cast

import streamlit as st

from distill_core.errors import StudioError
from distill_core.figures.reach import Reach
from distill_core.home import read_json
from distill_core.queue import ask
from distill_core.record import view
from distill_core.record.folder import RunFolder

from . import packets, studio

NAMES = {"pca": "PCA", "lda": "LDA", "tsne": "t-SNE", "umap": "UMAP"}
DEFAULTS: dict[str, Any] = {"perplexity": 30.0, "neighbors": 15, "seed": 0}
SHARE = 0.03  # of the time that measuring a run may take while it works
SOONEST = 4.0  # seconds between two answers while a run works
AGAIN = 20.0  # seconds after which a question that failed is asked again while a run works


def ask_for(folders: Sequence[RunFolder], wanted: str | None, **settings: Any) -> None:
    """Put the question for a plane ("features-tsne") to a worker. To be called where a click is heard, before the page is
    drawn: a page that is drawn twice in a row would lose the question."""
    found = view.PLANE.fullmatch(wanted or "")
    if found is None or not folders:
        return
    runs = [folder.id for folder in folders]
    name = view.plane_name(found["space"], found["kind"], runs)
    if found["kind"] in view.LINEAR:
        _put(runs[0], name, "spread", runs=runs, planes=[wanted], measure=False)
    else:
        _put(runs[0], name, "plane", runs=runs, kind=found["kind"], space=found["space"], **chosen(), **settings)


def chosen() -> dict[str, Any]:
    """The settings of t-SNE and UMAP as they stand in this session."""
    return {name: st.session_state.get(f"_{name}", default) for name, default in DEFAULTS.items()}


def _asked() -> dict[str, str]:
    """Questions of this session without an answer: "first run/name" → id."""
    return st.session_state.setdefault("_planes", {})


def _troubles() -> dict[str, tuple[float, str]]:
    """What went wrong last time: "first run/name" → (when, sentence)."""
    return st.session_state.setdefault("_plane_troubles", {})


def _put(lead: str, name: str, question: str, **values: Any) -> None:
    key = f"{lead}/{name}"
    if key in _asked():
        return
    _troubles().pop(key, None)
    try:
        _asked()[key] = ask.ask(studio.home(), question, **values)
    except (StudioError, OSError) as error:
        _troubles()[key] = (time.time(), str(error))


def waiting(folders: Sequence[RunFolder]) -> list[str]:
    """What this session asked for these runs and is not there yet, by name; what failed is remembered as a trouble."""
    still = []
    for key, question in list(_asked().items()):
        run, _, name = key.partition("/")
        if not folders or run != folders[0].id:
            continue
        found = ask.answer(studio.home(), question) or {}
        if found.get("state") in ("done", "failed"):
            del _asked()[key]
            ask.forget(studio.home(), question)
            if found["state"] == "failed":
                _troubles()[key] = (time.time(), str(found.get("message")))
        else:
            still.append(name)
    return still


def troubles(folders: Sequence[RunFolder]) -> dict[str, str]:
    """Sentences on what could not be made for these runs, by name."""
    runs = [folder.id for folder in folders]
    names = [f"spread{view.mark(runs)}"] + [view.plane_name(*pair, runs) for pair in product(view.SPACES, view.KINDS)]
    found = {name: _troubles().get(f"{runs[0]}/{name}") for name in names}
    return {name: one[1] for name, one in found.items() if one}


def keep_fresh(folders: Sequence[RunFolder], *, measure: bool = False, works: bool = False) -> None:
    """Ask a worker to measure these runs (where `measure`) and to place what is new into the planes that were made."""
    runs = [folder.id for folder in folders]
    name, mark = f"spread{view.mark(runs)}", view.mark(runs)
    if not folders or f"{runs[0]}/{name}" in _asked():
        return
    latest = {folder.id: view.upto(packets.reader(str(folder.path)).refresh()) for folder in folders}
    if min(latest.values()) < 0:
        return  # one of them has shown nothing yet
    made = {}
    for path in (folders[0].path / "planes").glob(f"*{mark}.json"):
        one = view.PLANE.fullmatch(path.stem)
        if one and one["mark"] == mark and f"{runs[0]}/{path.stem}" not in _asked():
            made[f"{one['space']}-{one['kind']}"] = _about(folders[0], path.stem)
    kept = _about(folders[0], name) if measure and reached(folders) else None
    stale = [one for one, about in made.items() if _is_stale(about, latest)]
    if not stale and not (measure and _is_stale(kept, latest)):
        return
    when, _ = _troubles().get(f"{runs[0]}/{name}", (0.0, ""))
    took = max([float((one or {}).get("seconds") or 0) for one in (kept, *made.values())], default=0.0)
    last = max([float((one or {}).get("written") or 0) for one in (kept, *made.values())], default=0.0)
    if works:
        rested = time.time() - last >= max(SOONEST, took / SHARE)
        if not rested or time.time() - when < AGAIN:
            return
    elif when:
        return  # it failed and nothing has changed
    _put(runs[0], name, "spread", runs=runs, planes=stale, measure=measure)


def _is_stale(about: dict[str, Any] | None, latest: dict[str, int]) -> bool:
    if about is None or about.get("left"):
        return True
    upto = about.get("upto") or {}
    return any(int(upto.get(run, -1)) < n for run, n in latest.items())


def _about(folder: RunFolder, name: str) -> dict[str, Any] | None:
    """What the worker wrote under a name, and when."""
    path = folder.path / "planes" / f"{name}.json"
    try:
        return _read(str(path), path.stat().st_mtime)
    except OSError:
        return None


@st.cache_data(max_entries=64, show_spinner=False)
def _read(path: str, stamp: float) -> dict[str, Any] | None:
    from pathlib import Path

    try:
        found = read_json(Path(path))
    except StudioError:
        return None
    return {**found, "written": stamp} if isinstance(found, dict) else None


def measured(folders: Sequence[RunFolder]) -> dict[str, Any] | None:
    """The measures of these runs as a worker wrote them last, or None."""
    runs = [folder.id for folder in folders]
    found = _about(folders[0], f"spread{view.mark(runs)}") if folders else None
    return found if found and found.get("of") == runs else None


def reached(folders: Sequence[RunFolder]) -> Reach | None:
    """Which real images these runs come within reach of, as a worker wrote it last, or None."""
    runs = [folder.id for folder in folders]
    found = _about(folders[0], f"reach{view.mark(runs)}") if folders else None
    return cast(Reach, found) if found and found.get("of") == runs else None


STAGES = {
    "look": "the network looks at the images",
    "fit": "the points are laid out",
    "place": "earlier steps are placed",
}


def progress(folders: Sequence[RunFolder]) -> list[str]:
    """How far each plane is that a worker makes for these runs, as sentences."""
    said, order = [], list(STAGES)
    for key, question in _asked().items():
        run, _, name = key.partition("/")
        found = view.PLANE.fullmatch(name)
        if not found or not folders or run != folders[0].id:
            continue
        stage = str(((ask.answer(studio.home(), question) or {}).get("progress") or {}).get("stage", ""))
        begun = (
            f"step {order.index(stage) + 1} of {len(order)}, {STAGES[stage]}"
            if stage in STAGES
            else "waiting for a worker"
        )
        since = max(0.0, time.time() - int(question[:20]) / 1e9)
        said.append(f"{NAMES[found['kind']]} of {found['space']}: {begun}, for {since:.0f} s now.")
    return said


def keep_shown(plane: str | None) -> None:
    """Write the plane that is shown into the link."""
    if plane and st.query_params.get("view") != plane:
        st.query_params["view"] = plane


def settings(folders: Sequence[RunFolder], shown: str | None) -> None:
    """Controls of t-SNE and UMAP; a button fits the plane that is shown anew."""
    found = view.PLANE.fullmatch(shown or "")
    kind = found["kind"] if found else ""
    ready = bool(kind) and kind not in view.LINEAR
    many = "About how many neighbors a point has. More than a third of the points cannot work and is lowered; the map says so."
    with st.popover("t-SNE and UMAP settings", icon=":material/tune:"):
        st.number_input("Perplexity (t-SNE)", 2.0, 200.0, DEFAULTS["perplexity"], 1.0, key="_perplexity", help=many)
        few = "Few show detail, many show the whole."
        st.number_input("Neighbors (UMAP)", 2, 200, DEFAULTS["neighbors"], key="_neighbors", help=few)
        st.number_input("Seed", 0, 2**31 - 1, DEFAULTS["seed"], key="_seed", help="Where the fit starts.")
        st.caption(
            "A plane is fitted once and stands still; later images are placed into it. These act on a fresh fit."
        )
        st.button(
            f"Fit {NAMES[kind]} anew" if ready else "Fit anew",
            icon=":material/restart_alt:",
            disabled=not ready,
            help=None if ready else "Choose t-SNE or UMAP on the map first.",
            key="_fit_anew",
            on_click=ask_for,
            args=(folders, shown),
            kwargs={"again": True},
        )


def said(folders: Sequence[RunFolder]) -> None:
    """Troubles, as sentences on the page."""
    for name, sentence in troubles(folders).items():
        found = view.PLANE.fullmatch(name)
        what = f"{NAMES[found['kind']]} of {found['space']}" if found else "Measures"
        st.warning(f"{what}: {studio.escape(sentence)}")
