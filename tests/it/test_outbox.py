"""The outbox in a long outage and after it: bounded, in order, no faster than it may, and never in an alarm's way."""

import contextlib
import json
import time

from backlog import fill
from broker import Broker
from estate import Estate, until
from puppet import Puppet, Uplink

HEAD = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
{more}
plugins: ( {{ id = "src"; program = "{source}"; }}, {uplinks} );
devices: ( {{ id = "sos-1"; place = "b1/u1/101"; plugin = "src"; address = "s"; class = "sos"; }} );
'''


def configuration(source, *uplinks, more=""):
    return HEAD.format(source=source.program, uplinks=", ".join(uplinks), more=more)


def puppet(uplink, id="cloud"):
    return f'{{ id = "{id}"; program = "{uplink.program}"; }}'


def lane(messages, name):
    return [m for m in messages if m["lane"] == name]


def row(estate, uplink, name):
    return next(r for r in estate.json("outbox") if r["uplink"] == uplink and r["lane"] == name)


def covered(messages):
    """Every number from 1 on came, or a gap record speaks for it; each once, in order. Returns how many came themselves."""
    told, at = 0, 0
    for m in messages:
        if m["kind"] == "gap":
            assert m["from"] <= at + 1 and m["to"] == m["seq"] and m["from"] <= m["to"], m
        else:
            assert m["seq"] == at + 1, f"{m['seq']} behind {at}"
            told += 1
        at = m["seq"]
    return told


@contextlib.contextmanager
def an_uplink_in_hand(directory, count):
    """An estate of which so many calls have been told to nobody yet, the uplink, and its first life."""
    with Puppet() as source, Puppet() as up:
        with Estate(directory, configuration(source, puppet(up))) as estate:
            life = source.life().ready("source")
            uplink = up.life()
            calls(estate, life, count)
            uplink.ready("uplink")
            yield estate, up, uplink


def take(uplink, count):
    """So many messages of lane alarm, taken as they come."""
    taken = []
    while len(taken) < count:
        batch = uplink.wait("deliver", lane="alarm")
        taken += batch["messages"]
        uplink.send(type="delivered", batch=batch["batch"])
    return taken


def calls(estate, life, count):
    """Somebody presses, somebody acknowledges, somebody closes: three messages of lane alarm each."""
    for i in range(count):
        life.sample("sos-1", id=f"call-{i}", pressed=True)
        life.wait("stored", id=f"call-{i}")
        estate.ctl("ack", "sos/sos-1")
        estate.ctl("close", "sos/sos-1", "--outcome", "test")


def test_a_live_alarm_overtakes_a_backlog_that_goes_no_faster_than_it_may(tmp_path):
    with Puppet() as source, Uplink() as cloud:
        estate = Estate(tmp_path, configuration(source, puppet(cloud), more="outbox: { rate = 400; };"))
        with estate:
            source.life().ready("source")
            cloud.life()
            until(lambda: row(estate, "cloud", "data")["pending"] == 0, "nothing waits")
        before = len(lane(cloud.messages, "data"))
        fill(estate.state, "cloud", 2000)
        with estate:
            life = source.life().ready("source")
            cloud.life()
            cloud.wait(lambda u: len(lane(u.messages, "data")) > before + 100)
            began, then = time.monotonic(), len(lane(cloud.messages, "data"))
            life.sample("sos-1", id="1", pressed=True)
            cloud.wait(lambda u: u.alarms("sos/sos-1"))
            assert row(estate, "cloud", "data")["pending"] > 500, "the backlog is still on its way"
            until(lambda: row(estate, "cloud", "data")["pending"] == 0, "all is delivered")
            rate = (len(lane(cloud.messages, "data")) - then) / (time.monotonic() - began)
            assert rate < 440, f"{rate:.0f} a second, with a limit of 400"
            assert covered(lane(cloud.messages, "data")) >= 2000
            assert [m["seq"] for m in lane(cloud.messages, "alarm")] == [1]


def test_a_day_without_the_receiver_is_told_when_it_is_back_with_what_had_to_go(tmp_path):
    """The broker is down for a simulated day of telemetry that is more than the outbox may hold; then all goes out."""
    with Puppet() as source, Broker(tmp_path) as broker:
        # Without the summaries of an hour that may end amid it: they need room too.
        options = f'{{ url = "{broker.url}"; ack = "broker"; kinds = ( "alarm", "health" ); }}'
        text = configuration(source, f'{{ id = "cloud"; program = "mqtt-uplink"; options: {options}; }}',
                             more='outbox: { bytes = "1MB"; rate = 0; };')
        estate = Estate(tmp_path, text)
        broker.kill()
        with estate:
            life = source.life().ready("source")
            calls(estate, life, 10)
            alarms = row(estate, "cloud", "alarm")["pending"]
            assert alarms >= 30
            estate.kill()
        first = fill(estate.state, "cloud", 4320, bytes=800)  # one every twenty seconds
        with estate:
            source.life().ready("source")
            until(lambda: row(estate, "cloud", "data")["bytes"] + row(estate, "cloud", "alarm")["bytes"] <= 1 << 20, "it is in its bounds", 60)
            assert row(estate, "cloud", "alarm")["pending"] >= alarms, "no alarm goes before telemetry"
            alarms = row(estate, "cloud", "alarm")["pending"]
            kept = row(estate, "cloud", "data")["pending"]
            assert 500 < kept < 1500
        broker.start()
        with broker.client("estate/v1/t/#") as seen, estate:
            source.life().ready("source")
            until(lambda: all(r["pending"] == 0 for r in estate.json("outbox")), "all is delivered", 60)
            seen.wait(lambda m: sum(b'"lane":"alarm"' in x.payload for x in m) >= alarms and
                      any(b'"lane":"data","seq":%d,' % (first + 4319) in x.payload for x in m))
            messages = [json.loads(m.payload) for m in seen.messages if m.topic != "estate/v1/t/status"]
        assert covered(lane(messages, "alarm")) >= alarms
        data = lane(messages, "data")
        assert data[0]["kind"] == "gap" and data[0]["from"] <= first, data[0]
        assert covered(data) >= kept - 10, "what it says of itself at a start may need the room of a few more"
        gaps = [r for r in audited(estate) if r["kind"] == "outbox"]
        assert {g["to"] for g in data if g["kind"] == "gap"} <= {g["detail"]["to"] for g in gaps}, "each drop is in the record of what was done"


def audited(estate):
    with estate:
        return estate.json("audit", "show", "--since", "1d")


def test_a_message_that_is_refused_for_ever_is_set_aside_alone(tmp_path):
    """The receiver cannot take one of many: a gap record takes its number, all others arrive, nobody waits."""
    with an_uplink_in_hand(tmp_path, 6) as (estate, _, uplink):
        taken = []
        while len(taken) < 18:
            batch = uplink.wait("deliver", lane="alarm")
            if any(m["seq"] == 7 and m["kind"] == "alarm" for m in batch["messages"]):
                uplink.send(type="refused", batch=batch["batch"], retry=False, text="no such \"kind\" of thing")
                continue
            if batch["messages"][0]["seq"] <= (taken[-1]["seq"] if taken else 0) or batch["messages"][0]["seq"] == (
                    taken[-1]["seq"] + 1 if taken else 1):
                taken += [m for m in batch["messages"] if m["seq"] > (taken[-1]["seq"] if taken else 0)]
            uplink.send(type="delivered", batch=batch["batch"])
        assert [m["seq"] for m in taken] == list(range(1, 19))
        gaps = [m for m in taken if m["kind"] == "gap"]
        assert [(g["seq"], g["from"], g["to"]) for g in gaps] == [(7, 7, 7)]
        assert 'no such "kind"' in gaps[0]["reason"]
        until(lambda: row(estate, "cloud", "alarm")["pending"] == 0, "nothing waits")
        estate.wait_log("can never be delivered")


def test_a_receiver_that_refuses_everything_costs_one_message_at_most(tmp_path):
    with an_uplink_in_hand(tmp_path, 3) as (estate, up, uplink):
        refused = 0
        while refused < 3:
            batch = uplink.wait("deliver", lane="alarm")
            refused += batch["messages"][0]["seq"] == 1
            uplink.send(type="refused", batch=batch["batch"], retry=False, text="not found")
        assert row(estate, "cloud", "alarm")["pending"] == 9
        uplink.end()
        taken = take(up.life().ready("uplink"), 9)
        assert [m["seq"] for m in taken] == list(range(1, 10))
        assert [m["kind"] for m in taken] == ["gap"] + ["alarm"] * 8


def test_a_message_that_is_refused_by_its_number_is_set_aside_without_a_search(tmp_path):
    """`seq` names it: all others come in batches as before; a number that is not in the batch is searched for one by one."""
    with an_uplink_in_hand(tmp_path, 6) as (_, up, uplink):
        first = uplink.wait("deliver", lane="alarm")
        assert [m["seq"] for m in first["messages"]] == list(range(1, 19)), "all in one"
        uplink.send(type="refused", batch=first["batch"], retry=False, seq=7, text="no such thing")
        second = uplink.wait("deliver", lane="alarm")
        assert [(m["seq"], m["kind"]) for m in second["messages"]] == [(s, "gap" if s == 7 else "alarm") for s in range(1, 19)]
        uplink.send(type="refused", batch=second["batch"], retry=False, seq=400, text="not one of them")
        alone = uplink.wait("deliver", lane="alarm")
        assert [m["seq"] for m in alone["messages"]] == [1], "it is looked for"
        uplink.end()
        taken = take(up.life().ready("uplink"), 18)
        assert [m["seq"] for m in taken] == list(range(1, 19))
        assert [m["seq"] for m in taken if m["kind"] == "gap"] == [7]


FAULT = "supervision/uplink:cloud"


def over(estate, alarm):
    return (estate.alarm(alarm) or {"state": "normal"})["state"] == "normal"


def test_a_receiver_that_forgets_alarms_is_an_alarm_here_until_it_acknowledges(tmp_path):
    """The broker takes them, the application does not answer. What is sent of that fault waits too, and accuses nobody."""
    with Puppet() as source, Broker(tmp_path) as broker:
        up = f'{{ id = "cloud"; program = "mqtt-uplink"; options: {{ url = "{broker.url}"; ack = "application"; }}; }}'
        with Estate(tmp_path, configuration(source, up, more='outbox: { ack_within = "3s"; };')) as estate:
            with broker.client("estate/v1/t/alarm") as seen:
                life = source.life().ready("source")

                def told(alarm):
                    return [m for m in (json.loads(x.payload) for x in list(seen.messages)) if m["alarm"] == alarm]

                def acknowledge(alarm):
                    seen.wait(lambda _: told(alarm))
                    seq = told(alarm)[-1]["seq"]
                    seen.publish("estate/v1/t/ack", json.dumps({"lane": "alarm", "seq": seq}))

                life.sample("sos-1", id="1", pressed=True)
                life.wait("stored", id="1")
                estate.wait_alarm(FAULT, "unacked")
                raised = json.dumps(estate.alarm(FAULT), ensure_ascii=False)
                assert "has not acknowledged" in raised and "接收方未按时确认" in raised
                estate.ctl("ack", FAULT)
                acknowledge("sos/sos-1")
                until(lambda: over(estate, FAULT), "the acknowledgement ends it")
                # What was told of the fault itself still waits, for much longer than anything may.
                seen.wait(lambda _: len(told(FAULT)) >= 3)
                began = time.monotonic()
                until(lambda: time.monotonic() - began > 5, "two ticks beyond the time", 30)
                assert row(estate, "cloud", "alarm")["pending"] >= 3, "its messages wait"
                assert len(told(FAULT)) == 3 and over(estate, FAULT), "it does not raise itself"
                estate.ctl("ack", "sos/sos-1")  # the next message that waits does
                estate.wait_alarm(FAULT, "unacked")
