"""Watching a run: the sentence, the buttons, the knobs and what is fed to the views."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from distill_core import events as say
from distill_core.errors import StudioError
from distill_core.home import write_json
from distill_core.record import view
from distill_core.record.log import Recorder
from pages.parts import (
    feed,
    liveknobs,
    packets,
    packing,
    pairing,
    plane_packets,
    planes,
    runbar,
    score_table,
    standing,
    studio,
)
from tests.pages import demo

PAGE = "distill/live"


def words(app: AppTest) -> str:
    return " ".join(one.value for kind in ("markdown", "caption", "warning", "error") for one in app.get(kind))


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def packet_of(app: AppTest) -> dict:
    """The header of the packet that the feeder got."""
    for node in app.get("bidi_component"):
        if node.proto.component_name == "distill_feed":
            return packing.header_of(node.proto.bytes)
    raise AssertionError("no feeder on the page")


def test_an_empty_home_shows_what_ships(home, open_page):
    app = open_page(PAGE)
    assert "an example that ships with the studio" in words(app) and app.query_params["run"] == "dm-fashion-ipc1"
    assert (home / "runs" / "dm-fashion-ipc1").is_dir()


def test_an_empty_home_offers_a_new_run(open_page, no_examples):
    assert "Nothing has been distilled yet" in words(open_page(PAGE))


def test_without_a_run_in_the_link_it_asks_which(home, open_page):
    folder = demo.create(home)
    app = open_page(PAGE)
    question = next(one for one in app.selectbox if one.label == "Choose a run to watch")
    question.select(folder.id).run()
    assert not app.exception and app.query_params["run"] in (folder.id, [folder.id])


def test_an_unknown_run_is_said_with_a_way_out(open_page):
    assert "There is no run called" in words(open_page(PAGE, run="nothing-here"))


def test_a_run_that_cannot_be_read_is_said(home, open_page):
    folder = demo.create(home)
    (folder.path / "job.json").write_text("{half", encoding="utf-8")
    assert "cannot be read" in words(open_page(PAGE, run=folder.id))


def test_a_record_that_cannot_be_read_does_not_break_the_page(home, open_page):
    folder = demo.create(home)
    demo.write(folder, upto=60)
    sheet = next((folder.path / "sheets").iterdir())
    sheet.unlink()
    with open(folder.path / "events.jsonl", "a", encoding="utf-8") as log:
        log.write("{not json\n")
    header = packet_of(open_page(PAGE, run=folder.id))
    notes = [r for r in header["runs"][0]["records"] if r["kind"] == "note"]
    assert any("could not be read" in one["text"] for one in notes)


def test_a_finished_run_is_a_replay(home, open_page):
    folder = demo.create(home, name="a *first* look")
    demo.write(folder)
    app = open_page(PAGE, run=folder.id)
    assert "**Finished** in" in words(app)
    assert "Stop" not in labels(app) and "Resume" not in labels(app)
    names = {node.proto.component_name for node in app.get("bidi_component")}
    assert {"distill_feed", "distill_player", "distill_wall", "distill_map", "distill_plots"} <= names
    part = packet_of(app)["runs"][0]
    assert (part["run"], part["from"], part["more"]) == (folder.id, 0, False)
    assert part["info"]["title"] == "a *first* look"


def test_a_running_run_can_be_paused_stepped_continued_and_stopped(home, open_page):
    folder = demo.create(home)
    demo.write(folder, upto=80, state="running")
    with folder.lock():
        app = open_page(PAGE, run=folder.id)
        assert "**Running** · Learning the images · step" in words(app)
        press(app, "Pause")
        assert folder.control()["want"] == "pause"
        folder.set_state(state="paused")
        app.run()
        press(app, "Step")
        assert folder.control() == {"want": "pause", "steps": 1, "knobs": {}}
        press(app, "Continue")
        assert folder.control()["want"] == "run"
        folder.set_state(state="running")
        app.run()
        press(app, "Stop")
        assert folder.control()["want"] == "stop"


def press(app: AppTest, label: str) -> None:
    next(one for one in app.button if one.label == label).click()
    app.run()
    assert not app.exception


def test_a_queued_run_says_its_place_and_can_leave_the_queue(home, open_page):
    demo.create(home)
    second = demo.create(home, seed=1)
    app = open_page(PAGE, run=second.id)
    assert "**Queued**, 1 run before it" in words(app)
    press(app, "Stop")
    assert second.state()["state"] == "stopped"


def test_a_lost_run_says_what_happened_and_offers_resume(home, open_page):
    folder = demo.create(home)
    demo.write(folder, upto=80, state="running")
    write_json(folder.path / "state.json", {"state": "running", "heartbeat": time.time() - 60})
    app = open_page(PAGE, run=folder.id)
    assert "**Lost** at" in words(app) and "The process that worked on this run is gone" in words(app)
    press(app, "Resume")
    assert folder.state()["state"] == "queued"


def test_watching_goes_on_when_somebody_resumes_the_run(home, open_page, monkeypatch):
    timers, plain = [], feed.st.fragment

    def spy(*given, **options):
        timers.extend(options[name] for name in options if name == "run_every")
        return plain(*given, **options)

    monkeypatch.setattr(feed.st, "fragment", spy)
    folder = demo.create(home)
    demo.write(folder, upto=80, state="stopped")
    app = open_page(PAGE, run=folder.id)
    assert "Resume" in labels(app) and timers[-1] is None
    folder.set_state(state="queued")
    app.run()
    assert "**Queued**" in words(app) and timers[-1] == feed.EVERY
    folder.set_state(state="finished")
    app.run()
    assert "**Finished**" in words(app) and timers[-1] is None


def test_a_failed_run_says_where_and_why(home, open_page):
    folder = demo.create(home)
    demo.write(folder, upto=80, state="failed", message="The loss became NaN at step 12 of recover. Lower lr_img.")
    app = open_page(PAGE, run=folder.id)
    assert "**Failed**" in words(app) and "NaN at step 12" in words(app) and "Resume" in labels(app)


def test_live_knobs_write_to_the_run_and_the_others_apply_next_time(home, open_page):
    folder = demo.create(home, method="shift", settings={"weight": 2.0, "steps": 20})
    demo.write(folder, upto=80, state="running")
    with folder.lock():
        app = open_page(PAGE, run=folder.id)
        slider = next(one for one in app.slider if one.label == "Weight")
        assert slider.value == 2.0
        slider.set_value(3.0)
        app.run()
        rate = next(one for one in app.select_slider if one.label == "Lr_img")
        rate.set_value(0.05)
        app.run()
        assert not app.exception
    knobs = folder.control()["knobs"]
    assert knobs == {"weight": 3.0, "lr_img": 0.05}
    assert "Start again with these" in labels(app)
    assert any("rho" in str(table.value).lower() for table in app.dataframe)


def test_only_live_knobs_of_the_parts_that_are_chosen_can_be_moved(home, open_page):
    folder = demo.create(home, method="shift", settings={"adjust": {"kind": "random", "noise": 0.25}})
    demo.write(folder, upto=80, state="running")
    with folder.lock():
        app = open_page(PAGE, run=folder.id)
        keys = {one.key.rpartition(f"{folder.id}.")[2] for kind in ("slider", "select_slider") for one in app.get(kind)}
        assert {"lr_img", "weight", "adjust.noise"} <= keys and not keys & {"adjust.rho", "steps"}
        next(one for one in app.slider if one.label == "Noise").set_value(0.75).run()
    assert not app.exception and folder.control()["knobs"] == {"adjust.noise": 0.75}
    rest = next(one.value for one in app.dataframe if "what it does" in one.value)
    assert "Rho" in list(rest["setting"]) and "Turns" not in list(rest["setting"])
    plain = demo.create(home, method="shift", settings={"adjust": {"kind": "none"}})
    demo.write(plain, upto=80, state="running")
    with plain.lock():
        assert "Noise" not in [one.label for one in open_page(PAGE, run=plain.id).slider]


def test_a_knob_moved_too_late_moves_nothing_and_the_page_says_so(home, open_page):
    folder = demo.create(home, method="shift", settings={"weight": 2.0, "steps": 20})
    demo.write(folder, upto=80, state="running")
    with folder.lock():
        app = open_page(PAGE, run=folder.id)
        folder.set_state(stage="evaluate")
        next(one for one in app.slider if one.label == "Weight").set_value(3.0)
        app.run()
        assert folder.control()["knobs"] == {}
        assert "While images are learned these can be moved" in words(app) and not app.slider


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"default": 0.1, "minimum": 0, "exclusive_minimum": True, "maximum": None}, 0.1),
        ({"default": 0.01, "minimum": 0, "exclusive_minimum": False, "maximum": 1}, 0.0),
        ({"default": 0.0, "minimum": None, "exclusive_minimum": False, "maximum": None}, 5.0),
        ({"default": 10.0, "minimum": 1, "exclusive_minimum": False, "maximum": 20}, 20.0),
    ],
)
def test_a_logarithmic_knob_has_its_value_and_stays_in_bounds(field, value):
    places = liveknobs.stops(field, value)
    assert value in places and field["default"] in places and places == sorted(set(places))
    assert field["minimum"] is None or min(places) >= field["minimum"]
    assert field["maximum"] is None or max(places) <= field["maximum"]
    assert not field["exclusive_minimum"] or min(places) > 0


def test_only_what_is_new_is_sent(home):
    folder = demo.create(home)
    demo.write(folder, upto=50, state="running")
    read, body = packets.Reader(folder.path), packing.Body()
    first, to = packets.one_run(read, 0, body)
    assert (first["to"], to, first["more"]) == (50, 50, False)
    again, to = packets.one_run(read, to, packing.Body())
    assert again["records"] == [] and (again["from"], to) == (50, 50) and "info" not in again
    recorder = Recorder(folder)
    recorder.write(say.Scalars(3, {"loss": 1.0}))
    recorder.close()
    fresh, to = packets.one_run(read, to, packing.Body())
    assert [r["n"] for r in fresh["records"]] == [50] and to == 51


def test_a_long_run_comes_in_chunks_and_arrives_whole(home):
    folder = demo.create(home, ipc=2)
    demo.write(folder)
    read, position, numbers, ticks = packets.Reader(folder.path), 0, [], 0
    while True:
        body = packing.Body()
        part, position = packets.one_run(read, position, body, budget=30_000)
        numbers += [r["n"] for r in part["records"]]
        ticks += 1
        assert body.size < 200_000
        if not part["more"]:
            break
    assert ticks > 3 and numbers == sorted(set(numbers)) and len(numbers) == len(read.timeline.records)


def test_a_part_that_is_not_the_last_is_sent_until_the_browser_has_it(home, monkeypatch):
    monkeypatch.setattr(packets, "CHUNK", 30_000)
    folder = demo.create(home, ipc=2)
    demo.write(folder)

    def page(path):
        from pathlib import Path

        import streamlit as st

        from distill_core.record.folder import RunFolder
        from pages.parts import feed

        for run, have in st.session_state.get("told", {}).items():
            st.session_state["feed"] = {"have": {"runs": {run: have}}}
            feed._told("feed")
        feed.live([RunFolder(Path(path))], "live")

    app = AppTest.from_function(page, args=(str(folder.path),)).run()
    first = packet_of(app)["runs"][0]
    assert first["from"] == 0 and first["more"] is True
    assert packet_of(app.run())["runs"][0]["to"] == first["to"]
    app.session_state["told"] = {folder.id: first["to"]}
    assert packet_of(app.run())["runs"][0]["from"] == first["to"]


def test_a_run_is_named_where_no_catalog_is_there_and_its_expected_time_may_be_nonsense(home, monkeypatch):
    folder = demo.create(home)
    write_json(folder.path / "job.json", {**folder.request(), "expected": "soon"})

    def absent(_):
        raise StudioError("no catalog")

    monkeypatch.setattr(studio.shelf, "read", absent)
    assert standing.summary(folder.request()).count(" · ") >= 3 and standing.data_said("tiny:size=8") == "tiny:size=8"
    records = [{"kind": "stage", "stage": "match", "steps": 100, "t": 0.0}, {"kind": "scalars", "step": 50, "t": 5.0}]
    assert "left in this stage" in standing.sentence(folder, {"state": "running"}, records)


def test_a_views_last_word_may_come_when_its_page_was_left():
    def page():
        import streamlit as st

        from pages.parts import feed, views

        heard = []
        feed._told("feed")
        views._hear("map", "ask", heard.append)
        st.session_state["map"] = {"ask": "tsne"}
        views._hear("map", "ask", heard.append)
        st.text(str(heard))

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.text[0].value == "['tsne']"


def test_what_a_browser_missed_is_sent_until_it_is_there(home):
    folder = demo.create(home)
    demo.write(folder)

    def page(path):
        from pathlib import Path

        import streamlit as st

        from distill_core.record.folder import RunFolder
        from pages.parts import feed

        for run, have in st.session_state.pop("told", {}).items():
            st.session_state["feed"] = {"have": {"runs": {run: have}}}
            feed._told("feed")
        feed.live([RunFolder(Path(path))], "live")

    app = AppTest.from_function(page, args=(str(folder.path),)).run()
    whole = packet_of(app)["runs"][0]["to"]
    assert packet_of(app.run())["runs"][0]["from"] == whole  # taken as having arrived
    app.session_state["told"] = {folder.id: 0}
    for _ in range(2):
        again = packet_of(app.run())
        assert (again["runs"][0]["from"], again["runs"][0]["to"], again["runs"][0]["more"]) == (0, whole, True)
    app.session_state["told"] = {folder.id: whole}
    part = packet_of(app.run())["runs"][0]
    assert (part["from"], part["more"]) == (whole, False)


def test_many_frames_are_thinned_evenly_and_the_ends_stay(home):
    folder = demo.create(home)
    demo.write(folder)
    records = packets.Reader(folder.path).refresh()
    kept = sorted(packets.thinned(records, 10))
    frames = [r["n"] for r in records if r["kind"] == "images" and r["source"] == "synthetic"]
    assert frames[0] in kept and frames[-1] in kept and len([n for n in kept if n in frames]) == 10
    assert all(r["n"] in kept for r in records if r["kind"] == "images" and r["source"] == "real")


def test_after_a_resume_only_what_holds_is_sent(home):
    folder = demo.create(home)
    demo.write(folder, upto=60, state="running")
    recorder = Recorder(folder)
    recorder.write(say.Resumed(40))
    recorder.write(say.Scalars(7, {"loss": 1.0}))
    recorder.close()
    part, _ = packets.one_run(packets.Reader(folder.path), 0, packing.Body(), budget=10**9)
    assert [r["n"] for r in part["records"]] == [*range(40), 60, 61]


def test_sheets_travel_as_they_lie_on_disk_and_points_as_float32(home):
    folder = demo.create(home)
    demo.write(folder)
    packet = packets.recording(folder.path)
    header = packing.header_of(packet)
    image = next(r for r in header["runs"][0]["records"] if r["kind"] == "images")
    logged = [json.loads(line) for line in (folder.path / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    on_disk = (folder.path / logged[image["n"]]["sheet"]).read_bytes()
    assert packing.blob_of(packet, image["sheet"]) == on_disk
    points = next(r for r in header["runs"][0]["records"] if r["kind"] == "logits" and r["source"] == "real")
    flat = np.frombuffer(packing.blob_of(packet, points["points"]), "<f4").reshape(-1, 4)
    assert flat.shape == (400, 4) and np.isfinite(flat).all() and 0 < points["kept"][0] <= 1
    more = packing.extended(packet, bars=[{"title": "x"}])
    assert packing.header_of(more)["bars"] == [{"title": "x"}]
    assert packing.blob_of(more, image["sheet"]) == on_disk


def made_plane(folder, runs, name):
    """A plane of these runs as a worker writes it: 400 real points, and ten of each run at record 44."""
    np.save(folder.path / "planes" / f"{name}.npy", np.arange(820, dtype=np.float32).reshape(410, 2))
    about = {"file": f"planes/{name}.npy", "real": 400, "real_ids": [3] * 400, "real_labels": [1] * 400, "kept": 0.6}
    about |= {"trust": 0.9, "said": ["small"], "network": {"key": "k", "spec": "convnet"}}
    steps = {run: [[44, 400 + 5 * i, 5]] for i, run in enumerate(runs)}
    write_json(folder.path / "planes" / f"{name}.json", {**about, "runs": steps})


def test_made_planes_are_sent_once_and_to_each_run_its_part(home):
    folder, other = demo.create(home), demo.create(home)
    runs = [folder.id, other.id]
    made_plane(folder, runs[:1], "features-tsne")
    made_plane(folder, runs, view.plane_name("logits", "umap", runs))
    (folder.path / "planes" / "logits-lda.json").write_text("{}", encoding="utf-8")
    body = packing.Body()
    made, seen = plane_packets.made_planes([folder], folder.id, body, {})
    assert [one["name"] for one in made] == ["features-tsne", "logits-lda"], "planes of others are not of this one"
    assert made[0]["records"] == [[44, 400, 5]] and made[0]["note"] == "small" and body.size == 405 * 8
    assert made[1]["points"] is None and "cannot be read" in made[1]["note"]
    assert plane_packets.made_planes([folder], folder.id, packing.Body(), seen)[0] == []
    body = packing.Body()
    (second,), _ = plane_packets.made_planes([folder, other], other.id, body, {})
    assert second["records"] == [[44, 0, 5]] and "real_ids" not in second and body.size == 5 * 8
    assert np.frombuffer(body.parts[0], "<f4")[0] == 2 * 405


def test_a_plane_is_asked_for_once_and_waited_for_and_its_failure_is_said(home, monkeypatch):
    folder, asked, answers = demo.create(home), [], {}
    monkeypatch.setattr(planes.ask, "ask", lambda home, question, **values: asked.append((question, values)) or "7")
    monkeypatch.setattr(planes.ask, "answer", lambda home, question: answers.get(question))

    def page(path, wanted):
        from pathlib import Path

        import streamlit as st

        from distill_core.record.folder import RunFolder
        from pages.parts import planes

        folders = [RunFolder(Path(path))]
        st.write(f"waiting for {planes.waiting(folders)}")
        planes.said(folders)
        if wanted and not planes.waiting(folders) and not planes.troubles(folders):
            planes.ask_for(folders, "features-tsne", again=True)
            planes.ask_for(folders, "features-tsne")
        planes.ask_for(folders, "")

    app = AppTest.from_function(page, args=(str(folder.path), True)).run()
    wanted = {"runs": [folder.id], "kind": "tsne", "space": "features"}
    assert not app.exception and asked == [("plane", {**wanted, **planes.DEFAULTS, "again": True})]
    app.run()
    assert "waiting for ['features-tsne']" in words(app) and len(asked) == 1
    answers["7"] = {"state": "failed", "message": "no teacher"}
    app.run()
    assert "waiting for []" in words(app) and app.warning[0].value == "t-SNE of features: no teacher"
    assert len(asked) == 1


def test_the_link_keeps_where_the_clock_stands(home, open_page):
    folder = demo.create(home)
    demo.write(folder)
    app = open_page(PAGE, run=folder.id, t="0.25")
    sent = [json.loads(n.proto.json) for n in app.get("bidi_component") if n.proto.component_name == "distill_player"]
    assert sent[0]["start"] == 0.25
    assert json.loads(json.dumps(sent[0]["runs"])) == [folder.id]


def test_names_are_plain_words_in_sentences():
    assert studio.escape("a*b_[x](y)<z>") == r"a\*b\_\[x\]\(y\)\<z\>"


def test_time_left_comes_from_the_records():
    records = [{"kind": "stage", "stage": "recover", "steps": 100, "t": 10.0}]
    records += [{"kind": "scalars", "step": 50, "t": 20.0}]
    assert standing.progress(records) == "Learning the images · step 51 of 100 · 5.0 steps/s · 0:09 left in this stage"
    assert standing.progress([]) == "getting ready"
    now = records[-1]["t"]
    assert standing.progress(records, now + 150).endswith("0:09 left in this stage, about 2:30 of the run")
    assert standing.progress(records, now + 5).endswith("0:09 left in this stage"), "it takes longer than was expected"


def test_a_broken_state_is_a_state(home):
    folder = demo.create(home)
    (folder.path / "state.json").write_text("[]", encoding="utf-8")
    state = feed.state_of(folder)
    assert state["state"] == "broken" and feed.is_over(state)
    assert "no readable state.json" in state["message"]


def test_class_names_come_from_the_catalog():
    catalog = {"data": [{"name": "shapes", "classes": ["disc", "ring"]}, {"name": "tiny", "classes": 2}]}
    assert packets.class_names(catalog, "shapes:size=16") == ["disc", "ring"]
    assert packets.class_names(catalog, "tiny") == [] == packets.class_names(catalog, "own/mine")


def test_warnings_name_what_is_unfair():
    asked = [{"method": "a", "job": {"data": "x", "ipc": i, "seed": 0}} for i in (1, 2)]
    assert [one[:9] for one in pairing.warnings(asked, ["A", "B"])] == ["Different"]


def test_what_a_run_is_known_by_stands_under_its_state(home, open_page):
    run = demo.create(home, name="shifted")
    demo.write(run)
    with open(run.path / "events.jsonl", "a", encoding="utf-8") as log:
        for number, rise in ((9001, 0.1), (9002, 0.3)):
            line = {"n": number, "t": 1.0, "kind": "scalars", "step": 12, "values": {"start-rise": rise}}
            log.write(json.dumps(line) + "\n")
    assert "rise of the loss on the start 0.2 nats" in words(open_page(PAGE, run=run.id)).replace("\\", "")


def test_a_set_that_was_brought_in_says_what_it_is_and_names_its_classes(home, open_page, make_run):
    folder = make_run(data="unknown")
    folder.set_state(
        imported=True, message="It was brought in from x.pt. Nothing was distilled here.", classes=["bee", "wasp"]
    )
    app = open_page("distill/live", run=folder.id)
    said = " ".join(one.value for one in app.markdown)
    assert "Brought in.** It was brought in from x" in said and "Press play" not in said
    assert runbar.classes(folder) == ["bee", "wasp"]


def test_a_ruined_set_is_called_ruined_and_its_badge_travels_with_the_state(home, open_page, make_run):
    folder = make_run()
    sign = {"kind": "saturated", "text": "100 % of its pixels are black or white, since step 3 of match", "n": 3}
    folder.set_state(health=[{**sign, "stage": "match", "step": 3}])
    said = " ".join(one.value for one in open_page("distill/live", run=folder.id).markdown)
    assert "This set is ruined" in said and "pixels are black or white" in said and "Finished" in said
    part, _ = packets.one_run(packets.Reader(folder.path), 0, packing.Body())
    assert part["state"]["health"][0]["n"] == 3
    assert score_table.scored_runs()[0]["ruin"] == f"This set is ruined: {sign['text']}."
    rows = open_page("compare/scores").table[0].value
    assert rows["Health"].iloc[0].startswith("This set is ruined")


def test_no_column_for_health_where_all_are_well(home, open_page, make_run):
    make_run()
    assert "Health" not in open_page("compare/scores").table[0].value
