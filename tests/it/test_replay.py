"""estated --replay: what would this rule have done last month? Recorded lines through the same engine, in virtual time."""

import json
import os
import random
import re
import subprocess

import pytest

from pace import PREFIX
from recording import DAY, Recording, Result, estate, seconds, stamp

TANK = {"tank-1": "tank", "tank-2": "tank"}
HIGH = "tank-high/tank-1"


@pytest.fixture
def tank(tmp_path):
    return Recording(tmp_path, estate(TANK))


# ---- what a technician asks

def test_what_would_this_rule_have_done_last_month(tmp_path):
    """The rule as it ships, and one that is less nervous: the same month, two answers."""
    def month(more):
        r = Recording(tmp_path, estate(TANK, more))
        for day in range(1, 31):
            # Every night the pump overfills for 20 s, on the 15th for an hour.
            r.add(t=f"2026-04-{day:02}T02:00:00", device="tank-1", fields={"level": 92})
            back = "03:00:00" if day == 15 else "02:00:20"
            r.add(t=f"2026-04-{day:02}T{back}", device="tank-1", fields={"level": 60})
        return r.play(operator="auto", until="2026-05-01")
    shipped, calm = month(""), month('rules: ( { id = "tank-high"; for = "5m"; } );')
    assert shipped.summary["by_rule"] == {"tank-high": 30}
    assert calm.summary["by_rule"] == {"tank-high": 1}
    assert [t["t"] for t in calm.of(HIGH)][0] == "2026-04-15T02:05:00.000+08:00"
    assert calm.summary["open"] == 0 and calm.summary["to"] == "2026-05-01T00:00:00.000+08:00"


def test_a_transition_is_written_as_it_is_documented(tank):
    result = tank.at("08:00:00", "tank-1", level=95).play(until="08:00:05")
    line, = result.transitions
    assert list(line) == ["t", "alarm", "state", "priority", "stage", "reason", "text"]
    assert line["t"] == "2026-03-01T08:00:05.000+08:00" and line["priority"] == 2 and line["stage"] == 0
    assert {"point": "tank-1.level", "value": 95, "quality": "good", "at": "2026-03-01T08:00:00.000+08:00"} in line["reason"]["inputs"]
    assert set(line["text"]) == {"zh", "en"} and "95" in line["text"]["en"]
    assert list(result.summary)[:2] == ["from", "to"] and result.summary["readings"] == 1 and result.summary["open"] == 1
    assert "readings a second" in result.errors and not result.text.endswith("\n\n")


def test_time_goes_on_to_until_and_no_further(tank):
    tank.at("08:00:00", "tank-1", level=95).at("10:00:00", "tank-1", level=50)
    assert tank.play(lines=tank.lines[:1]).story(HIGH) == []  # it ends with its last line
    assert tank.play(lines=tank.lines[:1], until="08:00:04.999").story(HIGH) == []
    assert tank.play(lines=tank.lines[:1], until="08:00:05").story(HIGH) == [("08:00:05.000", "unacked")]
    shorter = tank.play(until="09:00:00")  # what lies behind is not read
    assert shorter.states(HIGH) == ["unacked"] and shorter.summary["readings"] == 1


@pytest.mark.parametrize("t, until", [("2026-03-01T08:00:00", "1772323205"), (1772323200, "2026-03-01T08:00:05+08:00"),
                                      ("2026-03-01T00:00:00Z", "2026-03-01 08:00:05"), (1772323200.0, "2026-03-01T00:00:05.000+00:00"),
                                      ("1772323200", "2026-02-28T19:00:05-05:00")])
def test_every_form_of_time(tank, t, until):
    assert tank.add(t=t, device="tank-1", fields={"level": 95}).play("--until", until).story(HIGH) == [("08:00:05.000", "unacked")]


def test_the_operator_acknowledges_after_two_minutes_and_closes_what_is_over(tmp_path):
    r = Recording(tmp_path, estate({"tank-1": "tank", "sos-1": "sos", "smoke-1": "smoke"}))
    r.at("08:00:00", "tank-1", level=95).at("08:00:00", "sos-1", pressed=True).at("08:00:00", "smoke-1", smoke=True)
    r.at("08:10:00", "tank-1", level=50).at("08:10:00", "smoke-1", smoke=False)
    auto, alone = r.play(operator="auto", until="12:00:00"), r.play(until="12:00:00")
    assert [s for _, s in auto.story(HIGH)] == ["unacked", "acked", "normal"] and auto.story(HIGH)[1] == ("08:02:05.000", "acked")
    assert auto.story("sos/sos-1") == [("08:00:00.000", "unacked"), ("08:02:00.000", "latched"), ("08:02:00.000", "normal")]
    assert auto.story("smoke/smoke-1")[1][1] == "acked" and auto.states("smoke/smoke-1")[-2:] == ["latched", "normal"]
    assert auto.story("smoke/smoke-1")[-1][0] == auto.story("smoke/smoke-1")[-2][0] == "08:10:10.000"  # its off_for
    assert auto.summary["open"] == 0
    assert alone.states(HIGH) == ["unacked", "rtn_unacked"] and alone.states("sos/sos-1") == ["unacked"] and alone.summary["open"] == 3


def test_the_same_recording_gives_the_same_bytes(tmp_path):
    r = chaos(tmp_path, 3000)
    first = r.run("--until", "2026-03-03")
    assert first.returncode == 0 and first.stdout == r.run("--until", "2026-03-03").stdout and first.stdout.count("\n") > 100
    # Not by how it came in, nor by where it goes.
    piped = subprocess.run(f"cat {r.path} | {PREFIX}/sbin/estated --replay - -c {r.conf} --until 2026-03-03 --out {tmp_path}/out", shell=True,
                           capture_output=True, text=True, timeout=60)
    assert piped.returncode == 0 and piped.stdout == "" and (tmp_path / "out").read_text() == first.stdout


# ---- every kind of line

def test_a_lost_device_decides_nothing_and_its_delay_stands_still(tank):
    tank.at("08:00:00", "tank-1", level=95).quality("08:00:02", "lost", "tank-1").quality("08:10:02", "good", "tank-1")
    assert tank.play(until="08:00:30").story(HIGH) == []
    assert tank.play(until="08:20:00").story(HIGH) == [("08:10:05.000", "unacked")]


def test_a_lost_device_that_speaks_is_there(tank):
    tank.quality("08:00:00", "lost", "tank-1").at("08:01:00", "tank-1", level=95)
    assert tank.play(until="08:02:00").story(HIGH) == [("08:01:05.000", "unacked")]


def test_one_point_alone_is_in_doubt(tmp_path):
    r = Recording(tmp_path, estate({"env-1": "environment"}))
    r.at("08:00:00", "env-1", temperature=60, humidity=95).quality("08:00:01", "suspect", "env-1", point="temperature")
    result = r.play(until="08:05:00")
    assert result.states("environment/env-1") == [] and result.states("environment-humidity/env-1") == ["unacked"]


BUS = """buses: ( { id = "riser"; type = "tcp"; host = "127.0.0.1"; } );
profiles: ( { id = "p"; class = "tank"; points: ( { name = "level"; at = "holding:0"; }, { name = "high"; at = "coil:0"; } ); } );
devices: ( %s );
""" % ", ".join(f'{{ id = "u{n}"; place = "b1/u1"; bus = "riser"; unit = {n}; profile = "p"; }}' for n in range(1, 101))


def test_fields_of_a_register_device_are_its_points_by_name(tmp_path):
    r = Recording(tmp_path, estate({}, BUS).replace("devices: (\n  \n);\n", ""))
    assert r.at("08:00:00", "u7", level=95).play(until="08:01:00").states("tank-high/u7") == ["unacked"]


def test_a_bus_that_dies_is_one_alarm_and_its_units_lie_below_it(tmp_path):
    r = Recording(tmp_path, estate({}, BUS).replace("devices: (\n  \n);\n", ""))
    r.at("08:00:00", "u1", level=50)
    r.quality("08:00:10", "lost", bus="riser").quality("09:00:00", "good", bus="riser")
    result = r.play(operator="auto", until="10:00:00")
    assert result.story("supervision/riser")[0] == ("08:00:40.000", "unacked")
    told = {t["alarm"] for t in result.transitions if t["state"] == "unacked"}
    assert told == {"supervision/riser"}, told
    assert result.summary["open"] == 0


def test_a_delay_of_what_is_supervised_goes_on_over_restarts(tmp_path):
    r = Recording(tmp_path, estate({}, BUS).replace("devices: (\n  \n);\n", ""))
    r.at("08:00:00", "u1", level=50).quality("08:00:10", "lost", bus="riser")
    r.at("08:00:25", restart=True).at("08:00:35", restart=True)
    r.quality("09:00:00", "good", bus="riser").quality("09:10:00", "lost", "u7").at("09:10:50", restart=True)
    result = r.play(until="10:00:00")
    assert result.story("supervision/riser") == [("08:00:40.000", "unacked"), ("09:00:00.000", "rtn_unacked")]
    assert result.story("supervision/u7")[-1] == ("09:11:00.000", "unacked")


def test_a_silent_unit_of_a_bus_is_told_after_its_minute(tmp_path):
    r = Recording(tmp_path, estate({}, BUS).replace("devices: (\n  \n);\n", ""))
    r.at("08:00:00", "u1", level=50).quality("08:00:10", "lost", "u1").quality("08:05:00", "good", "u1")
    result = r.play(operator="none", until="09:00:00")
    assert result.story("supervision/u1") == [("08:01:10.000", "unacked"), ("08:05:00.000", "rtn_unacked")]


SOURCE = """plugins: ( { id = "zigbee"; program = "mqtt-source"; options: { url = "mqtt://127.0.0.1:1"; dialect = "zigbee2mqtt"; }; } );
profiles: ( { id = "p"; class = "sos"; points: ( { name = "pressed"; at = "action"; equals = "emergency"; event = true; }, { name = "battery"; at = "batt"; scale = 10.0; } ); } );
devices: ( { id = "s1"; place = "b1/u1/101"; plugin = "zigbee"; address = "0x1"; profile = "p"; } );
rules: ( { id = "flat"; class = "sos"; when = "battery < 50"; priority = 4; } );
"""


def test_fields_of_a_message_go_through_the_profile_and_points_do_not(tmp_path):
    r = Recording(tmp_path, estate({}, SOURCE).replace("devices: (\n  \n);\n", ""))
    r.at("08:00:00", "s1", action="emergency", batt=6, linkquality=80)
    result = r.play(until="09:00:00")
    assert result.states("sos/s1") == ["unacked"] and result.states("flat/s1") == [] and result.summary["ignored_fields"] == 1
    r.lines = []
    r.add(t=stamp("08:00:00"), device="s1", points={"pressed": True, "battery": 6, "batt": 1})
    result = r.play(until="09:00:00")
    assert result.states("sos/s1") == ["unacked"] and result.states("flat/s1") == ["unacked"] and result.summary["ignored_fields"] == 1


DOOR = """plugins: ( { id = "gate"; program = "http-source"; } );
profiles: ( { id = "d"; class = "door"; points: ( { name = "open"; }, { name = "granted"; at = "action"; equals = "let-in"; event = true; },
    { name = "egress"; at = "action"; equals = "let-out"; event = true; } ); } );
devices: ( { id = "d1"; place = "b1/u1"; plugin = "gate"; address = "1"; profile = "d"; } );
"""


def test_a_line_is_one_moment_however_its_fields_are_named(tmp_path):
    """As the daemon's own recording names them: `granted` stands in its message under another name, `open` does not."""
    r = Recording(tmp_path, estate({}, DOOR).replace("devices: (\n  \n);\n", ""))
    r.at("08:00:00", "d1", open=False)
    for minute, why in ((1, "granted"), (2, "egress")):
        r.at(f"08:0{minute}:00", "d1", open=True, **{why: True}).at(f"08:0{minute}:05", "d1", open=False)
    assert r.play(until="08:03:00").states("door-forced/d1") == []
    r.at("08:05:00", "d1", open=True)
    assert r.play(until="08:06:00").states("door-forced/d1")[:1] == ["unacked"]


def test_a_plugin_that_dies_is_told(tmp_path):
    r = Recording(tmp_path, estate({}, SOURCE).replace("devices: (\n  \n);\n", ""))
    r.quality("08:00:00", "lost", plugin="zigbee").quality("08:30:00", "good", plugin="zigbee")
    result = r.play(until="09:00:00")
    assert result.states("supervision/zigbee") == ["unacked", "rtn_unacked"]


def test_a_value_becomes_stale_to_the_millisecond(tmp_path):
    rule = 'rules: ( { id = "silent"; class = "tank"; when = "level is stale"; priority = 4; } );'
    r = Recording(tmp_path, estate({"tank-1": ("tank", 'max_age = "90s";')}, rule))
    r.at("08:00:00", "tank-1", level=50).at("08:01:00.250", "tank-1", level=50)
    result = r.play(until="08:10:00")
    assert result.story("silent/tank-1") == [("08:02:30.250", "unacked")]


def test_each_verb_of_a_person(tank):
    tank.at("08:00:00", "tank-1", level=95)
    tank.command("08:00:10", "comment", HIGH, note="going there", who="li")
    tank.command("08:00:20", "arrive", HIGH)
    tank.command("08:00:30", "ack", HIGH, note="seen")
    tank.command("08:00:40", "shelve", HIGH, length="1h", reason="cleaning")
    tank.command("08:10:00", "unshelve", HIGH)
    tank.command("08:20:00", "out-of-service", device="tank-1", length="1h", reason="repair")
    tank.command("08:30:00", "in-service", device="tank-1")
    tank.command("08:40:00", "test", device="tank-1", length="10m")
    result = tank.play(until="09:30:00")
    assert result.story(HIGH) == [
        ("08:00:05.000", "unacked"), ("08:00:20.000", "unacked"), ("08:00:30.000", "acked"), ("08:00:40.000", "shelved"), ("08:10:00.000", "unacked"),
        ("08:20:00.000", "out_of_service"), ("08:30:00.000", "unacked")]
    assert result.summary["commands"] == 8 and result.summary["refused"] == 0


def test_close_says_what_it_was(tmp_path):
    r = Recording(tmp_path, estate({"sos-1": "sos"}))
    r.at("08:00:00", "sos-1", pressed=True).command("08:01:00", "ack", "sos/sos-1").command("08:02:00", "close", "sos/sos-1", outcome="real")
    assert r.play(until="09:00:00").story("sos/sos-1") == [("08:00:00.000", "unacked"), ("08:01:00.000", "latched"), ("08:02:00.000", "normal")]


def test_shelves_and_spells_end_by_themselves(tank):
    tank.at("08:00:00", "tank-1", level=95).command("08:00:30", "shelve", HIGH, length="1h", reason="x")
    tank.command("10:00:00", "out-of-service", alarm=HIGH, length="30m", reason="x")
    assert tank.play(until="12:00:00").story(HIGH) == [
        ("08:00:05.000", "unacked"), ("08:00:30.000", "shelved"), ("09:00:30.000", "unacked"), ("10:00:00.000", "out_of_service"), ("10:30:00.000", "unacked")]


def test_a_test_is_marked_and_a_real_alarm_is_not(tmp_path):
    r = Recording(tmp_path, estate({"sos-1": "sos"}))
    r.command("08:00:00", "test", subject="b1/u1", length="10m").at("08:01:00", "sos-1", pressed=True).at("09:00:00", "sos-1", pressed=True)
    tests = [(t["t"][11:19], t.get("test")) for t in r.play(until="10:00:00").transitions]
    assert tests == [("08:01:00", True), ("09:00:00", None)]


BURNING = {"a": ("smoke", 'place = "b1/u1/101";'), "b": ("co", 'place = "b1/u2/301";'), "c": ("gas", 'place = "b1/u2/302";'),
           "d": ("smoke", 'place = "b2/u1/101";')}
BUILDING = "building-fire/b1"


def test_several_detectors_of_a_building_are_one_alarm_of_it(tmp_path):
    r = Recording(tmp_path, estate(BURNING))
    r.at("08:00:00", "a", smoke=True).at("08:00:05", "d", smoke=True).at("08:00:20", "b", co=True)
    r.command("08:00:30", "shelve", BUILDING, length="1h", reason="x").command("08:01:00", "ack", BUILDING).at("08:01:10", "c", gas=True)
    r.at("08:05:00", "a", smoke=False).at("08:05:00", "b", co=False).at("08:05:00", "c", gas=False)
    r.command("08:06:00", "ack", BUILDING).command("08:07:00", "close", BUILDING, outcome="real")
    whole = r.play(until="09:00:00")
    assert whole.story(BUILDING) == [("08:00:20.000", "unacked"), ("08:01:00.000", "acked"), ("08:01:10.000", "unacked"),
                                     ("08:05:10.000", "rtn_unacked"), ("08:06:00.000", "latched"), ("08:07:00.000", "normal")]
    two, three = [t for t in whole.of(BUILDING) if t["state"] == "unacked"]
    assert two["priority"] == 1 and "2 detectors: b1/u1/101 a, b1/u2/301 b; the first at 08:00:00" in two["text"]["en"]
    assert "3 个探测器：b1/u1/101 a、b1/u2/301 b、b1/u2/302 c，最早 08:00:00" in three["text"]["zh"]
    assert not whole.of("building-fire/b2") and whole.summary["by_rule"]["building-fire"] == 1
    assert whole.summary["refused"] == 1  # it is never shelved
    # Killed after every line, and amid the two: not one transition is missing or double.
    killed = [line for n in r.lines for line in (n, {"t": n["t"], "restart": True})]
    assert r.play(until="09:00:00", lines=killed).moves() == whole.moves()


def test_a_building_in_test_has_no_fire(tmp_path):
    r = Recording(tmp_path, estate(BURNING))
    r.command("08:00:00", "test", subject="b1", length="1h").at("08:01:00", "a", smoke=True).at("08:01:00", "b", co=True)
    assert r.play(until="08:30:00").story(BUILDING) == []
    assert r.play(until="10:00:00").story(BUILDING) == [("09:00:00.000", "unacked")]  # they still are in alarm: it is real


def test_a_refused_command_is_counted_and_said(tmp_path):
    r = Recording(tmp_path, estate({"sos-1": "sos", "tank-1": "tank"}))
    r.at("08:00:00", "sos-1", pressed=True)
    r.command("08:00:01", "shelve", "sos/sos-1", length="1h", reason="x").command("08:00:02", "ack", HIGH)
    r.command("08:00:03", "out-of-service", device="sos-1", length="1h", reason="x").command("08:00:04", "unshelve", "sos/sos-1")
    result = r.play(until="08:01:00")
    assert result.summary["refused"] == 4 and result.states("sos/sos-1") == ["unacked"]
    assert re.findall(r"recording\.ndjson:(\d): warning: ", result.errors) == ["2", "3", "4", "5"] and "protects life" in result.errors


# ---- the clock

@pytest.mark.parametrize("step", ["-1h", "+1h", "-30d", "+10000d", 3600, -1.5])
def test_a_step_in_the_middle_of_a_delay_moves_only_the_stamps(tank, step):
    """The delay of 5 s began 2 s before the step: it ends 3 s after it, on whatever the clock says by then."""
    import datetime
    by = step if not isinstance(step, str) else int(step[1:-1]) * {"h": 3600, "d": 86400}[step[-1]] * (-1 if step[0] == "-" else 1)
    tank.at("08:00:00", "tank-1", level=95).at("08:00:02", clock_step=step)
    moment = datetime.datetime(2026, 3, 1, 8, 0, 5) + datetime.timedelta(seconds=by)
    result = tank.play("--until", (moment + datetime.timedelta(seconds=60)).isoformat())
    line, = result.of(HIGH)
    assert line["t"] == moment.isoformat(timespec="milliseconds") + "+08:00" and result.summary["clock_steps"] == 1


def test_two_steps_back_and_forth_leave_shelves_as_long_as_they_were(tank):
    tank.at("08:00:00", "tank-1", level=95).command("08:00:10", "shelve", HIGH, length="10m", reason="x")
    tank.at("08:01:00", clock_step="-1h").at("07:05:00", clock_step="+1h")
    result = tank.play(until="09:00:00")
    assert result.story(HIGH)[-1] == ("08:10:10.000", "unacked")


@pytest.mark.parametrize("step", ["+30m", "-30m", "-1h"])
def test_a_shelf_until_a_moment_ends_at_that_moment(tank, step):
    tank.at("08:00:00", "tank-1", level=95).command("08:00:10", "shelve", HIGH, until="2026-03-01T09:00:00", reason="x")
    tank.at("08:10:00", clock_step=step)
    assert tank.play(until="10:00:00").story(HIGH)[-1] == ("09:00:00.000", "unacked")


def test_an_alarm_that_came_while_it_was_out_of_the_way_counts_when_it_is_told(tank):
    tank.command("08:00:00", "shelve", HIGH, length="1h", reason="x").at("08:10:00", "tank-1", level=95).at("08:20:00", "tank-1", level=50)
    tank.at("08:30:00", "tank-1", level=95).command("09:10:00", "shelve", HIGH, length="10m", reason="x").at("09:30:00", "tank-1", level=50)
    result = tank.play(until="10:00:00")
    assert result.states(HIGH) == ["shelved", "unacked", "shelved", "unacked", "rtn_unacked"]
    assert (result.summary["alarms"], result.summary["by_rule"]["tank-high"]) == (1, 1)


def test_what_a_clock_that_was_never_set_had_stamped_is_set_right(tank):
    tank.add(t="1970-01-01T08:00:10", device="tank-1", fields={"level": 95})
    tank.add(t="1970-01-01T08:01:00", clock_step="+20513d").add(t="2026-03-01T08:02:00", device="tank-1", fields={"level": 50})
    result = tank.play(until="08:10:00")
    assert [(t["t"][:19], t["state"]) for t in result.of(HIGH)] == [("1970-01-01T08:00:15", "unacked"), ("2026-03-01T08:02:05", "rtn_unacked")]
    assert result.of(HIGH)[1]["reason"]["inputs"][0]["at"][:10] == "2026-03-01"


def test_a_clock_that_stays_unset_is_an_alarm(tank):
    tank.add(t="1970-01-01T08:00:10", device="tank-1", fields={"level": 50})
    assert [t["t"][11:19] for t in tank.play("--until", "1970-01-01T09:00:00").of("supervision/clock")] == ["08:10:10"]


# ---- floods and chatter

def test_a_flood_of_a_thousand_devices_is_a_thousand_alarms_at_one_moment(tmp_path):
    r = Recording(tmp_path, estate({f"t{n}": "tank" for n in range(1000)}))
    for n in range(1000):
        r.at("08:00:00", f"t{n}", level=95)
    result = r.play(until="08:00:05")
    assert {t["alarm"] for t in result.transitions} == {f"tank-high/t{n}" for n in range(1000)}
    assert {t["t"] for t in result.transitions} == {"2026-03-01T08:00:05.000+08:00"} and len(result.transitions) == 1000


def test_a_thousand_devices_that_are_lost_at_once_alarm_nothing_by_old_values(tmp_path):
    r = Recording(tmp_path, estate({f"t{n}": "tank" for n in range(1000)}))
    for n in range(1000):
        r.at("08:00:00", f"t{n}", level=95)
    for n in range(1000):
        r.quality("08:00:04", "lost", f"t{n}")
    assert r.play(until="20:00:00").transitions == []


def test_a_chattering_contact_is_one_alarm_while_it_is_held(tmp_path):
    r = Recording(tmp_path, estate({"leak-1": "water_leak"}))
    for n in range(2000):  # 10 Hz for 200 s: never on for 15 s
        r.at(seconds("08:00:00", n / 10), "leak-1", leak=n % 2 == 0)
    for n in range(200):  # then on, and off for a moment each minute: off_for 60 s holds it
        r.at(seconds("08:10:00", n * 60), "leak-1", leak=True)
        r.at(seconds("08:10:59.5", n * 60), "leak-1", leak=False)
    result = r.play(until="14:00:00")
    raised = [t for t in result.of("water-leak/leak-1") if t["state"] == "unacked"]
    assert raised[0]["t"][11:23] == "08:10:15.000"
    assert {t["state"] for t in result.of("water-leak/leak-1")} <= {"unacked", "rtn_unacked"} and result.summary["alarms"] == 1


def test_presses_within_a_minute_are_one_telling(tmp_path):
    r = Recording(tmp_path, estate({"sos-1": "sos"}))
    for n in range(50):
        r.at(seconds("08:00:00", n), "sos-1", pressed=True)
    r.at("08:05:00", "sos-1", pressed=True)
    assert r.play(until="09:00:00").story("sos/sos-1") == [("08:00:00.000", "unacked"), ("08:05:00.000", "unacked")]


# ---- restarts

def chaos(directory, count, seed=7, lost=0.05):
    """A day of everything at once: readings of several classes, lost and good, people, in one second steps and less."""
    dice = random.Random(seed)
    devices = {**{f"tank-{n}": "tank" for n in range(4)}, **{f"sos-{n}": "sos" for n in range(2)}, **{f"leak-{n}": "water_leak" for n in range(3)},
               **{f"env-{n}": "environment" for n in range(3)}, **{f"smoke-{n}": "smoke" for n in range(2)}}
    r = Recording(directory, estate(devices))
    t = 0.0
    for _ in range(count):
        t += dice.choice([0.05, 0.5, 1, 3, 7, 20, 60])
        at, device = seconds("00:00:00", t), dice.choice(list(devices))
        at = (f"2026-03-{1 + int(t // 86400):02}T" + at) if t >= 86400 else at
        kind, roll = device.rpartition("-")[0], dice.random()
        alarm = {"tank": "tank-high", "sos": "sos", "leak": "water-leak", "env": "environment", "smoke": "smoke"}[kind] + "/" + device
        if roll < lost:
            r.quality(at, dice.choice(["lost", "good"]), device)
        elif roll < 0.12:
            verb = dice.choice(["ack", "ack", "close", "shelve", "unshelve", "arrive", "comment"])
            r.command(at, verb, alarm, **({"outcome": "false"} if verb == "close" else {"length": "2m", "reason": "x"} if verb == "shelve" else {"note": "n"}))
        elif roll < 0.13:
            r.command(at, dice.choice(["test", "out-of-service"]), device=device, length="3m", reason="x")
        else:
            r.at(at, device, **{"tank": {"level": dice.choice([50, 95, 89, 91])}, "sos": {"pressed": dice.random() < 0.3},
                                "leak": {"leak": dice.random() < 0.6}, "env": {"temperature": dice.choice([20, 50, 44.5])},
                                "smoke": {"smoke": dice.random() < 0.2}}[kind])
    return r


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_restart_between_every_two_lines_changes_nothing(tmp_path, seed):
    """With every device there: of one that is lost nobody knows after a restart how it is, so its alarms wait for it."""
    r = chaos(tmp_path, 250, seed, lost=0)
    killed = []
    for line in r.lines:
        killed += [line, {"t": line["t"], "restart": True}]
    plain, broken = r.play(until="2026-03-02", operator="auto"), r.play(until="2026-03-02", operator="auto", lines=killed)
    assert broken.summary["restarts"] == len(r.lines) and len(plain.transitions) > 30
    assert broken.moves() == plain.moves()


def test_a_restart_in_every_second_of_a_delay_changes_nothing(tank):
    tank.at("08:00:00", "tank-1", level=95).at("08:00:40", "tank-1", level=50)
    lines = [tank.lines[0], *({"t": stamp(seconds("08:00:00", n / 2)), "restart": True} for n in range(1, 80)), tank.lines[1]]
    assert tank.play(lines=lines, until="08:10:00").story(HIGH) == tank.play(until="08:10:00").story(HIGH) != []
    assert {p.name for p in tank.conf.parent.iterdir()} == {"estated.conf", "recording.ndjson"}  # no file for it anywhere


# ---- mistakes

GOOD = '{"t":"2026-03-01T08:00:00","device":"tank-1","fields":{"level":95}}\n'


@pytest.mark.parametrize("line, expected", [
    ('{"t":"2026-03-01T08:00:01","device":"tank-1","fields":{"level":95}', "not JSON: "),
    ("[]", "expected one JSON object a line"),
    ('{"device":"tank-1","fields":{}}', 'no "t": expected the time'),
    ('{"t":"yesterday","device":"tank-1","fields":{"level":1}}', "t = 'yesterday': expected a time as"),
    ('{"t":[1],"device":"tank-1","fields":{"level":1}}', "t = '[1]': expected a time as"),
    ('{"t":"2026-03-01T07:59:59.999","device":"tank-1","fields":{}}', "is before 2026-03-01T08:00:00.000+08:00, which was reached: expected lines in order of time"),
    ('{"t":"2026-03-01T08:00:01","device":"tnak-1","fields":{}}', "device 'tnak-1' is not in the configuration: expected one that is; did you mean 'tank-1'?"),
    ('{"t":"2026-03-01T08:00:01","fields":{}}', 'no "device": expected the id'),
    ('{"t":"2026-03-01T08:00:01","device":"tank-1","feilds":{}}', "expected one of: fields points quality clock_step restart command; 'feilds': did you mean 'fields'?"),
    ('{"t":"2026-03-01T08:00:01","device":"tank-1","fields":[1]}', "fields: expected an object"),
    ('{"t":"2026-03-01T08:00:01","device":"tank-1","fields":{"level":1,"level":2}}', "not JSON: duplicate"),
    ('{"t":"2026-03-01T08:00:01","device":"tank-1","fields":{"level":01}}', "not JSON: "),
    ('{"t":"2026-03-01T08:00:01","device":"tank-1","fields":{},"restart":true}', "'fields' and 'restart': expected one of them"),
    ('{"t":"2026-03-01T08:00:01","device":"tank-1","quality":"gone"}', "quality = 'gone': expected lost or good"),
    ('{"t":"2026-03-01T08:00:01","bus":"x","quality":"lost"}', "bus 'x' is not in the configuration"),
    ('{"t":"2026-03-01T08:00:01","device":"tank-1","point":"levle","quality":"lost"}', "did you mean 'level'?"),
    ('{"t":"2026-03-01T08:00:01","clock_step":"an hour"}', "clock_step: expected a duration with its sign"),
    ('{"t":"2026-03-01T08:00:01","clock_step":"-60000d"}', "out of 1970..9998"),
    ('{"t":"2026-03-01T08:00:01","restart":1}', "restart: expected true"),
    ('{"t":"2026-03-01T08:00:01","command":"ack"}', "command: expected {"),
    ('{"t":"2026-03-01T08:00:01","command":{"verb":"akc","alarm":"a/b"}}', "command: verb = 'akc': expected one of: ack arrive close"),
    ('{"t":"2026-03-01T08:00:01","command":{"verb":"ack"}}', 'no "alarm"'),
    ('{"t":"2026-03-01T08:00:01","command":{"verb":"ack","alarm":"tank-high"}}', "expected rule/asset"),
    ('{"t":"2026-03-01T08:00:01","command":{"verb":"close","alarm":"a/b","outcome":"ok"}}', "expected real, false, test or duplicate"),
    ('{"t":"2026-03-01T08:00:01","command":{"verb":"shelve","alarm":"a/b","for":"9d"}}', "expected a duration of 1s to 7d"),
    ('{"t":"2026-03-01T08:00:01","command":{"verb":"test"}}', 'no "device"'),
    ("x" * 70000, "longer than 64 KiB"),
])
def test_a_mistake_names_its_line_and_leaves_nothing_behind(tank, tmp_path, line, expected):
    out = tmp_path / "out.ndjson"
    out.write_text("before\n")
    done = tank.run("--out", out, text=GOOD + "\n" + line + "\n" + GOOD)
    assert done.returncode == 1 and done.stdout == ""
    where, _, said = done.stderr.partition(": error: ")
    assert where == f"{tank.path}:3" and expected in said and done.stderr.count("\n") == 1, done.stderr
    assert out.read_text() == "before\n" and {p.name for p in tmp_path.iterdir()} == {"estated.conf", "recording.ndjson", "out.ndjson"}
    assert tank.run(text=GOOD + line).stdout == ""


def test_a_compressed_file_says_what_to_do(tank):
    done = tank.run(text=b"\x1f\x8b\x08\0\0\0\0\0")
    assert done.returncode == 1 and "gzip -dc" in done.stderr


def test_an_empty_recording_is_a_summary(tank):
    for text in ("", "\n \r\n", "\ufeff"):
        done = tank.run(text=text)
        assert done.returncode == 0 and Result(done).summary["readings"] == 0 and Result(done).summary["from"] is None


def test_line_ends_and_marks_of_other_systems_are_no_matter(tank):
    plain, marked = tank.run("--until", DAY + "09:00", text=GOOD), tank.run("--until", DAY + "09:00", text="\ufeff" + GOOD.replace("\n", "\r\n"))
    assert plain.stdout == marked.stdout and "unacked" in plain.stdout


@pytest.mark.parametrize("words, status", [
    (["--until", "soon"], 2), (["--operator", "maybe"], 2), (["--residents", "/nowhere.csv"], 1), (["--out", "/nowhere/x"], 1)])
def test_wrong_options_are_told(tank, words, status):
    done = tank.run(*words, text=GOOD)
    assert done.returncode == status and done.stdout == "" and words[0][2:] in done.stderr + "out residents"


def test_the_options_of_a_replay_need_one(tmp_path):
    done = subprocess.run([PREFIX / "sbin/estated", "--until", "2026-03-01"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "--replay FILE" in done.stderr


def test_a_wrong_configuration_is_told_as_by_check(tank):
    tank.conf.write_text(tank.conf.read_text().replace('class = "tank"', 'class = "tnak"', 1))
    done = tank.run(text=GOOD)
    assert done.returncode == 1 and re.search(r"estated\.conf:\d+: error: ", done.stderr) and done.stdout == ""


def test_a_file_that_is_not_there_is_told(tmp_path):
    (tmp_path / "c.conf").write_text(estate(TANK))
    for path in (tmp_path / "none", tmp_path):
        done = subprocess.run([PREFIX / "sbin/estated", "--replay", path, "-c", tmp_path / "c.conf"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and str(path) in done.stderr and done.stdout == ""


def test_a_device_is_never_replaced_by_the_result(tank):
    done = tank.run("--out", "/dev/null", text=GOOD)
    assert done.returncode == 0 and not os.path.isfile("/dev/null")


# ---- residents

HEADER = "id,name,place,categories,needs,phone\n"


@pytest.mark.parametrize("table", [
    HEADER + "r1,张三,b1/u1/101,独居;高龄,mobility,138\n", "place;id;categories\nb1/u1/101;r1;lives_alone\n",
    "\ufeff" + HEADER + '"r1","a ""b""",b1/u1/101,"aged; dementia",,\r\n\r\n', HEADER])
def test_a_register_of_residents_is_taken(tank, tmp_path, table):
    (tmp_path / "residents.csv").write_text(table)
    done = tank.run("--residents", tmp_path / "residents.csv", text=GOOD)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("table, line, expected", [
    ("id,name,place\nr1,x,b1\n", 1, "no column 'categories'"),
    (HEADER + "r1,x,b9/u1,aged,,\n", 2, "place 'b9/u1': expected one below a place of the estate"),
    (HEADER + "r1,x,b1,aged,,\nr1,x,b1,aged,,\n", 3, "id 'r1' is there twice"),
    (HEADER + ",x,b1,aged,,\n", 2, "no id"),
    (HEADER + "r1,x,b1,agde,,\n", 2, "did you mean 'aged'?"),
    (HEADER + "r1,x,b1,aged,oxigen,\n", 2, "did you mean 'oxygen'?"),
    (HEADER + '"r1,x,b1,aged,,\n', 2, "expected CSV"), ("", 1, "expected a header"),
    (HEADER.encode() + b"r1,\xd5\xc5,b1,aged,,\n", 2, "no UTF-8")])
def test_a_mistake_in_the_register_names_its_line(tank, tmp_path, table, line, expected):
    path = tmp_path / "residents.csv"
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    done = tank.run("--residents", path, text=GOOD)
    assert done.returncode == 1 and done.stdout == "" and re.search(rf"residents\.csv:{line}: error: ", done.stderr) and expected in done.stderr, done.stderr
