"""Passports on a page: how every number came about, what sets two apart, and the run that is missing; and quoted numbers with theirs."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import streamlit as st

from distill_core.figures.rows import Row
from distill_core.record import quoted
from distill_core.record.passport import TITLES, Passport, differing, missing_run, of_finding
from distill_core.spec import parse

from . import studio, studying

Number = tuple[Passport, Row | None]  # the row of the table of scores, where it stands in one
ABOUT = (
    "A passport says how a number came about. Numbers may be laid beside each other where their passports agree; what nobody recorded is "
    "not taken for equal."
)


def show(rows: list[Row]) -> None:
    """The passports of all rows, two of them line by line, and what papers print."""
    _all([(row.label, row.distilled.passport) for row in rows])
    kinds = {(parse(row.data).name, row.ipc) for row in rows}
    _quoted(kinds)
    numbers: dict[str, Number] = {}
    for row in rows:
        name = f"{row.label} · {row.protocol}, {row.labels} labels"
        numbers[name if name not in numbers else f"{name} ({row.runs[0]})"] = (row.distilled.passport, row)
    _two(numbers | _printed(kinds))


def of_findings(found: list[dict[str, Any]], says: str) -> None:
    """The same of what a study found; `says` names what of a finding sets it apart from others of its run."""
    numbers: dict[str, Number] = {}
    for one in found:
        name = f"{one['request'].get('name') or one['run']} · {one[says]}"
        numbers.setdefault(
            name if name not in numbers else f"{name} ({one['run'][-4:]}, {one['protocol']})", (of_finding(one), None)
        )
    jobs = [one["request"]["job"] for one in found]
    kinds = {(parse(str(job.get("data", ""))).name, int(job.get("ipc", 1))) for job in jobs if job.get("data")}
    _all([(name, passport) for name, (passport, _) in numbers.items()])
    _quoted(kinds)
    _two(numbers | _printed(kinds))


def _all(named: list[tuple[str, Passport]]) -> None:
    with st.expander("Passports: how every number came about", icon=":material/id_card:"):
        st.caption(ABOUT)
        shown = [{"Set": name, **dict(passport.lines())} for name, passport in named]
        st.dataframe(shown, hide_index=True, alt="Student, labels, steps and all else that each number came about with")


def _quoted(kinds: set[tuple[str, int]]) -> None:
    found = quoted.beside(kinds)
    if not found:
        return
    with st.expander("Quoted: what papers print for this data", icon=":material/format_quote:"):
        st.caption("Not measured here. A passport holds what the source states; most state little.")
        st.dataframe(
            [
                {
                    "Method": one.method,
                    "Data": one.data,
                    "ipc": one.ipc,
                    "Printed": one.text,
                    "Source": one.source,
                    "Passport": one.passport.brief,
                    "Rests on": one.stated,
                }
                for one in found
            ],
            hide_index=True,
            alt="Published accuracies with their sources and what is stated of how they came about",
        )


def _printed(kinds: set[tuple[str, int]]) -> dict[str, Number]:
    """Numbers of papers by what they are called in a choice."""
    return {
        f"quoted: {one.method} · {one.data} · ipc {one.ipc} · {one.text} ({one.passport.student})": (one.passport, None)
        for one in quoted.beside(kinds)
    }


def _two(numbers: dict[str, Number]) -> None:
    """Two numbers, ours or quoted: in which lines they differ, and what would make them comparable."""
    if len(numbers) < 2:
        return
    with st.expander("Can two numbers be compared?", icon=":material/compare_arrows:"):
        left, right = st.columns(2)
        names = list(numbers)
        usual = _pair([numbers[name][0] for name in names])
        first = left.selectbox("This number", names, index=usual[0], key="passport.one")
        second = right.selectbox("and this one", names, index=usual[1], key="passport.other")
        _apart(numbers[str(first)], numbers[str(second)])


def _pair(passports: list[Passport]) -> tuple[int, int]:
    """The first two that were not come by in the same way; else the first two."""
    return next(
        ((i, j) for i, j in combinations(range(len(passports)), 2) if differing(passports[i], passports[j]).lines),
        (0, 1),
    )


def _apart(one: Number, other: Number) -> None:
    found = differing(one[0], other[0])
    if found.lines:
        st.markdown(
            f"They differ in **{len(found.lines)}** of {len(TITLES)} lines, so their difference is not that of the sets alone."
        )
        st.table([{"Line": title, "This": a, "And this": b} for title, a, b in found.lines])
    else:
        st.markdown("No line that both have differs.")
    if found.unknown:
        st.caption(f"Only one of them says: {', '.join(found.unknown)}.")
    if found.lines:
        _missing(one, other)
        _missing(other, one)


def _missing(one: Number, other: Number) -> None:
    """The run that would lay the first set beside the second number: its command, and its students in the queue (found on Transfer)."""
    row = one[1]
    if row is None:
        return
    run, asked = row.runs[0], other[0]
    command = missing_run(run, asked)
    if not command or (row.protocol, asked.student, asked.epochs) == (asked.protocol, row.student, one[0].epochs):
        return
    st.markdown(f"The missing run: **{studio.escape(row.label)}** under the other's protocol.")
    st.code(command, language="bash")
    if asked.rate_choice not in ("", "given"):
        return  # a grid of rates is tried by `evaluate` alone
    job: dict[str, Any] = {
        "students": max(1, row.distilled.n // len(row.runs)),
        "protocol": asked.protocol,
        "device": "auto",
    }
    job |= {"epochs": int(asked.epochs) if asked.epochs.isdigit() else 0, "data": row.data, "ipc": row.ipc}
    if st.button(
        "Queue it; Transfer shows what is found",
        icon=":material/playlist_add:",
        key=f"missing.{run}.{asked.protocol}.{asked.student}",
    ):
        settings = {"runs": [run], "networks": [asked.student or row.student]}
        studying.start("transfer", [(settings, job, f"{row.label} under {asked.protocol}")])
