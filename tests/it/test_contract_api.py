"""The API on the unix socket as raw bytes, and estatectl as a technician types it."""

import csv
import io
import json
import os
import socket
import subprocess
import threading
import time

import pytest

from estate import PREFIX, until
from hands import Hands

HEAD = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "up"; program = "{uplink}"; }} );
classes: ( {{ id = "probe"; points: ( {{ name = "x"; type = "number"; unit = "kPa"; }}, {{ name = "on"; type = "bool"; }} ); }} );
devices: ( {{ id = "p1"; name = "探头, \\"一\\""; place = "b1/x"; plugin = "src"; address = "1"; class = "probe"; }},
           {{ id = "p-2"; place = "b1/y"; plugin = "src"; address = "2"; class = "probe"; }} );
rules: ( {{ id = "high"; class = "probe"; when = "x > 90"; priority = 2; }}, {{ id = "latched"; class = "probe"; when = "on"; latch = true; }} );
'''


class Site(Hands):
    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.connect(str(self.estate.socket))  # blocking: waits where the backlog is full
        s.settimeout(20)
        return s

    def raw(self, data):
        """Sends bytes, ends sending, returns all that comes."""
        with self.connect() as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            answer = b""
            try:
                while True:
                    more = s.recv(65536)
                    if not more:
                        break
                    answer += more
            except ConnectionResetError:
                pass
            return answer

    def ask(self, path, method="GET", body=None, headers=""):
        """Status and body of one request."""
        body = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        length = f"Content-Length: {len(body)}\r\n" if body or method in ("POST", "PUT") else ""
        path = path if isinstance(path, bytes) else path.encode()
        answer = self.raw(method.encode() + b" " + path + f" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}{length}\r\n".encode() + body)
        head, _, rest = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1]) if head else 0
        try:
            return status, json.loads(rest) if rest.strip() else None
        except ValueError:
            return status, rest.decode(errors="replace")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("site"), HEAD) as s:
        s.say("p1", x=95, on=False)
        s.say("p-2", x=5)
        yield s


COMMON = ("battery", "battery_low", "tamper", "link")  # every class has them, "where the device reports them"


def own(rows):
    return [r for r in rows if r["point"].split(".")[1] not in COMMON]


def error(answer, status):
    code, body = answer
    assert code == status, answer
    assert body["error"]["text"] and body["error"].get("status", status) == status, body
    return body["error"]["text"]


# fields

def test_points(site):
    rows = own(site.estate.json("points"))
    assert [r["point"] for r in rows] == ["p1.x", "p1.on", "p-2.x", "p-2.on"]
    for r in rows:
        assert {"point", "device", "place", "class", "value", "unit", "quality", "test", "at"} <= set(r)
    p = rows[0]
    assert (p["device"], p["place"], p["class"], p["value"], p["unit"], p["quality"], p["test"]) == ("p1", "b1/x", "probe", 95, "kPa", "good", False)
    assert p["at"][-6:] == "+08:00" and p["at"][:2] == "20"
    assert (rows[3]["value"], rows[3]["quality"]) == (None, "lost")


def test_alarms(site):
    rows = site.estate.json("alarms")
    a = next(r for r in rows if r["alarm"] == "high/p1")
    assert {"alarm", "rule", "asset", "state", "priority", "stage", "since", "count", "reason", "text", "place"} <= set(a)
    assert (a["rule"], a["asset"], a["state"], a["priority"], a["count"], a["place"]) == ("high", "p1", "unacked", 2, 1, "b1/x")
    assert set(a["text"]) == {"zh", "en"}


def test_outbox(site):
    rows = site.estate.json("outbox")
    assert {(r["uplink"], r["lane"]) for r in rows} == {("up", "alarm"), ("up", "data")}
    for r in rows:
        assert {"uplink", "lane", "pending", "bytes", "oldest"} <= set(r)
    until(lambda: all(r["pending"] == 0 and r["bytes"] == 0 and r["oldest"] is None for r in site.estate.json("outbox")), "all delivered")


def test_the_other_lists(site):
    assert site.estate.json("buses") == []
    assert [d["device"] for d in site.estate.json("devices")] == ["p1", "p-2"]
    assert [p["plugin"] for p in site.estate.json("plugins")] == ["src", "up"]
    assert isinstance(site.estate.json("status"), dict)
    assert site.estate.json("show", "p1.x")["point"] == "p1.x"
    assert [p["point"] for p in own(site.estate.json("points", "p-*"))] == ["p-2.x", "p-2.on"]
    assert [p["point"] for p in site.estate.json("points", "*.on")] == ["p1.on", "p-2.on"]
    assert [d["device"] for d in site.estate.json("devices", "p1")] == ["p1"]
    assert site.estate.json("points", "nothing-*") == []


# estatectl

@pytest.mark.parametrize("command", ["status", "buses", "devices", "points", "alarms", "plugins", "outbox"])
def test_formats_before_and_after_the_command(site, command):
    for form in ("text", "json", "csv"):
        before, after = site.estate.run_ctl("-f", form, command), site.estate.run_ctl(command, "-f", form)
        assert before.returncode == after.returncode == 0 and before.stderr == after.stderr == "", (before, after)
        assert before.stdout.strip(), (command, form)
        if form == "json":
            json.loads(before.stdout), json.loads(after.stdout)
        if form == "csv":
            lines = list(csv.reader(io.StringIO(before.stdout)))
            assert len({len(row) for row in lines}) == 1, lines
    assert site.estate.run_ctl(command, f"--socket={site.estate.socket}").returncode == 0


def test_csv_quotes_what_must_be_quoted(site):
    rows = list(csv.DictReader(io.StringIO(site.estate.ctl("-f", "csv", "devices"))))
    assert rows[0]["device"] == "p1" and rows[0]["name"] == '探头, "一"'
    rows = own(csv.DictReader(io.StringIO(site.estate.ctl("points", "-f", "csv"))))
    assert [r["point"] for r in rows] == ["p1.x", "p1.on", "p-2.x", "p-2.on"] and rows[0]["value"] == "95"


def test_socket_may_stand_after_the_command(site):
    done = subprocess.run([PREFIX / "bin/estatectl", "points", "--socket", site.estate.socket, "-f", "json"], capture_output=True, text=True)
    assert done.returncode == 0 and json.loads(done.stdout)


def test_without_a_command_it_is_the_overview(site):
    done = site.estate.run_ctl()
    assert done.returncode == 0 and "high/p1" in done.stdout


@pytest.mark.parametrize("arguments", [["frobnicate"], ["points", "a", "b"], ["ack"], ["-f", "xml", "points"], ["--frob"], ["show"],
                                       ["close", "high/p1"], ["points", "--note", "x"], ["-f"]])
def test_usage_is_2_on_stderr(site, arguments):
    done = site.estate.run_ctl(*arguments)
    assert done.returncode == 2 and done.stderr.strip() and not done.stdout, done


@pytest.mark.parametrize("arguments,text", [(["ack", "no/such"], "no/such"), (["show", "p1.y"], "p1.y"), (["show", "p1"], "p1"),
                                            (["close", "no/such", "--outcome", "real"], "no/such")])
def test_failed_is_1_on_stderr(site, arguments, text):
    done = site.estate.run_ctl(*arguments)
    assert done.returncode == 1 and text in done.stderr and not done.stdout, done


def test_not_running_is_3_and_says_what_to_do(tmp_path):
    for command in (["status"], ["points"], ["-f", "json", "alarms"], ["ack", "a/b"], ["watch"]):
        done = subprocess.run([PREFIX / "bin/estatectl", "--socket", tmp_path / "none.sock", *command], capture_output=True, text=True, timeout=20)
        assert done.returncode == 3 and str(tmp_path / "none.sock") in done.stderr and not done.stdout, done


def test_status_check(site):
    assert site.estate.run_ctl("status").returncode == 0
    assert site.estate.run_ctl("status", "--check").returncode == 4
    assert site.estate.run_ctl("status", "--check", "-f", "json").returncode == 4


def test_ack_and_close_and_all(site):
    site.say("p-2", on=True)
    site.estate.ctl("ack", "latched/p-2", "--note", "有人去了 \"now\"")
    site.say("p-2", on=False)
    assert site.estate.alarm("latched/p-2")["state"] == "latched"
    site.estate.ctl("close", "latched/p-2", "--outcome", "test", "--note", "done")
    assert "latched/p-2" not in [a["alarm"] for a in site.estate.json("alarms")]
    assert "latched/p-2" in [a["alarm"] for a in site.estate.json("alarms", "--all")]


def test_wait(site):
    assert site.estate.run_ctl("wait").returncode == 0
    assert site.estate.run_ctl("wait", "alarm", "high/p1").returncode == 0
    began = time.monotonic()
    assert site.estate.run_ctl("wait", "alarm", "latched/p1", "--for", "500ms").returncode == 1
    assert 0.4 < time.monotonic() - began < 3
    with subprocess.Popen([PREFIX / "bin/estatectl", "--socket", site.estate.socket, "wait", "alarm", "latched/p1", "--for", "15s"]) as waiting:
        site.say("p1", on=True)
        assert waiting.wait(15) == 0
    site.say("p1", on=False)
    site.estate.ctl("ack", "latched/p1")
    site.estate.ctl("close", "latched/p1", "--outcome", "test")


def test_watch_shows_changes_as_they_come(site):
    watching = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", site.estate.socket, "-f", "json", "watch", "p-2*"],
                                stdout=subprocess.PIPE, text=True)
    lines, changed = [], threading.Condition()

    def read():
        for line in watching.stdout:
            with changed:
                lines.append(line)
                changed.notify_all()
    threading.Thread(target=read, daemon=True).start()
    try:
        end, value = time.monotonic() + 15, 1000
        while not any(str(value) in l for l in list(lines)) and time.monotonic() < end:
            value += 1
            site.say("p1", x=95)
            site.say("p-2", x=value)
            with changed:
                changed.wait_for(lambda: any(str(value) in l for l in lines), 0.5)
        assert any(str(value) in l for l in lines), lines
        assert all(json.loads(l) for l in lines) and not any("p1.x" in l for l in lines)
        site.say("p-2", x=5)
        with changed:
            assert changed.wait_for(lambda: any("high/p-2" in l for l in lines), 5), lines
    finally:
        watching.kill()
        watching.wait()
    site.estate.ctl("ack", "high/p-2")


def test_config_check(site, tmp_path):
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text('estate: { id = "x"; name = "x"; timezone = "Asia/Shanghai"; };\n')
    bad.write_text('estate: { id = "x"; name = "x"; timezone = "Asia/Shanghai"; };\n\nplacse: ( );\n')
    assert site.estate.run_ctl("config", "check", good).returncode == 0
    done = site.estate.run_ctl("config", "check", bad)
    assert done.returncode == 1 and f"{bad}:3: error: " in done.stdout + done.stderr and "places" in done.stdout + done.stderr
    down = subprocess.run([PREFIX / "bin/estatectl", "--socket", tmp_path / "none", "config", "check", good], capture_output=True)
    assert down.returncode == 0, "it works with the daemon down"


# raw HTTP

def test_curl_sees_the_same(site):
    done = subprocess.run(["curl", "-sS", "--unix-socket", site.estate.socket, "http://x/v1/points"], capture_output=True, text=True)
    assert done.returncode == 0 and json.loads(done.stdout) == site.estate.json("points")


def test_wrong_paths_and_methods(site):
    for path in ("/v1/nothing", "/", "/v2/points", "/v1/points/none.none", "/v1/alarms/no/such/ack/x", "/v1/../v1/points/p1.x/..",
                 "/v1/points/%2e%2e%2f%2e%2e", "/v1/points/..", "//v1//points", "/v1/points/%zz", "/v1/points/%00", "/v1/points/%ff%fe",
                 b"/v1/points/\xff\xfe", "/v1/points/" + "a" * 3000):
        status, body = site.ask(path)
        assert status in (400, 404), (path, status, body)
        assert isinstance(body, dict) and body["error"]["text"], (path, body)
    for method, path in (("POST", "/v1/points"), ("DELETE", "/v1/points"), ("PUT", "/v1/alarms"), ("GET", "/v1/alarms/high/p1/ack")):
        error(site.ask(path, method), 405)
    assert site.ask("/v1/points", "HEAD")[0] in (200, 405)
    for method in ("BREW", "TRACE", "CONNECT", "OPTIONS", "PATCH", "get"):
        status, _ = site.ask("/v1/points", method)
        assert status in (0, 400, 404, 405, 501), (method, status)


def test_a_percent_escape_is_the_letter(site):
    assert site.ask("/v1/points/p1%2ex")[1]["point"] == "p1.x"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"7", b'{"note":7}', b'{"note":"\xff"}', b'{"nota":"x"}', b'{"note":"a","note":"b"}',
                                  b'{"note":"\\u0000"}', b"\0", b'{"note":"' + b"x" * 5000 + b'"}'],
                         ids=lambda b: b[:14].decode(errors="replace"))
def test_wrong_bodies_change_nothing(site, body):
    before = site.estate.alarm("high/p1")
    assert error(site.ask("/v1/alarms/high/p1/ack", "POST", body), 400)
    assert site.estate.alarm("high/p1") == before and before["state"] == "unacked"


def test_too_large_bodies_are_413(site):
    for size in (65537, 100_000, 5_000_000):
        assert error(site.ask("/v1/alarms/high/p1/ack", "POST", b'{"note":"' + b"x" * size + b'"}'), 413), size
    status, _ = site.ask("/v1/alarms/high/p1/ack", "POST", b"", headers="Content-Length: 99999999999\r\n")
    assert status in (400, 413)
    assert site.estate.alarm("high/p1")["state"] == "unacked"
    assert site.ask("/v1/points")[0] == 200


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"GET\r\n\r\n", b"\0" * 100, b"GET /v1/points HTTP/9.9\r\n\r\n", b"\x16\x03\x01" * 50,
                                  b"GET /v1/points HTTP/1.1\r\n" + b"A: b\r\n" * 20000 + b"\r\n",
                                  b"GET /v1/points HTTP/1.1\r\nA: " + b"b" * 200_000 + b"\r\n\r\n",
                                  b"POST /v1/alarms/high/p1/ack HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nx",
                                  b"POST /v1/alarms/high/p1/ack HTTP/1.1\r\nContent-Length: -5\r\n\r\n{}"],
                         ids=range(10))
def test_no_bytes_hurt_it(site, data):
    site.raw(data)
    assert site.ask("/v1/points")[0] == 200
    assert site.estate.alarm("high/p1")["state"] == "unacked"


def test_a_long_path_with_many_parts(site):
    assert site.ask("/v1/points/" + "/".join("abc" for _ in range(500)))[0] in (400, 404)


def read_stream(site, stop, path="/v1/stream", headers=""):
    s = site.connect()
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
    data, end = b"", time.monotonic() + 15
    s.settimeout(0.2)
    while not stop(data) and time.monotonic() < end:
        try:
            more = s.recv(65536)
        except TimeoutError:
            continue
        if not more:
            break
        data += more
    s.close()
    assert stop(data), data[-2000:]
    return data.decode()


def test_the_stream_has_ids_and_catches_up(site):
    stop = threading.Event()

    def talk():
        value = 200
        while not stop.wait(0.05):
            value += 1
            site.life.sample("p1", x=value)
    thread = threading.Thread(target=talk)
    thread.start()
    try:
        text = read_stream(site, lambda d: d.count(b"p1.x") > 3)
        assert "text/event-stream" in text.split("\r\n\r\n")[0]
        ids = [l[3:].strip() for l in text.replace("\r", "").split("\n") if l.startswith("id:")]
        assert len(ids) == len(set(ids)) and ids
        again = read_stream(site, lambda d: d.count(b"p1.x") > 3, headers=f"Last-Event-ID: {ids[-2]}\r\n")
        later = [l[3:].strip() for l in again.replace("\r", "").split("\n") if l.startswith("id:")]
        assert later[0] == ids[-1], "it goes on right behind what was seen"
    finally:
        stop.set()
        thread.join()
    site.say("p1", x=95)


def test_many_connections_and_slow_clients_do_not_delay_an_alarm(site):
    def send(s, data):
        try:
            s.sendall(data)
        except OSError:
            pass  # one connection too many: it was refused

    streams = [site.connect() for _ in range(20)]
    slow = [site.connect() for _ in range(20)]
    idle = [site.connect() for _ in range(60)]
    for s in slow:
        send(s, b"GET /v1/poi")
    for s in streams:
        send(s, b"GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")  # never read
    try:
        worst = 0
        for n in range(5):
            seen = len(site.uplink.alarms("high/p-2"))
            began = time.monotonic()
            site.life.sample("p-2", x=95 if n % 2 == 0 else 5)
            site.uplink.wait(lambda u, seen=seen: len(u.alarms("high/p-2")) > seen, limit=5)
            worst = max(worst, time.monotonic() - began)
            for s in slow:
                send(s, b"n")
        assert worst < 0.5, f"{worst:.3f} s from the sample to the uplink"
        with open(f"/proc/{site.estate.process.pid}/stat") as f:
            before = sum(int(x) for x in f.read().split()[13:15])
        time.sleep(0.5)
        with open(f"/proc/{site.estate.process.pid}/stat") as f:
            ticks = sum(int(x) for x in f.read().split()[13:15]) - before
        assert ticks <= 15, f"{ticks} ticks of CPU in half a second of nothing"
    finally:
        for s in idle + slow + streams:
            s.close()
    until(lambda: site.estate.run_ctl("status").returncode == 0, "there is room again", limit=2)
    site.say("p-2", x=5)


def test_the_socket_is_ours_alone(site):
    mode = os.stat(site.estate.socket).st_mode & 0o777
    assert mode & 0o007 == 0, oct(mode)


def test_a_second_daemon_on_the_same_state_is_refused(site):
    done = subprocess.run([PREFIX / "sbin/estated", "-c", site.estate.conf, "--state-dir", site.estate.state, "--runtime-dir", site.estate.run],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and (done.stderr + done.stdout).strip()
    assert site.estate.run_ctl("status").returncode == 0
