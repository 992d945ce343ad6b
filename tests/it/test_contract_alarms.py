"""Alarms from the reading to what leaves: readings come from a plugin that the test speaks for, transitions leave by another."""

import time

import pytest

from estate import Estate, until
from hands import Hands
from puppet import Puppet

HEAD = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "up"; program = "{uplink}"; }} );
classes: ( {{ id = "probe"; points: ( {{ name = "x"; type = "number"; unit = "kPa"; }}, {{ name = "y"; type = "number"; }},
    {{ name = "on"; type = "bool"; }}, {{ name = "hit"; type = "event"; }}, {{ name = "word"; type = "text"; }} ); }} );
devices: ( {{ id = "p1"; name = "探头"; place = "b1/u1/101"; plugin = "src"; address = "1"; class = "probe"; }},
           {{ id = "p-2"; place = "b1/cellar"; plugin = "src"; address = "2"; class = "probe"; }},
           {{ id = "sos-1"; place = "b1/u1/101"; room = "bedroom"; plugin = "src"; address = "3"; class = "sos"; }},
           {{ id = "tank-1"; place = "b1/roof"; plugin = "src"; address = "4"; class = "tank"; }} );
'''


class Site(Hands):
    def __init__(self, directory, rules, more=""):
        super().__init__(directory, HEAD, rules + more)

    def alarm(self, name):
        return self.estate.alarm(name)

    def state(self, name):
        a = self.alarm(name)
        return a["state"] if a else "normal"


def rules(*rows):
    return "rules: ( " + ", ".join(rows) + " );\n"


HIGH = '{ id = "high"; class = "probe"; when = "x > 90"; hysteresis = 2; priority = 2; }'


# for, off_for, hysteresis, times

def test_for_must_hold_the_whole_time(tmp_path):
    with Site(tmp_path, rules('{ id = "r"; class = "probe"; when = "x > 10"; for = "2s"; }',
                              '{ id = "now"; class = "probe"; when = "x > 10"; }')) as site:
        began = time.monotonic()
        site.say("p1", x=11)
        site.say("p1", x=5)
        site.estate.wait_alarm("now/p1", "rtn_unacked")
        began = time.monotonic()
        site.say("p1", x=11)
        site.estate.wait_alarm("now/p1", "unacked")
        assert site.state("r/p1") == "normal"
        site.estate.wait_alarm("r/p1", "unacked")
        assert 1.9 < time.monotonic() - began < 3.5
        assert site.alarm("r/p1")["count"] == 1, "the interrupted first time must not count"
        site.uplink.wait(lambda u: len(u.states("r/p1")) == 1)


def test_off_for_must_be_over_the_whole_time(tmp_path):
    with Site(tmp_path, rules('{ id = "r"; class = "probe"; when = "x > 10"; off_for = "1500ms"; }')) as site:
        site.say("p1", x=11)
        site.estate.wait_alarm("r/p1", "unacked")
        site.say("p1", x=5)
        site.say("p1", x=11)
        began = time.monotonic()
        site.say("p1", x=5)
        assert site.state("r/p1") == "unacked"
        site.estate.wait_alarm("r/p1", "rtn_unacked")
        assert 1.4 < time.monotonic() - began < 3.0
        assert site.alarm("r/p1")["count"] == 1
        site.uplink.wait(lambda u: u.states("r/p1") == ["unacked", "rtn_unacked"])


@pytest.mark.parametrize("when,steps", [
    ("x > 90", [(90, 0), (90.1, 1), (89, 1), (88.5, 1), (87.9, 0), (89, 0), (90, 0), (91, 1)]),
    ("x >= 90", [(89.9, 0), (90, 1), (88.1, 1), (87.9, 0)]),
    ("x < 10", [(10, 0), (9.9, 1), (11, 1), (11.9, 1), (12.1, 0), (11, 0), (9, 1)]),
    ("x <= 10", [(10.1, 0), (10, 1), (11.9, 1), (12.1, 0)]),
    ("90 < x", [(90, 0), (91, 1), (88.5, 1), (87.9, 0)]),
    ("x > 90 || x < 10", [(50, 0), (91, 1), (89, 1), (87, 0), (9, 1), (11, 1), (13, 0)]),
    ("!(x <= 90)", [(90, 0), (91, 1), (89, 1), (87.5, 0)]),
])
def test_hysteresis(tmp_path, when, steps):
    with Site(tmp_path, rules(f'{{ id = "r"; class = "probe"; when = "{when}"; hysteresis = 2; }}')) as site:
        for x, active in steps:
            site.say("p1", x=x)
            assert site.state("r/p1") in (("unacked",) if active else ("normal", "rtn_unacked")), f"x = {x}"


def test_times_within(tmp_path):
    with Site(tmp_path, rules('{ id = "r"; class = "probe"; when = "on"; times = 3; within = "30s"; }')) as site:
        for n in range(1, 4):
            site.say("p1", on=True)
            assert site.state("r/p1") == ("unacked" if n == 3 else "normal"), f"at time {n}"
            if n < 3:
                site.say("p1", on=True)  # no edge: not another time
                site.say("p1", on=False)


def test_times_outside_of_within_do_not_count(tmp_path):
    with Site(tmp_path, rules('{ id = "r"; class = "probe"; when = "on"; times = 2; within = "1s"; }')) as site:
        site.say("p1", on=True)
        site.say("p1", on=False)
        time.sleep(1.5)  # the window itself is what is tested
        site.say("p1", on=True)
        assert site.state("r/p1") == "normal"
        site.say("p1", on=False)
        site.say("p1", on=True)
        assert site.state("r/p1") == "unacked"


# the state machine

def test_unacked_returned_acked(tmp_path):
    with Site(tmp_path, rules(HIGH)) as site:
        site.say("p1", x=95)
        site.estate.wait_alarm("high/p1", "unacked")
        site.say("p1", x=50)
        site.estate.wait_alarm("high/p1", "rtn_unacked")
        assert [a["alarm"] for a in site.estate.json("alarms")] == ["high/p1"], "nobody has looked yet"
        site.estate.ctl("ack", "high/p1")
        assert site.state("high/p1") == "normal" and site.estate.json("alarms") == []
        site.uplink.wait(lambda u: u.states() == ["unacked", "rtn_unacked", "normal"])


def test_a_repeat_counts_up_and_does_not_make_a_second_alarm(tmp_path):
    with Site(tmp_path, rules(HIGH)) as site:
        for n in range(1, 4):
            site.say("p1", x=95)
            a = site.estate.wait_alarm("high/p1", "unacked")
            assert a["count"] == n
            site.say("p1", x=50)
            site.estate.wait_alarm("high/p1", "rtn_unacked")
        assert len(site.estate.json("alarms")) == 1
        site.uplink.wait(lambda u: u.states() == ["unacked", "rtn_unacked"] * 3)
        assert [a["count"] for a in site.uplink.alarms()] == [1, 1, 2, 2, 3, 3]


def test_a_latched_alarm_waits_for_a_person(tmp_path):
    with Site(tmp_path, rules('{ id = "r"; class = "probe"; when = "on"; latch = true; }')) as site:
        site.say("p1", on=True)
        assert site.estate.run_ctl("close", "r/p1", "--outcome", "real").returncode == 1, "not acknowledged yet"
        site.estate.ctl("ack", "r/p1")
        assert site.state("r/p1") == "acked"
        assert site.estate.run_ctl("close", "r/p1", "--outcome", "real").returncode == 1, "the condition still holds"
        assert site.state("r/p1") == "acked"
        site.say("p1", on=False)
        assert site.state("r/p1") == "latched"
        assert site.estate.run_ctl("close", "r/p1").returncode == 2, "an outcome is needed"
        assert site.estate.run_ctl("close", "r/p1", "--outcome", "perhaps").returncode in (1, 2)
        assert site.state("r/p1") == "latched"
        site.estate.ctl("close", "r/p1", "--outcome", "false")
        assert site.state("r/p1") == "normal"
        site.uplink.wait(lambda u: u.states() == ["unacked", "acked", "latched", "normal"])


def test_a_latched_alarm_that_returned_before_the_ack(tmp_path):
    with Site(tmp_path, rules('{ id = "r"; class = "probe"; when = "on"; latch = true; }')) as site:
        site.say("p1", on=True)
        site.say("p1", on=False)
        assert site.state("r/p1") == "rtn_unacked"
        site.estate.ctl("ack", "r/p1")
        assert site.state("r/p1") == "latched"
        site.say("p1", on=True)
        a = site.alarm("r/p1")
        assert (a["state"], a["count"]) == ("unacked", 2), "it came again"


def test_ack_twice_is_refused_and_is_no_transition(tmp_path):
    with Site(tmp_path, rules(HIGH)) as site:
        site.say("p1", x=95)
        site.estate.ctl("ack", "high/p1", "--note", "first")
        again = site.estate.run_ctl("ack", "high/p1")
        assert again.returncode == 1 and "high/p1" in again.stderr
        assert site.state("high/p1") == "acked"
        site.say("p1", x=50)
        site.uplink.wait(lambda u: u.states() == ["unacked", "acked", "normal"])
        assert site.estate.run_ctl("ack", "high/p1").returncode == 1, "nothing to acknowledge"


# events

def test_an_event_twice_is_one_alarm_with_a_count(tmp_path):
    with Site(tmp_path, rules('{ id = "r"; class = "probe"; when = "hit"; priority = 2; }')) as site:
        site.say("p1", hit=True)
        assert site.alarm("r/p1")["count"] == 1
        site.say("p1", hit=True)
        a = site.alarm("r/p1")
        assert a["count"] == 2 and a["state"] in ("unacked", "rtn_unacked")
        assert len(site.estate.json("alarms", "--all")) == 1


def test_a_pressed_button_is_life_safety_and_only_a_person_closes_it(tmp_path):
    with Site(tmp_path, "") as site:
        site.say("sos-1", pressed=True)
        a = site.alarm("sos/sos-1")
        assert a["priority"] == 1 and a["place"] == "b1/u1/101" and a["state"] in ("unacked", "rtn_unacked")
        assert "求助" in a["text"]["zh"] and a["text"]["en"]
        site.say("sos-1", pressed=True)
        assert site.alarm("sos/sos-1")["count"] == 2
        site.estate.ctl("ack", "sos/sos-1")
        assert site.state("sos/sos-1") in ("acked", "latched")
        site.estate.ctl("close", "sos/sos-1", "--outcome", "test")
        assert site.state("sos/sos-1") == "normal"
        site.say("sos-1", battery=50)  # no press in it
        assert site.state("sos/sos-1") == "normal"
        site.say("sos-1", pressed=True)
        assert site.state("sos/sos-1") in ("unacked", "rtn_unacked")


# quality

def lose(site):
    site.life.send(type="fault", text="the radio is gone")
    site.estate.wait_quality("p1.x", "lost")


def test_a_lost_reading_neither_clears_nor_raises_again(tmp_path):
    with Site(tmp_path, rules(HIGH)) as site:
        site.say("p1", x=95)
        site.estate.ctl("ack", "high/p1")
        lose(site)
        assert site.state("high/p1") == "acked"
        site.life.send(type="healthy")
        site.say("p1", x=96)
        assert (site.state("high/p1"), site.alarm("high/p1")["count"]) == ("acked", 1)
        lose(site)
        site.life.send(type="healthy")
        site.say("p1", x=10)
        assert site.state("high/p1") == "normal"
        site.uplink.wait(lambda u: u.states("high/p1") == ["unacked", "acked", "normal"])


def test_nothing_is_raised_from_readings_that_never_came(tmp_path):
    with Site(tmp_path, rules('{ id = "r1"; class = "probe"; when = "x < 10"; }', '{ id = "r2"; class = "probe"; when = "!on"; }',
                              '{ id = "r3"; class = "probe"; when = "x != 3"; }', '{ id = "r4"; class = "probe"; when = "x == 0"; }')) as site:
        p = site.estate.point("p1.x")
        assert p["quality"] == "lost" and p["value"] is None
        site.say("p1", y=1)  # the daemon has judged the rules by now
        assert [a["alarm"] for a in site.estate.json("alarms") if a["asset"] == "p1"] == []
        site.say("p1", x=5)
        assert {a["rule"] for a in site.estate.json("alarms") if a["asset"] == "p1"} == {"r1", "r3"}


def test_what_is_known_decides_where_it_can(tmp_path):
    with Site(tmp_path, rules('{ id = "or"; class = "probe"; when = "on || x > 10"; }', '{ id = "and"; class = "probe"; when = "on && x > 10"; }')) as site:
        site.say("p1", on=True)  # x has never been read
        assert site.state("or/p1") == "unacked", "one good reading is enough for an or"
        assert site.state("and/p1") == "normal"
        site.say("p1", x=11)
        assert site.state("and/p1") == "unacked"


def test_a_reading_of_another_kind_changes_nothing(tmp_path):
    with Site(tmp_path, rules(HIGH)) as site:
        site.say("p1", x=95)
        site.life.sample("p1", x="hot", on=17, word={"a": 1})
        site.say("p1", y=1)
        assert site.state("high/p1") == "unacked"
        p = site.estate.point("p1.x")
        assert p["value"] == 95 or p["value"] is None


# names, classes, texts

def test_points_of_other_devices(tmp_path):
    with Site(tmp_path, rules('{ id = "r"; class = "probe"; when = "on && p-2.x > 5"; }', '{ id = "d"; device = "p1"; when = "x - p-2.x >= 10"; }')) as site:
        site.say("p1", on=True, x=20)
        site.say("p-2", on=False, x=5)
        assert site.state("r/p1") == "normal" and site.state("d/p1") == "unacked"
        site.say("p-2", x=6)
        assert site.state("r/p1") == "unacked" and site.state("r/p-2") == "normal"
        site.say("p-2", x=11)
        assert site.state("d/p1") == "rtn_unacked" and site.alarm("d/p-2") is None


def test_one_rule_over_many_devices_and_every_transition_is_told(tmp_path):
    many = "devices: ( " + ", ".join(f'{{ id = "m{i}"; place = "b1/f{i}"; plugin = "src"; address = "m{i}"; class = "probe"; }}'
                                     for i in range(100)) + " );\n"
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "many.conf").write_text(many)
    with Site(tmp_path, rules(HIGH)) as site:
        for round_number in range(2):
            for i in range(100):
                site.life.sample(f"m{i}", x=95)
            for i in range(100):
                site.life.sample(f"m{i}", x=5)
        site.uplink.wait(lambda u: len(u.alarms()) == 400)
        for i in range(100):
            assert site.uplink.states(f"high/m{i}") == ["unacked", "rtn_unacked"] * 2
        assert len(site.estate.json("alarms")) == 100


def test_texts_reason_and_fields(tmp_path):
    rule = '''{ id = "r"; class = "probe"; when = "x > 90 && on"; priority = 1;
        text: { zh = "{place} {device} 压力 {value}"; en = "{device} at {place}: {value}"; }; guidance: { zh = "去看"; en = "go"; }; }'''
    with Site(tmp_path, rules(rule)) as site:
        site.say("p1", on=True, x=10)
        site.say("p1", x=95.5)
        site.uplink.wait(lambda u: u.alarms())
        message, a = site.uplink.alarms()[0], site.alarm("r/p1")
        for row in (message, a):
            assert (row["alarm"], row["rule"], row["asset"], row["state"], row["priority"], row["count"], row["place"]) == \
                ("r/p1", "r", "p1", "unacked", 1, 1, "b1/u1/101")
            assert "探头" in row["text"]["zh"] and "b1/u1/101" in row["text"]["zh"] and "95.5" in row["text"]["zh"]
            assert row["text"]["en"].startswith("探头 at b1/u1/101: ") and "95.5" in row["text"]["en"]
            inputs = {i["point"]: i for i in row["reason"]["inputs"]}
            assert inputs["p1.x"]["value"] == 95.5 and inputs["p1.x"]["quality"] == "good" and inputs["p1.on"]["value"] is True
            assert "stage" in row and row["since"]
        assert (message["v"], message["estate"], message["lane"], message["kind"]) == (1, "t", "alarm", "alarm")


def test_a_changed_shipped_rule_keeps_what_was_not_changed(tmp_path):
    with Site(tmp_path, rules('{ id = "tank-high"; for = "0s"; priority = 4; }', '{ id = "tank-low"; enabled = false; }')) as site:
        site.say("tank-1", level=91)
        a = site.alarm("tank-high/tank-1")
        assert (a["state"], a["priority"]) == ("unacked", 4) and "水位高" in a["text"]["zh"]
        site.say("tank-1", level=1)
        time.sleep(6)  # longer than the shipped delay of tank-low
        assert site.alarm("tank-low/tank-1") is None


def test_a_rule_without_text_still_says_something(tmp_path):
    with Site(tmp_path, rules(HIGH)) as site:
        site.say("p1", x=95)
        a = site.alarm("high/p1")
        assert a["text"]["zh"].strip() and a["text"]["en"].strip()


def test_what_happens_before_an_uplink_says_ready_is_told_too(tmp_path):
    with Puppet() as source, Puppet() as late:
        with Estate(tmp_path, HEAD.format(source=source.program, uplink=late.program) + rules(HIGH)):
            life = source.life().ready("source")
            life.sample("p1", id="1", x=95)
            life.wait("stored", id="1")
            uplink = late.life().ready("uplink")
            message = uplink.wait("deliver", lane="alarm", limit=5)["messages"][0]
            assert (message["seq"], message["alarm"], message["state"]) == (1, "high/p1", "unacked")


# restart in every state

LATCH = '{ id = "r"; class = "probe"; when = "on"; latch = true; priority = 2; }'
STATES = {
    "unacked": ([dict(on=True)], False),
    "acked": ([dict(on=True)], True),
    "rtn_unacked": ([dict(on=True), dict(on=False)], False),
    "latched": ([dict(on=True), dict(on=False)], True),
}


@pytest.mark.parametrize("state", STATES)
def test_kill_9_in_each_state(tmp_path, state):
    samples, ack = STATES[state]
    with Site(tmp_path, rules(LATCH)) as site:
        for s in samples:
            site.say("p1", **s)
        if ack:
            site.estate.ctl("ack", "r/p1", "--note", "coming")
        before = site.alarm("r/p1")
        assert before["state"] == state
        for _ in range(2):
            site.again()
            assert site.alarm("r/p1") == before
        told = list(site.uplink.states("r/p1"))
        site.say("p1", on=samples[-1]["on"])  # the same again: nothing new
        assert site.alarm("r/p1")["state"] == state and site.alarm("r/p1")["count"] == 1
        if state in ("unacked", "rtn_unacked"):
            site.estate.ctl("ack", "r/p1")
        site.say("p1", on=False)
        site.estate.ctl("close", "r/p1", "--outcome", "real")
        assert site.state("r/p1") == "normal"
        until(lambda: site.uplink.states("r/p1")[-1:] == ["normal"], "the end is told")
        assert site.uplink.states("r/p1")[:len(told)] == told
        site.again()
        assert site.state("r/p1") == "normal"


def test_the_condition_may_end_while_the_power_is_off(tmp_path):
    with Site(tmp_path, rules(HIGH)) as site:
        site.say("p1", x=95)
        site.estate.ctl("ack", "high/p1")
        site.again()
        assert site.state("high/p1") == "acked", "not before a reading says so"
        site.say("p1", x=50)
        assert site.state("high/p1") == "normal"
        site.uplink.wait(lambda u: u.states("high/p1") == ["unacked", "acked", "normal"])


def test_a_running_delay_goes_on_after_kill_9(tmp_path):
    with Site(tmp_path, rules('{ id = "r"; class = "probe"; when = "on"; for = "7s"; }')) as site:
        began = time.monotonic()
        site.say("p1", on=True)
        time.sleep(3)
        site.again()
        site.say("p1", on=True)
        assert site.state("r/p1") == "normal"
        site.estate.wait_alarm("r/p1", "unacked")
        assert 6.5 < time.monotonic() - began < 9.5
