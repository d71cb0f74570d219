"""The ledger in words: what is there is said, what is not there is never 0."""

from __future__ import annotations

import csv
import io

import pytest

from distill_core.figures import ledger, rows, scores, tables
from distill_core.record.scores import completed, scores_of

FULL = {
    "image_bytes": 2560,
    "label_bytes": 0,
    "teacher_bytes": 377_000,
    "generator_bytes": 0,
    "teacher_images": 1168,
    "student_steps": 300,
    "seconds": 4.25,
    "peak_resident_bytes": 12_300_000,
    "distill_seconds": 31.5,
    "distill_peak_cuda_bytes": 2_100_000_000,
}


def scored(subject="distilled", **budget):
    said = {"subject": subject, "student": "convnet", "protocol": "dwa", "labels": "teacher", "accuracy": [0.8, 0.9]}
    return {"kind": "scored", **said, "budget": budget}


def run(*records):
    job = {"data": "digits", "ipc": 1, "seed": 0}
    return {"id": "a", "method": "dwa", "settings": {}, "preset": "", "job": job, "records": list(records)}


def test_every_cost_is_said():
    said = ledger.line(FULL)
    assert said["Images"] == "2.6 kB" and said["Teachers"] == "377 kB" and said["Total"] == "380 kB"
    assert said["Teacher saw"] == "1,168 real images" and said["Student steps"] == "300"
    assert (said["A student"], said["Memory of a student"]) == ("4.2 s", "12.3 MB")
    assert (said["Making it"], said["Memory of making it"]) == ("31.5 s", "2.1 GB on the GPU")
    assert ledger.sentence(FULL) == "380 kB: 2.6 kB of images, a teacher of 377 kB that saw 1,168 real images"


def test_what_is_not_recorded_is_not_0():
    said = ledger.line({})
    assert set(said.values()) == {ledger.NOT} and ledger.total({}) is None and ledger.sentence({}) == ledger.NOT
    early = ledger.line({"image_bytes": 2560, "label_bytes": 0, "teacher_bytes": 0})
    assert early["Labels"] == "0 B" and early["Teacher saw"] == early["Memory of a student"] == ledger.NOT


def test_labels_of_a_teacher_that_is_not_kept_say_what_it_saw():
    said = ledger.sentence({"image_bytes": 100, "label_bytes": 500, "teacher_images": 1168})
    assert said == "600 B: 100 B of images, 500 B of labels by a teacher that saw 1,168 real images"
    assert ledger.line({"image_bytes": 100, "teacher_images": 0})["Teacher saw"] == "no teacher"


def test_seconds_of_making_a_set_are_those_until_its_students_began():
    records = [
        {"kind": "stage", "stage": "recover", "t": 1.0},
        {"kind": "scalars", "stage": "recover", "t": 9.0, "values": {"distill-peak": 5000.0, "loss": None}},
        {"kind": "stage", "stage": "evaluate", "t": 9.5},
        scored(image_bytes=10, seconds=1.0),
        scored("random", image_bytes=10, distill_seconds=0.0),
    ]
    ours, control = completed(records)
    assert ours["budget"] == {
        "distill_seconds": 9.5,
        "distill_peak_resident_bytes": 5000.0,
        "image_bytes": 10,
        "seconds": 1.0,
    }
    assert control["budget"] == {"image_bytes": 10, "distill_seconds": 0.0}
    assert completed(completed(records)) == completed(records)
    assert scores_of(records)["distilled"]["budget"]["distill_seconds"] == 9.5
    assert scores.read_scores(records)[0].budget["distill_peak_resident_bytes"] == 5000.0


def test_the_table_has_a_line_for_the_control_too():
    ours, control = ledger.lines(rows.table([run(scored(**FULL), scored("random", image_bytes=2560))]))
    assert ours["Total"] == "380 kB" and control["Set"].endswith("random real images") and control["Total"] == "2.6 kB"


def test_files_hold_the_same_numbers():
    made = rows.table([run(scored(**FULL))])
    [line] = csv.DictReader(io.StringIO(tables.to_csv(made)))
    assert (line["stored_bytes"], line["teacher_images"], line["distill_seconds"]) == ("379560", "1168", "31.5")
    assert line["peak_resident_bytes"] == "12300000" and line["peak_cuda_bytes"] == "" and line["runs"] == "a"
    assert "380~kB" in tables.to_latex(made)
    bare = rows.table([run(scored())])
    assert next(csv.DictReader(io.StringIO(tables.to_csv(bare))))["stored_bytes"] == ""


@pytest.mark.parametrize(
    ("count", "said"), [(None, "–"), (0, "0 B"), (999, "999 B"), (10_240, "10.2 kB"), (3.4e9, "3.4 GB")]
)
def test_bytes_are_said_in_the_unit_that_reads_best(count, said):
    assert ledger.size(count) == said
