"""estated-web before a real estated: a night shift from the login to the closing of an alarm, roles and scopes through the gate,
a daemon that is killed, and five hundred hostile clients beside an alarm."""
import datetime
import json
import os
import queue
import resource
import socket
import subprocess
import threading
import time

import pytest

from broker import free_port
from certificates import authority_of
from estate import until
from gate import Gate, Stream, crowd
from hands import Fed
from pace import LIMIT, PREFIX, SLOW
from test_users import CONFIGURATION, PASSWORD, add, client


class Browser:
    """Keeps its cookie and the word that goes with changes, as the page does."""

    def __init__(self, gate, authority=None):
        self.gate, self.token, self.csrf, self.authority, self.cookie = gate, None, None, authority, None

    def ask(self, method, path, body=None, **headers):
        status, _, answer = self.ask_whole(method, path, body, **headers)
        return status, answer

    def ask_whole(self, method, path, body=None, **headers):
        scheme = "https" if self.gate.tls else "http"
        words = {"Origin": f"{scheme}://127.0.0.1:{self.gate.port}", "Sec-Fetch-Site": "same-origin",
                 **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.csrf and method != "GET":
            words["X-CSRF-Token"] = self.csrf
        status, answered, text = self.gate.ask(method, path, None if body is None else json.dumps(body), words, self.token, self.authority)
        if cookie := answered["Set-Cookie"]:
            self.cookie = cookie
            self.token = cookie.partition(";")[0].partition("=")[2] or None
        return status, answered, json.loads(text) if text and "json" in answered["Content-Type"] else text

    def login(self, user, password=PASSWORD, **more):
        status, answer = self.ask("POST", "/v1/login", {"user": user, "password": password, **more})
        if status == 200:
            assert "session" not in answer
            self.csrf = answer["csrf"]
        return status


CRUMB_PLAIN = "estate"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return authority_of(tmp_path_factory, box="IP:127.0.0.1")


@pytest.fixture
def site(tmp_path):
    with Fed(tmp_path, CONFIGURATION) as fed, Gate(tmp_path, fed.estate.socket) as gate:
        fed.gate = gate
        yield fed


def test_a_night_at_the_desk(site):
    add(site.estate, "night-desk", "operator", "b3")
    desk = Browser(site.gate)
    assert desk.ask("GET", "/v1/alarms")[0] == 401
    assert desk.login("night-desk", "wrong") == 401 and desk.token is None
    assert desk.login("night-desk") == 200
    with Stream(site.gate, desk.token, "?page=1") as stream:
        stream.wait("retry: 2000")
        site.say("sos-31", pressed=True)
        site.say("sos-41", pressed=True)
        stream.wait('"alarm":"sos/sos-31"')
        assert [a["alarm"] for a in desk.ask("GET", "/v1/alarms")[1]] == ["sos/sos-31"]
        assert desk.ask("POST", "/v1/alarms/sos/sos-31/ack", {"note": "on my way"})[0] == 200
        stream.wait('"input":"ack"')
        assert desk.ask("POST", "/v1/alarms/sos/sos-41/ack", {"note": "x"})[0] == 404  # not of its scope
        csrf, desk.csrf = desk.csrf, "wrong"
        assert desk.ask("POST", "/v1/alarms/sos/sos-31/arrive", {})[0] == 403
        desk.csrf = csrf
        assert desk.ask("POST", "/v1/alarms/sos/sos-31/arrive", {})[0] == 200
        assert b"sos-41" not in stream.text
        token = desk.token
        assert desk.ask("POST", "/v1/logout", {})[0] == 200 and desk.token is None
        until(lambda: b"event: session" in stream.text or stream.ended, "its stream ends with the session")
    assert site.gate.ask("GET", "/v1/alarms", token=token)[0] == 401


def test_a_session_over_tls_is_in_a_cookie_that_leaves_by_tls_only(tmp_path, authority):
    with Fed(tmp_path, CONFIGURATION) as fed, Gate(tmp_path, fed.estate.socket, tls=authority.pair("box")) as gate:
        add(fed.estate, "night-desk", "operator")
        desk = Browser(gate, authority=authority.certificate)
        assert desk.login("night-desk") == 200
        name, _, rest = desk.cookie.partition("=")
        assert name == "__Host-estate" and rest.partition("; ")[2] == "Path=/; HttpOnly; SameSite=Strict; Secure"
        assert desk.ask("GET", "/v1/session")[1]["role"] == "operator"
        with Stream(gate, desk.token, "?page=1", authority=authority.certificate) as stream:
            stream.wait("retry: 2000")
            fed.say("sos-31", pressed=True)
            stream.wait('"alarm":"sos/sos-31"')
            assert desk.ask("POST", "/v1/alarms/sos/sos-31/ack", {})[0] == 200
        gate.cookie, plain = CRUMB_PLAIN, gate.cookie
        assert desk.ask("GET", "/v1/alarms")[0] == 401, "the cookie of a page without TLS, which anybody could have set, is none here"
        gate.cookie = plain
        assert desk.ask("POST", "/v1/logout", {})[0] == 200 and desk.token is None and "Max-Age=0" in desk.cookie


def test_a_web_hook_comes_through_the_gate_to_its_plugin_and_is_an_alarm(tmp_path, open_folder):
    port, folder = free_port(), open_folder
    (folder / "token").write_text("t-8d1f0a")
    band = f"""
plugins: ( {{{{ id = "bands"; program = "http-source"; options: {{{{ listen = "127.0.0.1:{port}"; token_file = "{folder}/token"; address = "imei"; }}}}; }}}} );
profiles: ( {{{{ id = "band"; class = "sos"; points: ( {{{{ name = "pressed"; at = "event"; equals = "SOS"; event = true; }}}} ); }}}} );
"""
    row = '{{ id = "band-1"; place = "b3/u1/301"; plugin = "bands"; address = "8800112233"; profile = "band"; }},'
    text = CONFIGURATION.replace('plugins: ( {{ id = "source"; program = "{source}"; }} );', "").replace("devices: (", f"devices: ( {row}")
    text += band.replace("plugins: ( ", 'plugins: ( {{ id = "source"; program = "{source}"; }}, ')
    with Fed(tmp_path, text) as fed, Gate(tmp_path, fed.estate.socket, "--hook", f"bands=127.0.0.1:{port}") as gate:
        fed.all_up()
        words = {"Content-Type": "application/json", "Authorization": "Bearer t-8d1f0a"}
        body = json.dumps({"imei": "8800112233", "event": "SOS"})
        until(lambda: gate.ask("POST", "/hook/bands", "{}", {"Content-Type": "application/json"})[0] == 401, "the hook listens")
        for wrong in ({}, {"Authorization": "Bearer x"}):
            assert gate.ask("POST", "/hook/bands", body, {"Content-Type": "application/json", **wrong})[0] == 401
        assert fed.estate.alarm("sos/band-1") is None
        status, _, answer = gate.ask("POST", "/hook/bands", body, words)
        assert (status, json.loads(answer)["stored"]) == (200, 1)
        assert fed.estate.alarm("sos/band-1")["state"] == "unacked", "it is stored when the answer comes"
        assert gate.ask("POST", "/hook/bands", "no json", words)[0] == 400
        assert gate.ask("POST", "/hook/bands", "x" * 70000, words)[0] == 413
        for path in ("/hook/source", "/hook/", "/hook/bands/../../v1/users"):
            assert gate.ask("POST", path, body, words)[0] in (400, 404), path


def test_a_session_that_is_ended_leaves_a_stream_that_others_share_at_once(site):
    """An hour's stream of five desks is one of the daemon; who is sent away hears nothing more."""
    for name in ("desk-1", "desk-2"):
        add(site.estate, name, "operator", "b3")
    gone, stays = Browser(site.gate), Browser(site.gate)
    assert gone.login("desk-1") == stays.login("desk-2") == 200
    with Stream(site.gate, gone.token) as first, Stream(site.gate, stays.token) as second:
        for stream in (first, second):
            stream.wait("retry: 2000")
        site.estate.ctl("users", "sessions", "desk-1", "--end")
        began = time.monotonic()
        first.wait('event: session\ndata: {"state":"ended"}')
        assert time.monotonic() - began < 5 * SLOW
        site.say("tank-3", level=66)
        second.wait('"point":"tank-3.level"')
        assert b"tank-3" not in first.text


def test_the_gate_gives_nobody_what_the_socket_would_give_it(site):
    """It runs as the daemon's own user here, who may do everything himself."""
    for path in ("/v1/status", "/v1/users", "/v1/audit", "/v1/backup", "/metrics"):
        assert site.gate.ask("GET", path)[0] == 401
        assert site.gate.ask("GET", path, token="0" * 64)[0] == 401
    add(site.estate, "looks", "viewer", "b4")
    viewer = Browser(site.gate)
    assert viewer.login("looks") == 200
    assert viewer.ask("GET", "/v1/status")[0] == 200
    for method, path in (("GET", "/v1/users"), ("GET", "/v1/backup"), ("POST", "/v1/config/reload")):
        assert viewer.ask(method, path, {} if method == "POST" else None)[0] == 403, path


def test_a_page_that_is_only_open_does_not_keep_its_session(site):
    """The gate asks whose a stream is, again and again; nobody has done anything by that."""
    add(site.estate, "night-desk", "operator")
    desk = client(site.estate, "night-desk")

    def expires(**words):
        return datetime.datetime.fromisoformat(desk.get("/v1/session", **words).json["expires"]).timestamp()
    first, began = expires(), time.monotonic()
    until(lambda: time.monotonic() - began > 0.5, "half a second")
    assert abs(expires(X_Estate_Idle="1") - first) < 0.2
    assert expires() - first > 0.4


def test_pages_outlive_a_daemon_that_is_killed(site):
    add(site.estate, "night-desk", "operator")
    desk = Browser(site.gate)
    assert desk.login("night-desk") == 200
    with Stream(site.gate, desk.token) as stream:
        stream.wait("retry: 2000")
        site.estate.kill()
        stream.wait('event: daemon\ndata: {"state":"lost"')
        site.estate.start()
        stream.wait('event: daemon\ndata: {"state":"back"')
        stream.wait("event: gap")  # of another life: read the lists again
        assert desk.ask("GET", "/v1/status")[0] == 200 and not stream.ended


def test_the_daemon_outlives_a_lack_of_descriptors(site):
    """Its own socket, with nothing left to accept with."""
    process = site.estate.process.pid
    used = len(os.listdir(f"/proc/{process}/fd"))
    _, most = resource.prlimit(process, resource.RLIMIT_NOFILE)
    resource.prlimit(process, resource.RLIMIT_NOFILE, (used + 2, most))
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for connection in waiting:
        connection.setblocking(False)
        connection.connect(str(site.estate.socket))
    until(lambda: "cannot accept" in site.estate.log, "it says so")
    resource.prlimit(process, resource.RLIMIT_NOFILE, (most, most))
    for connection in waiting:
        connection.close()
    until(lambda: site.estate.run_ctl("status").returncode == 0, "it accepts again")


@pytest.mark.alone
def test_five_hundred_clients_change_nothing_for_alarms_and_the_log_is_quiet(site):
    """From the press to the line of `estatectl watch`, which is where a page gets it from."""
    watch = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", site.estate.socket, "-f", "json", "watch"],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    levels = queue.Queue()

    def read():
        for line in watch.stdout:
            row = json.loads(line)
            if row.get("point") == "tank-3.level":
                levels.put(row["value"])
    threading.Thread(target=read, daemon=True).start()
    numbers = iter(range(1, 10000))

    def heard(limit):
        number = next(numbers) % 100
        site.life.sample("tank-3", level=number)
        while levels.get(timeout=limit) != number:
            pass
        return True

    def begun():
        try:
            return heard(0.2)
        except queue.Empty:
            return False

    def latency():
        began = time.monotonic()
        heard(LIMIT)
        return time.monotonic() - began

    try:
        until(begun, "watch has begun")
        before = sorted(latency() for _ in range(30))
        lines, began = site.gate.log.count("\n"), time.monotonic()
        clients = crowd(site.gate, 250) + crowd(site.gate, 250, b"GET / HTTP/1.1\r\nX: ")
        during = sorted(latency() for _ in range(30))
        assert during[27] < 3 * before[27] + 0.1 * SLOW, (before, during)
        assert site.gate.log.count("\n") - lines <= 2 + (time.monotonic() - began)
        for client in clients:
            client.close()
    finally:
        watch.kill()
        watch.communicate()
