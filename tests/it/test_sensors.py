"""Every shipped profile of messages, end to end: tests/case/sensor says what a kind of sensor publishes and what its points must
be then; here it is published to a real mosquitto in the words of each dialect, mqtt-source takes it in, and estated shows it."""

import json
import pathlib
import re
import time

import pytest

from broker import Broker
from estate import PREFIX, Estate, until
from test_profiles import same

CASES = pathlib.Path(__file__).parent.parent / "case" / "sensor"


class Block:
    """One device: its messages one after the other, and what its points must be after each."""

    def __init__(self, where, kind, name):
        self.where, self.kind, self.name = where, kind, name
        self.steps = []  # (message, {point: value})


def blocks(name):
    found = []
    for number, line in enumerate((CASES / f"{name}.case").read_text().splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        if word in ("profile", "class"):
            found.append(Block(f"{name}.case:{number}", word, rest))
        elif word == "message":
            found[-1].steps.append((json.loads(rest), {}))
        elif word == "point":
            point, value = rest.split(" ", 1)
            found[-1].steps[-1][1][point] = value
        else:
            assert not word or word.startswith("#"), (name, number)
    return found


# How each dialect says it: the address of the nth device, and topic and payload of its kth message.


def eui(n):
    return f"24e124535b31{n:04x}"


def as_object(message):
    """ChirpStack writes each number that a codec gives with a fraction: 1 as 1.0."""
    return json.loads(json.dumps(message), parse_int=float)


def chirpstack(n, k, message):
    return f"application/7/device/{eui(n)}/event/up", {
        "deduplicationId": f"{n}-{k}", "deviceInfo": {"deviceName": f"sensor {n}", "devEui": eui(n)}, "devAddr": f"{n:08x}",
        "fCnt": k, "fPort": 85, "data": "AXVh", "object": as_object(message), "rxInfo": [{"rssi": -70, "snr": 3}, {"rssi": -36, "snr": 10.5}]}


def milesight(n, k, message):
    return "/milesight/uplink", {"applicationID": "1", "devEUI": eui(n).upper(), "deviceName": f"sensor {n}", "fCnt": k, "fPort": 85,
                                 "rxInfo": [{"loRaSNR": 13.8, "rssi": -36}], **message}


def tuya(n, k, message):
    return f"tylink/thing{n}/thing/property/report", {"msgId": str(k), "data": {c: {"value": v} for c, v in message.items()}}


DIALECTS = {
    "zigbee2mqtt": ("zigbee", lambda n: f"0x{n:016x}", lambda n, k, m: (f"zigbee2mqtt/0x{n:016x}", m)),
    "chirpstack": ("lorawan", eui, chirpstack),
    "milesight": ("lorawan", lambda n: eui(n).upper(), milesight),
    "tuya": ("tuya", lambda n: f"thing{n}", tuya),
    "json": ("class", lambda n: f"flat/{n}", lambda n, k, m: (f"sensors/flat/{n}", m)),
}


def configuration(url, dialect, devices, address):
    rows = ",\n".join(f'{{ id = "d{n}"; place = "b1/u1/101"; plugin = "src"; address = "{address(n)}"; {b.kind} = "{b.name}"; }}'
                      for n, b in enumerate(devices, 1))
    return ('estate: { id = "t"; };\nplaces: ( { id = "b1"; } );\n'
            f'plugins: ( {{ id = "src"; program = "mqtt-source"; options: {{ url = "{url}"; dialect = "{dialect}"; }}; }} );\n'
            f"devices: (\n{rows} );\n")


def shown(point):
    return f"{point['value']} ({point['quality']}, {point['at']})"


def right(point, expected, before):
    """before: the point as it was before this message."""
    if expected == "event":
        return point["quality"] == "good" and point["at"] and point["at"] != before["at"]
    if expected == "kept":
        return point["at"] == before["at"]
    return point["value"] is not None and same(point, expected)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_kind_of_sensor_is_shown_as_it_says(tmp_path, dialect):
    case, address, say = DIALECTS[dialect]
    devices = blocks(case)
    with Broker(tmp_path) as broker, broker.client() as radio, \
            Estate(tmp_path, configuration(broker.url, dialect, devices, address)) as estate:
        until(lambda: estate.json("plugins")[0]["state"] == "up" and not estate.json("plugins")[0].get("fault"), "the plugin is up")
        now = {p["point"]: p for p in estate.json("points")}
        for k in range(max(len(b.steps) for b in devices)):
            before, wrong = now, ["nothing was read yet"]
            for n, b in enumerate(devices, 1):
                if k < len(b.steps):
                    topic, message = say(n, k + 1, b.steps[k][0])
                    radio.publish(topic, json.dumps(message))

            def all_right():
                nonlocal now
                now = {p["point"]: p for p in estate.json("points")}
                wrong[:] = [f"{b.where}: {b.name}, message {k + 1}: {name} is {shown(now[f'd{n}.{name}'])}, expected {value}"
                            for n, b in enumerate(devices, 1) if k < len(b.steps) for name, value in b.steps[k][1].items()
                            if not right(now[f"d{n}.{name}"], value, before[f"d{n}.{name}"])]
                return not wrong

            try:
                until(all_right, "all points are as written")
            except AssertionError:
                raise AssertionError("\n".join(wrong[:20]) + "\n" + estate.log[-2000:]) from None


def test_no_profile_of_messages_is_shipped_without_a_case():
    shipped = {profile for path in ("zigbee", "lorawan", "tuya")
               for profile in re.findall(r'\bid = "([^"]+)"; class', (PREFIX / f"share/estated/profiles/{path}.conf").read_text())}
    assert len(shipped) > 30 and shipped == {b.name for case in ("zigbee", "lorawan", "tuya") for b in blocks(case)}


def test_what_the_broker_had_kept_is_shown_as_old_as_it_is(tmp_path):
    def said(ago):
        return {"contact": False, "battery": 50, "last_seen": round((time.time() - ago) * 1000)}

    messages = [{"contact": False, "battery": 50}, said(30 * 3600), said(3600)]
    devices = [Block("", "profile", "zigbee-contact")] * 3
    with Broker(tmp_path) as broker, broker.client() as radio:
        for n, message in enumerate(messages, 1):
            radio.publish(f"zigbee2mqtt/{n}", json.dumps(message), retain=True)
        with Estate(tmp_path, configuration(broker.url, "zigbee2mqtt", devices, str)) as estate:
            until(lambda: all(estate.point(f"d{n}.battery")["value"] == 50 for n in (1, 2, 3)), "all are there")
            points = [estate.point(f"d{n}.open") for n in (1, 2, 3)]
            assert [p["value"] for p in points] == [True] * 3
            assert [p["quality"] for p in points] == ["suspect", "stale", "good"]
            assert points[0]["at"] is None and all(p["at"] for p in points[1:])
            estate.wait_alarm("supervision/d2", "unacked")
            assert [a["alarm"] for a in estate.json("alarms")] == ["supervision/d2"]  # of the first nobody knows yet
            radio.publish("zigbee2mqtt/1", json.dumps(messages[0]))
            estate.wait_quality("d1.open", "good")


def test_a_stranger_on_the_radio_is_listed_adopted_and_read(tmp_path):
    """What a technician does with a new button: the profile that names its model is proposed, one command takes it over."""
    with Broker(tmp_path) as broker, broker.client() as radio, \
            Estate(tmp_path, configuration(broker.url, "chirpstack", [Block("", "profile", "lorawan-contact")], eui)) as estate:
        until(lambda: estate.json("plugins")[0]["state"] == "up" and not estate.json("plugins")[0].get("fault"), "the plugin is up")

        def say(count, **values):
            topic, message = chirpstack(2, count, values)
            message["deviceInfo"]["deviceProfileName"] = "Milesight WS101"
            radio.publish(topic, json.dumps(message))

        say(1, battery=80)
        until(lambda: estate.json("devices", "--discovered"), "the stranger is listed")
        found = estate.json("devices", "--discovered")[0]
        assert (found["address"], found["name"], found["model"], found["battery"]) == (eui(2), "sensor 2", "Milesight WS101", 80)
        done = estate.run_ctl("adopt", eui(2), "--place", "b1/u1/102", "--room", "bedroom", "--id", "sos-102")
        assert done.returncode == 0, done.stdout + done.stderr
        until(lambda: estate.json("devices", "--discovered") == [], "it is no stranger any more")

        def pressed():
            say(pressed.count, battery=79, press="short")
            pressed.count += 1
            return estate.point("sos-102.pressed")["quality"] == "good" and estate.point("sos-102.battery")["value"] == 79
        pressed.count = 2
        until(pressed, "its press is seen")
