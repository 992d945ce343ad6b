"""http-source: web hooks with a token of each family, and the events of an access controller; what is wrong is refused and named."""

import http.client
import json
import re
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest

from access_controller import BOUNDARY, HEARTBEAT, PASSWORD, USER, AccessController, alert, alert_xml, part
from broker import free_port
from estate import Estate, until
from pace import LIMIT
from plugin_harness import Plugin, program

TOKEN = "t-8d1f0a"
DEVICES = [{"id": "watch-1", "address": "8800112233", "class": "wearable"}, {"id": "bed-1", "address": "AA:01", "class": "bed"},
           {"id": "bed-1-also", "address": "aa:01", "class": "bed"}]


class Hook(Plugin):
    """With the port that it listens on, and a daemon that says "stored" of itself (obey) or not."""

    def __init__(self, folder, obey=True, devices=None, token=TOKEN, **options):
        (folder / "token").write_text(token + "\n")
        super().__init__("http-source", {"listen": "127.0.0.1:0", "token_file": str(folder / "token"), **options},
                         DEVICES if devices is None else devices)
        self.wait("healthy")
        self.wait_until(lambda p: any("listening on port" in line for line in p.log))
        self.port = int(next(re.search(r"listening on port (\d+)", line)[1] for line in self.log if "listening" in line))
        self.obeying = obey
        self.obedient = threading.Thread(target=self._obey, daemon=True)
        self.obedient.start()

    def _obey(self):
        done = 0
        while self.process.poll() is None:
            with self.changed:
                self.changed.wait_for(lambda: len(self.messages) > done and self.obeying, 0.5)
                new = self.messages[done:] if self.obeying else []
            for m in new:
                if m.get("type") == "sample":
                    self.send({"type": "stored", "id": m["id"]})
            done += len(new)

    def post(self, body, path="/hook/test", token=TOKEN, type="application/json", method="POST", **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2 * LIMIT)
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent = {"Content-Type": type, **headers}
            if token:
                sent["Authorization"] = f"Bearer {token}"
            c.request(method, path, data, {k: v for k, v in sent.items() if v})
            answer = c.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text[:1] == b"{" else text
        finally:
            c.close()

    @property
    def samples(self):
        return [(m["device"], m["fields"]) for m in self.all("sample")]


# ---- web hooks ----

def test_a_record_is_a_sample_and_the_answer_comes_when_it_is_stored(tmp_path):
    with Hook(tmp_path) as p:
        assert p.wait_until(lambda p: p.all("ready")) is None and p.all("ready")[0]["roles"] == ["source"]
        status, body = p.post({"device": "8800112233", "heart_rate": 71, "inner": {"worn": True}})
        assert (status, body) == (200, {"stored": 1, "duplicates": 0, "unknown": 0})
        [m] = p.all("sample")
        assert m["device"] == "watch-1" and m["fields"] == {"device": "8800112233", "heart_rate": 71, "inner": {"worn": True}} and "at" not in m
        assert p.stop()[1] == 0


def test_what_is_not_stored_is_not_taken(tmp_path):
    with Hook(tmp_path, obey=False) as p:
        status, body = p.post({"device": "8800112233", "pressed": True})
        assert status == 503 and "not on disk" in body["error"]["text"] and p.ping()["unsaved"] == 1
        with p.changed:
            p.obeying = True
            p.changed.notify_all()
        assert p.post({"device": "8800112233", "pressed": True})[0] == 200


def test_a_form_is_read_as_json_is(tmp_path):
    form = "application/x-www-form-urlencoded; charset=UTF-8"
    with Hook(tmp_path, list="data") as p:
        assert p.post(b"device=8800112233&action=%E6%8C%89&battery=97&empty=&flag", type=form)[0] == 200
        inner = urllib.parse.quote(json.dumps([{"device": "aa:01", "occupied": True}]))
        assert p.post(f"sign=x&data={inner}".encode(), type=form) == (200, {"stored": 2, "duplicates": 0, "unknown": 0})
        assert p.samples[0] == ("watch-1", {"device": "8800112233", "action": "按", "battery": "97", "empty": "", "flag": ""})
        assert p.samples[1:] == [("bed-1", {"device": "aa:01", "occupied": True}), ("bed-1-also", {"device": "aa:01", "occupied": True})]


def test_records_stand_where_the_options_say(tmp_path):
    with Hook(tmp_path, list="payload.items", address="info.imei", time="ts", id="seq") as p:
        items = [{"info": {"imei": 8800112233}, "ts": 1718000000123, "seq": 1, "fall": True}, {"info": {"imei": "8800112233"}, "seq": 2,
                 "ts": "2024-06-10T14:13:20.5+08:00"}, {"info": {"imei": "8800112233"}, "ts": 9000000000, "seq": 3}, {"info": {"imei": "8800112233"}, "ts": "x"}]
        assert p.post({"payload": {"items": items}})[1] == {"stored": 4, "duplicates": 0, "unknown": 0}
        assert [m.get("at") for m in p.all("sample")] == [1718000000.123, 1718000000.5, None, None]
        # It heard no answer and says it all again.
        assert p.post({"payload": {"items": items}})[1] == {"stored": 1, "duplicates": 3, "unknown": 0}
        assert p.ping()["duplicates"] == 3


def test_the_address_may_stand_in_the_request(tmp_path):
    with Hook(tmp_path) as p:
        assert p.post({"occupied": False}, path="/hook/test?device=AA%3A01")[1]["stored"] == 2


def test_an_unknown_device_is_discovered_once(tmp_path):
    with Hook(tmp_path) as p:
        for _ in range(2):
            assert p.post([{"device": "new-1", "battery": 50}, {"device": "NEW-1"}]) == (200, {"stored": 0, "duplicates": 0, "unknown": 2})
        assert p.all("discovered") == [{"type": "discovered", "address": "new-1", "fields": {"device": "new-1", "battery": 50}}]


def test_only_who_shows_the_token_is_heard(tmp_path):
    record = {"device": "8800112233"}
    with Hook(tmp_path) as p:
        for token in (None, "", "x", TOKEN + "x", TOKEN[:-1], "T" + TOKEN[1:]):
            assert p.post(record, token=token)[0] == 401
        assert p.post(record, token=None, path=f"/hook/test?token={TOKEN}")[0] == 200
        assert p.post(record, token=None, **{"Estate-Token": TOKEN})[0] == 200
        assert len(p.samples) == 2 and p.ping()["denied"] == 6
        p.wait_until(lambda p: any("was refused" in line for line in p.log))
        assert sum("was refused" in line for line in p.log) == 1 and not any(TOKEN in line for line in p.log)
        # Who changes it restarts nothing.
        (tmp_path / "token").write_text("other\n")
        assert p.post(record)[0] == 401 and p.post(record, token="other")[0] == 200
        (tmp_path / "token").unlink()
        assert p.post(record, token="other")[0] == 503


def test_a_family_speaks_for_its_own_devices_only(tmp_path):
    for name in ("watch", "bed"):
        (tmp_path / f"token-{name}").write_text(f"of-{name}\n")
    devices = [{"id": "w", "address": "watch/1"}, {"id": "b", "address": "bed/1"}]
    with Hook(tmp_path, families=" watch  bed", devices=devices) as p:
        assert p.post({"device": "1"}, path="/hook/test/watch", token="of-watch")[1]["stored"] == 1
        assert p.post({"device": "1"}, path="/hook/test/bed", token="of-watch")[0] == 401
        assert p.post({"device": "1"}, path="/hook/test/bed", token="of-bed")[1]["stored"] == 1
        assert p.post({"device": "bed/1"}, path="/hook/test/watch", token="of-watch")[1] == {"stored": 0, "duplicates": 0, "unknown": 1}
        for path in ("/hook/test", "/hook/test/", "/hook/other/watch", "/hook/test/watch/", "/hook/test/none"):
            assert p.post({"device": "1"}, path=path, token="of-watch")[0] == 404
        assert [device for device, _ in p.samples] == ["w", "b"] and p.all("discovered")[0]["address"] == "watch/bed/1"


@pytest.mark.parametrize("body,type,status,text", [
    (b"", "application/json", 400, "expected a JSON"), (b"{", "application/json", 400, "expected a JSON"), (b"[1]", "application/json", 400, "object"),
    (b"7", "application/json", 400, "expected"), (b'{"x":1}', "application/json", 400, "'device'"), (b'{"device":{}}', "application/json", 400, "'device'"),
    (b'{"device":"\\u0000"}', "application/json", 400, "expected"), (b'{"device":"\xff"}', "application/json", 400, "expected"),
    (b"device=%ff%fe", "application/x-www-form-urlencoded", 400, "UTF-8"), (b"device=a%00b", "application/x-www-form-urlencoded", 400, "UTF-8"),
    (b"<a/>", "application/xml", 415, "expected application/json"), (b"x", "multipart/form-data; boundary=y", 415, "expected"),
    (b"[" + b",".join([b'{"device":"1"}'] * 257) + b"]", "application/json", 413, "256"),
    (b"[" * 5000, "application/json", 400, "expected")])
def test_a_wrong_body_is_refused_with_the_reason(tmp_path, body, type, status, text):
    with Hook(tmp_path) as p:
        got, said = p.post(body, type=type)
        assert got == status and text in said["error"]["text"] and said["error"]["status"] == status
        assert p.post({"device": "8800112233"})[0] == 200


def test_a_long_body_and_other_methods_are_refused(tmp_path):
    with Hook(tmp_path) as p:
        assert p.post(b'{"device":"' + b"x" * 70000 + b'"}')[0] == 413
        assert p.post({}, method="GET")[0] == 405 and p.post({}, method="PUT")[0] == 405
        assert p.post({"device": "8800112233", "text": "y" * 60000})[0] == 200
        # Within the body's limit, and longer than a line when it is written as JSON.
        assert p.post(b"device=8800112233&t=" + b"%01" * 18000, type="application/x-www-form-urlencoded")[0] == 413
        assert p.post({"device": "8800112233"})[0] == 200 and p.all("fault") == []


def test_who_calls_too_often_waits_and_a_stranger_spends_nothing_of_it(tmp_path):
    with Hook(tmp_path, rate=1) as p:
        for _ in range(20):
            assert p.post({"device": "8800112233"}, token="wrong")[0] == 401
        statuses = []
        while 429 not in statuses and len(statuses) < 100:
            statuses.append(p.post({"device": "8800112233"})[0])
        assert statuses[:5] == [200] * 5 and statuses[-1] == 429 and p.ping()["throttled"] == 1


def test_garbage_and_many_silent_callers_leave_it_working(tmp_path):
    with Hook(tmp_path) as p:
        idle = [socket.create_connection(("127.0.0.1", p.port)) for _ in range(60)]
        try:
            for data in (b"\x00\xff" * 100, b"POST /hook/test HTTP/1.1\r\n" + b"A: b\r\n" * 4000, b"POST\r\n\r\n", b"POST /hook/test HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                         b"POST /hook/test HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"POST /%00%ff?%zz=%&&& HTTP/1.1\r\nHost: x\r\n\r\n"):
                with socket.create_connection(("127.0.0.1", p.port)) as s:
                    try:
                        s.sendall(data)
                    except OSError:
                        pass
            until(lambda: p.ping()["connections_refused"] >= 1, "one too many is refused")
        finally:
            for s in idle:
                s.close()

        def heard():
            try:
                return p.post({"device": "8800112233"})[0] == 200
            except (OSError, http.client.HTTPException):
                return False  # still one too many

        until(heard, "it takes callers again")
        assert p.all("fault") == []


def test_a_silent_caller_is_sent_away(tmp_path):
    with Hook(tmp_path) as p:
        with socket.create_connection(("127.0.0.1", p.port), timeout=10 + LIMIT) as s:
            s.sendall(b"POST /hook/test HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
            assert s.recv(100) == b""
        assert p.ping()["connections_expired"] == 1


def test_a_port_that_is_taken_is_a_fault_and_tried_again(tmp_path):
    (tmp_path / "token").write_text(TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        p = Plugin("http-source", {"listen": f"127.0.0.1:{port}", "token_file": str(tmp_path / "token")})
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in p.wait("fault")["text"]
    with p:
        p.wait("healthy")


@pytest.mark.parametrize("options,expected", [
    ({}, "token_file"), ({"token_file": "/nowhere/token"}, "/nowhere/token"), ({"token_credential": "no-such"}, "no-such"),
    ({"token_file": "/etc/hostname", "listen": "0.0.0.0:80"}, "loopback"), ({"token_file": "/etc/hostname", "listen": "[::]:80"}, "loopback"),
    ({"token_file": "/etc/hostname", "listen": "127.0.0.1"}, "loopback"), ({"token_file": "/etc/hostname", "listen": "127.0.0.1:70000"}, "loopback"),
    ({"token_file": "/etc/hostname", "families": "a/b"}, "families"), ({"token_file": "/etc/hostname", "families": ""}, "families"),
    ({"token_file": "/etc/hostname", "rate": 0}, "rate"), ({"dialect": "other"}, "dialect"), ({"dialect": "hikvision"}, "option 'url'"),
    ({"dialect": "hikvision", "url": "http://127.0.0.1:1"}, "username"), ({"dialect": "hikvision", "url": "ftp://x", "username": "u"}, "url"),
    ({"dialect": "hikvision", "url": "http://127.0.0.1:1", "username": "u"}, "password_file")])
def test_wrong_options_are_told(options, expected):
    with Plugin("http-source", options) as p:
        assert expected in p.wait("fault")["text"] and p.wait_exit() == 1


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except OSError:
        return False


def test_a_hook_presses_a_button_in_a_real_estate(tmp_path, open_folder):
    port = free_port()
    (open_folder / "token").write_text(TOKEN)
    configuration = f"""
estate: {{ id = "t"; }};
places: ( {{ id = "b1"; }} );
plugins: ( {{ id = "bands"; program = "http-source"; options: {{ listen = "127.0.0.1:{port}"; token_file = "{open_folder}/token"; address = "imei"; }}; }} );
profiles: ( {{ id = "band"; class = "sos"; points: ( {{ name = "pressed"; at = "event"; equals = "SOS"; event = true; }}, {{ name = "battery"; at = "power"; }} ); }} );
devices: ( {{ id = "band-1"; place = "b1/u1/101"; plugin = "bands"; address = "8800112233"; profile = "band"; }} );
"""
    with Estate(tmp_path, configuration) as e:
        until(lambda: answers(port), "the hook listens")
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=2 * LIMIT)
        c.request("POST", "/hook/bands", json.dumps({"imei": "8800112233", "event": "SOS", "power": 81}),
                  {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"})
        answer = c.getresponse()
        assert (answer.status, json.loads(answer.read())["stored"]) == (200, 1)
        c.close()
        assert [a["state"] for a in e.json("alarms") if a["alarm"] == "sos/band-1"] == ["unacked"]


# ---- an access controller ----

DOORS = [{"id": "door-1", "address": "1", "class": "door"}, {"id": "door-2", "address": "2", "class": "door"}]


class Puller(Plugin):
    def __init__(self, folder, url, devices=None, password=PASSWORD, **options):
        (folder / "password").write_text(password + "\n")
        super().__init__("http-source", {"dialect": "hikvision", "url": url, "username": USER, "password_file": str(folder / "password"),
                                         "retry_first": "20ms", "retry_last": "100ms", **options}, DOORS if devices is None else devices)

    def told(self, count):
        """The first samples as (device, fields without the code)."""
        self.wait_until(lambda p: len(p.all("sample")) >= count)
        return [(m["device"], {k: v for k, v in m["fields"].items() if k != "code"}) for m in self.all("sample")]


@pytest.fixture
def controller():
    with AccessController() as c:
        yield c


def test_events_of_a_door_are_told_in_the_words_of_its_class(tmp_path, controller):
    with Puller(tmp_path, controller.url) as p:
        p.wait("healthy")
        controller.event(5, 1, doorNo=1, cardNo="0011223344", serialNo=1)
        controller.event(5, 0x15, doorNo=1, serialNo=2)
        controller.event(5, 0x19, doorNo=1, serialNo=3)
        controller.event(5, 0x1a, doorNo=1, serialNo=4)
        controller.event(5, 75, doorNo=2, employeeNoString="1", serialNo=5)
        controller.event(5, 9, doorNo=2, cardNo="99", serialNo=6)
        controller.event(5, 0x17, doorNo=2, serialNo=7)
        controller.event(5, 0x1b, doorNo=2, serialNo=8)
        controller.event(5, 0x1c, doorNo=2, serialNo=9)
        controller.event(3, 0x400, doorNo=2, serialNo=10)
        controller.event(5, 999, doorNo=1, serialNo=11)
        assert p.told(11) == [
            ("door-1", {"granted": "card", "card": "0011223344"}), ("door-1", {"unlocked": True}), ("door-1", {"open": True, "forced": False}),
            ("door-1", {"open": False, "forced": False, "held": False}), ("door-2", {"granted": "face", "card": "employee-1"}),
            ("door-2", {"denied": "unknown card", "denied_card": "99"}), ("door-2", {"egress": True}), ("door-2", {"open": True, "forced": True}),
            ("door-2", {"open": True, "held": True}), ("door-2", {"granted": "remote"}), ("door-1", {})]
        samples = p.all("sample")
        assert len({m["id"] for m in samples}) == 11 and samples[0]["fields"]["code"] == "5.1" and samples[10]["fields"]["code"] == "5.999"
        assert samples[0]["at"] == 1557924112.0
        # The password went as a digest, and never else.
        assert all(a is None or a.startswith("Digest ") for _, a in controller.requests) and not any(PASSWORD in line for line in p.log)


def test_what_concerns_the_controller_concerns_all_its_doors(tmp_path, controller):
    with Puller(tmp_path, controller.url) as p:
        p.wait("healthy")
        controller.event(1, 0x404, serialNo=1)
        controller.event(1, 0x406, doorNo=1, serialNo=2)
        controller.event(1, 0x405, serialNo=3)
        controller.event(1, 0x407, doorNo=1, serialNo=4)
        controller.event(1, 0x40a, doorNo=2, serialNo=5)
        controller.event(1, 0x418, serialNo=6)
        assert p.told(9) == [("door-1", {"tamper": True}), ("door-2", {"tamper": True}), ("door-1", {"tamper": True}), ("door-1", {"tamper": True}),
                             ("door-2", {"tamper": False}), ("door-1", {"tamper": False}), ("door-2", {"duress": True}),
                             ("door-1", {"fire_release": True}), ("door-2", {"fire_release": True})]


def test_an_event_without_a_door_is_of_the_only_one_or_of_none(tmp_path, controller):
    with Puller(tmp_path, controller.url, devices=DOORS[1:]) as p:
        p.wait("healthy")
        controller.event(5, 75, serialNo=1)
        controller.event(5, 75, doorNo=7, serialNo=2)
        controller.event(5, 1, doorNo=2, serialNo=3)
        assert p.told(2) == [("door-2", {"granted": "face"}), ("door-2", {"granted": "card"})]
        assert [m["address"] for m in p.all("discovered")] == ["7"]
    with Puller(tmp_path, controller.url) as p:
        p.wait("healthy")
        controller.event(5, 75, serialNo=1)
        controller.event(5, 1, doorNo=2, serialNo=3)
        assert p.told(1) == [("door-2", {"granted": "card"})] and p.ping()["no_door"] == 1


@pytest.mark.parametrize("pieces", [1, 2, 7, 64])
def test_the_stream_may_be_cut_anywhere(tmp_path, controller, pieces):
    stream = part(alert(5, 0x19, doorNo=1, name="一}{\"\\", serialNo=1)) + part(b"\xff\xd8\xff" + bytes(range(256)) * 3 + b"\r\n--x\r\n", type="image/jpeg") \
        + part(alert_xml(5, 0x1a, doorNo=1, serialNo=2)) + part(HEARTBEAT) + part(alert(5, 0x17, doorNo=2, serialNo=3))
    with Puller(tmp_path, controller.url) as p:
        p.wait("healthy")
        controller.send(stream, pieces=pieces)
        assert p.told(4) == [("door-1", {"granted": "normal opening"}), ("door-1", {"open": True, "forced": False}),
                             ("door-1", {"open": False, "forced": False, "held": False}), ("door-2", {"egress": True})]
        assert p.ping()["pictures"] == 1


@pytest.mark.parametrize("greeting", [
    part(HEARTBEAT, boundary="another"), part(HEARTBEAT, length=7), part(HEARTBEAT, length=100000), b"--x\r\n" + part(HEARTBEAT),
    part(HEARTBEAT).replace(b"\r\n", b"\n"), json.dumps(HEARTBEAT).encode() + b"\r\n", b"\r\n\r\n" + part(HEARTBEAT),
    f"--{BOUNDARY}\r\n--{BOUNDARY}\r\nContent-Type: application/json\r\n\r\n".encode() + json.dumps(HEARTBEAT).encode() + b"\r\n",
    part("{ not json }") + part(HEARTBEAT), part('{"eventType": "cut') + part(HEARTBEAT), part("<a><b></a>") + part(HEARTBEAT)])
def test_a_stream_that_lies_of_its_parts_is_understood(tmp_path, greeting):
    with AccessController(greeting=greeting) as c, Puller(tmp_path, c.url) as p:
        p.wait("healthy")
        c.event(5, 0x17, doorNo=1, serialNo=1)
        assert p.told(1) == [("door-1", {"egress": True})]


def test_a_repeat_is_told_once_and_what_is_past_opens_nothing(tmp_path, controller):
    with Puller(tmp_path, controller.url) as p:
        p.wait("healthy")
        for _ in range(2):
            controller.event(5, 1, doorNo=1, cardNo="5", serialNo=70)
        controller.event(5, 1, doorNo=1, cardNo="5", serialNo=71, currentEvent=False)
        controller.event(1, 0x40a, doorNo=1, serialNo=72, currentEvent=False)
        assert p.told(3) == [("door-1", {"granted": "card", "card": "5"}), ("door-1", {}), ("door-1", {"duress": True})]
        assert p.ping()["repeats"] == 1


def test_how_the_doors_stand_is_asked_at_each_connect(tmp_path, controller):
    controller.status = {"doorLockStatus": [0, 1, 0], "doorStatus": [4, 2, 4], "magneticStatus": [0, 1, 3], "powerSupplyStatus": "ACPowerSupply"}
    with Puller(tmp_path, controller.url) as p:
        shut = {"open": False, "forced": False, "held": False, "unlocked": False, "always_open": False, "mains": True}
        open_ = {"open": True, "unlocked": True, "always_open": True, "mains": True}
        assert p.told(2) == [("door-1", {**shut, "duress": False}), ("door-2", {**open_, "duress": False})]
        controller.event(1, 0x40a, doorNo=2, serialNo=1)
        assert p.told(3)[2] == ("door-2", {"duress": True})
        controller.drop()  # the duress lasts on, and is not ended by asking again
        assert p.told(5)[3:5] == [("door-1", {**shut, "duress": False}), ("door-2", open_)]


def test_an_end_is_a_fault_and_it_comes_back(tmp_path, controller):
    with Puller(tmp_path, controller.url) as p:
        p.wait("healthy")
        controller.drop()
        assert "has ended its stream" in p.wait("fault")["text"]
        p.wait("healthy")
        controller.event(5, 0x17, doorNo=1, serialNo=1)
        assert p.told(1) == [("door-1", {"egress": True})]


def test_silence_is_a_fault_and_a_heartbeat_is_none(tmp_path, controller):
    with Puller(tmp_path, controller.url, silence="3s") as p:
        p.wait("healthy")
        for _ in range(9):  # in all longer than the limit
            controller.send(part(HEARTBEAT))
            threading.Event().wait(0.5)
        assert p.all("fault") == []
        assert "no event and no heartbeat for 3 s" in p.wait("fault")["text"]
        p.wait("healthy")
        assert p.ping()["connects"] >= 2


@pytest.mark.parametrize("answer,text", [((403, b""), "does not let user"), ((404, b""), "is it an access controller"), ((503, b"busy"), "answers 503"),
                                         ((200, b"x" * 70000), "no stream of events"), ((200, b""), "has ended its stream")])
def test_another_answer_is_a_fault_that_says_what(tmp_path, controller, answer, text):
    controller.answers["/ISAPI/Event/notification/alertStream"] = answer
    with Puller(tmp_path, controller.url) as p:
        assert text in p.wait("fault")["text"] and p.all("healthy") == []
        p.ping()


def test_a_wrong_password_is_tried_once_and_not_again_at_once(tmp_path, controller):
    with Puller(tmp_path, controller.url, password="wrong") as p:
        assert f"does not let user '{USER}' in (401)" in p.wait("fault")["text"]
        threading.Event().wait(1)  # ten times its longest wait
        assert len([a for _, a in controller.requests if a]) == 1


def test_who_is_not_there_is_a_fault(tmp_path):
    port = free_port()
    with Puller(tmp_path, f"http://127.0.0.1:{port}") as p:
        assert p.wait("fault")["text"] == f"no events from http://127.0.0.1:{port}: nothing listens there"
        with AccessController(port=port):
            p.wait("healthy")


def test_a_flood_of_garbage_is_bounded(tmp_path, controller):
    with Puller(tmp_path, controller.url) as p:
        p.wait("healthy")
        controller.send(part("{" + '"a":1,' * 20000 + '"b":2}') + part(alert(5, 0x17, doorNo=1, serialNo=1)))
        assert p.told(1) == [("door-1", {"egress": True})]
        controller.send(b"\x01" * 200000 + b"\n")
        assert "no stream of events" in p.wait("fault")["text"]
        p.wait("healthy")
        assert p.stop()[1] == 0


@pytest.mark.parametrize("password,result", [(PASSWORD, "reached"), ("wrong", "denied")])
def test_the_probe_says_whether_it_lets_us_in(tmp_path, controller, password, result):
    (tmp_path / "password").write_text(password)
    hello = {"type": "hello", "protocol": 1, "instance": "x", "devices": [],
             "options": {"dialect": "hikvision", "url": controller.url, "username": USER, "password_file": str(tmp_path / "password")}}
    done = subprocess.run([program("http-source"), "--probe"], input=json.dumps(hello) + "\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and json.loads(done.stdout)["result"] == result


def test_a_door_of_a_controller_in_a_real_estate(tmp_path, open_folder, controller):
    """Let in: no alarm. Forced as the controller says it, duress, and what is lost while the stream is down."""
    (open_folder / "password").write_text(PASSWORD)
    configuration = f"""
estate: {{ id = "t"; }};
places: ( {{ id = "gate"; }} );
plugins: ( {{ id = "ctl"; program = "http-source"; options: {{ dialect = "hikvision"; url = "{controller.url}"; username = "{USER}";
             password_file = "{open_folder}/password"; retry_first = "2s"; retry_last = "2s"; }}; }} );
devices: ( {{ id = "south"; place = "gate"; plugin = "ctl"; address = "1"; profile = "hikvision-door"; }} );
"""
    controller.status = {"magneticStatus": [0]}

    def now(**members):
        return {"at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()), "doorNo": 1, **members}

    with Estate(tmp_path, configuration) as e:
        e.wait_point("south.open", lambda p: (p["value"], p["quality"]) == (False, "good"))
        controller.event(5, 1, **now(serialNo=1, cardNo="0011223344"))
        controller.event(5, 0x19, **now(serialNo=2))
        e.wait_point("south.open", lambda p: (p["value"], p["quality"]) == (True, "good"))
        controller.event(5, 0x1a, **now(serialNo=3))
        controller.event(5, 8, **now(serialNo=4, cardNo="5"))
        e.wait_point("south.code", lambda p: (p["value"], p["quality"]) == ("5.8", "good"))
        assert all(a["state"] == "normal" for a in e.json("alarms", "--all") if a["rule"] == "door-forced")
        controller.event(5, 0x1b, **now(serialNo=5))
        e.wait_alarm("door-forced/south", "unacked")
        controller.event(1, 0x40a, **now(serialNo=6))
        e.wait_alarm("door-duress/south", "unacked")
        controller.drop()
        e.wait_quality("south.open", "lost")
        e.wait_point("south.open", lambda p: (p["value"], p["quality"]) == (False, "good"))
