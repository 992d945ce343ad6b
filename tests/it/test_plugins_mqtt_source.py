"""mqtt-source against a real broker: what a Zigbee2MQTT publishes becomes samples, whatever the broker does."""

import json
import subprocess
import time

import pytest

from broker import Broker, free_port
from plugin_harness import Plugin, program, rss_kib

SOS = {"id": "sos-1204", "address": "0x00158d0001a2b3c4", "class": "sos", "profile": "zigbee-sos"}
HALL = {"id": "motion-hall", "address": "hall", "class": "motion"}


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path, config="max_queued_messages 0") as b:
        yield b


def source(broker, *devices, read=True, **options):
    return Plugin("mqtt-source", {"url": broker.url, "dialect": "zigbee2mqtt", **options}, list(devices) or [SOS, HALL],
                  read=read)


def bridge_devices(*pairs):
    return json.dumps([{"ieee_address": "0x0000000000000000", "friendly_name": "Coordinator", "type": "Coordinator"}] +
                      [{"ieee_address": ieee, "friendly_name": name, "type": "EndDevice"} for ieee, name in pairs])


# The talk with the daemon.


def test_help_prints_the_options():
    text = subprocess.run([program("mqtt-source"), "--help"], capture_output=True, text=True, check=True).stdout
    for option in ("url", "dialect", "base", "username", "password_file", "password_credential", "client_id"):
        assert f"\n{option} " in text


def test_it_shakes_hands_answers_pings_ignores_what_it_does_not_know_and_stops(broker):
    with source(broker) as p:
        ready = p.wait("ready")
        assert ready["name"] == "mqtt-source" and ready["roles"] == ["source"] and ready["version"]
        p.wait("healthy")
        p.send({"type": "weather", "rain": True})
        p.send({"type": "ping", "id": "a text is fine too", "more": 1})
        assert p.wait("pong", id="a text is fine too")["counters"]["unknown_types"] == 1
        seconds, code = p.stop()
        assert code == 0 and seconds < 2


def test_the_end_of_stdin_ends_it(broker):
    with source(broker) as p:
        p.wait("healthy")
        start = time.monotonic()
        p.process.stdin.close()
        assert p.wait_exit() == 0 and time.monotonic() - start < 2


def test_sigterm_ends_it_as_orderly_as_stop(broker):
    with source(broker) as p:
        p.wait("healthy")
        p.process.terminate()
        assert p.wait_exit() == 0


def test_wrong_options_are_all_told_with_expectation_and_suggestion():
    with Plugin("mqtt-source", {"ulr": "mqtt://127.0.0.1", "dialect": "zigbe2mqtt", "base": "a/#", "client_id": 7}) as p:
        text = p.wait("fault")["text"]
        assert "'ulr'; did you mean 'url'?" in text
        assert "option 'url' is missing" in text
        assert "option 'dialect' = \"zigbe2mqtt\": expected one of: zigbee2mqtt, chirpstack, milesight, tuya, json; did you mean 'zigbee2mqtt'?" in text
        assert "option 'base' = \"a/#\"" in text
        assert "option 'client_id' = 7: expected a text in quotes" in text
        assert p.wait_exit() == 1
        assert p.all("ready") == []
        assert any(line.startswith("<3>") for line in p.log)


@pytest.mark.parametrize("url", ["127.0.0.1:1883", "https://h", "mqtts://", "mqtt://", "mqtt://h:0", "mqtt://h:70000", "mqtt://h:1x",
                                 "mqtt://user@h", "mqtt://h/path", "mqtt://[::1"])
def test_a_wrong_url_is_refused(url):
    with Plugin("mqtt-source", {"url": url}) as p:
        assert "option 'url'" in p.wait("fault")["text"]
        assert p.wait_exit() == 1


def test_a_missing_credential_is_told_by_name_and_two_secrets_are_one_too_many():
    options = {"url": "mqtt://127.0.0.1", "username": "u", "password_credential": "mqtt-password"}
    with Plugin("mqtt-source", options) as p:
        text = p.wait("fault")["text"]
        assert text.startswith("credential 'mqtt-password' is missing: as root: install -o ")
        assert text.endswith("/credentials/mqtt-password")
    with Plugin("mqtt-source", {**options, "password_file": "/etc/passwd"}) as p:
        assert "are both given" in p.wait("fault")["text"]
    with Plugin("mqtt-source", {**options, "password_credential": "../passwd"}) as p:
        assert "expected the name of a credential" in p.wait("fault")["text"]


def test_a_missing_password_file_is_told():
    with Plugin("mqtt-source", {"url": "mqtt://127.0.0.1", "username": "u", "password_file": "/nonexistent/密码"}) as p:
        assert "option 'password_file' = \"/nonexistent/密码\": No such file" in p.wait("fault")["text"]
        assert p.wait_exit() == 1


def test_another_protocol_is_refused():
    with Plugin("mqtt-source", hello={"type": "hello", "protocol": 2, "instance": "x", "options": {}}) as p:
        assert "protocol 2" in p.wait("fault")["text"]
        assert p.wait_exit() == 1


def test_bad_and_overlong_lines_from_the_daemon_are_skipped_and_counted(broker):
    with source(broker) as p:
        p.wait("healthy")
        p.send_raw(b"not json\n[1]\n\n{}\n")
        p.send_raw(b'{"type":"ping","id":"' + b"x" * 70000 + b'"}\n')
        p.send_raw(b"y" * 300000 + b"\n")
        assert p.ping(3)["bad_lines"] == 6
        long_id = "z" * 60000  # a long line within the limit is a line like any other
        p.send({"type": "ping", "id": long_id})
        p.wait("pong", id=long_id)


def test_devices_that_do_not_fit_into_hello_come_in_lines_after_it(broker):
    hello = {"type": "hello", "protocol": 1, "instance": "test", "options": {"url": broker.url}, "devices": [SOS],
             "more": True}
    with Plugin("mqtt-source", hello=hello) as p, broker.client() as z:
        many = [{"id": f"d{i}", "address": f"0x{i:016x}"} for i in range(1, 2001)]
        for i in range(0, len(many), 500):
            assert p.all("ready") == []
            p.send({"type": "devices", "devices": many[i:i + 500], "more": i + 500 < len(many)})
        p.wait("healthy")
        z.publish("zigbee2mqtt/0x00000000000007d0", '{"occupancy":true}')
        assert p.wait("sample")["device"] == "d2000"


# What Zigbee2MQTT says.


def test_a_state_message_becomes_a_sample_with_its_fields_an_id_and_a_time(broker):
    with source(broker) as p, broker.client() as z:
        p.wait("healthy")
        before = time.time()
        z.publish("zigbee2mqtt/0x00158D0001A2B3C4", '{"action":"emergency","battery":97.5,"文":"字"}')
        s = p.wait("sample")
        assert s["device"] == "sos-1204" and s["fields"] == {"action": "emergency", "battery": 97.5, "文": "字"}
        assert before - 0.01 <= s["at"] <= time.time() + 0.01 and "retained" not in s
        z.publish("zigbee2mqtt/hall", '{"occupancy":true}')
        t = p.wait("sample")
        assert t["device"] == "motion-hall" and t["fields"] == {"occupancy": True}
        assert isinstance(s["id"], str) and s["id"] != t["id"]
        p.send({"type": "stored", "id": s["id"]})
        assert p.ping()["stored"] == 1


def test_ids_are_never_used_again_after_a_restart(broker):
    ids = []
    for _ in range(2):
        with source(broker) as p, broker.client() as z:
            p.wait("healthy")
            z.publish("zigbee2mqtt/hall", '{"occupancy":true}')
            ids.append(p.wait("sample")["id"])
            p.stop()
    assert ids[0] != ids[1]


@pytest.mark.parametrize("seen, at", [("1700000000123", 1700000000.123), ("1700000000", 1700000000.0),
                                      ('"2023-11-14T22:13:20.123Z"', 1700000000.123),
                                      ('"2023-11-15T06:13:20+08:00"', 1700000000.0)])
def test_last_seen_is_the_time_of_the_sample(broker, seen, at):
    with source(broker) as p, broker.client() as z:
        p.wait("healthy")
        z.publish("zigbee2mqtt/hall", '{"occupancy":true,"last_seen":%s}' % seen)
        assert p.wait("sample")["at"] == pytest.approx(at, abs=0.0005)


@pytest.mark.parametrize("seen", ["99999999999999", '"2093-01-01T00:00:00Z"', '"2023-11-14T22:13:20"', '"yesterday"', "-1",
                                  "null", "{}", "1e300"])
def test_a_last_seen_of_the_future_or_without_meaning_is_not_believed(broker, seen):
    with source(broker) as p, broker.client() as z:
        p.wait("healthy")
        before = time.time()
        z.publish("zigbee2mqtt/hall", '{"occupancy":true,"last_seen":%s}' % seen)
        assert before - 0.01 <= p.wait("sample")["at"] <= time.time() + 0.01


def test_an_empty_action_says_nothing(broker):
    with source(broker) as p, broker.client() as z:
        p.wait("healthy")
        z.publish("zigbee2mqtt/0x00158d0001a2b3c4", '{"action":"","battery":97}')
        z.publish("zigbee2mqtt/0x00158d0001a2b3c4", '{"action":null,"battery":96}')
        assert p.wait("sample")["fields"] == {"battery": 97}
        assert p.wait("sample")["fields"] == {"battery": 96}


def test_a_kept_message_is_marked_is_no_event_and_has_no_made_up_time(broker):
    with broker.client() as z:
        z.publish("zigbee2mqtt/0x00158d0001a2b3c4",
                  '{"action":"emergency","action_group":3,"battery":97,"last_seen":1700000000000}', retain=True)
        z.publish("zigbee2mqtt/hall", '{"occupancy":true}', retain=True)
        with source(broker) as p:
            s = p.wait("sample", device="sos-1204")
            assert s["fields"] == {"battery": 97, "last_seen": 1700000000000}
            assert s["retained"] is True and s["at"] == 1700000000.0
            p.taken = 0
            s = p.wait("sample", device="motion-hall")
            assert s["fields"] == {"occupancy": True} and s["retained"] is True and "at" not in s


def test_names_are_learned_from_the_bridge(broker):
    with broker.client() as z:
        z.publish("zigbee2mqtt/bridge/devices", bridge_devices((SOS["address"], "老王的按钮")), retain=True)
        with source(broker) as p:
            p.wait("healthy")
            z.publish("zigbee2mqtt/老王的按钮", '{"action":"emergency"}')
            assert p.wait("sample")["device"] == "sos-1204"
            z.publish("zigbee2mqtt/bridge/devices", bridge_devices((SOS["address"], "renamed")), retain=True)
            z.publish("zigbee2mqtt/renamed", '{"action":"emergency"}')
            assert p.wait("sample")["device"] == "sos-1204"
            assert p.all("discovered") == []


def test_a_name_with_slashes_is_subscribed_to_when_it_is_learned(broker):
    with broker.client() as z, source(broker, SOS, {"id": "deep", "address": "a/b/c"}) as p:
        p.wait("healthy")
        z.publish("zigbee2mqtt/bridge/devices", bridge_devices((SOS["address"], "b3/u1/1204")), retain=True)
        z.publish("zigbee2mqtt/a/b/c", '{"open":true}')
        assert p.wait("sample")["device"] == "deep"
        z.publish("zigbee2mqtt/b3/u1/1204", '{"action":"emergency"}', retain=True)
        assert p.wait("sample", device="sos-1204")
        z.publish("zigbee2mqtt/a/b/c/availability", "offline")
        assert p.wait("stale")["device"] == "deep"


def test_the_payload_itself_may_say_whose_it_is(broker):
    with source(broker) as p, broker.client() as z:
        p.wait("healthy")
        z.publish("zigbee2mqtt/button", '{"action":"emergency","device":{"ieeeAddr":"0x00158d0001a2b3c4"}}')
        z.publish("zigbee2mqtt/bridge/devices", bridge_devices((SOS["address"], "button")), retain=True)
        assert p.wait("sample")["device"] == "sos-1204"


def test_one_address_may_be_two_devices(broker):
    with source(broker, HALL, {"id": "hall-temperature", "address": "hall"}) as p, broker.client() as z:
        p.wait("healthy")
        z.publish("zigbee2mqtt/hall", '{"temperature":21.5}')
        assert {p.wait("sample")["device"], p.wait("sample")["device"]} == {"motion-hall", "hall-temperature"}


def test_availability_becomes_link_and_stale(broker):
    with source(broker) as p, broker.client() as z:
        p.wait("healthy")
        z.publish("zigbee2mqtt/hall/availability", '{"state":"offline"}')
        assert p.wait("sample")["fields"] == {"link": False}
        assert p.wait("stale") == {"type": "stale", "device": "motion-hall"}
        z.publish("zigbee2mqtt/hall/availability", "online")
        assert p.wait("sample")["fields"] == {"link": True}
        z.publish("zigbee2mqtt/hall/availability", "perhaps")
        z.publish("zigbee2mqtt/hall", '{"occupancy":true}')
        p.wait("sample", fields={"occupancy": True})
        assert p.ping()["bad_payloads"] == 1


def test_an_unknown_device_is_told_once(broker):
    with source(broker) as p, broker.client() as z:
        z.publish("zigbee2mqtt/bridge/devices", bridge_devices(("0xAA", "new one")), retain=True)
        p.wait("healthy")
        for i in range(3):
            z.publish("zigbee2mqtt/new one", '{"contact":true,"n":%d}' % i)
            z.publish("zigbee2mqtt/0xbb", '{"n":%d}' % i)
        z.publish("zigbee2mqtt/hall", "{}")
        p.wait("sample")
        assert p.all("discovered") == [
            {"type": "discovered", "address": "0xaa", "name": "new one", "fields": {"contact": True, "n": 0}},
            {"type": "discovered", "address": "0xbb", "name": "0xbb", "fields": {"n": 0}}]


def test_garbage_is_counted_logged_once_per_topic_and_harms_nothing(broker):
    garbage = [b"{", b"not json", b"[1,2]", b"42", b'"online"', b"null", b'{"a":"\xff\xfe"}', b"\x00\x01\x02", b'{"a":1}}',
               b'{"a":' * 5000, b'{"a":1e999}', b'{"a":"' + b"x" * 200000 + b'"}', b'{"a":99999999999999999999999}']
    with source(broker) as p, broker.client() as z:
        p.wait("healthy")
        for g in garbage:
            z.publish("zigbee2mqtt/hall", g)
        z.publish("zigbee2mqtt/bridge/devices", b"{]", retain=True)
        z.publish("zigbee2mqtt/bridge/devices", b"{}")
        z.publish("zigbee2mqtt/bridge/state", b"\xff")
        z.publish("zigbee2mqtt/hall", b"")  # removes a retained message: not garbage
        z.publish("zigbee2mqtt/hall", b'{"occupancy":true}')
        assert p.wait("sample")["fields"] == {"occupancy": True}
        assert len(p.all("sample")) == 1
        assert p.ping()["bad_payloads"] == len(garbage) + 3
        p.wait_until(lambda p: any("zigbee2mqtt/hall" in line for line in p.log))
        mine = [line for line in p.log if "zigbee2mqtt/hall" in line]
        assert len(mine) == 1 and mine[0].startswith("<4>") and "expected a JSON object" in mine[0]
        assert p.all("fault") == []


def test_a_large_payload_stays_within_the_line_limit(broker):
    with source(broker) as p, broker.client() as z:
        p.wait("healthy")
        z.publish("zigbee2mqtt/hall", json.dumps({"text": "x" * 59000}))
        assert len(p.wait("sample")["fields"]["text"]) == 59000
        z.publish("zigbee2mqtt/hall", '{"text":"' + '\x7f' * 100 + '\\"' * 29000 + '"}')
        z.publish("zigbee2mqtt/hall", '{"n":1}')
        p.wait_until(lambda p: p.messages[-1].get("fields") == {"n": 1})
        assert all(len(line) < 65536 for line in p.lines)


def test_zigbee2mqtt_going_offline_is_a_fault_until_it_is_back(broker):
    with source(broker) as p, broker.client() as z:
        p.wait("healthy")
        z.publish("zigbee2mqtt/bridge/state", '{"state":"offline"}', retain=True)
        assert p.wait("fault")["text"] == "Zigbee2MQTT is offline"
        z.publish("zigbee2mqtt/bridge/state", "online", retain=True)
        p.wait("healthy")


# What the broker does.


def test_no_broker_at_the_start_is_a_fault_and_no_reason_to_give_up(tmp_path):
    broker = Broker(tmp_path)
    broker.port = free_port()
    with source(broker) as p:
        p.wait("ready")
        text = p.wait("fault")["text"]
        assert text.startswith(f"no broker at {broker.url}") and "refused" in text
        with broker:
            p.wait("healthy")
            assert len(p.all("fault")) == 1  # the edge, not each attempt


def test_a_broker_killed_and_restarted_costs_nothing_but_time(broker):
    with source(broker) as p:
        p.wait("healthy")
        broker.kill()
        assert "no broker" in p.wait("fault")["text"]
        broker.start()
        p.wait("healthy")
        with broker.client() as z:
            z.publish("zigbee2mqtt/hall", '{"occupancy":true}')
            assert p.wait("sample")["device"] == "motion-hall"


def test_a_host_name_is_looked_up(broker):
    with Plugin("mqtt-source", {"url": f"mqtt://localhost:{broker.port}"}, [HALL]) as p:
        p.wait("healthy")


def test_a_host_name_that_does_not_exist_is_told_and_pings_are_answered_meanwhile():
    with Plugin("mqtt-source", {"url": "mqtt://no-such-host.invalid"}, [HALL]) as p:
        p.wait("ready")
        p.ping()
        assert "no-such-host.invalid" in p.wait("fault")["text"]
        seconds, code = p.stop()
        assert code == 0 and seconds < 2


def test_a_wrong_password_is_told(tmp_path):
    users, secret = tmp_path / "users", tmp_path / "secret"
    users.write_text("someone:x\n")
    secret.write_text("wrong\n")
    with Broker(tmp_path, anonymous=False, config=f"password_file {users}") as broker:
        with source(broker, username="someone", password_file=str(secret)) as p:
            assert "refused the connection" in p.wait("fault")["text"]
            assert "wrong" not in " ".join(p.log)


def test_the_right_password_is_sent(tmp_path):
    users, secret = tmp_path / "users", tmp_path / "secret"
    users.write_text("someone:s3cret 密\n")
    secret.write_text("s3cret 密\n")
    subprocess.run(["mosquitto_passwd", "-U", str(users)], check=True)
    with Broker(tmp_path, anonymous=False, config=f"password_file {users}") as broker:
        with source(broker, username="someone", password_file=str(secret)) as p:
            p.wait("healthy")


def test_messages_wait_at_the_broker_while_it_is_away_even_under_a_name_not_yet_known(broker):
    with broker.client() as z:
        z.publish("zigbee2mqtt/bridge/devices", bridge_devices((SOS["address"], "button")), retain=True)
        with source(broker) as p:
            p.wait("healthy")
            z.publish("zigbee2mqtt/button", "{}")
            p.wait("sample")  # so bridge/devices was taken too and does not wait in the session
            p.stop()
        for n in range(50):
            z.publish("zigbee2mqtt/button", '{"action":"emergency","n":%d}' % n)
        with source(broker) as p:
            p.wait_until(lambda p: len(p.all("sample")) >= 50)
            assert [s["fields"]["n"] for s in p.all("sample")] == list(range(50))
            assert all(s["fields"]["action"] == "emergency" and "retained" not in s for s in p.all("sample"))
            assert p.all("discovered") == []


def test_two_hundred_messages_survive_a_kill_of_the_plugin_between_them(broker):
    """What the broker has not been answered for comes again; order holds; nothing is left out between the two lives."""
    with broker.client() as z:
        with source(broker) as p:
            p.wait("healthy")
            for n in range(100):
                z.publish("zigbee2mqtt/hall", '{"n":%d}' % n)
            p.wait_until(lambda p: len(p.all("sample")) == 100)
            p.process.kill()
            p.wait_exit()
            first = [s["fields"]["n"] for s in p.all("sample")]
        for n in range(100, 200):
            z.publish("zigbee2mqtt/hall", '{"n":%d}' % n)
        with source(broker) as p:
            p.wait_until(lambda p: any(s["fields"]["n"] == 199 for s in p.all("sample")))
            second = [s["fields"]["n"] for s in p.all("sample")]
    assert sorted(set(first + second)) == list(range(200))
    assert second == sorted(second)


def test_a_daemon_that_does_not_read_loses_nothing_and_costs_no_memory(broker):
    count, text = 6000, "x" * 1000
    with source(broker, read=False) as p, broker.client() as z:
        p.reading.set()
        p.wait("healthy")
        p.reading.clear()
        z.publish("zigbee2mqtt/hall", '{"n":-1}')  # wakes the reader, which then waits
        last = None
        for n in range(count):
            last = z.mqtt.publish("zigbee2mqtt/hall", '{"n":%d,"text":"%s"}' % (n, text), qos=1)
        last.wait_for_publish(60)
        assert last.is_published()
        before = rss_kib(p.process.pid)
        p.send({"type": "ping", "id": 77})  # still alive; its answer waits with the rest
        assert p.process.poll() is None
        p.resume()
        assert p.wait("pong", id=77, limit=60)["counters"]["samples"] < count  # the rest was left with the broker
        p.wait_until(lambda p: len(p.all("sample")) >= count + 1, limit=60)
        assert [s["fields"]["n"] for s in p.all("sample")] == list(range(-1, count))
        assert rss_kib(p.process.pid) - before < 8 * 1024
        assert p.all("fault") == [] and p.ping(5)["unsent"] == 0
