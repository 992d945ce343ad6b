"""Visits: due, done, listed, summed up; how fast people answered; and what of residents leaves the estate."""

import json
import os
import re
import sqlite3
import stat
import subprocess
import time

import jsonschema
import pytest

from estate import PREFIX, until
from hands import Fed
from puppet import Uplink
from wallclock import WallClock

SCHEMAS = PREFIX / "share/estated/schema"

CONF = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }}, {{ id = "b2"; name = "2栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }},
           {{ id = "cloud"; program = "{cloud}"; }},
           {{ id = "care"; program = "{care}"; options: {{ names = true; few = 3; }}; }} );
contacts: ( {{ id = "grid-3"; name = "grid worker 3"; duties = ( "grid" ); cards = ( "C3" ); }} );
devices: ( {{ id = "m-101"; place = "b1/u1/101"; room = "living"; plugin = "src"; address = "1"; class = "motion"; }},
           {{ id = "d-101"; place = "b1/u1/101"; room = "entrance"; entrance = true; plugin = "src"; address = "2"; class = "door"; }},
           {{ id = "sos-101"; place = "b1/u1/101"; room = "bedroom"; plugin = "src"; address = "3"; class = "sos"; }},
           {{ id = "smoke-101"; place = "b1/u1/101"; room = "kitchen"; plugin = "src"; address = "5"; class = "smoke"; }},
           {{ id = "smoke-102"; place = "b1/u1/102"; room = "kitchen"; plugin = "src"; address = "6"; class = "smoke"; }},
           {{ id = "sos-hall"; place = "b2/hall"; plugin = "src"; address = "4"; class = "sos"; }} );
'''
PSEUDONYM = re.compile(r"^[rhd]-[0-9a-f]{20}$")


class Site(Fed):
    def __init__(self, directory):
        self.cloud, self.care = Uplink(), Uplink()
        super().__init__(directory, CONF, {"cloud": self.cloud, "care": self.care})

    def start(self):
        super().start()
        self.cloud.life()
        self.care.life()
        self.all_up()
        return self

    def resident(self, id="r-12", place="b1/u1/101", categories="独居"):
        self.estate.ctl("residents", "add", id, "name=住户十二", f"place={place}", f"categories={categories}", "consent=2026-01-31")

    def due(self, place="b1/u1/101"):
        return next((r for r in self.estate.json("visits", "due") if r["place"] == place), None)

    def audit(self, kind):
        return self.estate.json("audit", "show", "--kind", kind)


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path) as s:
        yield s


def test_a_visit_is_due_by_category_and_done_by_whoever_was_there(site):
    assert site.estate.json("visits", "due") == []
    site.resident()
    assert site.due()["every_days"] == 7 and site.due()["last"] is None
    site.estate.ctl("visits", "done", "b1/u1/101", "--by", "grid worker 3", "--note", "all well", "--at", "3d")
    last = until(lambda: site.due()["last"], "care knows")
    site.estate.ctl("visits", "done", "b1/u1/101", "--by", "grid worker 4", "--phone")
    assert site.due()["last"] == last, "a call is no visit"
    rows = site.estate.json("visits", "list")
    assert [(r["kind"], r["worker"], r["note"]) for r in rows] == [("phone", "grid worker 4", None), ("visit", "grid worker 3", "all well")]
    assert site.audit("visit")[0]["what"] == "b1/u1/101"
    site.again()
    assert site.due()["last"][:19] == last[:19], "beyond a kill"
    assert len(site.estate.json("visits", "list")) == 2


def test_figures_are_of_each_worker_in_each_building(site):
    for place, more in (("b1/u1/101", ()), ("b1/u1/101", ()), ("b1/u1/102", ("--phone",)), ("b2/u1/101", ())):
        site.estate.ctl("visits", "done", place, "--by", "grid worker 3", *more)
    rows = [{k: r[k] for k in ("worker", "place", "visits", "calls", "homes")} for r in site.estate.json("visits", "figures")]
    assert rows == [{"worker": "grid worker 3", "place": "b1", "visits": 2, "calls": 1, "homes": 2},
                    {"worker": "grid worker 3", "place": "b2", "visits": 1, "calls": 0, "homes": 1}]
    assert site.estate.json("visits", "figures", "--month", "2020-01") == []


@pytest.mark.parametrize("arguments, said", [(("visits", "done", "b9/u1/101"), "no such building"),
                                             (("visits", "done", "b1/u1/101", "--at", "2020-01-01"), "of the last year"),
                                             (("visits", "figures", "--month", "2026-13"), "expected one as 2026-11"),
                                             (("response", "--month", "2999-01"), "has not begun yet")])
def test_what_cannot_be_is_refused_with_what_was_expected(site, arguments, said):
    done = site.estate.run_ctl(*arguments)
    assert done.returncode == 1 and said in done.stderr, done.stderr


def test_a_staff_card_at_the_dwellings_own_door_is_a_visit(site):
    site.resident()
    site.say("d-101", card="C3")
    row = until(lambda: site.estate.json("visits", "list"), "it is recorded")[0]
    assert (row["kind"], row["worker"], row["place"]) == ("card", "grid worker 3", "b1/u1/101")
    assert site.due()["last"]
    site.say("d-101", card="nobody's")
    assert len(site.estate.json("visits", "list")) == 1


def test_response_is_of_what_people_did(site):
    site.resident()
    for device in ("sos-101", "sos-hall"):
        site.say(device, pressed=True)
        site.estate.ctl("ack", f"sos/{device}")
        site.estate.ctl("arrive", f"sos/{device}")
    site.estate.ctl("close", "sos/sos-101", "--outcome", "real")
    rows = {r["place"]: r for r in site.estate.json("response")}
    assert set(rows) == {"", "b1", "b2"}
    assert rows[""]["alarms"] == 2 and rows[""]["arrived"]["in_time"] == 2 and rows[""]["arrived"]["late"] == 0
    assert rows["b1"]["closed"]["count"] == 1 and rows["b1"]["outcomes"]["real"] == 1 and rows["b1"]["homes"] == 1
    assert rows["b2"]["closed"]["count"] == 0 and rows["b2"]["closed"]["median"] is None
    assert "b1" in site.estate.ctl("response")


# ---- what leaves ----

def secrets(message, *words):
    text = re.sub("[rhd]-[0-9a-f]{20}|[0-9a-f]{64}", "", json.dumps(message, ensure_ascii=False))
    return [w for w in words if w in text]


def test_names_leave_only_while_it_is_urgent_and_only_to_who_may_have_them(site):
    site.resident()
    site.say("sos-101", pressed=True)
    site.estate.ctl("ack", "sos/sos-101")
    site.estate.ctl("close", "sos/sos-101", "--outcome", "real")
    for uplink in (site.cloud, site.care):
        uplink.wait(lambda u: len(u.alarms()) == 3)
    for m in site.cloud.alarms():
        assert not secrets(m, "住户十二", "101", "u1", "r-12", "bedroom"), m
        assert m["place"] == "b1" and m["reason"] is None and m["residents"][0]["categories"] == ["lives_alone"]
        assert re.search(r":(00|15|30|45):00\.000", m["time"]) and re.search(r":(00|15|30|45):00\.000", m["since"])
    first, second, over = site.care.alarms()
    assert first["place"] == "b1/u1/101" and first["residents"][0]["name"] == "住户十二"
    assert second["residents"][0]["name"] == "住户十二"
    assert over["state"] == "normal" and not secrets(over, "住户十二", "101", "u1"), "it is over: nobody needs a name any more"
    assert len({m["alarm"] for m in site.care.alarms()}) == 1, "a receiver knows which one it was"
    pseudonyms = {m["residents"][0]["id"] for m in site.care.alarms() + site.cloud.alarms()}
    assert len(pseudonyms) == 2 and all(PSEUDONYM.match(p) for p in pseudonyms), "each receiver knows him by another one"
    released = site.audit("release")
    assert [r["what"] for r in released] == ["care", "care"] and released[0]["detail"]["residents"] == ["r-12"]


def test_pseudonyms_stay_and_are_of_a_key_that_only_the_box_has(site):
    site.resident()
    site.say("sos-101", pressed=True)
    site.cloud.wait(lambda u: u.alarms())
    before = site.cloud.alarms()[0]["residents"][0]["id"]
    site.estate.ctl("ack", "sos/sos-101")
    site.estate.ctl("close", "sos/sos-101", "--outcome", "test")
    site.again()
    site.say("sos-101", pressed=True)
    site.cloud.wait(lambda u: len(u.alarms()) >= 4)
    assert {m["residents"][0]["id"] for m in site.cloud.alarms()} == {before}
    key = site.estate.state / "keys/pseudonyms"
    assert stat.S_IMODE(os.stat(key).st_mode) == 0o600 and len(key.read_bytes()) == 32
    assert stat.S_IMODE(os.stat(key.parent).st_mode) == 0o700


def test_where_nobody_is_registered_an_alarm_leaves_as_it_is(site):
    site.say("sos-hall", pressed=True)
    site.cloud.wait(lambda u: u.alarms("sos/sos-hall"))
    assert site.cloud.alarms()[0]["place"] == "b2/hall" and "residents" not in site.cloud.alarms()[0]


def test_a_fire_in_two_homes_tells_of_neither_to_who_may_not_have_names(site):
    site.resident()
    site.resident("r-13", "b1/u1/102")
    for device in ("smoke-101", "smoke-102"):
        site.say(device, smoke=True)
    for uplink in (site.cloud, site.care):
        uplink.wait(lambda u: u.alarms("building-fire/b1"))
    told = site.cloud.alarms("building-fire/b1")[0]
    assert not secrets(told, "101", "102", "u1") and told["text"]["en"].count(" d-") == 2, told
    assert "b1/u1/101 smoke-101" in site.care.alarms("building-fire/b1")[0]["text"]["en"]


def test_nothing_of_who_it_was_waits_in_the_outbox_of_who_may_not_have_it(site):
    site.cloud.accept = lambda lane, messages: False
    site.resident()
    site.say("sos-101", pressed=True)
    site.care.wait(lambda u: u.alarms())
    with sqlite3.connect(f"file:{site.estate.state}/state.db?mode=ro", uri=True) as db:
        rows = db.execute("SELECT payload FROM outbox WHERE kind = 'alarm'").fetchall()
    assert rows and not any(re.search("住户十二|u1/101|sos-101", payload) for payload, in rows if '"name"' not in payload)


def test_of_who_is_erased_nothing_is_left_where_messages_and_versions_were(site):
    site.resident()
    for i in range(8):
        site.estate.ctl("residents", "set", "r-12", f"note={i}" + "住户十二" * 60, "illness=" + "住户十二" * 30 + f"{i}")
    site.care.accept = lambda lane, messages: lane != "alarm"
    for _ in range(6):
        site.say("sos-101", pressed=True)
        site.estate.ctl("ack", "sos/sos-101")
        site.estate.ctl("close", "sos/sos-101", "--outcome", "real")
    site.care.accept = lambda lane, messages: True
    site.care.lives[-1].kill()
    site.care.wait(lambda u: len(u.alarms()) >= 18)
    until(lambda: all(r["pending"] == 0 for r in site.estate.json("outbox")), "all of it has left")
    site.estate.ctl("residents", "erase", "r-12", "--reason", "moved away")
    site.estate.stop()
    for path in site.estate.state.rglob("*"):
        assert not path.is_file() or "住户十二".encode() not in path.read_bytes(), path


def test_a_day_of_each_resident_leaves_by_pseudonym_and_counts_of_few_do_not(tmp_path):
    midnight = int(time.time()) // 86400 * 86400 + 16 * 3600  # there
    now = midnight - 20 * 60
    site = Site(tmp_path)
    clock = WallClock(tmp_path, now - int(time.time()))
    site.estate.environment.update(clock.environment)
    with site:
        for i, place in enumerate(("b1/u1/101", "b1/u1/101", "b1/u1/102", "b2/u1/101")):
            site.resident(f"r-{i}", place, "独居;高龄" if i < 1 else "独居")
        site.say("sos-101", pressed=True)
        site.estate.ctl("ack", "sos/sos-101")

        def people(uplink):
            return [m for m in uplink.messages if m["kind"] == "summary" and m["scope"] in ("resident", "care")]
        clock.move(midnight - 5 - int(time.time()))
        for uplink in (site.cloud, site.care):
            uplink.wait(lambda u: len(people(u)) >= 6, 60)
        assert not any(r["scope"] in ("resident", "care") for r in site.estate.json("summary", "--day", "yesterday"))
    for m in people(site.cloud) + people(site.care):
        jsonschema.Draft202012Validator(json.loads((SCHEMAS / "summary.schema.json").read_text())).validate(m)
        assert not secrets(m, "101", "102", "u1", '"r-0"', "住户"), m
    residents = [m for m in people(site.cloud) if m["scope"] == "resident"]
    assert len({m["of"] for m in residents}) == 4 and sorted(m["figures"]["raised"] for m in residents) == [0, 0, 1, 1]
    counts = {(u, m["of"]): m["figures"] for u, up in (("cloud", site.cloud), ("care", site.care)) for m in people(up) if m["scope"] == "care"}
    assert counts["cloud", "b1"]["residents"] is None, "three are less than five"
    assert counts["care", "b1"]["residents"] == 3 and counts["care", "b2"]["residents"] is None, "that one may have counts of three"
    assert counts["care", "b1"]["categories"]["lives_alone"] == 3 and counts["care", "b1"]["categories"]["aged"] is None


def test_what_leaves_of_a_home_is_as_the_schema_says(site):
    site.resident()
    site.say("sos-101", pressed=True)
    site.estate.ctl("ack", "sos/sos-101")
    for uplink in (site.cloud, site.care):
        uplink.wait(lambda u: len(u.alarms()) == 2)
    for m in site.cloud.alarms() + site.care.alarms():
        jsonschema.Draft202012Validator(json.loads((SCHEMAS / "envelope.schema.json").read_text())).validate(m)


def test_who_was_not_seen_for_a_week_is_told_in_the_morning_and_more_urgently_after_three_days(tmp_path):
    """In a replay: somebody lives there, and nobody comes."""
    (tmp_path / "conf").write_text('estate: { id = "t"; timezone = "Asia/Shanghai"; }; places: ( { id = "b1"; } );'
                                   'devices: ( { id = "m"; place = "b1/u1/101"; room = "living"; class = "motion"; } );')
    (tmp_path / "residents").write_text("id,place,categories\nr-12,b1/u1/101,独居\n")
    with open(tmp_path / "in", "w") as lines:
        for hour in range(14 * 24):
            for minute, motion in ((0, True), (1, False)):
                day, of_day = divmod(hour, 24)
                lines.write(json.dumps({"t": f"2026-03-{day + 1:02}T{of_day:02}:{minute:02}:00", "device": "m", "fields": {"motion": motion}}) + "\n")
    done = subprocess.run([PREFIX / "sbin/estated", "--replay", tmp_path / "in", "-c", tmp_path / "conf", "--residents", tmp_path / "residents",
                           "--operator", "none"], capture_output=True, text=True, check=True, timeout=60)
    told = [r for r in map(json.loads, done.stdout.splitlines()) if r.get("alarm") == "visit-overdue/b1/u1/101"]
    assert [(r["t"][:16], r["priority"], r["state"]) for r in told] == [("2026-03-09T09:00", 4, "unacked"), ("2026-03-11T09:00", 3, "unacked")]
    assert "8 days" in told[0]["text"]["en"] and "约定每7天一次" in told[0]["text"]["zh"]
