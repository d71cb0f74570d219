"""Lay a run beside the same job done in other ways: what is there is shown, what is missing is queued."""

from __future__ import annotations

import streamlit as st

from distill_core.errors import StudioError
from distill_core.queue.partners import Partner, partners
from distill_core.record.folder import RunFolder

from . import pairing, studio

ICONS = {studio.SIDE: ":material/compare:", studio.DIVERSITY: ":material/scatter_plot:"}


def is_known(folder: RunFolder) -> bool:
    """Whether there are other ways to do this run's job."""
    return bool(_others(folder))


def _others(folder: RunFolder) -> list[Partner]:
    try:
        return partners(studio.home(), folder)
    except StudioError:
        return []  # a run of a method that this studio does not know has nothing to be laid beside


def section(folder: RunFolder, maps: bool = False) -> None:
    """A sentence and one button, with `maps` another for one plane; nothing where the method's card names no other way."""
    if not (others := _others(folder)):
        return
    st.markdown("**Beside other ways to do the same job**")
    missing = [one for one in others if not one.run]
    listed = ", ".join(f"*{one.title}* ({'there' if one.run else 'to run'})" for one in others)
    st.markdown(f"Same data, seed and settings: {listed}.")
    label = f"Queue {len(missing)} and lay side by side" if missing else "Lay side by side"
    where = {label: studio.SIDE}
    if maps:
        where |= {f"Queue {len(missing)} and see all in one map" if missing else "All in one map": studio.DIVERSITY}
    with st.container(horizontal=True):
        for words, page in where.items():
            if st.button(words, icon=ICONS[page], key=f"_beside_{page}"):
                runs = [folder.id, *(one.run or _queued(one) for one in others)]
                st.switch_page(page, query_params=dict(zip(pairing.LETTERS, runs, strict=False)))


def _queued(one: Partner) -> str:
    return studio.start(one.method, dict(one.settings), dict(one.job), name=f"{one.title}: {one.job['data']}").id
