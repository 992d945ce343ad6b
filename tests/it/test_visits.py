"""Visits: due, done, listed, summed up; how fast people answered; and what of residents leaves the estate."""

import calendar
import json
import os
import random
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
from test_reload import request
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
    CONF = CONF

    def __init__(self, directory):
        self.cloud, self.care = Uplink(), Uplink()
        super().__init__(directory, self.CONF, {"cloud": self.cloud, "care": self.care})

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


def test_a_visit_to_somebody_nobody_knows_is_refused_by_name(site):
    site.resident()
    status, answer = request(site.estate, "POST", "/v1/visits", {"place": "b1/u1/101", "resident": "r-21"})
    assert status == 404 and answer["error"]["field"] == "resident" and "r-21" in answer["error"]["text"], answer
    assert request(site.estate, "POST", "/v1/visits", {"place": "b1/u1/101", "resident": "r-12"})[0] == 200
    assert [r["resident"] for r in site.estate.json("visits", "list")] == ["r-12"]


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


def test_an_uplink_that_is_to_know_no_home_is_told_of_none(tmp_path):
    class Strict(Site):
        CONF = CONF.replace('program = "{cloud}"; }}', 'program = "{cloud}"; options: {{ all_homes = true; }}; }}')
    with Strict(tmp_path) as site:
        for device in ("sos-101", "sos-hall"):
            site.say(device, pressed=True)
        for uplink in (site.cloud, site.care):
            uplink.wait(lambda u: len(u.alarms()) == 2)
        home = next(m for m in site.cloud.alarms() if m["alarm"] != "sos/sos-hall")
        assert home["place"] == "b1" and home["residents"] == [] and not secrets(home, "101", "u1", "bedroom"), home
        assert {m["place"] for m in site.care.alarms()} == {"b1/u1/101", "b2/hall"}, "the other one is told as before"


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


def test_a_name_that_waits_in_the_outbox_does_not_outlive_the_one_it_is_of(site):
    site.resident()
    site.resident("r-13", "b1/u1/102")
    site.estate.ctl("residents", "set", "r-13", "name=住户十三")
    site.estate.ctl("residents", "add", "r-14", "name=住户十四", "place=b1/u1/102", "categories=独居")
    site.care.accept = lambda lane, messages: lane != "alarm"
    site.say("sos-101", pressed=True)
    site.say("smoke-102", smoke=True)
    until(lambda: any(r["uplink"] == "care" and r["pending"] >= 2 for r in site.estate.json("outbox")), "they wait")
    site.estate.ctl("residents", "set", "r-12", "name=住户又名")
    for id in ("r-12", "r-13"):
        site.estate.ctl("residents", "erase", id, "--reason", "moved away")
    with sqlite3.connect(f"file:{site.estate.state}/state.db?mode=ro", uri=True) as db:
        rows = [payload for payload, in db.execute("SELECT payload FROM outbox WHERE kind = 'alarm'")]
    assert rows and not any(re.search("住户十二|住户又名|住户十三|u1/101|sos-101", r) for r in rows), rows
    before = len(site.care.alarms())
    site.care.accept = lambda lane, messages: True
    site.care.lives[-1].kill()
    site.care.wait(lambda u: len(u.alarms()) > before)
    until(lambda: all(r["pending"] == 0 for r in site.estate.json("outbox")), "all of it has left")
    left = [m for m in site.care.alarms()[before:] if m["state"] == "unacked"]
    sos, smoke = (next(m for m in left if m["rule"] == rule) for rule in ("sos", "smoke"))
    assert sos["place"] == "b1" and "name" not in sos["residents"][0]
    assert smoke["place"] == "b1/u1/102" and [p.get("name") for p in smoke["residents"]] == [None, "住户十四"]
    assert [m["seq"] for m in site.care.alarms()[before:]] == sorted(m["seq"] for m in site.care.alarms()[before:])


def test_a_day_of_each_resident_leaves_by_pseudonym_and_counts_of_few_do_not(tmp_path):
    midnight = int(time.time()) // 86400 * 86400 + 16 * 3600  # there
    now = midnight - 20 * 60
    site = Site(tmp_path)
    clock = WallClock(tmp_path, now - int(time.time()))
    site.estate.environment.update(clock.environment)
    with site:
        for i, place in enumerate(("b1/u1/101", "b1/u1/101", "b1/u1/102", "b2/u1/101")):
            site.resident(f"r-{i}", place, "独居;高龄" if i < 1 else "独居")
        site.say("m-101", motion=True)
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
        jsonschema.Draft202012Validator(json.loads((SCHEMAS / "envelope.schema.json").read_text())).validate(m)
    residents = [m for m in people(site.cloud) if m["scope"] == "resident"]
    moved = [m["state"] for m in residents if m["state"]["last_sign"]]
    assert len(moved) == 2 and {s["presence"] for s in moved} == {"home"}, "two live where something moved"
    assert all(s["last_sign"].endswith("T23:45:00.000+08:00") and s["quiet_min"] == 15 for s in moved), moved
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


def replay_hourly(directory, residents, more=()):
    """Two weeks in a flat where something moves every hour, but for nobody's door."""
    (directory / "conf").write_text('estate: { id = "t"; timezone = "Asia/Shanghai"; }; places: ( { id = "b1"; } );'
                                    'devices: ( { id = "m"; place = "b1/u1/101"; room = "living"; class = "motion"; },'
                                    '           { id = "sos"; place = "b1/u1/101"; room = "bedroom"; class = "sos"; } );')
    (directory / "residents").write_text(residents)
    with open(directory / "in", "w") as lines:
        for hour in range(14 * 24):
            for minute, motion in ((0, True), (1, False)):
                day, of_day = divmod(hour, 24)
                lines.write(json.dumps({"t": f"2026-03-{day + 1:02}T{of_day:02}:{minute:02}:00", "device": "m", "fields": {"motion": motion}}) + "\n")
        for line in more:
            lines.write(json.dumps(line) + "\n")
    done = subprocess.run([PREFIX / "sbin/estated", "--replay", directory / "in", "-c", directory / "conf", "--residents", directory / "residents",
                           "--operator", "none", "--until", "2026-03-17T00:00"], capture_output=True, text=True, check=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_who_was_not_seen_for_a_week_is_told_in_the_morning_and_more_urgently_after_three_days(tmp_path):
    """In a replay: somebody lives there, and nobody comes."""
    told = [r for r in replay_hourly(tmp_path, "id,place,categories\nr-12,b1/u1/101,独居\n") if r.get("alarm") == "visit-overdue/b1/u1/101"]
    assert [(r["t"][:16], r["priority"], r["state"]) for r in told] == [("2026-03-09T09:00", 4, "unacked"), ("2026-03-11T09:00", 3, "unacked")]
    assert "8 days" in told[0]["text"]["en"] and "约定每7天一次" in told[0]["text"]["zh"]


def test_the_visit_that_a_plan_kept_back_is_told_of_in_the_morning_after_it(tmp_path):
    residents = "id,place,categories,absences\nr-12,b1/u1/101,独居,2026-03-05/2026-03-12\n"
    told = [r for r in replay_hourly(tmp_path, residents) if r.get("alarm") == "visit-overdue/b1/u1/101"]
    assert [(r["t"][:16], r["priority"]) for r in told] == [("2026-03-13T09:00", 3)]


@pytest.mark.parametrize("consent, watched", [("2026-01-31", True), ("", True), ("signed in the folder", True), ("refused", False), ("拒绝", False)])
def test_who_refused_is_watched_by_nobody_and_can_still_call(tmp_path, consent, watched):
    """Two days without a sign at the end; what an office keeps in that column else says nothing."""
    pressed = {"t": "2026-03-16T12:00:00", "device": "sos", "fields": {"pressed": True}}
    rows = replay_hourly(tmp_path, f"id,place,categories,consent\nr-12,b1/u1/101,独居,{consent}\n", [pressed])
    about = {r["alarm"].split("/")[0] for r in rows if "alarm" in r and "notify" not in r}
    assert "sos" in about and ("welfare" in about) == watched, about
    assert any("presence" in r for r in rows) == watched


def test_why_a_rule_about_people_is_active_says_what_is_known_of_them(site):
    site.resident()
    site.estate.ctl("residents", "set", "r-12", "limits=welfare.buffer=3h")
    site.say("m-101", motion=True)
    said = site.estate.ctl("rules", "--explain", "welfare", "b1/u1/101")
    assert "days are known" in said and "buffer = 3h" in said, said
    row = site.estate.json("rules", "--explain", "visit-overdue")[0]
    assert row["asset"] == "b1/u1/101" and row["active"] is False and "每7天巡访一次" in row["learned"]["zh"], row
    refused = site.estate.run_ctl("rules", "--explain", "night-exit", "b1/u1/101")
    assert refused.returncode == 1 and "does not watch that" in refused.stderr


# ---- figures against another reckoning ----

class Incidents:
    """Alarms of a month as people lived through them, written down as transitions; and what they come to, reckoned from the former."""

    def __init__(self, seed, begins, ends):
        self.random, self.begins, self.ends = random.Random(seed), begins, ends
        self.rows, self.truth = [], {}

    def row(self, at, alarm, before, after, word, priority, test, outcome=None):
        self.rows.append((alarm, before, after, word, "b" * 32, int((at - self.begins) * 1e6) + 10**13, int(at * 1e6), priority, int(test), outcome))

    def note(self, building, what, at, value=1):
        if self.begins <= at < self.ends:
            for place in ("", building):
                self.truth.setdefault(place, {}).setdefault(what, []).append(value)

    def live_through(self, number):
        pick, building = self.random, f"b{self.random.randint(1, 2)}"
        alarm = f"{pick.choice(('welfare', 'smoke'))}/{building}/u1/{number}"
        told = pick.uniform(self.begins, self.ends - 5 * 3600) // 0.001 / 1000
        if number % 20 == 0:
            told = self.begins - pick.randint(3600, 2 * 86400)
        urgent, test = pick.random() < 0.9, pick.random() < 0.1
        priority = pick.choice((1, 2)) if urgent else 3
        counts = urgent and not test
        if counts and pick.random() < 0.3 and told > self.begins:  # asked about in the home first
            self.row(told - 900, alarm, "normal", "unacked", "raised", 4, test)
            self.row(told, alarm, "unacked", "unacked", "rise", priority, test)
        else:
            self.row(told, alarm, "normal", "unacked", "raised", priority, test)
        ack, arrive, close = told + pick.randint(1, 900), None, None
        self.row(ack, alarm, "unacked", "latched", "ack", priority, test)
        if pick.random() < 0.8:
            arrive = ack + pick.randint(1, 900)
            self.row(arrive, alarm, "latched", "latched", "arrive", priority, test)
            self.row(arrive + 5, alarm, "latched", "latched", "arrive", priority, test)  # the second one there
        outcome = pick.choice(("real", "false", "test", "duplicate"))
        if pick.random() < 0.8:
            close = (arrive or ack) + pick.randint(10, 3600)
            self.row(close, alarm, "latched", "normal", "reset", priority, test, outcome)
        if counts:
            self.note(building, "alarms", told)
            self.note(building, "acknowledged", ack, ack - told)
            if arrive:
                self.note(building, "arrived", arrive, arrive - told)
            if close:
                self.note(building, "closed", close, close - told)
                self.note(building, outcome, close)
                if outcome == "false" and alarm.startswith("welfare"):
                    self.note(building, "false_alarms", close)

    def figures(self, place):
        of = self.truth.get(place, {})

        def times(what):
            some = sorted(of.get(what, []))
            rank = {p: int(some[-(-len(some) * p // 100) - 1] + 1e-6) if some else None for p in (50, 90)}
            return {"count": len(some), "median": rank[50], "p90": rank[90]}
        arrived = {**times("arrived"), "in_time": sum(t <= 300 for t in of.get("arrived", [])), "late": sum(t > 600 for t in of.get("arrived", []))}
        return {"alarms": len(of.get("alarms", [])), "acknowledged": times("acknowledged"), "arrived": arrived, "closed": times("closed"),
                "outcomes": {o: len(of.get(o, [])) for o in ("real", "false", "test", "duplicate")}, "false_alarms": len(of.get("false_alarms", []))}


def test_response_figures_are_those_of_another_reckoning(site):
    now = time.gmtime(time.time() + 8 * 3600)
    year, month = (now.tm_year, now.tm_mon - 1) if now.tm_mon > 1 else (now.tm_year - 1, 12)
    begins = calendar.timegm((year, month, 1, 0, 0, 0)) - 8 * 3600
    ends = calendar.timegm((year + month // 12, month % 12 + 1, 1, 0, 0, 0)) - 8 * 3600
    site.estate.stop()
    month_of = Incidents(20261123, begins, ends)
    for number in range(101, 401):
        month_of.live_through(number)
    with sqlite3.connect(site.estate.state / "state.db") as db:
        db.executemany("INSERT INTO transition (alarm, from_state, state, input, boot, mono, wall, priority, test, outcome, stage, count, since, reason,"
                       " clock) VALUES (?,?,?,?,?,?,?,?,?,?,0,1,0,'{}','synchronised')", sorted(month_of.rows, key=lambda r: r[6]))
    site.start()
    rows = {r["place"]: r for r in site.estate.json("response", "--month", f"{year}-{month:02}")}
    assert set(rows) == {"", "b1", "b2"} and month_of.figures("")["alarms"] > 150
    for place, row in rows.items():
        expected = month_of.figures(place)
        said = {key: {k: row[key][k] for k in value} if isinstance(value, dict) else row[key] for key, value in expected.items()}
        assert said == expected, place
