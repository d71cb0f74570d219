"""Passports on a page: how every number came about, what sets two apart, and the run that is missing; and quoted numbers with theirs."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import streamlit as st

from distill_core.figures.scores import Row
from distill_core.record import quoted
from distill_core.record.passport import TITLES, Passport, differing, missing_run
from distill_core.spec import parse

from . import studio, studying

ABOUT = (
    "A passport says how a number came about. Numbers may be laid beside each other where their passports agree; what nobody recorded is "
    "not taken for equal."
)


def show(rows: list[Row]) -> None:
    """The passports of all rows, two of them line by line, and what papers print."""
    with st.expander("Passports: how every number came about", icon=":material/id_card:"):
        st.caption(ABOUT)
        shown = [{"Set": row.label, **dict(row.distilled.passport.lines())} for row in rows]
        st.dataframe(shown, hide_index=True, alt="Student, labels, steps and all else that each number came about with")
    _quoted(rows)
    _two(rows)


def _quoted(rows: list[Row]) -> None:
    found = quoted.beside({(parse(row.data).name, row.ipc) for row in rows})
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


def _two(rows: list[Row]) -> None:
    """Two numbers, ours or quoted: in which lines they differ, and what would make them comparable."""
    numbers: dict[str, tuple[Passport, Row | None]] = {}
    for row in rows:
        name = f"{row.label} · {row.protocol}, {row.labels} labels"
        numbers[name if name not in numbers else f"{name} ({row.runs[0]})"] = (row.distilled.passport, row)
    for one in quoted.beside({(parse(row.data).name, row.ipc) for row in rows}):
        numbers[f"quoted: {one.method} · {one.data} · ipc {one.ipc} · {one.text} ({one.passport.student})"] = (
            one.passport,
            None,
        )
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


def _apart(one: tuple[Passport, Row | None], other: tuple[Passport, Row | None]) -> None:
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


def _missing(one: tuple[Passport, Row | None], other: tuple[Passport, Row | None]) -> None:
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
