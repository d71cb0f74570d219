"""New run: what is chosen is what is asked."""

from __future__ import annotations

import itertools
import json

import pytest

from distill_core.errors import BadSetting
from distill_core.home import write_json
from distill_core.queue.ask import open_questions, reply
from distill_core.record.folder import RunFolder
from pages.parts.form import command, read_seeds
from pages.parts.standing import preset_said

PAGE = "distill/new"


def button(app, label):
    return next(one for one in app.button if one.label.startswith(label))


def started(home):
    return [json.loads((path / "job.json").read_text()) for path in sorted((home / "runs").glob("[!.]*"))]


def test_opens_with_the_first_method_and_can_start(home, open_page):
    app = open_page(PAGE)
    assert app.title[0].value == "New run"
    button(app, "Start").click().run()
    assert not app.exception
    [asked] = started(home)
    assert (asked["method"], asked["job"]["data"], asked["job"]["ipc"], asked["job"]["seed"]) == (
        "random",
        "tiny",
        1,
        0,
    )
    assert app.query_params["run"] == asked["id"]


def test_a_run_remembers_what_it_was_expected_to_take(home, open_page, make_run):
    make_run("random")
    button(open_page(PAGE), "Start").click().run()
    first, other = sorted(started(home), key=lambda one: one["created"])
    assert "expected" not in first and other["expected"] == 1.5


def test_a_link_chooses_the_method_and_the_data(open_page):
    app = open_page(PAGE, method="shift", data="tiny:size=16")
    assert app.session_state["new.method"] == "shift"
    assert app.session_state["new.size.tiny"] == 16
    assert "--data tiny:size=16" in app.code[0].value


@pytest.mark.parametrize(
    ("query", "hint"), [({"method": "shft"}, 'Did you mean "shift"?'), ({"data": "tinny"}, '"tiny"')]
)
def test_a_wrong_link_gets_a_sentence_with_the_nearest_name(open_page, query, hint):
    app = open_page(PAGE, **query)
    assert hint in app.warning[0].value


def test_from_a_run_fills_everything(home, open_page, make_run):
    run = make_run(ipc=5, seed=7)
    app = open_page(PAGE, **{"from": run.id})
    assert app.session_state["new.shift.steps"] == 20
    assert (app.session_state["new.ipc"], app.session_state["new.seeds"]) == (5, "7")


def test_a_run_with_settings_of_another_kind_fills_the_rest_and_says_so(home, open_page, make_run):
    run = make_run(ipc=5, seed=7)
    asked = json.loads((run.path / "job.json").read_text())
    write_json(run.path / "job.json", {**asked, "settings": {"strange": {"x": 1}}})
    app = open_page(PAGE, **{"from": run.id})
    assert not app.exception
    assert "could not be taken over" in app.warning[0].value and "strange" in app.warning[0].value
    assert (app.session_state["new.ipc"], app.session_state["new.seeds"]) == (5, "7")


def test_from_an_unknown_run_says_so(open_page):
    assert "There is no run called" in open_page(PAGE, **{"from": "nowhere"}).warning[0].value


def test_a_preset_sets_settings_and_job_and_each_change_can_be_taken_back(open_page):
    app = open_page(PAGE, method="shift")
    next(one for one in app.get("button_group") if one.key == "new.shift!preset").set_value("quick").run()
    assert not app.exception
    assert (app.session_state["new.shift.adjust.rho"], app.session_state["new.ipc"]) == (0.5, 5)
    app.button(key="new.shift.adjust.rho!reset").click().run()
    assert app.session_state["new.shift.adjust.rho"] == 0.015


def with_presets(home, *more):
    """The toy's catalog with presets beside its own."""
    catalog = json.loads((home / "catalog.json").read_text())
    shift = next(one for one in catalog["methods"] if one["name"] == "shift")
    shift["presets"] += [{"settings": {}, "job": {}, "source": "", **one} for one in more]
    write_json(home / "catalog.json", catalog)


def presets(app):
    return next(one for one in app.get("button_group") if one.key == "new.shift!preset")


def test_methods_are_chosen_by_their_title_those_of_a_family_together(open_page):
    app = open_page(PAGE)
    chooser = app.selectbox(key="new.method")
    families = [said.partition(" · ")[0] for said in chooser.options]
    assert len(set(families)) == len([one for one, _ in itertools.groupby(families)])
    assert any(said.endswith("Shifted weights") for said in chooser.options)
    chooser.set_value("shift").run()
    assert "distill-studio run shift" in app.code[0].value


def test_presets_for_other_data_stand_behind_a_button_and_are_marked_once_taken(home, open_page):
    with_presets(home, {"title": "Far, ipc 10 (paper)", "settings": {"rho": 0.25}, "job": {"data": "far", "ipc": 10}})
    app = open_page(PAGE, method="shift")
    assert presets(app).options == ["quick", "by chance"]
    app.button(key="new.shift!preset=Far, ipc 10 (paper)").click().run()
    assert not app.exception
    assert (app.session_state["new.shift.adjust.rho"], app.session_state["new.ipc"]) == (0.25, 10)
    assert app.session_state["new.data"] == "tiny"
    assert presets(app).value == "Far, ipc 10 (paper)"
    assert presets(app).options[-1] == "Far, 10 images per class (paper)"
    assert any("needs Far photographs" in one.value for one in app.caption)
    app.number_input(key="new.shift.adjust.rho").set_value(0.5).run()
    assert any("1 value changed since" in one.value for one in app.caption)


def test_a_preset_of_the_methods_own_values_is_marked_from_the_beginning_and_not_over_a_runs(home, open_page):
    with_presets(home, {"title": "As it is"})
    assert presets(open_page(PAGE, method="shift")).value == "As it is"
    run = RunFolder.create(home, "shift", {"rho": 0.25}, {"data": "tiny", "ipc": 1})
    assert presets(open_page(PAGE, **{"from": run.id})).value is None


def test_the_summary_calls_the_data_as_the_form_does(open_page):
    app = open_page(PAGE, data="tiny:size=16")
    assert any("Tiny digits, size=16" in one.value for one in app.markdown)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("CIFAR, ipc 1–50 (paper)", "CIFAR, 1–50 images per class (paper)"),
        ("CIFAR-10, ipc ≥ 100 (paper)", "CIFAR-10, ≥ 100 images per class (paper)"),
        ("CIFAR-10, ipc 1 (paper)", "CIFAR-10, 1 image per class (paper)"),
        ("Quick", "Quick"),
    ],
)
def test_a_presets_title_is_said_in_whole_words(title, said):
    assert preset_said(title) == said


def test_a_wrong_value_gets_the_engines_sentence_and_cannot_start(open_page):
    app = open_page(PAGE, method="shift")
    app.number_input(key="new.shift.adjust.rho").set_value(-1.0).run()
    said = " ".join(one.value for one in app.markdown)
    assert "rho=-1.0 cannot work: input should be greater than or equal to 0" in said
    assert button(app, "Start").disabled


def test_several_seeds_start_several_runs(home, open_page):
    app = open_page(PAGE)
    app.text_input(key="new.seeds").set_value("0-2").run()
    button(app, "Start 3 runs").click().run()
    assert [one["job"]["seed"] for one in started(home)] == [0, 1, 2]


def test_wrong_seeds_get_a_sentence(open_page):
    app = open_page(PAGE)
    app.text_input(key="new.seeds").set_value("two").run()
    assert any("seeds='two' cannot be read" in one.value for one in app.markdown)


def test_the_engines_reason_against_a_job_is_shown(home, open_page):
    app = open_page(PAGE, method="shift")
    [question] = [
        one for one in open_questions(home) if one["question"] == "why_not" and one["values"]["method"] == "shift"
    ]
    reply(home, question["id"], state="done", value={"reason": 'ipc=1, but "cat" has no image.'})
    app.run()
    assert any('"cat" has no image' in one.value for one in app.markdown)
    assert button(app, "Start").disabled


def test_what_the_engine_warns_of_is_shown_and_hinders_nothing(home, open_page):
    app = open_page(PAGE, method="shift")
    [question] = [
        one for one in open_questions(home) if one["question"] == "why_not" and one["values"]["method"] == "shift"
    ]
    reply(home, question["id"], state="done", value={"reason": None, "caution": "They begin as near copies."})
    app.run()
    assert any("They begin as near copies" in one.value for one in app.markdown)
    assert not button(app, "Start").disabled


def test_the_cost_comes_from_a_trial(home, open_page):
    app = open_page(PAGE, method="shift")
    app.button(key="new.cost").click().run()
    [question] = [one for one in open_questions(home) if one["question"] == "trial"]
    reply(home, question["id"], state="done", value={"seconds": 41.0, "disk": 3_200_000, "memory": 9e8})
    app.run()
    assert any("≈ 41 s on this machine · 3.2 MB on disk · 900 MB of memory" in one.value for one in app.markdown)


def test_own_images_are_judged_by_the_engine(home, open_page):
    app = open_page(PAGE)
    app.text_input(key="new.own.folder").set_value("/nowhere/flowers").run()
    button(app, "Check and import").click().run()
    [question] = [one for one in open_questions(home) if one["question"] == "import_data"]
    assert question["values"] == {"path": "/nowhere/flowers", "name": "flowers", "mirror": None, "size": None}
    reply(home, question["id"], state="failed", message="There is no folder '/nowhere/flowers'.")
    app.run()
    assert "There is no folder" in app.error[0].value


def test_seeds_are_read_as_people_write_them():
    assert read_seeds("0-2, 7 9") == [0, 1, 2, 7, 9]
    for text in ("", "-1", "2-0", "0-99", "x", str(2**31)):
        with pytest.raises(BadSetting, match="seeds="):
            read_seeds(text)


def test_the_command_line_spells_what_differs():
    fields = [{"name": "rho", "default": 0.015}, {"name": "flip", "default": True}, {"name": "lr_img", "default": 0.1}]
    settings, job = {"rho": 0.5, "flip": False, "lr_img": 0.1}, {"data": "folder:/my images", "ipc": 1, "epochs": 5}
    spelled = command("shift", fields, settings, job, 3)
    assert (
        spelled == "distill-studio run shift --data 'folder:/my images' --ipc 1 --seed 3 --epochs 5 --rho 0.5 --no-flip"
    )


def test_runs_are_found_again_by_their_folder(home, make_run):
    assert RunFolder.find(home, make_run().id).request()["method"] == "shift"


def test_imported_images_can_be_used_and_what_was_left_out_is_listed(home, open_page):
    app = open_page(PAGE)
    app.text_input(key="new.own.folder").set_value("/my/flowers").run()
    button(app, "Check and import").click().run()
    [question] = [one for one in open_questions(home) if one["question"] == "import_data"]
    info = {**json.loads((home / "catalog.json").read_text())["data"][0], "name": "own/flowers", "title": "flowers"}
    value = {"data": info, "given": 41, "read": 40, "skipped": [["a/x.png", "truncated"]], "notes": ["Two sizes."]}
    reply(home, question["id"], state="done", value=value)
    catalog = json.loads((home / "catalog.json").read_text())
    write_json(home / "catalog.json", {**catalog, "data": [*catalog["data"], info]})
    app.run()
    assert app.success[0].value == "own/flowers: of 41 files 40 images were taken. Classes: a, b."
    assert list(app.dataframe[0].value["Reason"]) == ["truncated"]
    button(app, "Use these images").click().run()
    assert app.selectbox(key="new.data").value == "own/flowers"


def test_whether_own_images_may_be_mirrored_is_asked_and_can_be_said_anew_in_a_run(home, open_page):
    catalog = json.loads((home / "catalog.json").read_text())
    info = {**catalog["data"][0], "name": "own/letters", "title": "letters", "sizes": [], "may_mirror": False}
    write_json(home / "catalog.json", {**catalog, "data": [*catalog["data"], info]})
    app = open_page(PAGE)
    app.text_input(key="new.own.folder").set_value("/my/letters").run()
    app.segmented_control(key="new.own.mirror").set_value("no").run()
    app.number_input(key="new.own.size").set_value(96).run()
    button(app, "Check and import").click().run()
    [question] = [one for one in open_questions(home) if one["question"] == "import_data"]
    assert question["values"]["mirror"] is False and question["values"]["size"] == 96
    app.selectbox(key="new.data").set_value("own/letters").run()
    assert app.toggle(key="new.mirror.own/letters").value is False
    assert "--data own/letters --ipc" in app.code[0].value
    app.toggle(key="new.mirror.own/letters").set_value(True).run()
    assert "--data own/letters:mirror=yes" in app.code[0].value
    for data, on in (("own/letters:mirror=yes", True), ("own/letters", False)):
        edited = RunFolder.create(home, "shift", {}, {"data": data, "ipc": 1})
        assert open_page(PAGE, **{"from": edited.id}).toggle(key="new.mirror.own/letters").value is on


@pytest.mark.parametrize(("typed", "said"), [("abc", "ipc='abc' cannot work"), ("0", "ipc=0 cannot work")])
def test_a_wrong_number_of_images_gets_a_sentence(home, open_page, typed, said):
    edited = RunFolder.create(home, "shift", {}, {"data": "tiny", "ipc": typed})
    app = open_page(PAGE, **{"from": edited.id})
    assert any(said in one.value for one in app.markdown)
    assert button(app, "Start").disabled
