"""Now and the wall, in Chromium (tests/web/): who is told next, what is heard, what is seen from five metres, what is found."""

import json
import subprocess

import pytest

from hands import Fed
from page import PASSWORD, Desk

TANKS = 24
CONFIGURATION = """
estate: { id = "t"; name = "示范小区"; timezone = "Asia/Shanghai"; };
places: ( { id = "b1"; name = "1栋"; floors = 18; }, { id = "b2"; name = "2栋"; floors = 33; } );
plugins: ( { id = "source"; program = "SOURCE"; } );
contacts: (
  { id = "desk"; name = "值班室"; duties = ( "desk" ); },
  { id = "grid-3"; name = "网格员 3"; duties = ( "grid" ); },
  { id = "manager"; name = "项目主管"; duties = ( "supervisor" ); } );
devices: (
  { id = "sos-1"; name = "床头求助按钮"; place = "b1/u1/101"; room = "bedroom"; class = "sos"; plugin = "source"; },
  { id = "motion-1"; place = "b1/u1/101"; room = "bedroom"; class = "motion"; plugin = "source"; },
  { id = "door-1"; place = "b1/u1/101"; entrance = true; class = "contact"; plugin = "source"; },
  { id = "lift-1"; name = "1# 电梯"; place = "b1/u1"; class = "lift"; plugin = "source"; },
  { id = "lift-2"; name = "2# 电梯"; place = "b2/u1"; class = "lift"; plugin = "source"; },
""".replace("{", "{{").replace("}", "}}").replace("SOURCE", "{source}") + ",\n".join(
    f'  {{{{ id = "tank-{n}"; name = "{n} 号水箱"; place = "b2/pump-room"; class = "tank"; plugin = "source"; }}}}' for n in range(TANKS)) + "\n);\n"


@pytest.fixture
def desk(tmp_path):
    with Desk(tmp_path, CONFIGURATION) as site:
        site.say("motion-1", motion=True)
        for lift, floor in (("lift-1", 7), ("lift-2", 21)):
            site.say(lift, floor=floor, moving=False, door_open=False, occupied=False, direction="none")
        for n in range(TANKS):
            site.say(f"tank-{n}", level=50)
        site.estate.ctl("residents", "add", "r-12", "place=b1/u1/101", "categories=独居;高龄")
        yield site


def acts(desk):
    return {
        "press": lambda: desk.say("sos-1", pressed=True),
        "up": lambda: desk.say("lift-1", floor=12, moving=True, direction="up"),
        "high": lambda: [desk.say(f"tank-{n}", level=95) for n in range(TANKS)] and None,
        "test": lambda: desk.estate.ctl("test", "tank-1", "--for", "1h", "--reason", "每月测试") and None,
        "stop": desk.estate.stop,
        "start": lambda: Fed.start(desk),
        "log out": lambda: desk.estate.ctl("users", "sessions", "--end", "desk") and None,
    }


def test_who_is_told_next_is_said_to_who_may_know_his_name(desk):
    desk.say("sos-1", pressed=True)

    def next_of(user):
        jar = desk.directory / user
        url = f"http://127.0.0.1:{desk.gate.port}/v1"
        login = json.dumps({"user": user, "password": PASSWORD})
        for words in (["-c", jar, "-d", login, "-H", "Content-Type: application/json", f"{url}/login"], ["-b", jar, f"{url}/alarms"]):
            done = subprocess.run(["curl", "-s", *words], capture_output=True, text=True, check=True, timeout=60)
        return next(a for a in json.loads(done.stdout) if a["alarm"] == "sos/sos-1")["next"]

    # No page is open, so nobody can be told: the desk is tried again within the minute.
    known, hidden = next_of("desk"), next_of("viewer")
    assert known["duties"] == ["desk"] and known["who"] == [{"contact": "desk", "name": "值班室", "thing": False}], known
    assert hidden["duties"] == ["desk"] and "who" not in hidden, hidden
    desk.estate.ctl("ack", "sos/sos-1")
    waits = next_of("desk")
    assert waits["by"] == "arrival" and waits["duties"] == ["supervisor"] and waits["who"][0]["name"] == "项目主管"
    desk.estate.ctl("arrive", "sos/sos-1")
    assert next_of("desk") is None


def test_the_wall_is_read_from_afar_never_sleeps_and_says_when_it_is_out_of_date(desk):
    desk.tell("wall", acts(desk))


def test_what_is_heard_what_comes_next_and_what_is_found(desk):
    desk.tell("now", acts(desk))
    comments = [r for r in desk.estate.json("audit", "show") if "换班交接" in json.dumps(r, ensure_ascii=False)]
    assert comments, "why it was muted is in the audit"
