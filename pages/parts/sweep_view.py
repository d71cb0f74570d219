"""A sweep as it stands: a progress line, the heat map or dot plot, the run behind each cell, and files to take away."""

from __future__ import annotations

from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.errors import StudioError
from distill_core.figures import facts, grids, svg, tables
from distill_core.quantities import titled
from distill_core.queue import sweeping, sweeps
from distill_core.queue.known import by_path
from distill_core.queue.outcomes import MANY, Outcome, outcomes, progress, progress_in_words
from distill_core.queue.shipped import Shipped, runs_of, shipped
from distill_core.queue.sweep import Sweep
from distill_core.record import naming
from distill_core.record.contest import points

from . import draw, examples, form, studio

MANY_CELLS = 1000  # above these the page looks less often
OTHERS = ("b", "c", "d", "e", "f")  # the link's names of the second to sixth compared run


def show() -> None:
    """The sweep that is chosen, in the link; those that ship with the studio come last."""
    recorded = shipped()
    own = {one.id: one for one in sweeps.list_sweeps(studio.home())}
    known = own | {name: one["sweep"] for name, one in recorded.items() if name not in own}
    if not known:
        st.caption(":material/inbox: No sweep has been started yet. Choose an ablation above.")
        return
    asked = st.query_params.get("sweep", "")
    if st.session_state.get("sweep") not in known:
        st.session_state["sweep"] = asked if asked in known else next(iter(known))
    names = {name: _named(one) + ("" if name in own else " (recorded)") for name, one in known.items()}
    st.selectbox("Sweep", list(known), key="sweep", format_func=names.get, persist_state="session")
    st.query_params["sweep"] = st.session_state["sweep"]
    one = known[st.session_state["sweep"]]
    record = None if one.id in own else recorded[one.id]
    results = _outcomes(one) if record is None else outcomes(studio.home(), one, record["rows"])
    if record is None:
        _progress(one, results)
    else:
        _recorded(record)
    if one.plan.question:
        st.markdown(f"**{studio.escape(one.plan.question)}**")
    st.markdown(grids.answer(one.plan, results))
    _figure(one, results, own=record is None)
    st.caption(
        "Mean ± s.d. over seeds (each seed is the mean of its students); hollow or “1 seed” where there is one. "
        "Our own measurements only. Click a cell to see its runs."
    )
    _drawer(one, results, own=record is None)
    _table(one.plan, results, own=record is None)
    _exports(one, results, own=record is None)


def _recorded(one: Shipped) -> None:
    """Where a recorded sweep comes from, and its runs that can be opened."""
    made = one["made"]
    parts = ["Recorded", made["machine"], *(f"{key} {value}" for key, value in made["versions"].items())]
    st.caption(f"{studio.escape(' · '.join(parts))}. Made by `{made['command']}`. {made['about']}")
    runs = runs_of(one)
    if len(runs) > 1 and st.button(
        f"Open {len(runs)} of its runs in one map", icon=":material/scatter_plot:", key="sweep.recorded"
    ):
        examples.opened_together(runs, studio.DIVERSITY)


def _named(one: sweeps.Record) -> str:
    """What a sweep is called in the list; the end of its id tells two of the same kind apart."""
    shape = " × ".join(map(str, one.plan.shape))
    return (
        f"{one.plan.title} · {one.plan.method} · {one.plan.job['data']} · {shape} cells · {one.id.rpartition('-')[2]}"
    )


def _outcomes(one: sweeps.Record) -> list[Outcome]:
    return outcomes(studio.home(), one, studio.runs(method=one.plan.method, limit=MANY))


# ── how far it is ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _progress(one: sweeps.Record, results: list[Outcome]) -> None:
    counts = progress(results)
    if one.state == "going":
        st.fragment(_line, run_every=2.0 if len(results) <= MANY_CELLS else 10.0)(one.id, dict(counts))
    else:
        _line(one.id, dict(counts))


def _line(sweep: str, shown: dict[str, int]) -> None:
    """Looks again by itself while the sweep goes on; the page follows when a run began or ended."""
    try:
        one = sweeps.read(studio.home(), sweep)
    except StudioError as error:
        st.error(str(error))
        return
    if one.state == "going":
        sweeping.tend(studio.home())
        if dict(progress(_outcomes(one))) != shown:
            st.rerun()
    over = sum(shown.get(state, 0) for state in ("finished", "failed", "lost", "stopped", "broken"))
    icon = {"going": ":green[:material/play_circle:]", "done": ":blue[:material/check_circle:]"}
    st.progress(
        min(1.0, over / len(one.plan)),
        text=f"{icon.get(one.state, ':gray[:material/stop_circle:]')} {progress_in_words(one, shown)}",
    )
    again = sum(shown.get(state, 0) for state in ("stopped", "failed", "lost", "to go"))
    with st.container(horizontal=True):
        if one.state == "going":
            st.button("Stop", icon=":material/stop:", key="sweep.stop", on_click=_do, args=(sweeping.stop, sweep))
        elif again:
            word = "Go on" if one.state == "stopped" else f"Try the {again} that did not finish again"
            st.button(word, icon=":material/resume:", key="sweep.go", on_click=_do, args=(sweeping.go_on, sweep))
        if one.state != "going":
            word, told = "Take off the list", "The runs stay."
            st.button(word, icon=":material/playlist_remove:", key="sweep.forget", help=told, on_click=_do, args=(sweeping.forget, sweep))  # fmt: skip
    if problem := st.session_state.pop("sweep.wrong", ""):
        st.error(problem, icon=":material/error:")


def _do(what: Any, sweep: str) -> None:
    try:
        what(studio.home(), sweep)
    except (StudioError, OSError) as error:
        st.session_state["sweep.wrong"] = str(error)


# ── the figure, and the run behind a cell ───────────────────────────────────────────────────────────────────────────────


def _figure(one: sweeps.Record, results: list[Outcome], own: bool) -> None:
    """A click opens the cell's run; where it has several, they are listed below."""
    turn = st.session_state.setdefault("sweep.turn", 0)  # another key after each click, so that none is taken twice
    config = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}
    chosen: Any = st.plotly_chart(
        grids.figure(one.plan, results),
        key=f"sweep.figure.{one.id}.{turn}",
        on_select="rerun",
        selection_mode="points",
        config=config,
        alt="Accuracy of every cell of the sweep",
    )
    draw.meaning(naming.SCORE)
    _second(one, results)
    points = chosen["selection"]["points"] if chosen else []
    if points:
        cell = results[int(points[0]["customdata"][1])]
        st.session_state["sweep.turn"] = turn + 1
        st.session_state["sweep.cell"] = [one.id, list(cell.cell.place)]
        if own and len(cell.runs) == 1:
            studio.watch(cell.runs[0][1])


def _second(one: sweeps.Record, results: list[Outcome]) -> None:
    """The same cells by another number that their runs are known by; nothing where there is none."""
    names = facts.known(results)
    if not names:
        return
    name = st.selectbox(
        "The same cells by", names, key="sweep.fact", format_func=titled, bind="query-params", width=360
    )
    chart = facts.figure(one.plan, results, name)
    st.plotly_chart(chart, key=f"sweep.fact.{one.id}.{name}", alt=f"{titled(name)} of every cell of the sweep")
    draw.meaning(name)


def _drawer(one: sweeps.Record, results: list[Outcome], own: bool) -> None:
    """The chosen cell: its runs, seed by seed, and how to make one of them from a terminal."""
    sweep, place = st.session_state.get("sweep.cell", ["", []])
    cell = next((r for r in results if sweep == one.id and list(r.cell.place) == place), None)
    if cell is None:
        return
    with st.container(border=True):
        st.markdown(f"**{studio.escape(one.plan.words(cell.cell))}**: {grids.text(cell)}; as many random real images {grids.control(cell)}.")  # fmt: skip
        with st.container(horizontal=True):
            for seed, run, state in cell.runs if own else ():
                label = f"seed {seed}" + ("" if state == "finished" else f" ({state})")
                st.page_link(studio.LIVE, label=label, icon=":material/play_circle:", query_params={"run": run})
            if own and 2 <= len(cell.runs) <= 6:
                others = dict(zip(OTHERS, (run for _, run, _ in cell.runs[1:]), strict=False))
                query = {"run": cell.runs[0][1], **others}
                st.page_link(studio.SIDE, label="Seeds side by side", icon=":material/compare:", query_params=query)
        if cell.missing:
            st.caption(f"{cell.missing} of {len(one.plan.seeds)} seeds are still to go.")
        fields = _fields(one.plan.method)
        if fields:
            said = form.command(
                one.plan.method, fields, by_path(studio.home(), one.plan, cell.cell), cell.cell.job, one.plan.seeds[0]
            )
            st.code(said, language="bash", wrap_lines=True)


def _fields(method: str) -> list[dict[str, Any]]:
    try:
        return shelf.method(studio.catalog(), method)["fields"]
    except StudioError:
        return []  # a method that is no longer installed


def _table(made: Sweep, results: list[Outcome], own: bool) -> None:
    with st.expander("The cells as a table", icon=":material/table:"):
        st.dataframe(
            [_row(made, one, own) for one in results],
            hide_index=True,
            column_config={
                "Gain": st.column_config.NumberColumn(format="%+.1f", help="Points above as many random real images."),
                "Run": st.column_config.LinkColumn(display_text="open", help="The run of the first seed."),
            },
            alt="Every cell with its accuracy, its random control and its run",
        )


def _row(made: Sweep, one: Outcome, own: bool) -> dict[str, Any]:
    gain = points(one.mean, sum(one.random) / len(one.random)) if one.n and one.random else None
    return {
        **{axis.title: label for axis, label in zip(made.axes, one.cell.labels, strict=True)},
        "Accuracy": grids.text(one),
        "Random": grids.control(one),
        "Gain": gain,
        **{titled(name): facts.text(one, name) for name in one.facts},
        "Published": "published" if one.is_published else "",
        **({"Run": f"/live?run={one.runs[0][1]}" if one.runs else None} if own else {}),
    }


# ── to take away ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _exports(one: sweeps.Record, results: list[Outcome], own: bool) -> None:
    made, name = one.plan, one.id
    with st.container(horizontal=True):
        st.download_button("CSV", lambda: tables.sweep_to_csv(made, results), f"{name}.csv", "text/csv", icon=":material/download:")  # fmt: skip
        st.download_button("LaTeX", lambda: tables.sweep_to_latex(made, results), f"{name}.tex", "text/x-tex", icon=":material/functions:")  # fmt: skip
        st.download_button("Picture (SVG)", lambda: svg.picture(made, results), f"{name}.svg", "image/svg+xml", icon=":material/image:")  # fmt: skip
    st.caption(f"A PNG: the camera in the figure's corner.{' In a terminal:' if own else ''}")
    if own:
        st.code(f"distill-studio sweep-table {name} --as csv --to {name}.csv", language="bash", wrap_lines=True)
