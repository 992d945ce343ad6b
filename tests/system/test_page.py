"""estated-web as a service of a booted Debian 12: systemd listens, the server has no network; TLS, sessions, certificates, web hooks."""
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import sys
import time

import pytest

from machine import LIMIT, until
from test_boot import CONFIGURATION, machine  # noqa: F401 (a fixture: a machine of its own)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "it"))
from certificates import Authority  # noqa: E402

CLONE_NEWNET = 0x40000000
WEB = "/etc/estated/web"
PASSWORD = "a long password of the desk"
TOKEN = "t-8d1f0a"
ESTATE = f"""estate: {{ id = "t"; name = "测试小区"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; }} );
plugins: ( {{ id = "bands"; program = "http-source";
             options: {{ listen = "127.0.0.1:8481"; token_file = "/etc/estated/bands.token"; address = "imei"; }}; }} );
profiles: ( {{ id = "band"; class = "sos"; points: ( {{ name = "pressed"; at = "event"; equals = "SOS"; event = true; }} ); }} );
devices: ( {{ id = "band-1"; place = "b1/u1/101"; plugin = "bands"; address = "8800112233"; profile = "band"; }} );
"""


@contextlib.contextmanager
def inside(machine):
    """Sockets that this thread makes are the machine's."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as home, open(f"/proc/{machine.leader}/ns/net") as there:
        assert libc.setns(there.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(home.fileno(), CLONE_NEWNET) == 0


class Page:
    """A browser's view of https://127.0.0.1/ in the machine."""

    def __init__(self, machine, authority):
        self.machine, self.context = machine, ssl.create_default_context(cafile=authority.certificate)
        self.cookie = self.csrf = None

    def connect(self, timeout=LIMIT):
        with inside(self.machine):
            plain = socket.create_connection(("127.0.0.1", 443), timeout=timeout)
        return self.context.wrap_socket(plain, server_hostname="127.0.0.1")

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPSConnection("127.0.0.1", 443, timeout=LIMIT)
        connection.sock = self.connect()
        sent = {"Origin": "https://127.0.0.1", **headers}
        if self.cookie:
            sent["Cookie"] = self.cookie.partition(";")[0]
        if self.csrf and method == "POST":
            sent["X-CSRF-Token"] = self.csrf
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            self.cookie = answer.headers["Set-Cookie"] or self.cookie
            text = answer.read()
        return answer, json.loads(text) if "json" in (answer.headers["Content-Type"] or "") else text

    def login(self, user):
        answer, said = self.ask("POST", "/v1/login", {"user": user, "password": PASSWORD})
        assert answer.status == 200, said
        self.csrf = said["csrf"]
        return answer


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("ca"))
    for name in ("box", "other"):
        made.sign(name, "IP:127.0.0.1")
    return made


def put_certificate(machine, authority, name):
    for to, source in zip(("certificate.pem", "key.pem"), authority.pair(name)):
        machine.write(f"{WEB}/{to}", pathlib.Path(source).read_text())
    machine.run("systemd-tmpfiles", "--create")  # owner and mode


@pytest.fixture(scope="module")
def site(machine, authority):  # noqa: F811
    machine.write("/etc/estated/bands.token", TOKEN)
    machine.write(CONFIGURATION, ESTATE)
    machine.run("systemctl", "restart", "estated")
    machine.run("sh", "-c", f"echo '{PASSWORD}' | estatectl users add night-desk --role operator")
    assert machine.run("systemctl", "start", "estated-web.socket", check=False).returncode == 0
    assert machine.state("estated-web.socket") == "inactive", "there is no certificate, so there is no page"
    put_certificate(machine, authority, "box")
    machine.run("systemctl", "enable", "--now", "estated-web.socket")
    assert machine.state("estated-web") == "inactive", "nobody has asked for it"
    return Page(machine, authority)


def pid_of(machine, unit="estated-web"):  # noqa: F811
    return int(machine.run("systemctl", "show", unit, "--property=MainPID", "--value").stdout)


def test_the_units_are_well_formed(machine):  # noqa: F811
    units = [f"/usr/lib/systemd/system/{name}" for name in ("estated-web.service", "estated-web.socket", "estated-hook@.socket")]
    done = machine.run("systemd-analyze", "verify", "--man=no", *units[:2], units[2].replace("@", "@8481"), check=False)
    assert done.returncode == 0, done.stderr


def test_the_first_request_starts_it_and_a_session_lives_in_a_secure_cookie(machine, site):  # noqa: F811
    answer, _ = site.ask("GET", "/")
    assert answer.status == 200 and "max-age" in answer.headers["Strict-Transport-Security"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert machine.state("estated-web") == "active"
    assert site.ask("GET", "/v1/alarms")[0].status == 401
    answer = site.login("night-desk")
    assert re.fullmatch(r"__Host-estate=\w+; Path=/; HttpOnly; SameSite=Strict; Secure", answer.headers["Set-Cookie"])
    assert site.ask("GET", "/v1/session")[1]["role"] == "operator"
    assert site.ask("GET", "/v1/users")[0].status == 403


def test_the_running_service_is_exposed_to_nothing(machine, site):  # noqa: F811
    out = machine.run("systemd-analyze", "security", "estated-web", "--no-pager").stdout
    assert float(re.search(r"Overall exposure level for estated-web.service: ([\d.]+)", out)[1]) <= 0.5
    pid = pid_of(machine)
    status = machine.read(f"/proc/{pid}/status")
    assert re.search(r"CapEff:\s+0+\n", status) and re.search(r"NoNewPrivs:\s+1\n", status) and re.search(r"Seccomp:\s+2\n", status)
    user = machine.run("id", "-u", "estated-web").stdout.strip()
    assert re.search(rf"Uid:\s+{user}\s", status)
    own = machine.run("readlink", f"/proc/{pid}/ns/net").stdout
    assert own != machine.run("readlink", "/proc/1/ns/net").stdout, "it has a network of its own, with nobody in it"
    for path in ("/var/lib/estated/state.db", "/etc/estated/estated.conf.d"):
        assert not machine.path(f"/proc/{pid}/root{path}").exists(), path


def test_its_user_alone_is_nobody(machine, site):  # noqa: F811
    done = machine.run("runuser", "-u", "estated-web", "--", "estatectl", "status", check=False)
    assert done.returncode == 1, "it is in no group of its own: the unit alone puts it there"
    words = ("setpriv", "--reuid=estated-web", "--regid=estated-web", "--groups", machine.run("id", "-g", "estated").stdout.strip())
    done = machine.run(*words, "estatectl", "status", check=False)
    assert done.returncode == 1 and "logged in" in done.stderr, done.stderr


def stream_of(site):
    connection = site.connect()
    connection.sendall(f"GET /v1/stream?page=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {site.cookie.partition(';')[0]}\r\n\r\n".encode())
    return connection


def hear(connection, text):
    heard = b""
    while text not in heard:
        piece = connection.recv(65536)
        assert piece, f"the stream has ended after {heard[-500:]}"
        heard += piece
    return heard


def test_a_web_hook_reaches_its_plugin_although_the_server_has_no_network(machine, site):  # noqa: F811
    machine.run("systemctl", "enable", "--now", "estated-hook@8481.socket")
    machine.write(f"{WEB}/options", 'OPTIONS="--hook bands=/run/estated-hook/8481.sock"\n')
    machine.run("systemctl", "restart", "estated-web")
    with stream_of(site) as stream:
        hear(stream, b"retry: ")
        words = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}

        def pressed():
            answer, said = site.ask("POST", "/hook/bands", {"imei": "8800112233", "event": "SOS"}, **words)
            return answer.status == 200 and said["stored"] == 1
        until(pressed, "the plugin has taken it")
        hear(stream, b'"alarm":"sos/band-1"')
    assert machine.alarm("sos/band-1")["state"] == "unacked"
    assert site.ask("POST", "/hook/bands", {}, **{**words, "Authorization": "Bearer x"})[0].status == 401
    assert site.ask("POST", "/v1/alarms/sos/band-1/ack", {"note": "on my way"})[0].status == 200
    assert machine.alarm("sos/band-1")["ack_by"] == "night-desk"


def test_a_new_certificate_costs_no_connection(machine, site, authority):  # noqa: F811
    def shown():
        with site.connect() as connection:
            return connection.getpeercert()["subject"]
    before, pid = shown(), pid_of(machine)
    with stream_of(site) as stream:
        hear(stream, b"retry: ")
        put_certificate(machine, authority, "other")
        machine.run("systemctl", "reload", "estated-web")
        until(lambda: shown() != before, "the new one is shown")
        site.ask("POST", "/v1/alarms/sos/band-1/comment", {"note": "still there"})
        hear(stream, b'"input":"comment"')
    assert pid_of(machine) == pid


def test_killed_it_is_back_and_who_knocks_meanwhile_waits(machine, site):  # noqa: F811
    pid = pid_of(machine)
    machine.run("kill", "-KILL", pid)
    began = time.monotonic()
    assert site.ask("GET", "/v1/session")[0].status == 200, "the session is the daemon's: it is still there"
    assert time.monotonic() - began < 5 and pid_of(machine) not in (0, pid)
