"""Words of the field with their sentence where they stand: on hover, on focus and on tap."""

from __future__ import annotations

from html import escape

import streamlit as st

from distill_core.quantities.terms import found

STYLE = """<style>
.term{position:relative;border-bottom:1px dotted currentColor;cursor:help}
.term>.tip{display:none;position:absolute;left:0;top:1.6em;z-index:1000;width:max-content;max-width:min(18rem,70vw);
padding:.5rem .7rem;border-radius:.5rem;background:#1f2937;color:#fff;font-size:.85rem;line-height:1.35;font-weight:400;
white-space:normal}
@supports (anchor-scope:all){.term{anchor-name:--term;anchor-scope:--term}
.term>.tip{position:fixed;left:auto;top:auto;position-anchor:--term;position-area:bottom span-right;margin:.2rem 0;
position-try-fallbacks:flip-inline,flip-block,flip-block flip-inline}}
.term:hover>.tip,.term:focus>.tip{display:block}
@media (max-width:640px){.term>.tip{position:fixed;position-area:none;position-try-fallbacks:none;margin:0;left:1rem;right:1rem;top:auto;bottom:1rem;width:auto;max-width:none}}
</style>"""


def marked(text: str) -> str:
    """Text as HTML within markdown, each term with its sentence; give it to `write`."""
    parts, at = [], 0
    for start, end, term in found(text):
        tip = f'<span class="tip" role="tooltip">{escape(term.sentence)}</span>'
        parts += [text[at:start], f'<span class="term" tabindex="0">{text[start:end]}{tip}</span>']
        at = end
    return "".join([*parts, text[at:]])


def write(text: str, *, caption: bool = False) -> None:
    """Markdown whose terms explain themselves. What visitors typed has to be escaped already."""
    (st.caption if caption else st.markdown)(marked(text), unsafe_allow_html=True)


def style() -> None:
    """How terms look; once on a page that writes some."""
    st.html(STYLE)


def helped(title: str, help: str) -> str:
    """A control's help, and a sentence for each term of its title that it does not explain itself."""
    said = [f"**{title[start:end]}**: {term.sentence}" for start, end, term in found(title)]
    return "\n\n".join(filter(None, (help, *said)))
