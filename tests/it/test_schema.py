"""Everything that leaves a running estate is as plugins/schema says, over a broker and over HTTP; and the schemas say no to
what is wrong."""

import copy
import json
import pathlib
import time

import jsonschema
import pytest

from broker import Broker
from estate import PREFIX, Estate, until
from puppet import Puppet
from receiver import Receiver
from wallclock import WallClock

SCHEMAS = PREFIX / "share/estated/schema"
CONFIGURATION = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }},
    {{ id = "cloud"; program = "mqtt-uplink"; options: {{ url = "{broker}"; ack = "broker"; }}; }},
    {{ id = "city"; program = "http-uplink"; options: {{ url = "{receiver}"; retry_first = "20ms"; retry_last = "200ms"; }}; }} );
buses: ( {{ id = "gone"; type = "tcp"; host = "127.0.0.1"; port = 1; }} );
classes: ( {{ id = "probe"; points: ( {{ name = "x"; type = "number"; }}, {{ name = "on"; type = "bool"; }},
    {{ name = "t"; type = "text"; }}, {{ name = "hit"; type = "event"; }} ); }},
    {{ id = "caller"; points: ( {{ name = "rung"; type = "event"; }} ); }} );
devices: ( {{ id = "p1"; place = "b1/u1/101"; plugin = "src"; address = "1"; class = "probe"; }},
           {{ id = "bell"; place = "b1/lobby"; plugin = "src"; address = "3"; class = "caller"; }},
           {{ id = "s1"; place = "b1/u1/102"; room = "bedroom"; plugin = "src"; address = "2"; class = "sos"; }},
           {{ id = "m1"; place = "b1"; bus = "gone"; unit = 1; profile = "regs"; }} );
profiles: ( {{ id = "regs"; class = "probe"; points: ( {{ name = "x"; at = "holding:1"; }} ); }} );
rules: ( {{ id = "high"; class = "probe"; when = "x > 90"; priority = 2; text: {{ zh = "{{device}} 高 {{value}}"; en = "{{device}} high"; }};
           guidance: {{ zh = "去看看"; en = "go and look"; }}; }},
         {{ id = "odd"; class = "probe"; when = "t == \\"odd\\""; priority = 3; latch = true; }},
         {{ id = "hits"; class = "probe"; when = "hit"; }} );
'''


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


def validator(name):
    loaded = schema(name)
    jsonschema.Draft202012Validator.check_schema(loaded)
    return jsonschema.Draft202012Validator(loaded)


ENVELOPE = None


def judge(message):
    """Valid, and without a member that the schema does not describe."""
    global ENVELOPE
    ENVELOPE = ENVELOPE or validator("envelope")
    errors = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in ENVELOPE.iter_errors(message)]
    assert not errors, (errors, message)
    if message["kind"] == "summary":
        validator("summary").validate({k: message[k] for k in ("scope", "of", "figures")})
    described = set(ENVELOPE.schema["properties"]) | set(ENVELOPE.schema["$defs"][message["kind"]]["properties"])
    assert set(message) <= described, set(message) - described


def newer(numbers):
    """As a receiver does it: what is not newer than the newest has come before."""
    kept = []
    for n in numbers:
        if not kept or n > kept[-1]:
            kept.append(n)
    return kept


def busy(estate, source):
    """Alarms in every way that they have."""
    life = source.life().ready("source")
    n = 0
    for device, fields in [("p1", {"x": 95.123456789}), ("p1", {"x": 1}), ("p1", {"t": "odd", "x": 99}), ("p1", {"hit": "emergency"}), ("bell", {"rung": "twice"}),
                           ("s1", {"pressed": True}), ("s1", {"battery": 3, "battery_low": True}), ("p1", {"t": "\u2028 \"'<&\\ 电梯"})]:
        n += 1
        life.sample(device, id=str(n), **fields)
        life.wait("stored", id=str(n))
    estate.wait_alarm("sos/s1", "unacked")
    estate.ctl("ack", "sos/s1", "--note", "去看 \"她\"")
    estate.ctl("ack", "high/p1", "--note", "seen")
    estate.ctl("shelve", "high/p1", "--for", "2h", "--reason", "sensor")
    estate.ctl("unshelve", "high/p1")
    life.kill()  # its points are lost, the plugin is down and up again
    again = source.life().ready("source")
    again.sample("p1", id="again", x=1, t="even")
    again.wait("stored", id="again")


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """What a broker and a web server got of one busy estate; the server refuses one message for good."""
    directory = tmp_path_factory.mktemp("estate")
    poison = []
    # Half an hour before an hour is over, so that it can be over.
    until_the_hour = 5400 - int(time.time()) % 3600
    clock = WallClock(directory, until_the_hour)

    def answer(post):
        found = [m["seq"] for m in post.messages if m["kind"] == "alarm" and m["rule"] == "hits"]
        poison.extend(s for s in found if len(post.messages) == 1 and s not in poison)
        return (422, "no such rule", {}) if found else (200, "", {})

    with Receiver(answer) as receiver, Puppet() as source, Broker(directory) as broker, broker.client("estate/v1/#") as seen, \
            Estate(directory, CONFIGURATION.format(source=source.program, broker=broker.url, receiver=receiver.url),
                   environment=clock.environment) as estate:
        busy(estate, source)
        clock.move(until_the_hour + 3600)
        seen.wait(lambda ms: any(m.topic.endswith("/summary") for m in ms))
        until(lambda: not any(row["pending"] for row in estate.json("outbox")), "all is delivered")
        estate.stop()
        seen.wait(lambda ms: any(m.topic.endswith("/status") and b"offline" in m.payload for m in ms))
        return {"mqtt": list(seen.messages), "http": list(receiver.taken), "poison": poison, "log": estate.log}


def test_the_topics_are_the_kinds(left):
    for m in left["mqtt"]:
        topic, message = m.topic.split("/"), json.loads(m.payload)
        assert topic[:3] == ["estate", "v1", "t"]
        if topic[3] == "status":
            validator("status").validate(message)
            assert m.qos == 1
        else:
            assert message["kind"] == topic[3] and b"\n" not in m.payload


def test_all_that_left_over_the_broker_is_valid(left):
    messages = [json.loads(m.payload) for m in left["mqtt"] if not m.topic.endswith("/status")]
    for m in messages:
        judge(m)
    assert {"alarm", "event", "summary", "health", "inventory"} == {m["kind"] for m in messages}
    assert {"unacked", "acked", "shelved"} <= {m["state"] for m in messages if m["kind"] == "alarm"}
    for lane in ("alarm", "data"):
        assert [m["seq"] for m in messages if m["lane"] == lane] == list(range(1, sum(m["lane"] == lane for m in messages) + 1))


def test_all_that_left_over_http_is_valid_and_a_gap_tells_of_what_was_refused(left):
    messages = [m for post in left["http"] for m in post.messages]
    for m in messages:
        judge(m)
    gaps = [(m["lane"], m["from"], m["to"], m["seq"]) for m in messages if m["kind"] == "gap"]
    assert left["poison"] and gaps == [("alarm", s, s, s) for s in left["poison"]]
    for lane in ("alarm", "data"):
        seqs = newer([m["seq"] for m in messages if m["lane"] == lane])
        assert seqs == list(range(1, len(seqs) + 1))
    assert "no such rule" in left["log"]


DAEMON = ("starts", "stops", "clock_changes", "config_changes", "commands", "writes", "modes")
BASE = {"v": 1, "estate": "t", "lane": "alarm", "seq": 1, "time": "2024-05-01T10:00:00.120+08:00"}
ALARM = {**BASE, "kind": "alarm", "alarm": "high/p1", "rule": "high", "asset": "p1", "state": "unacked", "priority": 2, "stage": 0,
         "since": "2024-05-01T10:00:00+08:00", "count": 1, "reason": {"when": "x > 90", "inputs": []}, "text": {"zh": "高", "en": "high"},
         "place": "b1"}
RIGHT = {
    "alarm": ALARM,
    "event": {**BASE, "lane": "data", "kind": "event", "point": "s1.pressed", "device": "s1", "value": True, "place": "b1"},
    "summary": {**BASE, "lane": "data", "kind": "summary", "period": "hour", "from": BASE["time"], "to": BASE["time"],
                "scope": "daemon", "of": None, "revision": 0, "figures": {name: 0 for name in DAEMON}},
    "health": {**BASE, "lane": "data", "kind": "health", "what": "clock", "id": "clock", "state": "unset", "text": "", "step_s": 1.5},
    "inventory": {**BASE, "lane": "data", "kind": "inventory", "sum": "9f0c12aa", "part": 1, "parts": 1, "devices": [{"device": "p1", "class": "probe"}]},
    "gap": {**BASE, "kind": "gap", "from": 1, "to": 4, "reason": "no room"},
}


@pytest.mark.parametrize("kind", RIGHT)
def test_of_each_kind_the_right_is_valid_and_what_lacks_a_member_is_not(kind):
    judge(RIGHT[kind])
    needed = set(BASE) | {"kind"} | set(schema("envelope")["$defs"][kind].get("required", []))
    for member in needed:
        less = copy.deepcopy(RIGHT[kind])
        del less[member]
        assert not ENVELOPE.is_valid(less), member


@pytest.mark.parametrize("change", [{"v": 2}, {"lane": "other"}, {"seq": 0}, {"seq": 1.5}, {"time": "2024-05-01 10:00"},
                                    {"time": "2024-05-01T10:00:00"}, {"kind": "other"}, {"estate": "a/b"}, {"state": "gone"},
                                    {"priority": 5}, {"text": {"zh": "x"}}, {"alarm": "high"}, {"count": -1}, {"place": 5},
                                    {"lane": "data"}, {"clock": "synchronised"}, {"life_safety": False}])
def test_a_wrong_member_is_not_valid(change):
    assert not validator("envelope").is_valid({**ALARM, **change})


@pytest.mark.parametrize("ack,valid", [({"lane": "alarm", "seq": 1}, True), ([{"lane": "data", "seq": 0}], True), ({"lane": "alarm"}, False),
                                       ({"lane": "x", "seq": 1}, False), ({"lane": "alarm", "seq": "1"}, False), ("ok", False)])
def test_acknowledgements(ack, valid):
    assert validator("ack").is_valid(ack) == valid


def test_a_status_without_a_state_is_not_valid():
    assert validator("status").is_valid({"v": 1, "estate": "t", "state": "offline"})
    assert not validator("status").is_valid({"v": 1, "estate": "t"})
    assert not validator("status").is_valid({"v": 1, "estate": "t", "state": "online", "since": "now"})


def test_the_installed_schemas_are_those_that_are_named():
    assert {p.name for p in pathlib.Path(SCHEMAS).iterdir()} == {f"{n}.schema.json" for n in ("envelope", "summary", "status", "ack")}
