"""mqtt-source in the dialects beside Zigbee2MQTT, against a real broker: what is told again, kept, silent, unknown, garbage."""

import concurrent.futures
import json
import subprocess
import time

import pytest

from broker import Broker
from certificates import authority_of
from plugin_harness import Plugin, program
from test_plugin_conformance import passes

EUI = "24e124535b316056"
SOS = {"id": "sos", "address": EUI.upper(), "class": "sos"}
UP = f"application/7/device/{EUI}/event/up"


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path, config="max_queued_messages 0") as b:
        yield b


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return authority_of(tmp_path_factory, broker="DNS:localhost,IP:127.0.0.1")


def source(broker, dialect, *devices, **options):
    return Plugin("mqtt-source", {"url": broker.url, "dialect": dialect, **options}, list(devices))


def uplink(count, at=None, **values):
    return json.dumps({"deduplicationId": f"dd-{count}", "time": at or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                       "deviceInfo": {"deviceName": "button", "deviceProfileName": "WS101"}, "devAddr": "00189440", "fCnt": count,
                       "fPort": 85, "object": values, "rxInfo": [{"rssi": -36, "snr": 10.5}]})


def test_a_frame_is_told_once_however_often_the_broker_says_it(broker):
    with source(broker, "chirpstack", SOS) as p, broker.client() as radio:
        p.wait("healthy")
        for message in (uplink(1, press="short"), uplink(1, press="short"), uplink(2, press="short")):
            radio.publish(UP, message)
        p.wait("sample")
        second = p.wait("sample")
        assert second["fields"]["fCnt"] == 2 and second["fields"]["object"] == {"press": "short"} and second["fields"]["rssi"] == -36
        counters = p.ping()
        assert len(p.all("sample")) == 2 and counters["repeated"] == 1 and counters["bad_payloads"] == 0


def test_what_came_while_it_was_away_is_told_with_its_own_time(broker):
    with broker.client() as radio:
        with source(broker, "chirpstack", SOS) as p:
            p.wait("healthy")
            p.stop()
        radio.publish(UP, uplink(5, "2023-11-14T22:13:20.5Z", press="long"))
        with source(broker, "chirpstack", SOS) as p:
            sample = p.wait("sample")
            assert sample["at"] == 1700000000.5 and sample["fields"]["press"] == "long" and "retained" not in sample


@pytest.mark.parametrize("dialect, topic, message", [
    ("chirpstack", UP, '{"fCnt":1,"object":{"press":"short"}}'), ("milesight", "milesight/up", '{"devEUI":"%s","press":"short"}' % EUI),
    ("tuya", f"tylink/{EUI}/thing/property/report", '{"data":{"press":{"value":"short"}}}'), ("json", f"sensors/{EUI}", '{"press":"short"}')])
def test_what_the_broker_had_kept_is_not_fresh(broker, dialect, topic, message):
    with broker.client() as radio:
        radio.publish(topic, message, retain=True)
        with source(broker, dialect, {"id": "sos", "address": EUI}) as p:
            sample = p.wait("sample")
            assert sample["retained"] is True and "at" not in sample and sample["fields"]["press"] == "short"


def test_a_device_that_is_not_heard_for_so_long_is_stale_until_it_is(broker):
    with source(broker, "chirpstack", SOS, silent_after="1s") as p, broker.client() as radio:
        p.wait("healthy")
        radio.publish(UP, uplink(1, battery=5))
        assert p.wait("stale", limit=60) == {"type": "stale", "device": "sos"}
        radio.publish(UP, uplink(2, battery=5))
        p.wait("sample", device="sos")


def test_a_stranger_is_told_once_with_what_is_known_of_it(broker):
    with source(broker, "chirpstack", {"id": "none", "address": "other"}) as p, broker.client() as radio:
        p.wait("healthy")
        for count in (1, 2):
            radio.publish(UP, uplink(count, battery=90, press="short"))
        radio.publish(f"application/7/device/{EUI}/event/log", '{"code":"UPLINK_CODEC","description":"x is not a function"}')
        found = p.wait("discovered")
        p.wait_until(lambda p: any("x is not a function" in line for line in p.log))
        assert p.ping()["discovered"] == 1 and len(p.all("discovered")) == 1
        assert {k: found[k] for k in ("address", "name", "model", "battery")} == \
            {"address": EUI, "name": "button", "model": "WS101", "battery": 90}


@pytest.mark.parametrize("dialect, topic", [("chirpstack", UP), ("milesight", f"milesight/{EUI}"), ("json", f"sensors/{EUI}"),
                                            ("tuya", f"tylink/{EUI}/thing/property/report")])
def test_garbage_is_counted_logged_once_and_harms_nothing(broker, dialect, topic):
    garbage = [b"{", b"not json", b"[1,2]", b"42", b"\xff\xfe", b"\x0a\x24\x33\x61\x00", b'{"a":"\xff"}', b"{" * 5000, b"x" * 200000]
    with source(broker, dialect, {"id": "sos", "address": EUI}) as p, broker.client() as radio:
        p.wait("healthy")
        for g in garbage:
            radio.publish(topic, g)
        radio.publish(topic, b"")
        radio.publish(topic, '{"battery":5,"object":{},"data":{"a":{"value":1}}}' if dialect == "tuya" else '{"battery":5,"object":{}}')
        p.wait("sample")
        assert len(p.all("sample")) == 1 and p.ping()["bad_payloads"] == len(garbage)
        p.wait_until(lambda p: any(line.startswith("<4>" + topic) for line in p.log))
        assert sum(line.startswith("<4>" + topic) for line in p.log) == 1 and p.all("fault") == []


def test_an_order_to_a_device_is_no_word_of_it(broker):
    with source(broker, "json", {"id": "plug", "address": "plug"}) as p, broker.client() as radio:
        p.wait("healthy")
        radio.publish("sensors/plug/set", '{"on":true}')
        radio.publish("sensors/plug/on", "false")
        assert p.wait("sample")["fields"] == {"on": False}


def test_every_dialect_keeps_to_the_protocol(broker):
    def count(dialect):
        return passes(program("mqtt-source"), "--options", json.dumps({"url": broker.url, "dialect": dialect}))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(count, ("chirpstack", "milesight", "tuya", "json"))) == [11] * 4


def test_over_tls_with_a_password_in_every_dialect(tmp_path, authority):
    users, secret = tmp_path / "users", tmp_path / "secret"
    users.write_text("box:s3cret 密\n")
    secret.write_text("s3cret 密\n")
    subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True)
    certificate, key = authority.pair("broker")
    with Broker(tmp_path, anonymous=False, config=f"password_file {users}\ncertfile {certificate}\nkeyfile {key}") as broker:
        options = {"url": f"mqtts://localhost:{broker.port}", "ca_file": authority.certificate, "username": "box",
                   "password_file": str(secret)}
        for dialect in ("zigbee2mqtt", "chirpstack", "milesight", "tuya", "json"):
            with Plugin("mqtt-source", {**options, "dialect": dialect}, [SOS]) as p:
                p.wait("healthy")
        with Plugin("mqtt-source", {**options, "server_name": "other.example"}, [SOS]) as p:
            assert "certificate" in p.wait("fault")["text"]


def test_a_base_may_begin_with_a_slash_but_has_no_wildcards(broker):
    with source(broker, "milesight", SOS, base="/estate/7/up") as p, broker.client() as radio:
        p.wait("healthy")
        radio.publish("/estate/7/up", json.dumps({"devEUI": EUI, "battery": 7}))
        assert p.wait("sample")["fields"]["battery"] == 7
    with source(broker, "milesight", SOS, base="/estate/+") as p:
        assert "option 'base'" in p.wait("fault")["text"]
