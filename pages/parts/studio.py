"""What pages ask of the studio: its home, its catalog, its runs, and a kind word when something is missing."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import streamlit as st

from distill_core import catalog as shelf
from distill_core.errors import StudioError
from distill_core.fields import Values, nest
from distill_core.home import studio_home
from distill_core.queue import ask
from distill_core.queue.executor import Executor, executor_of
from distill_core.record import index
from distill_core.record.folder import RunFolder

LIVE, NEW, RUNS, SCORES, SIDE, METHODS, TEACHERS, TRANSFER, LAYERS, PRIORS, DIVERSITY, COMPENSATORS, BRING = (
    f"pages/{page}.py"
    for page in (
        "distill/live",
        "distill/new",
        "distill/runs",
        "compare/scores",
        "compare/side",
        "learn/methods",
        "distill/teachers",
        "compare/transfer",
        "explore/layers",
        "distill/priors",
        "explore/diversity",
        "explore/compensators",
        "distill/bring",
    )
)
Found = TypeVar("Found")
WORKING = ("queued", "running", "paused")
DOTS = {
    "queued": ":gray[:material/schedule:]",
    "running": ":green[:material/play_circle:]",
    "paused": ":orange[:material/pause_circle:]",
    "finished": ":blue[:material/check_circle:]",
    "stopped": ":gray[:material/stop_circle:]",
    "failed": ":red[:material/error:]",
    "lost": ":orange[:material/heart_broken:]",
    "broken": ":red[:material/broken_image:]",
}


def home() -> Path:
    """The studio's home; made if absent."""
    return studio_home()


def executor() -> Executor:
    """Where this studio's runs are worked on."""
    return executor_of(home())


def catalog() -> dict[str, Any]:
    """Cards, fields, data sets, networks and protocols; says so and stops the page where there is none that fits: a worker
    writes it, and the page comes back by itself."""
    try:
        return shelf.read(home())
    except StudioError as error:
        executor().get_ready()
        _wait_for_catalog()
        stop(f"The catalog of methods cannot be read. {error}", icon=":material/hourglass_empty:")


@st.fragment(run_every=1.0)
def _wait_for_catalog() -> None:
    with contextlib.suppress(StudioError):
        shelf.read(home())
        st.rerun()


def data_info(name: str) -> dict[str, Any]:
    """What the catalog knows of a data set; nothing where it does not know it, or is not there yet."""
    try:
        known = shelf.read(home())["data"]
    except StudioError:
        return {}
    return next((one for one in known if one["name"] == name), {})


def method_info(name: str) -> dict[str, Any]:
    """What the catalog knows of a method; nothing where it does not know it, or is not there yet."""
    try:
        known = shelf.read(home())["methods"]
    except StudioError:
        return {}
    return next((one for one in known if one["name"] == name), {})


def runs(**filters: Any) -> list[dict[str, Any]]:
    """All runs, newest first, as the index lists them; broken ones are among them and say so."""
    return index.list_runs(home(), **filters)


def escape(text: str) -> str:
    """A run's name without the signs that markdown reads."""
    return "".join(f"\\{one}" if one in "\\`*_{}[]()#+-.!|<>~:$" else one for one in text)


def stop(sentence: str, *, icon: str = ":material/inbox:", page: str = "", label: str = "") -> NoReturn:
    """Say kindly what is missing, offer the next step, and end the page here."""
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(f"{icon} {sentence}")
        if page:
            st.page_link(page, label=label, icon=":material/arrow_forward:")
    st.stop()


def start(
    method: str,
    settings: Values,
    job: dict[str, Any],
    *,
    name: str = "",
    preset: str = "",
    expected: float | None = None,
) -> RunFolder:
    """A new run, started; bad values are found by whoever works on it, and said in the run's state."""
    run = RunFolder.create(home(), method, _nested(method, settings), job, name=name, preset=preset, expected=expected)
    executor().start(run)
    return run


def _nested(method: str, settings: Values) -> dict[str, object]:
    """Settings by path as a run keeps them: nested as the parts of the method are; by path where there is no catalog yet."""
    try:
        known = shelf.read(home())
    except StudioError:
        return dict(settings)
    entry = next((one for one in (*known["methods"], *known["studies"]) if one["name"] == method), None)
    return dict(settings) if entry is None else nest(entry["fields"], settings)


def resume(run: str) -> None:
    """Let a stopped, failed or lost run go on from its newest checkpoint."""
    executor().start(RunFolder.find(home(), run))


def halt(run: str) -> None:
    """Ask a run to stop; it keeps a checkpoint."""
    executor().stop(RunFolder.find(home(), run))


def place(run: str) -> int:
    """How many runs are before this one; 0 when it is next."""
    return executor().place(RunFolder.find(home(), run))


def watch(run: str) -> NoReturn:
    """Go and look at a run."""
    st.session_state["run"] = run
    st.switch_page(LIVE, query_params={"run": run})


def answer(question: str, **values: Any) -> dict[str, Any] | None:
    """The engine's answer to a question that needs torch, asked once per session and choice; or `{"error": sentence}`.

    None while the warm worker thinks: the page reruns by itself when the answer is there, and is never held up.
    """
    asked, mark = st.session_state.setdefault("asked", {}), _mark(question, values)
    if mark not in asked:
        asked[mark] = ask.ask(home(), question, **values)
    reply = _over(asked[mark])
    if reply is None:
        _wait(asked[mark])
        return None
    return reply["value"] if reply["state"] == "done" else {"error": reply.get("message", "The engine gave no reason.")}


def found_out(
    question: str, found: Callable[[], Found | None], *, waiting: str, lost: str, **values: Any
) -> Found | None:
    """What a worker finds out and keeps on disk, as `found` reads it; None with words on the page until it is there, or
    with the error and a button that puts the question anew."""
    reply = answer(question, **values)
    if reply is None:
        nobody = "" if ask.is_heard(home()) else " No worker runs, so it waits for one."
        st.caption(f":material/hourglass_top: {waiting}{nobody}")
        return None
    kept = None if "error" in reply else found()
    if kept is None:
        st.warning(escape(reply.get("error") or lost))
        st.button("Ask again", key=f"_{question}_again", on_click=ask_again, args=(question,), kwargs=values)
    return kept


def ask_again(question: str, **values: Any) -> None:
    """Forget an answer, so that `answer` puts the question anew."""
    st.session_state.get("asked", {}).pop(_mark(question, values), None)


def _mark(question: str, values: dict[str, Any]) -> str:
    return json.dumps([question, values], sort_keys=True, default=str)


def _over(question: str) -> dict[str, Any] | None:
    reply = ask.answer(home(), question)
    return reply if reply and reply["state"] in ("done", "failed") else None


@st.fragment(run_every=0.5)
def _wait(question: str) -> None:
    if _over(question):
        st.rerun()
