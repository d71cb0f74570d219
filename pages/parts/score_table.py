"""The score table of all runs: read once per change of a run, filtered in the link, drawn with its controls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from distill_core import catalog as shelf
from distill_core.errors import StudioError
from distill_core.figures import ledger, score_plots
from distill_core.figures.rows import REGIMES, Row
from distill_core.figures.scores import BUDGETS, Score
from distill_core.quantities import said, titled
from distill_core.queue.sweep import spoken
from distill_core.record import health, naming
from distill_core.record.contest import points
from distill_core.record.facts import facts_of
from distill_core.record.folder import RunFolder
from distill_core.record.log import Timeline
from distill_core.record.scores import completed

from . import draw, examples, feed, standing, studio, terms

POINTS = (
    "Random: as many random real images with the same labels, mean ± s.d. over draws of them. Points: the difference of the printed numbers. "
    "Better or worse is said only where a 95 % interval over seeds, each set paired with its own control, leaves out zero. Stored: images, "
    "labels, teachers and generators."
)
BONUS = (
    "A paper that picks its best test epoch would print this; in brackets what the picking adds. It is shown and used for nothing: our "
    "numbers are those of the last epoch."
)
INKS = {False: "#1f2937", True: "#f3f4f6"}  # by whether the theme is dark: words in a picture
TABLE, ABLATIONS = "All sets", "Ablations"  # as links write them: `?show=Ablations`


def view() -> str:
    """Which half of the page is shown, `All sets` or `Ablations`; the choice stays in the link."""
    chosen = st.segmented_control(
        "Show",
        [TABLE, ABLATIONS],
        default=TABLE,
        key="show",
        required=True,
        bind="query-params",
        label_visibility="collapsed",
    )
    return str(chosen)


def scored_runs() -> list[dict[str, Any]]:
    """Every readable run with its scored records; runs that cannot be read are left to the runs page. What studies scored is found
    on their own pages."""
    studies = {one["name"] for one in studio.catalog().get("studies") or []}
    runs = studio.home() / "runs"
    return _read([RunFolder(runs / one["id"]) for one in studio.runs() if one["method"] not in studies])


def shipped_runs() -> list[dict[str, Any]]:
    """The same of the recordings that ship, where they lie."""
    return _read([RunFolder(path) for path in examples.paths()])


def _read(folders: Sequence[RunFolder]) -> list[dict[str, Any]]:
    found = []
    for folder in folders:
        log = folder.path / "events.jsonl"
        if log.is_file():
            stat = log.stat()
            run = _scored(str(folder.path), stat.st_size, stat.st_mtime_ns)
            if run:  # signs of ruin stand in the state, which is written after the last line
                signs = feed.state_of(folder).get("health") or []
                found.append({**run, "ruin": health.sentence(signs)})
    return found


@st.cache_data(show_spinner=False, max_entries=2000)
def _scored(path: str, size: int, changed: int) -> dict[str, Any] | None:
    """A run's request and its scored records; read again only when its log has grown."""
    folder = RunFolder(Path(path))
    try:
        asked = folder.request()
    except StudioError:
        return None  # listed as broken, with the reason, on the runs page
    timeline = Timeline(folder)
    timeline.read()
    records = completed(timeline.records)
    settings = shelf.settings_of_run(studio.home(), asked)  # those of two versions are the same
    facts = facts_of(timeline.records)
    return {**asked, "id": folder.id, "settings": settings, "records": records, "facts": facts} if records else None


def filtered(rows: list[Row]) -> list[Row]:
    """The rows that the visitor wants; the choice stays in the link."""
    with st.popover("Filter", icon=":material/filter_list:"):
        for name, label in (("data", "Data"), ("ipc", "Images per class"), ("method", "Method")):
            options = sorted({getattr(row, name) for row in rows})
            if len(options) > 1:
                said = standing.data_said if name == "data" else str
                wanted = st.pills(
                    label, options, format_func=said, selection_mode="multi", key=name, bind="query-params"
                )
                rows = [row for row in rows if not wanted or getattr(row, name) in wanted]
    return rows


def leader(rows: list[Row]) -> Row:
    """The set furthest above its control, of those that can be called better where there are some; the best where none was judged."""
    judged = [(one.word == "better", one.points, i) for i, row in enumerate(rows) if (one := row.contest) is not None]
    return rows[max(judged)[2]] if judged else max(rows, key=lambda row: row.distilled.mean)


def answer(rows: list[Row]) -> str:
    """A regime's one sentence: which set is ahead of its control, as far as that can be told."""
    best, contest = leader(rows), leader(rows).contest
    name = f"**{studio.escape(best.label)}**"
    if contest is None or best.random is None:
        rest = (
            "those are real images that were only chosen"
            if best.about.takes
            else "no random control was scored beside it"
        )
        return f"{name} reaches {best.distilled.text}; {rest}."
    numbers = f"{100 * best.distilled.mean:.1f} against {100 * best.random.mean:.1f} %, {contest.points:+.1f} points"
    single = sum(row.single for row in rows if row.contest)
    if contest.word == "better":
        rest = f" {_many(single)}, however wide the gap." if single else ""
        return f"{name} teaches better than as many random real images: {numbers} in {contest.known}.{rest}"
    where = "Furthest above" if contest.points > 0 else "Nearest to"
    near = f"{where} as many random real images is {name}: {numbers}"
    if single == sum(row.contest is not None for row in rows):
        return f"Every set here was run once, so nothing is sure yet. {near}. Two or more seeds would tell."
    return f"No set here can be called better than as many random real images. {near}; {contest.text}."


def _many(single: int) -> str:
    said = "Another set was run once" if single == 1 else f"The {single} others were run once each"
    return f"{said}: nothing is sure there before it is repeated with other seeds"


def show(regime: str, rows: list[Row]) -> None:
    """What was judged under one kind of labels: the sentence, the picture, and folded the contestants and the yardsticks below them."""
    title, about = REGIMES[regime]
    st.subheader(title)
    terms.write(about, caption=True)
    terms.write(f"#### {answer(rows)}")
    _onward(rows)
    ink = INKS[st.context.theme.type == "dark"]
    chart = score_plots.bars(rows).update_annotations(font={"size": 12, "color": ink})
    chart.update_traces(textfont={"size": 12, "color": ink}).update_xaxes(
        tickfont={"color": ink}, title_font={"color": ink}
    )
    draw.key(score_plots.key(chart))
    draw.figure(
        chart, f"bars.{regime}", "Accuracy of each set beside its random control, with error bars", of=naming.SCORE
    )
    with st.expander("These numbers as a table", icon=":material/table_rows:"):
        _contestants(rows)


def _onward(rows: list[Row]) -> None:
    """Links to the run that the sentence names, and to a form for more seeds of a set that has one."""
    with st.container(horizontal=True):
        watched = {"run": leader(rows).runs[0]}
        st.page_link(studio.LIVE, label="Watch how it was made", icon=":material/play_circle:", query_params=watched)
        if lone := [row for row in rows if row.single and row.contest]:
            first = leader(lone)
            shipped = first.runs[0] in examples.names()  # not in the library: only its choices can be taken over
            again = {"method": first.method, "data": first.data} if shipped else {"from": first.runs[0]}
            label = f"Run {first.title} with more seeds"
            st.page_link(studio.NEW, label=label, icon=":material/add:", query_params=again)


def _contestants(rows: list[Row]) -> None:
    learned, taken = ([row for row in rows if row.about.takes is chosen] for chosen in (False, True))
    ruined = any(row.ruin for row in rows)
    if learned:
        _table([{**_line(row), **({"Health": row.ruin or "–"} if ruined else {})} for row in learned])
        st.caption(POINTS)
    if taken:
        st.markdown("**Yardsticks:** real images that were chosen or averaged; nothing was learned.")
        dull = ("Random", "Points", "Verdict")
        _table([{name: said for name, said in _line(row).items() if name not in dull} for row in taken])


def _table(lines: list[dict[str, Any]]) -> None:
    """Words that stand at once, can be copied and printed; what sorts is folded below."""
    st.table([{**one, "Set": studio.escape(one["Set"])} for one in lines])


def details(rows: list[Row]) -> None:
    """All other columns."""
    facts = list(dict.fromkeys(name for row in rows for name in row.facts))
    with st.expander(
        "Every column: student, protocol, interval, best epoch, what each run is known by", icon=":material/table:"
    ):
        st.dataframe(
            [_rest(row, facts) for row in rows],
            hide_index=True,
            column_config={
                "Best epoch": st.column_config.TextColumn(help=BONUS),
                "Passport": st.column_config.TextColumn(
                    help="How the number came about; all lines stand below.", width="large"
                ),
            },
            alt="Student, protocol, labels, interval and facts of each set",
        )


def costs(rows: list[Row]) -> None:
    """The ledger: what is stored of each set and of its control, and who paid for it."""
    with st.expander(ledger.TITLE, icon=":material/receipt_long:"):
        meanings = {entry.title: st.column_config.TextColumn(help=entry.meaning) for entry in ledger.ENTRIES}
        alt = "Bytes of images, labels, teachers and generators, what a teacher saw, and seconds and memory of each set and its control"
        st.dataframe(ledger.lines(rows), hide_index=True, column_config=meanings, alt=alt)


def budgets(by_regime: Mapping[str, list[Row]]) -> None:
    """Accuracy against what it costs, for each kind of labels."""
    with st.expander("What accuracy costs: bytes, updates, seconds", icon=":material/payments:"):
        names = {name: title for name, (title, _) in BUDGETS.items()}
        budget = st.segmented_control(
            "Budget",
            list(names),
            format_func=names.get,
            key="budget",
            default="bytes",
            required=True,
            bind="query-params",
        )
        for regime, rows in by_regime.items():
            if len(by_regime) > 1:
                st.markdown(f"**{REGIMES[regime][0]}**")
            chart = score_plots.against(rows, str(budget or "bytes"))
            draw.figure(
                chart, f"bytes.{regime}", "Accuracy against a budget, and the line of what nothing beats at its price"
            )


def _picked(row: Row) -> str:
    """What a paper that keeps the best test epoch would print."""
    if not row.distilled.best:
        return "not recorded"
    ahead = points(row.distilled.picked, row.distilled.mean)
    return f"{100 * row.distilled.picked:.1f} ({ahead:+.1f}, of {row.distilled.looks} epochs)"


def _short(score: Score) -> str:
    """`86.1 ± 1.2 %`; what the spread is over stands beside it."""
    return (
        f"{100 * score.mean:.1f} ± {100 * score.std:.1f} %" if math.isfinite(score.std) else f"{100 * score.mean:.1f} %"
    )


def _line(row: Row) -> dict[str, Any]:
    contest = row.contest
    return {
        "Set": row.label,
        "Accuracy": _short(row.distilled),
        "Over": row.counted,
        "Random": f"{_short(row.random)}, {spoken(max(1, row.random.spread.draws), 'draw')}" if row.random else "–",
        "Points": f"{contest.points:+.1f}" if contest else "–",
        "Verdict": contest.text if contest else "–",
        "Stored": draw.size(ledger.total(row.distilled.budget)),
        "Watch": f"[open](/live?run={row.runs[0]})",
    }


def _rest(row: Row, facts: list[str]) -> dict[str, Any]:
    contest = row.contest
    return {
        "Set": row.label,
        "Accuracy": row.distilled.text,
        "Interval": contest.interval if contest else "–",
        "Best epoch": _picked(row),
        "All real": row.real.text if row.real else "–",
        **{titled(name): said(name, row.facts[name]) if name in row.facts else "–" for name in facts},
        "Student": row.student,
        "Protocol": row.protocol,
        "Labels": row.labels,
        "Preset": row.preset,
        "Passport": row.distilled.passport.brief,
    }
