"""The table of quantities: id, title, what it means; which way is good, how it is drawn, and what it was called before.

A `*` in a former name stood where the qualifier now stands behind the `@`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Good = Literal["lower", "higher", "neither", ""]
GOOD: dict[Good, str] = {
    "lower": "Lower is better.",
    "higher": "Higher is better.",
    "neither": "Neither high nor low is better in itself.",
    "": "",
}

Form = Literal["curve", "limit", "bars", "classes", "search", "score", "look", "card", "ledger"]
"""curve   a line over the steps, in the chart that `chart` names; with other lines of that chart
limit   the same as a dashed line: what another curve is held to
bars    a bar for each named part, `along` what the parts are
classes a bar for each class
search  where a search through layers is drawn: a cell, a mark, a column of its table
score   the bars of students that have finished (said by `Scored`)
look    what is computed from a run's images to be looked at, class by class
card    what stands on the card of a prior
ledger  what a run took: it stands in the ledger of its scores, and in no chart"""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One row: everything that is said about a number, in one place."""

    id: str
    title: str
    meaning: str
    good: Good = ""
    form: Form = "curve"
    chart: str = ""
    unit: str = ""
    along: str = ""
    log: bool = False
    counts: str = "network"  # what a numbered variant is one of
    was: tuple[str, ...] = ()
    fact: bool = False  # a run is known by it: its mean over the run's records stands in tables


class Chart(NamedTuple):
    """A chart of curves: its heading behind the stage, and its axis."""

    title: str
    axis: str


CHARTS: dict[str, Chart] = {  # in the order in which they come
    "loss": Chart("loss terms", "loss"),
    "distance": Chart("distance to the real images", "distance"),
    "accuracy": Chart("accuracy", "fraction of images"),
    "shift": Chart("weights moved", "length of the shift"),
    "relative": Chart("weights moved, of their own length", "share of ‖θ‖"),
    "rise": Chart("rise of the loss on the start", "nats"),
    "spread": Chart("distance within a class", "distance of features"),
    "gradient": Chart("gradient", "norm"),
    "compensator": Chart("compensators", "pixels"),
    "rate": Chart("learning rate", "rate"),
    "path": Chart("place on the experts' paths", "epoch"),
    "other": Chart("other numbers", ""),
}

QUALIFIERS = {
    "distilled": "learned images",
    "random": "random real images",
    "real": "all real data",
    "start": "starting images",
    "chosen": "chosen images",
    "cam_weighted": "class-weighted maps",
    "cam_map": "class activation map",
    "fixed_probes": "fixed-probe distance",
    "layerwise_random": "random networks",
    "loss": "the run's own loss",
    "accuracy": "brief students' error",
    "cuda": "on the GPU",
}

MEANINGS = {  # what a qualifier makes of a quantity, where that is more than its word
    "candidate-distance@cam_weighted": "How far the last feature maps of a classifier, weighted by their class, are from those of the real images.",
    "candidate-distance@cam_map": "How far the class activation maps of a classifier are from those of the real images.",
    "candidate-distance@fixed_probes": "How far the mean features of each class are from those of all real training images, under the same few random networks every time: the loss of mean features without its chance.",
    "candidate-distance@layerwise_random": "How far the feature maps of every layer are from those of real images, under another random network at every look: its noise is part of it.",
    "candidate-distance@loss": "The loss that the search itself said of the candidate: under one network and one batch, drawn anew at every step.",
    "candidate-distance@accuracy": "Share of the validation images that a student gets wrong which was trained on the candidate for a moment.",
}

_LAYERS = "layer, input to output"

# one quantity after the other, and its former names at the end: the formatter would give every word a line of its own
# fmt: off
ROWS: tuple[Quantity, ...] = (
    # ---- what a search lowers
    Quantity("loss", "loss", "What the search lowers with every step.",
             "lower", chart="loss", was=("loss of network *",)),
    Quantity("loss-by-step", "loss, step by step", "The loss at every step of a layer's search, between the reports too.",
             "lower", "search", was=("loss at each step",)),
    Quantity("cross-entropy", "cross-entropy", "How far the teacher is from seeing the images as their classes: 0 where it is sure.",
             "lower", chart="loss", was=("cross-entropy of network *",)),
    Quantity("mean-mismatch", "mismatch of means", "How far the mean of each channel in the teacher's layers is from what they remember of the real images, over all layers.",
             "lower", chart="loss", was=("mean mismatch", "mean mismatch of network *")),
    Quantity("variance-mismatch", "mismatch of variances", "How far the variance of each channel in the teacher's layers is from what they remember of the real images, over all layers.",
             "lower", chart="loss", was=("variance mismatch", "variance mismatch of network *")),
    Quantity("mean-mismatch-by-layer", "mismatch of means by layer", "How far the mean of each channel is from what the layer remembers of the real images.",
             "lower", "bars", along=_LAYERS,
             was=("batch-norm mean mismatch", "layers' mean mismatch", "batch-norm mean mismatch of network *", "layers' mean mismatch of network *")),
    Quantity("variance-mismatch-by-layer", "mismatch of variances by layer", "How far the variance of each channel is from what the layer remembers of the real images.",
             "lower", "bars", along=_LAYERS,
             was=("batch-norm variance mismatch", "layers' variance mismatch", "batch-norm variance mismatch of network *", "layers' variance mismatch of network *")),
    Quantity("densification", "densification", "How far the images of a class are from filling all directions evenly, times its weight in the loss: the images differ where it is small.",
             "lower", chart="loss", was=("densification of network *",)),
    Quantity("learning-rate", "learning rate of the images", "How far one step moves the images.",
             "neither", chart="rate", was=("learning rate",)),
    # ---- what is added to natural images
    Quantity("compensator-norm", "length of the compensator", "‖u‖₂ of what is added to the pixels, which run from 0 to 1; the mean where several are learned together.",
             "neither", chart="compensator", counts="compensator"),
    Quantity("compensator-peak", "largest change of a pixel", "‖u‖∞: how far what is added moves a pixel at most; black to white is 1.",
             "neither", chart="compensator", counts="compensator"),
    Quantity("compensator-scale", "scale of the signed pictures", "What is added is drawn with zero in the middle; this much, up or down, is the end of the scale.",
             "neither", chart="compensator"),
    Quantity("transfer", "what teachers make of the sums", "Share of the sums of a compensator that each teacher takes for their class: its own has learned it, the others have never seen it.",
             "neither", "bars", along="teacher", counts="compensator"),
    # ---- a teacher that is moved first
    Quantity("start-cross-entropy", "cross-entropy on the start", "How far the moved teacher is from seeing the starting images as their classes; the directed shift raises it on purpose.",
             "neither", chart="loss", was=("cross-entropy on the start",)),
    Quantity("gradient-norm", "gradient norm", "Length of the gradient in all weights of the teacher, before it is moved along it.",
             "neither", chart="gradient", was=("gradient norm",)),
    Quantity("shift-length", "‖Δθ‖", "How far the teacher's weights are from where training left them.",
             "neither", chart="shift", was=("‖Δθ‖",)),
    Quantity("shift-limit", "ρ", "The length that the shift of the weights is held to.",
             "neither", "limit", chart="shift", was=("ρ",)),
    Quantity("class-spread", "distance within a class", "Mean distance between two images of a class in the teacher's last features: the images differ where it is large, but noise is far apart too.",
             "neither", chart="spread", fact=True),
    Quantity("start-rise", "rise of the loss on the start", "How much more cross-entropy the starting images have at the moved teacher than at the trained one; below 0.05 the move is hardly felt.",
             "neither", chart="rise", unit="nats", fact=True),
    Quantity("shift-relative", "‖Δθ‖ / ‖θ‖", "How far the teacher was moved, over the length of all its weights.",
             "neither", chart="relative", fact=True),
    Quantity("shifted-accuracy", "accuracy of the moved teacher", "Share of held-out images that the moved teacher still gets right, before images are recovered from it.",
             "neither", chart="accuracy", fact=True),
    Quantity("tried-length", "‖Δθ‖ that was tried", "A length that was tried on the way to the wanted rise of the loss.",
             "neither", chart="shift"),
    Quantity("tried-rise", "rise that it brought", "How much the loss on the starting images rose at that length.",
             "neither", chart="rise", unit="nats"),
    Quantity("shift-by-layer", "‖Δθ‖ / ‖θ‖ by layer", "How far the weights of each layer were moved, over their own length.",
             "neither", "bars", along=_LAYERS, was=("‖Δθ‖ / ‖θ‖ by layer", "‖Δθ‖ / ‖θ‖")),
    # ---- real images and crops that are chosen
    Quantity("crops-cross-entropy", "cross-entropy of all crops", "How far the teacher is from seeing the crops of a class as that class, over all that were drawn.",
             "neither", chart="loss", was=("cross-entropy of all crops",)),
    Quantity("chosen-cross-entropy", "cross-entropy of the chosen", "The same of the crops that were chosen: the lower it is, the easier they are to recognize.",
             "neither", chart="loss", was=("cross-entropy of the chosen",)),
    Quantity("chosen-cross-entropy-by-class", "cross-entropy of the chosen, class by class", "How far the teacher is from seeing the chosen crops or images as their class: the lower it is, the easier they are to recognize.",
             "neither", "classes", was=("cross-entropy of the chosen crops",)),
    Quantity("class-mean-distance", "distance to the class means", "How far the mean feature of the chosen images is from that of all images of their class.",
             "lower", chart="distance", was=("distance to the class means",)),
    Quantity("forgotten-share", "forgotten", "Share of the images of a batch that were right when they were last seen and are wrong now.",
             "neither", chart="accuracy"),
    Quantity("margin", "margin", "By how much the logit of the class lies above the largest other one, mean over a batch of real images.",
             "neither", chart="other", unit="logits"),
    Quantity("el2n-by-class", "EL2N, class by class", "How wrong young networks are about the images of a class: the length of p − y, from 0 to √2; hard images have more.",
             "neither", "classes", unit="‖p − y‖₂"),
    Quantity("el2n-counts", "EL2N", "How many images lie in each range of the error of young networks.",
             "neither", "bars", unit="images", along="‖p − y‖₂"),
    Quantity("forgetting-by-class", "forgetting events, class by class", "How often an image of the class was right and then wrong when it was next seen; one that was never right counts as the most forgotten.",
             "neither", "classes", unit="events"),
    Quantity("forgetting-counts", "forgetting events", "How many images were forgotten how often during the training.",
             "neither", "bars", unit="images", along="events"),
    Quantity("aum-by-class", "area under the margin, class by class", "By how much the logit of the class lies above the largest other one, mean over the training: hard and wrongly labeled images have less.",
             "neither", "classes", unit="logits"),
    Quantity("aum-counts", "area under the margin", "How many images lie in each range of the mean margin over the training.",
             "neither", "bars", unit="images", along="mean margin"),
    Quantity("hardness-by-class", "difficulty, class by class", "How hard the images of a class are by the score that was chosen: the margin with its sign turned, forgetting events, or the error of young networks.",
             "neither", "classes"),
    Quantity("hardness-counts", "difficulty", "How many images lie in each range of difficulty, by the score that was chosen.",
             "neither", "bars", unit="images", along="difficulty"),
    # ---- dense labels
    Quantity("dense-agreement", "agreement of dense labels", "Share of the sub-images in which the labeler sees the class of the image; where it is low, dense labels and classes contradict each other.",
             "higher", chart="accuracy", fact=True),
    Quantity("dense-true", "P(class) by sub-image", "Probability that the labeler gives the class of the image at each place of the grid, mean over the images.",
             "neither", "bars", unit="fraction", along="row, column of the grid"),
    Quantity("dense-entropy", "entropy by sub-image", "How unsure the labeler is at each place of the grid, mean over the images.",
             "neither", "bars", unit="nats", along="row, column of the grid"),
    # ---- matching
    Quantity("feature-mean-distance-by-class", "distance of mean features, class by class", "Squared distance of the mean features of real and learned images under a network with random weights.",
             "lower", "classes", was=("distance of mean features",)),
    Quantity("attention-distance-by-class", "distance of attention, class by class", "How differently a network with random weights attends to real and to learned images of a class, with its mean features; all layers together.",
             "lower", "classes"),
    Quantity("attention-distance-by-layer", "distance of attention by layer", "What every layer adds to the loss: how differently real and learned images hold its attention over places or channels; and the mean features.",
             "lower", "bars", along=_LAYERS),
    Quantity("places-loss", "attention over places", "The part of the loss that says how differently real and learned images hold attention place by place.",
             "lower", chart="loss"),
    Quantity("channels-loss", "attention over channels", "The part of the loss that says how differently real and learned images excite a layer's channels.",
             "lower", chart="loss"),
    Quantity("means-loss", "mean features", "The part of the loss that says how far apart the mean last features of real and learned images are.",
             "lower", chart="loss"),
    Quantity("gradient-distance-by-class", "distance of gradients, class by class", "How differently real and learned images of a class would move a network's weights.",
             "lower", "classes", was=("distance of gradients",)),
    Quantity("gradient-distance-by-layer", "distance of gradients by layer", "How differently real and learned images would move each layer's weights.",
             "lower", "bars", along=_LAYERS, was=("distance of gradients by layer",)),
    Quantity("expert-distance-by-step", "distance to the expert by step", "Squared distance of the student to where the expert went, after each of its steps, over how far the expert went: 1 is where both began.",
             "lower", "bars", along="step of the student", was=("distance to the expert after each step",)),
    Quantity("start-epoch", "first epoch", "The epoch of the expert from which student and expert were followed.",
             "neither", chart="path", was=("start epoch",)),
    Quantity("learned-rate", "learned rate", "The learning rate with which students should be trained on the images; it is learned with them.",
             "neither", chart="rate", was=("learned rate",)),
    Quantity("expert-loss", "loss of the expert", "Training loss of an expert on the real images.",
             "lower", chart="loss", was=("expert loss",)),
    # ---- a search through the layers of a generator
    Quantity("feature-distance", "feature distance", "How far the images are from their classes in the last feature maps of a classifier, or by the measure that was chosen; over all classes.",
             "lower", chart="distance", was=("feature distance",)),
    Quantity("feature-distance-by-step", "feature distance, step by step", "How far the images are from their classes at every step of a layer's search, between the reports too.",
             "lower", "search", was=("feature distance at each step",)),
    Quantity("feature-distance-by-class", "feature distance, class by class", "How far the images of each class are from it, by the measure that was chosen.",
             "lower", "search", was=("class-relevant feature distance",)),
    Quantity("w-change", "‖Δw‖ by row", "How far each row of w moved since this layer was entered; rows that drive layers behind it stay.",
             "neither", "bars", along="row of w", log=True, was=("change of w",)),
    Quantity("map-bytes", "feature maps", "Bytes of the whole set as feature maps of a layer, float32; only decoded images are the distilled set.",
             "neither", "bars", unit="bytes", along="layer", was=("bytes of feature maps",)),
    Quantity("step-kept", "step kept", "The step of this layer whose candidate went on, of so many moves; those after it are thrown away.",
             "neither", "search", was=("step kept",)),
    Quantity("distance-kept", "its distance", "Feature distance of the candidate that went on.",
             "lower", "search", was=("distance kept",)),
    Quantity("high-frequencies", "high frequencies", "Share of the energy of the kept images in the upper half of the frequencies: noise has much of it.",
             "neither", "search", unit="fraction", was=("high frequencies",)),
    Quantity("hand-over-change", "change at hand-over", "Largest change of a pixel when the images went into this layer; 0 unless something was clipped.",
             "lower", "search", was=("change at hand-over",)),
    Quantity("clipped-share", "clipped values", "Share of the feature map that was cut to ±10 at the hand-over.",
             "lower", "search", unit="fraction", was=("clipped share",)),
    Quantity("part-chosen", "layer chosen", "The layer whose candidate became the result, counted from 0.",
             "neither", "search", was=("part chosen",)),
    Quantity("step-chosen", "step chosen", "The step of that layer whose candidate became the result.",
             "neither", "search", was=("step chosen",)),
    Quantity("distance-chosen", "distance chosen", "Feature distance of the candidate that became the result.",
             "lower", "search", was=("distance chosen",)),
    # ---- networks that are trained on the way, and students
    Quantity("teacher-loss", "loss of the teacher", "Training loss of the teacher on the real images.",
             "lower", chart="loss", was=("teacher loss",)),
    Quantity("teacher-accuracy", "accuracy of the teacher", "Share of the validation images that the teacher gets right.",
             "higher", chart="accuracy", was=("teacher validation accuracy",)),
    Quantity("student-loss", "loss of the student", "Training loss of a student on the set.",
             "lower", chart="loss", counts="student", was=("student loss", "* student loss")),
    Quantity("student-accuracy", "accuracy of the student", "Share of the first validation images that a student gets right while it learns.",
             "higher", chart="accuracy", counts="student", was=("student accuracy", "* student accuracy")),
    Quantity("test-accuracy", "accuracy on unseen images", "Share of the real test images that students get right which were trained on the set: mean ± s.d. over students.",
             "higher", "score", unit="%"),
    Quantity("seen-accuracy", "accuracy on seen classes", "Share of the test images of all classes seen so far that a student of their images gets right.",
             "higher", chart="accuracy", was=("distilled: accuracy on seen classes", "*: accuracy on seen classes")),
    Quantity("candidate-distance", "distance of the candidate", "How far a candidate's images are from the real ones, by one of the distances that are compared.",
             "lower", chart="distance", log=True, was=("distance: *",)),
    Quantity("rank-correlation", "Spearman's ρ of distance and accuracy", "How well a distance orders the candidates: −1 picks perfectly, 0 says nothing.",
             "lower", "bars", along="distance", was=("Spearman's ρ of distance and accuracy",)),
    # ---- a generator that is trained
    Quantity("decoding-error", "error of decoded images", "Squared error of an image that was encoded and decoded again, over twice the variance of a pixel.",
             "lower", chart="loss", was=("error of decoded images",)),
    Quantity("code-divergence", "divergence of the codes", "How far the codes of real images are from the normal distribution that samples are drawn from.",
             "neither", chart="loss", was=("divergence",)),
    Quantity("generator-loss", "loss of the generator", "How well the discriminator sees through the generator's samples; the two hold each other.",
             "neither", chart="loss", was=("loss of the generator",)),
    Quantity("discriminator-loss", "loss of the discriminator", "How badly the discriminator tells samples from real images; the two hold each other.",
             "neither", chart="loss", was=("loss of the discriminator",)),
    Quantity("samples-loss", "loss on samples", "Training loss of the classifier that sees samples only.",
             "lower", chart="loss", was=("loss on samples",)),
    Quantity("samples-recognized", "Recognized", "Share of the samples that a classifier trained on real images takes for their class: are the labels right?",
             "higher", "card", unit="%", was=("accuracy of a real-trained classifier on samples",)),
    Quantity("samples-teach", "Teaches", "Share of the real test images that a classifier trained on samples alone gets right: are they right and various?",
             "higher", "card", unit="%", was=("accuracy on real test images after training on samples",)),
    Quantity("judge-accuracy", "Real", "Share of the real test images that the classifier trained on real images gets right: the ceiling of both.",
             "higher", "card", unit="%", was=("that classifier on real test images",)),
    Quantity("samples-distance", "Distance", "Fréchet distance of samples to real training images in the features of our own classifier.",
             "lower", "card", was=("distance to real training images",)),
    Quantity("test-distance", "Of real", "The same distance for real test images: as near as one can be.",
             "neither", "card", was=("distance of real test images",)),
    Quantity("sample-count", "Samples", "How many samples were measured.",
             "neither", "card", was=("samples",)),
    # ---- what a run took
    Quantity("distill-peak", "memory of distilling", "Peak resident size of the process while the set was made, less what it had before data and networks were loaded (on a GPU: the most that torch had allocated there); of a run that was resumed, in its last sitting.",
             "lower", "ledger", unit="bytes"),
    # ---- how images spread, and what they cover
    Quantity("spread-relative", "Feature distance within a class", "How far the images of a class are from each other in a teacher's last features, over the largest of all runs and classes.",
             "neither", "look", unit="d_c ÷ largest of all"),
    Quantity("spread-to-real", "Feature distance within a class, against real images", "How far the images of a class are from each other in a teacher's last features, over the same of real images: 1 is as various as they are.",
             "neither", "look", unit="d_c ÷ d_c of real images"),
    Quantity("coverage", "Coverage of the real images", "Share of the real images that have a synthetic image among their nearest neighbors.",
             "higher", "look", unit="share of real images within reach"),
    Quantity("density", "Density of real images around the synthetic", "In how many neighborhoods of real images a synthetic image lies: high where it sits in their midst.",
             "higher", "look", unit="neighborhoods it lies in ÷ k"),
    Quantity("feature-cosine", "How alike the images of a class are", "Mean cosine of the angle between the features of two images of a class: 1 is all alike.",
             "neither", "look", unit="mean cosine between features"),
    Quantity("nearest-real", "Distance to the nearest real image", "How far a synthetic image is from the nearest real one in a teacher's last features; 0 is a copy.",
             "neither", "look", unit="distance of last features"),
)
# fmt: on
