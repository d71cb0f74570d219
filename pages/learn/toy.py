"""Toy: points in the plane are distilled in the browser; drag them, and see what a network learns from them."""

import streamlit as st

from pages.parts import toy

st.title("Play: distill points in the plane")
st.markdown(
    "In the first picture a network learns from all real points; in the second the same network learns from only a few points "
    "that were *learned* to replace them. Can a handful draw the same boundary?"
)
toy.show()
st.markdown(
    "**What this shows.** The real thing in small: the same three objectives, the same equations, the same question. The learned "
    "points need not look like real ones, they have to *teach* like them; and as many random real points are the yardstick.\n\n"
    "**What it does not show.** A point here has two numbers; an image has thousands, and a few images per class leave far more "
    "out. One small network with one start learns here (2 → 16 → 16 → classes, 150 steps of Adam): another start gives other "
    "numbers. Press *new seed* a few times before you believe one."
)
