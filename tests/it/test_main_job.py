"""The main job, end to end: own slave, own broker, own configuration."""

import json
import re
import subprocess
import time

import pytest

from broker import Broker
from estate import PREFIX, Estate, until
from slave import Slave

CONFIGURATION = """
estate: {{ id = "test"; name = "测试小区"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "300ms"; }} );
plugins: ( {{ id = "cloud"; program = "mqtt-uplink"; options: {{ url = "{url}"; ack = "broker"; }}; }} );
classes: ( {{ id = "vessel"; points: ( {{ name = "filling"; type = "number"; unit = "%"; }},
                                       {{ name = "leaking"; type = "bool"; }} ); }} );
profiles: ( {{ id = "my-vessel"; class = "vessel"; points: (
    {{ name = "filling"; at = "holding:10"; type = "u16"; scale = 0.1; period = "200ms"; }},
    {{ name = "leaking"; at = "holding:11.3"; period = "200ms"; }} ); }} );
devices: ( {{ id = "v1"; name = "水箱一"; place = "b1/cellar"; bus = "gw"; unit = 5; profile = "my-vessel"; }} );
rules: ( {{ id = "vessel-full"; class = "vessel"; when = "filling > 90"; hysteresis = 2; priority = 2;
           text: {{ zh = "{{place}} {{device}} 液位 {{value}}"; en = "{{device}} at {{place}}: filling {{value}}"; }}; }},
         {{ id = "vessel-slow"; class = "vessel"; when = "leaking"; for = "3s"; priority = 3; }} );
"""


def alarms_of(messages):
    return [json.loads(m.payload) for m in messages if m.topic == "estate/v1/test/alarm"]


def seqs_are_whole(alarms):
    """Every number from 1, each once or again with the same content."""
    by_seq = {}
    for a in alarms:
        assert by_seq.setdefault(a["seq"], a) == a, f"seq {a['seq']} was used twice"
    return sorted(by_seq) == list(range(1, len(by_seq) + 1))


@pytest.fixture
def slave():
    with Slave({5: [0] * 100}) as s:
        yield s


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as b:
        yield b


def configuration(slave, broker):
    return CONFIGURATION.format(port=slave.port, url=broker.url)


def test_a_register_change_is_an_alarm_message_within_two_seconds(tmp_path, slave, broker):
    with broker.client("estate/v1/#") as seen, Estate(tmp_path, configuration(slave, broker)) as estate:
        estate.wait_point("v1.filling", lambda p: p["quality"] == "good" and p["value"] == 0)
        began = time.monotonic()
        slave.set(5, 10, 950)
        seen.wait(lambda m: alarms_of(m), limit=2.0)
        assert time.monotonic() - began < 2.0
        alarm = alarms_of(seen.messages)[0]
        assert (alarm["v"], alarm["estate"], alarm["lane"], alarm["kind"], alarm["seq"]) == (1, "test", "alarm", "alarm", 1)
        assert alarm["alarm"] == "vessel-full/v1" and alarm["rule"] == "vessel-full" and alarm["asset"] == "v1"
        assert alarm["state"] == "unacked" and alarm["priority"] == 2 and alarm["count"] == 1
        assert alarm["place"] == "b1/cellar"
        assert alarm["text"]["zh"] == "b1/cellar 水箱一 液位 95 %" and "水箱一 at b1/cellar" in alarm["text"]["en"]
        assert alarm["reason"]["when"] == "filling > 90"
        assert alarm["reason"]["inputs"][0]["point"] == "v1.filling" and alarm["reason"]["inputs"][0]["value"] == 95
        assert re.search(r"\+08:00$", alarm["time"])
        message = next(m for m in seen.messages if m.topic.endswith("/alarm"))
        assert b"\n" not in message.payload and message.qos == 1 and not message.retain


def test_an_alarm_goes_from_unacked_to_normal_with_hysteresis(tmp_path, slave, broker):
    with broker.client("estate/v1/#") as seen, Estate(tmp_path, configuration(slave, broker)) as estate:
        slave.set(5, 10, 950)
        estate.wait_alarm("vessel-full/v1", "unacked")
        estate.ctl("ack", "vessel-full/v1", "--note", "on the way")
        assert estate.alarm("vessel-full/v1")["state"] == "acked"
        slave.set(5, 10, 890)  # below 90, above 90 - 2
        estate.wait_point("v1.filling", lambda p: p["value"] == 89)
        assert estate.alarm("vessel-full/v1")["state"] == "acked"
        slave.set(5, 10, 870)
        seen.wait(lambda m: [a["state"] for a in alarms_of(m)] == ["unacked", "acked", "normal"])
        assert seqs_are_whole(alarms_of(seen.messages))
        assert estate.json("alarms") == []


def test_kill_9_loses_neither_alarm_nor_seq(tmp_path, slave, broker):
    with broker.client("estate/v1/#") as seen, Estate(tmp_path, configuration(slave, broker)) as estate:
        states = []
        for round_number in range(5):
            slave.set(5, 10, 950)
            estate.wait_alarm("vessel-full/v1", "unacked")
            states.append("unacked")
            estate.kill()
            estate.start()
            alarm = estate.alarm("vessel-full/v1")
            assert alarm and alarm["state"] == "unacked" and alarm["text"]["zh"] and alarm["reason"]["inputs"]
            estate.ctl("ack", "vessel-full/v1")
            estate.kill()  # right after the answer: the ack must be there
            estate.start()
            assert estate.alarm("vessel-full/v1")["state"] == "acked"
            slave.set(5, 10, 0)
            states += ["acked", "normal"]
            seen.wait(lambda m: len({a["seq"] for a in alarms_of(m)}) == len(states))
        by_seq = {a["seq"]: a["state"] for a in alarms_of(seen.messages)}
        assert seqs_are_whole(alarms_of(seen.messages))
        assert [by_seq[s] for s in sorted(by_seq)] == states


def test_a_running_delay_survives_kill_9(tmp_path, slave, broker):
    text = configuration(slave, broker).replace('for = "3s"', 'for = "6s"')
    with Estate(tmp_path, text) as estate:
        estate.wait_quality("v1.leaking", "good")
        slave.set(5, 11, 8)
        began = time.monotonic()
        estate.wait_point("v1.leaking", lambda p: p["value"] is True)
        time.sleep(3)  # the delay itself is what is tested; its save lags by at most a second
        assert estate.alarm("vessel-slow/v1") is None
        estate.kill()
        estate.start()
        estate.wait_alarm("vessel-slow/v1", "unacked")
        assert 5.5 < time.monotonic() - began < 8.5, "the delay began anew, or was lost"


def test_the_uplink_down_keeps_everything_and_sends_it_in_order(tmp_path, slave, broker):
    with Estate(tmp_path, configuration(slave, broker)) as estate:
        estate.wait_quality("v1.filling", "good")
        broker.kill()
        for level in (950, 0) * 6:
            slave.set(5, 10, level)
            estate.wait_point("v1.filling", lambda p, level=level: p["value"] == level / 10)
        row = until(lambda: next((r for r in estate.json("outbox") if r["lane"] == "alarm" and r["pending"] >= 7), None),
                    "pending alarm messages")
        assert row["uplink"] == "cloud" and row["bytes"] > 0 and row["oldest"]
        estate.kill()
        estate.start()
        broker.start()
        with broker.client("estate/v1/test/alarm") as seen:
            alarms = None

            def drained():
                return all(r["pending"] == 0 for r in estate.json("outbox") if r["lane"] == "alarm")
            until(drained, "the outbox is empty", limit=90)
            alarms = alarms_of(seen.messages)
        order = []
        for a in alarms:
            if a["seq"] not in order:
                order.append(a["seq"])
        assert order == sorted(order)


def test_lost_when_the_slave_is_gone_and_good_when_it_is_back(tmp_path, broker):
    slave = Slave({5: [0] * 100}).start()
    with Estate(tmp_path, configuration(slave, broker)) as estate:
        slave.set(5, 10, 500)
        estate.wait_point("v1.filling", lambda p: p["value"] == 50)
        slave.stop()
        p = estate.wait_quality("v1.filling", "lost")
        assert p["value"] == 50, "the last value stays beside the quality"
        with Slave({5: [0] * 10 + [600] + [0] * 89}, port=slave.port):
            estate.wait_point("v1.filling", lambda p: p["quality"] == "good" and p["value"] == 60)


def test_check_reports_every_mistake_in_one_run(tmp_path):
    conf = tmp_path / "estated.conf"
    conf.write_text('''estate: { id = "demo"; name = "x"; timezone = "Asia/Shanghai"; };
places: ( { id = "b3"; name = "3"; } );
buses: ( { id = "gw"; type = "tcp"; host = "127.0.0.1"; port = 99999; } );
devices: (
  { id = "ahu1"; place = "b3/x"; bus = "gw"; unit = 300; class = "tank"; },
  { id = "ahu2"; place = "b9/x"; bus = "gv"; unit = 1; class = "tank"; }
);
rules: ( { id = "mine"; class = "tank"; when = "levle > 90"; hysteresys = 2; } );
''')
    done = subprocess.run([PREFIX / "sbin/estated", "--check", "-c", conf], capture_output=True, text=True)
    assert done.returncode == 1
    out = done.stderr + done.stdout
    for line, text in [(3, "99999"), (5, "device 'ahu1': unit = 300: expected 1..247"), (6, "b9"), (6, "gv"),
                       (8, "did you mean 'level'"), (8, "did you mean 'hysteresis'")]:
        assert re.search(rf"estated\.conf:{line}: error: .*{re.escape(text)}", out), f"{line}: {text} in\n{out}"
    assert "did you mean 'gw'" in out


def test_bad_commands_change_nothing(tmp_path, slave, broker):
    with Estate(tmp_path, configuration(slave, broker)) as estate:
        done = estate.run_ctl("ack", "no-such/alarm")
        assert done.returncode == 1 and "no-such/alarm" in done.stderr
        assert estate.run_ctl("frobnicate").returncode == 2
        slave.set(5, 10, 950)
        estate.wait_alarm("vessel-full/v1", "unacked")
        assert estate.run_ctl("status", "--check").returncode == 4
        assert estate.run_ctl("status").returncode == 0
    assert estate.run_ctl("status").returncode == 3


def test_ends_in_order_within_seconds(tmp_path, slave, broker):
    estate = Estate(tmp_path, configuration(slave, broker)).start()
    estate.wait_quality("v1.filling", "good")
    began = time.monotonic()
    assert estate.stop() == 0
    assert time.monotonic() - began < 5
