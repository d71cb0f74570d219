"""Stages in words: what each is called, whom it moves, what moves and why, and which number says whether it goes well."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypedDict

Group = Literal["teacher", "images", "students"]


class Stage(NamedTuple):
    """One row. `moves` may name `{matches}`, what the run's method matches; `watch` are quantities, the first that is there counts."""

    title: str
    group: Group
    moves: str
    watch: tuple[str, ...] = ()
    part: str = "part"  # what its parts are, where it comes several times


# fmt: off
STAGES: dict[str, Stage] = {
    "start": Stage("Start", "images", "These are the images that the run begins with: nothing has moved yet."),
    "squeeze": Stage("Training the teacher", "teacher", "A network, the teacher, learns from all the real images. No image is learned yet.",
                     ("teacher-accuracy", "teacher-loss"), "teacher"),
    "experts": Stage("Recording experts", "teacher", "Networks are trained on all the real images, and their weights are written down on the way: the paths that the images shall lead along.",
                     ("expert-accuracy", "expert-loss"), "expert"),
    "prior": Stage("Training the generator", "teacher", "A generator learns to draw images of every class. No image is learned yet.", (), "generator"),
    "measure": Stage("Measuring the real images", "teacher", "What the networks' layers remember of the real images is written down: the images have to agree with it."),
    "probes": Stage("Measuring the real images", "teacher", "The mean features of every class are written down under a few fixed networks, to compare with."),
    "dynamics": Stage("Watching networks train", "teacher", "Networks are trained on all the real images, and how each image fares on the way is written down.", (), "network"),
    "select": Stage("Choosing images", "images", "Nothing is learned: images are chosen from the real ones by a rule. It looks at {matches}."),
    "average": Stage("Averaging", "images", "Nothing is learned: real images of a class are averaged."),
    "adjust": Stage("Nudging the teacher", "images", "The teacher's weights are moved a little, another way for every batch of images, so that the images do not all turn out alike. Pixels wait.",
                    ("rise",), "batch"),
    "recover": Stage("Learning the images", "images", "Pixels move so that the teacher sees each image as its class, and its layers see what they remember of real images.",
                     ("loss", "cross-entropy"), "batch"),
    "match": Stage("Learning the images", "images", "Pixels move so that networks cannot tell the few images from all the real ones. What is compared: {matches}.",
                   ("loss", "distance"), "layer"),
    "walk": Stage("Searching inside the generator", "images", "One layer after the other, what goes through the generator moves, so that its images are seen as the real ones are. The step with the smallest distance is handed to the next layer.",
                  ("loss", "distance"), "layer"),
    "compensate": Stage("Learning a compensator", "images", "One faint image is learned that is added to a real image of every class: pixels move so that a teacher sees every sum as its class.",
                        ("loss", "cross-entropy"), "compensator"),
    "relabel": Stage("Labelling the images", "images", "Images stay as they are: a teacher writes down what it sees in them, or in their parts.", ("loss",)),
    "evaluate": Stage("Testing the images", "students", "Images stay as they are: new networks, the students, learn from them alone, others from as many random real ones; all are tested on unseen real images."),
    "transfer": Stage("Testing the images", "students", "Other kinds of networks are trained on the finished images and tested on unseen real ones.", (), "student"),
    "continual": Stage("Learning class after class", "students", "A network meets the classes one group after the other, and keeps only the images.", (), "task"),
    "rank": Stage("Judging candidates", "students", "Networks are trained on each candidate for a moment, to see which distance ranks them rightly.", (), "candidate"),
    "distances": Stage("Measuring distances", "students", "Every candidate's distance to the real images is measured."),
    "rivals": Stage("Making sets to compare with", "images", "Other sets are made from the same real images.", (), "set"),
}
# fmt: on


class Spoken(TypedDict):
    """What the browser needs of a stage; JSON."""

    title: str
    group: str
    moves: str
    watch: list[str]
    part: str


def spoken(stage: str, matches: str = "") -> Spoken:
    """A stage in words; one that the table does not know is called as it calls itself."""
    one = STAGES.get(stage) or Stage(stage.capitalize() or "Getting ready", "images", "")
    moves = one.moves.format(matches=matches or "what the method says")
    return {"title": one.title, "group": one.group, "moves": moves, "watch": list(one.watch), "part": one.part}
