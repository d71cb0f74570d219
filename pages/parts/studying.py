"""Studies on a page: what the engine can examine, which runs are meant, what it will cost, how far it is."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core.errors import StudioError
from distill_core.record.folder import RunFolder

from . import draw, form_cost, studio, views

PROTOCOLS = "How students are trained; `auto` is each set's own protocol."

SETS_FIRST = ("rivals",)  # stages that make sets before any student is trained
MAKES_IMAGES = ("prior",)  # studies whose images are watched on the wall


def page_of(study: str) -> str:
    """The page that shows what a study finds; "" for a method."""
    pages = {
        "teacher": studio.TEACHERS,
        "prior": studio.PRIORS,
        "continual": studio.TRANSFER,
        "transfer": studio.TRANSFER,
        "ranking": studio.LAYERS,
        "label_curve": studio.TRANSFER,
        "regimes": studio.TRANSFER,
        "reliability": studio.TRANSFER,
    }
    return pages.get(study, "")


def watched(folder: RunFolder, study: str) -> None:
    """What can be seen of a study: its images where it makes some, its curves and what it said, and the way to what it finds."""
    about = str((folder.request().get("settings") or {}).get("run") or "")  # the run that it examines, where it is one
    query = {"run": about} if about else None
    st.page_link(page_of(study), label="What was found", icon=":material/arrow_forward:", query_params=query)
    if study in MAKES_IMAGES:
        views.wall([folder.id], "wall")
    views.plots([folder.id], "scores", kinds=("log",))
    views.plots([folder.id], "plots")


def entry(catalog: dict[str, Any], name: str) -> dict[str, Any]:
    """What the catalog says of a study; stops the page where the catalog is from before there were any."""
    found = next((one for one in catalog.get("studies") or [] if one["name"] == name), None)
    if found is None:
        studio.stop("A worker is writing the catalog anew. Come back soon.", icon=":material/hourglass_empty:")
    return found


def names(catalog: dict[str, Any]) -> list[str]:
    return [one["name"] for one in catalog.get("studies") or []]


def finished(catalog: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Runs by id that have a synthetic set, newest first."""
    rows = [one for one in studio.runs(state="finished") if one["method"] not in names(catalog)]
    return {one["id"]: one for one in rows if (studio.home() / "runs" / one["id"] / "set.safetensors").is_file()}


def choose_runs(listed: dict[str, dict[str, Any]]) -> list[str]:
    """The runs that are meant; they stay in the link. The run chosen at the top is meant at first."""
    asked = st.query_params.get("run", "")
    return st.multiselect(
        "Finished runs",
        list(listed),
        default=[asked] if asked in listed else None,
        format_func=lambda one: f"{listed[one]['name']} · {one[-4:]}" if one in listed else one,
        key="of",
        bind="query-params",
        placeholder="Choose one run or more",
    )


def choose_training(catalog: dict[str, Any], prefix: str, seeds: bool) -> dict[str, Any]:
    """Protocol, epochs, seed, and how many students: the job of a study without its data."""
    protocols = ["auto", *(one["name"] for one in catalog.get("protocols") or [])]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        protocol = st.selectbox("Protocol", protocols, key=f"{prefix}.protocol", help=PROTOCOLS, width=200)
        epochs = st.number_input(
            "Epochs", 0, 100_000, 0, 10, key=f"{prefix}.epochs", help="0 takes the protocol's own number.", width=160
        )
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, 1, key=f"{prefix}.seed", width=140)
        students = st.number_input("Seeds per cell", 1, 100, 3, 1, key=f"{prefix}.students", width=160) if seeds else 1
    return {"protocol": protocol, "epochs": int(epochs), "seed": int(seed), "students": int(students), "device": "auto"}


def offer(study: dict[str, Any], asked: list[tuple[dict[str, Any], dict[str, Any], str]], label: str) -> None:
    """The cost, and the button that queues one study for each of `asked` (settings, job, name)."""
    if not asked:
        return
    settings, job, _ = asked[0]
    form_cost.cost(study, settings, job, len(asked))
    if st.button(label, type="primary", icon=":material/play_arrow:", key=f"start.{study['name']}"):
        start(study["name"], asked)


def start(study: str, asked: list[tuple[dict[str, Any], dict[str, Any], str]]) -> None:
    """Queue a study for each of `asked` (settings, job, name); what cannot work is said."""
    try:
        for settings, job, name in asked:
            studio.start(study, settings, job, name=name[:120])
    except StudioError as error:
        st.error(str(error))
    else:
        st.rerun()


def progress(kinds: list[str]) -> None:
    """What works or waits of these studies, and the last one where it did not end well; looks again while there is work."""
    rows = [one for one in studio.runs() if one["method"] in kinds]
    working = [one for one in rows if one["state"] in studio.WORKING]
    if working:
        st.fragment(_working, run_every=1.0)(kinds, [f"{one['id']} {one['state']}" for one in working])
    elif rows and rows[0]["state"] in ("failed", "stopped", "lost"):
        _ended(rows[0])


def _working(kinds: list[str], shown: list[str]) -> None:
    rows = [one for one in studio.runs() if one["method"] in kinds and one["state"] in studio.WORKING]
    if [f"{one['id']} {one['state']}" for one in rows] != shown:
        st.rerun()  # one began or ended: the page has to know
    with st.container(border=True):
        for row in sorted(rows, key=lambda row: (row["state"] == "queued", row["created"])):
            done, words = _place(row)
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{studio.DOTS[row['state']]} **{studio.escape(row['name'])}**", width="content")
                st.progress(done, text=words, width=300)
                st.page_link(studio.LIVE, label="Watch", query_params={"run": row["id"]})
                st.button(
                    "Stop", key=f"stop.{row['id']}", icon=":material/stop:", on_click=studio.halt, args=(row["id"],)
                )


def _place(row: dict[str, Any]) -> tuple[float, str]:
    """How far a study is, in [0, 1], and in words."""
    if row["state"] == "queued":
        before = studio.place(row["id"])
        return 0.0, "next in the queue" if before == 0 else f"{before} before it in the queue"
    try:
        state = RunFolder.find(studio.home(), row["id"]).state()
    except StudioError:
        return 0.0, row["state"]
    part, parts = int(state.get("part") or 0), max(1, int(state.get("parts") or 1))
    share = int(state.get("step") or 0) / max(1, int(state.get("steps") or 0))
    done = min(1.0, (part + min(1.0, share)) / parts)
    if state.get("stage") in SETS_FIRST:
        return done, f"set {part + 1} of {parts}; students come after"
    if parts > 1:
        left = float(state.get("seconds") or 0) * (1 - done) / done if done > 0.02 else None
        return done, f"student {part + 1} of {parts}" + (f" · about {draw.duration(left)} left" if left else "")
    return done, f"about {draw.duration(state['left_s'])} left" if state.get("left_s") else "at work"


def _ended(row: dict[str, Any]) -> None:
    words = f"**{studio.escape(row['name'])}** {row['state']}. {studio.escape(row.get('message') or '')}"
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f"{studio.DOTS[row['state']]} {words}", width="stretch")
        st.button("Resume", icon=":material/resume:", key=f"resume.{row['id']}", on_click=_resume, args=(row["id"],))


def _resume(run: str) -> None:
    try:
        studio.resume(run)
    except StudioError as error:
        st.toast(str(error), icon=":material/error:")


def job_of(run: dict[str, Any], job: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The job of a study about a run: its data and images per class, and how students are trained."""
    return {**job, "data": run["data"], "ipc": run["ipc"], **more}
