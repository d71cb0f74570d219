"""Words of the field in one sentence each, for who has never heard of it; symbols are further names of a term."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Term(NamedTuple):
    """One row: what it is called, its sentence, and the other ways in which it is written."""

    title: str
    sentence: str
    also: tuple[str, ...] = ()


# fmt: off
TERMS: tuple[Term, ...] = (
    Term("learned image", "An image whose pixels were moved until it teaches a network well; papers call it synthetic.", ("learned images", "synthetic image", "synthetic images", "synthetic")),
    Term("real image", "An image of the original data set, as somebody took or drew it.", ("real images",)),
    Term("class", "What an image shows, one of a fixed list: the digit 3, a shoe.", ("classes",)),
    Term("images per class", "How many images each class keeps: with ten classes and 1 per class there are ten images in all.", ("per class", "ipc")),
    Term("student", "A fresh network that is trained on the few images alone; its accuracy on real test images says what they are worth.", ("students",)),
    Term("teacher", "A network that was trained on all the real images; it guides the images, or labels them.", ("teachers",)),
    Term("seed", "The number from which all chance in a run is drawn: the same seed gives the same run.", ("seeds",)),
    Term("draw", "One choice of random real images; several draws show how much depends on the luck of the choice.", ("draws", "control draws")),
    Term("protocol", "How students are trained: for how long, on which labels, with which changes of the images. Scores under two protocols cannot be compared.", ("protocols",)),
    Term("hard label", "The class of an image and nothing else: this is a 3.", ("hard labels",)),
    Term("soft label", "A share for every class: 80 % a 3, 15 % an 8. It tells a student more than the class does, and it takes a teacher to make it.", ("soft labels",)),
    Term("logits", "The network's last numbers, one for each class; the largest says which class it sees."),
    Term("features", "The numbers inside a network just before it decides; images that look alike to it have similar ones.", ("feature",)),
    Term("feature map", "The picture that one layer of a network or generator passes on to the next.", ("feature maps",)),
    Term("attention", "Where in an image a layer of a network answers most, or which of its channels do: its values to a power, summed up."),
    Term("PCA", "A flat picture of many numbers: along the two directions in which they vary most."),
    Term("LDA", "A flat picture of many numbers: along the directions that tell the classes apart best."),
    Term("t-SNE", "A flat picture in which near neighbors stay near; distances between far groups mean nothing."),
    Term("UMAP", "A flat picture in which near neighbors stay near, quicker than t-SNE; distances between far groups mean little."),
    Term("coverage", "The share of real images that have a learned image within reach; higher is better."),
    Term("feature distance", "How far the features of the learned images are from those of the real ones; smaller is better."),
    Term("generator", "A network that draws an image from a few numbers; searching among its images keeps them natural.", ("prior", "priors", "generators")),
    Term("layer", "One step of a network: it takes the picture of the step before and passes its own on.", ("layers",)),
    Term("latent", "The few numbers from which a generator draws an image.", ("latents",)),
    Term("w", "A generator's inner code of an image: what its layers read as style."),
    Term("batch norm", "A part of networks that remembers the mean and the spread of what went through it; methods compare with what it remembers.", ("batch-norm",)),
    Term("temperature", "Divides the logits before they become shares: above 1 the shares are softer.", ("τ",)),
    Term("λ", "The weight of one term of a loss beside the others."),
    Term("α", "A weight or a rate that a method's paper calls so; for trajectories, the learning rate of the student."),
    Term("β", "A probability with which something is left out."),
    Term("γ", "The weight of a penalty in a loss."),
    Term("ε", "A small number: how far something may move at most."),
    Term("ω", "The factor by which the first layer counts more than the others."),
    Term("ρ", "How far the teacher's weights are moved before the images are learned; a rank correlation where distances are judged."),
    Term("K", "In how many small steps the teacher's weights are moved."),
    Term("k", "How many parts something is cut into: groups of difficulty, stored views of an image."),
    Term("MB", "A million bytes."),
    Term("CutMix", "Training shows an image with a patch of another pasted in, and the labels are mixed by area."),
    Term("MixUp", "Training shows two images blended into one, and their labels blended alike."),
    Term("epoch", "One pass through all the images that a network is trained on.", ("epochs",)),
    Term("step", "One update: of the images, or of a network's weights.", ("steps", "iteration", "iterations")),
    Term("checkpoint", "What a run writes down on the way, so that it can go on after it was stopped.", ("checkpoints",)),
    Term("ZCA", "A change of the pixels after which neighbors no longer vary together; some papers train on such images."),
    Term("learning rate", "How far one update moves what is learned.", ("rate",)),
    Term("momentum", "The share of the last update's direction that the next one keeps."),
    Term("loss", "The number that learning makes smaller."),
    Term("gradient", "The direction in which the loss grows; learning goes the other way.", ("gradients",)),
    Term("trajectory", "The path of a network's weights while it is trained.", ("trajectories", "expert", "experts")),
    Term("augmentation", "Small random changes of an image before a network sees it: shifted, mirrored, cropped."),
)
# fmt: on


@cache
def known() -> dict[str, Term]:
    """By every way to write a term: single letters as they are, words in lower case."""
    return {key(one): term for term in TERMS for one in (term.title, *term.also)}


def key(word: str) -> str:
    """How a word is looked up: `Teacher` is `teacher`, but `K` is not `k`."""
    return word if len(word) == 1 else word.lower()


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(known(), key=len, reverse=True)
    return re.compile(r"(?<![\w-])(" + "|".join(re.escape(one) for one in words) + r")(?![\w-])", re.IGNORECASE)


def found(text: str) -> list[tuple[int, int, Term]]:
    """Where the terms of a text begin and end, each term where it first stands; the longest name counts."""
    seen, places = set[str](), []
    for match in _pattern().finditer(text):
        term = known().get(key(match[0]))
        if term is not None and term.title not in seen:
            seen.add(term.title)
            places.append((match.start(), match.end(), term))
    return places
