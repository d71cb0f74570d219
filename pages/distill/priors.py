"""Priors: small generators that a method can search in. List, look at samples, train, export, import."""

import streamlit as st

from pages.parts import priors, studio, studying

st.title("Priors")
st.markdown(
    "A prior is a small generator that was trained on the real data: it makes images of a class from a random latent. "
    "Methods that search inside one move its latents and feature maps instead of pixels, so that images stay natural."
)
catalog = studio.catalog()
studying.progress([priors.STUDY])
priors.table(catalog)
priors.train(catalog)
priors.take_in(catalog)
