"""The page of the control room, told as stories in Chromium (tests/web/); pictures stay in the results."""

import json
import os
import signal

import pytest

from hands import Fed
from page import Desk, Page

HEAD = 'estate: { id = "t"; name = "示范小区"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; name = "1栋"; }, { id = "b2"; name = "2栋"; } );\n'
LONG = "一个很长很长的名字" * 40
HOSTILE = ['<script>window.harmed=1</script>', '"><img src=x onerror=window.harmed=1>', "\u202etxet\u202c right to left",
           "{{constructor.constructor('window.harmed=1')()}}", "javascript:window.harmed=1"]


def configuration(devices):
    rows = ",\n".join(f'  {{ {row} plugin = "source"; }}' for row in devices)
    text = HEAD + 'plugins: ( { id = "source"; program = "SOURCE"; } );\ndevices: (\n' + rows + "\n);\n"
    return text.replace("{", "{{").replace("}", "}}").replace("SOURCE", "{source}")


def named(device, name):
    return f'id = "{device}"; name = {json.dumps(name, ensure_ascii=False)}; place = "b1/u1/101"; class = "sos";'


HOME = configuration([
    named("sos-1", "床头求助按钮"), 'id = "motion-1"; place = "b1/u1/101"; room = "bedroom"; class = "motion";',
    'id = "door-1"; place = "b1/u1/101"; entrance = true; class = "contact";', 'id = "tank-1"; place = "b1/pump-room"; class = "tank";',
    'id = "lift-1"; name = "1# 电梯"; place = "b1/u1"; class = "lift";'])


@pytest.fixture
def desk(tmp_path):
    with Desk(tmp_path, HOME) as site:
        site.say("motion-1", motion=True)
        site.say("tank-1", level=50)
        site.say("lift-1", floor=7, moving=False, door_open=False, occupied=False, direction="none")
        yield site


def test_a_night_shift_hears_acknowledges_arrives_and_closes(desk):
    desk.tell("night_shift", {"press": lambda: desk.say("sos-1", pressed=True)})
    records = [r["what"] for r in desk.estate.json("audit", "show") if r["who"] == "desk"]
    assert records.count("sos/sos-1") >= 5, "who did what is in the audit, by his own name"


def test_the_page_says_that_it_is_out_of_date_and_comes_back(desk):
    def start():
        Fed.start(desk)  # the estate alone: the gate was there all the time

    desk.tell("restart", {"stop": desk.estate.stop, "start": start, "press": lambda: desk.say("sos-1", pressed=True)})


def test_a_page_that_is_open_while_the_box_is_updated_goes_on_and_becomes_the_new_one(tmp_path):
    desk = Desk(tmp_path, HOME)
    page = Page(desk)

    def update():
        page.renew()
        desk.estate.stop()
        Fed.start(desk)
        desk.say("tank-1", level=50)

    with desk:
        desk.say("tank-1", level=50)
        desk.tell("renewed", {"update": update, "update quietly": page.renew})


def test_a_stream_that_stalls_is_out_of_date_at_once(desk):
    def send(process, signal):
        return lambda: os.kill(process.pid, signal)

    acts = {}
    for who, process in (("daemon", desk.estate.process), ("gate", desk.gate.process)):
        acts |= {f"stop {who}": send(process, signal.SIGSTOP), f"go on {who}": send(process, signal.SIGCONT)}
    try:
        desk.tell("stall", acts)
    finally:
        acts["go on daemon"]()
        acts["go on gate"]()


def test_who_may_not_do_a_thing_sees_no_button_and_is_refused(desk):
    desk.tell("roles", {"press": lambda: desk.say("sos-1", pressed=True)})


def test_every_page_is_readable_at_every_size_in_both_themes_and_languages(desk):
    desk.say("sos-1", pressed=True)
    desk.estate.ctl("residents", "add", "r-1", "place=b1/u1/101", "categories=独居")
    desk.say("motion-1", motion=False)
    desk.say("motion-1", motion=True)
    desk.tell("looks", WHO="technician",
              VIEWS="now estate history health setup place/b1/u1/101 device/lift-1 point/lift-1.floor")
    desk.tell("looks", WHO="care", VIEWS="now care home/b1/u1/101 estate history")


def test_what_was_shelved_is_counted_shown_and_brought_back(desk):
    desk.tell("aside", {"fill": lambda: desk.say("tank-1", level=95)})


def test_the_next_one_at_the_same_computer_begins_anew(desk):
    desk.tell("next_shift", {"press": lambda: desk.say("sos-1", pressed=True)})


def test_what_a_device_never_speaks_of_is_not_lost(desk):
    points = desk.estate.json("points")
    spoke = {p["device"] for p in points if p["at"]}
    assert "lift-1" in spoke and "sos-1" not in spoke
    lost = [p["point"] for p in points if p["quality"] == "lost"]
    counted = desk.estate.json("status")["points"]
    assert counted["total"] == len(points) and counted["lost"] == len(lost)
    assert counted["never"] == sum(name.split(".")[0] in spoke for name in lost) > 0, "of the button, which was never heard of, all is lost"


def test_names_of_others_are_text(tmp_path):
    names = [LONG, *HOSTILE]
    with Desk(tmp_path, configuration([named(f"sos-{n}", name) for n, name in enumerate(names)])) as desk:
        for n in range(len(names)):
            desk.say(f"sos-{n}", pressed=True)
        desk.tell("hostile", {"hostile": lambda: {"expected": [LONG[:60], *HOSTILE]}})


@pytest.mark.alone
def test_a_thousand_alarms_in_a_minute_leave_the_page_quick(tmp_path):
    count = 1000
    devices = [named("sos-1", "求助按钮")] + [f'id = "tank-{n}"; place = "b1/pump-room"; class = "tank";' for n in range(count)]
    with Desk(tmp_path, configuration(devices)) as desk:
        def flood():
            for n in range(count):
                desk.life.sample(f"tank-{n}", level=95)
            return {"count": count}

        print(desk.tell("flood", {"flood": flood, "press": lambda: desk.say("sos-1", pressed=True)}))
