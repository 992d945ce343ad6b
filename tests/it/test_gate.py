"""estated-web before a played daemon: what it passes on and what it keeps, pages, cookies, foreign pages, TLS, web hooks."""
import base64
import gzip
import hashlib
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from certificates import authority_of
from estate import until
from gate import TOKEN, FakeDaemon, Gate
from pace import LIMIT, PREFIX, SANITIZER

OPERATOR = {"user": "desk", "role": "operator", "scope": ["b3"]}


@pytest.fixture
def daemon(tmp_path):
    with FakeDaemon(tmp_path / "api.sock") as played:
        played.sessions[TOKEN] = OPERATOR
        yield played


@pytest.fixture
def gate(tmp_path, daemon):
    with Gate(tmp_path, daemon.path) as running:
        yield running


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return authority_of(tmp_path_factory, box="IP:127.0.0.1", other="IP:127.0.0.1")


def problem(body):
    return json.loads(body)["error"]


def test_without_a_session_nobody_reaches_the_daemon(gate, daemon):
    for path in ("/v1/status", "/v1/stream", "/metrics", "/v1/session", "/v1/logout"):
        status, _, body = gate.ask("POST" if path == "/v1/logout" else "GET", path)
        assert status == 401 and problem(body)["status"] == 401, path
    assert daemon.requests == []


def test_a_login_leaves_its_token_in_the_cookie_only(gate, daemon):
    status, headers, body = gate.ask("POST", "/v1/login", '{"user":"desk","password":"x"}', {"Content-Type": "application/json"})
    assert status == 200 and json.loads(body) == {"user": "desk", "csrf": "c"}
    cookie = headers["Set-Cookie"]
    assert cookie == f"estate={TOKEN}; Path=/; HttpOnly; SameSite=Strict"
    _, _, seen, sent = daemon.asked("/v1/login")[0]
    assert sent == b'{"user":"desk","password":"x"}' and seen["X-Estate-Client"] == "127.0.0.1" and "X-Estate-Session" not in seen

    _, headers, _ = gate.ask("POST", "/v1/login", '{"user":"wall","password":"x","wall":true}')
    assert "; Max-Age=31536000" in headers["Set-Cookie"]


def test_what_is_passed_on_is_named_and_who_asks_is_said_by_the_gate(gate, daemon):
    status, _, body = gate.ask("GET", "/v1/points?match=tank%20*", token=TOKEN, headers={
        "X-Estate-Session": "f" * 64, "X-Estate-Client": "10.0.0.1", "X-Estate-Other": "x", "Accept-Language": "zh-CN",
        "X-CSRF-Token": "c", "Authorization": "Bearer x"})
    assert status == 200 and json.loads(body) == {"path": "/v1/points?match=tank%20*"}
    seen = daemon.asked("/v1/points")[0][2]
    assert seen.get_all("X-Estate-Session") == [TOKEN] and seen.get_all("X-Estate-Client") == ["127.0.0.1"]
    assert seen["X-CSRF-Token"] == "c" and seen["Accept-Language"] == "zh-CN"
    assert not {"X-Estate-Other", "Authorization", "Cookie"} & set(seen.keys())


def test_every_answer_is_hardened(gate):
    for path in ("/", "/v1/status", "/nothing.js"):
        _, headers, _ = gate.ask("GET", path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
        assert "Strict-Transport-Security" not in headers
    assert gate.ask("GET", "/v1/status", token=TOKEN)[1]["Cache-Control"] == "no-store"


@pytest.mark.parametrize("words", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Origin": "http://127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://127.0.0.1:1.evil.example"}])
def test_another_page_may_not_ask(gate, daemon, words):
    for method, path in (("POST", "/v1/alarms/x/ack"), ("GET", "/v1/status"), ("POST", "/v1/login"), ("GET", "/v1/stream")):
        status, _, body = gate.ask(method, path, "{}" if method == "POST" else None, words, token=TOKEN)
        assert status == 403 and problem(body)["field"] == "Origin"
    assert daemon.requests == []


def test_our_own_page_may(gate, daemon):
    words = {"Origin": f"http://127.0.0.1:{gate.port}", "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": "c"}
    assert gate.ask("POST", "/v1/alarms/x/ack", "{}", words, token=TOKEN)[0] == 200


def test_logging_out_takes_the_cookie_away(gate, daemon):
    daemon.answers["/v1/logout"] = (200, {"user": "desk", "session": None}, {})
    status, headers, _ = gate.ask("POST", "/v1/logout", "{}", token=TOKEN)
    assert status == 200 and headers["Set-Cookie"].startswith("estate=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")


@pytest.mark.parametrize("cookie", ["estate=short", "estate=" + "x" * 200, "estate=" + "a" * 30 + "%0d%0aX: y", "other=" + TOKEN,
                                    "xestate=" + TOKEN, "estate", "=", ";;;", "__Host-estate=" + TOKEN])
def test_a_cookie_that_is_no_token_is_none(gate, daemon, cookie):
    assert gate.ask("GET", "/v1/status", headers={"Cookie": cookie})[0] == 401
    assert daemon.requests == []


def test_an_answer_keeps_its_etag_and_encoding(gate, daemon):
    packed = gzip.compress(b'{"rows":[]}')
    daemon.answers["/v1/devices"] = (200, packed, {"ETag": '"7"', "Content_Encoding": "gzip", "Vary": "Accept-Encoding",
                                                   "X_Estate_Next": "tank-9", "X_Estate_Session": "no"})
    status, headers, body = gate.ask("GET", "/v1/devices", token=TOKEN, headers={"Accept-Encoding": "gzip"})
    assert status == 200 and body == packed and headers["ETag"] == '"7"' and headers["Content-Encoding"] == "gzip"
    assert headers["X-Estate-Next"] == "tank-9" and "X-Estate-Session" not in headers
    assert headers["Cache-Control"] == "private, no-cache" and headers["Vary"] == "Accept-Encoding"
    assert daemon.asked("/v1/devices")[0][2]["Accept-Encoding"] == "gzip"
    gate.ask("GET", "/v1/devices", token=TOKEN, headers={"If-None-Match": '"7"'})
    assert daemon.asked("/v1/devices")[1][2]["If-None-Match"] == '"7"'


def test_a_long_answer_goes_as_fast_as_it_is_read(gate, daemon):
    long = b"x" * (24 << 20)
    daemon.answers["/v1/points"] = (200, long, {})
    with gate.connect() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.sendall(f"GET /v1/points HTTP/1.1\r\nHost: x\r\nCookie: estate={TOKEN}\r\n\r\n".encode())
        until(lambda: daemon.asked("/v1/points"), "it is asked")
        assert gate.ask("GET", "/v1/points", token=TOKEN)[2] == long  # somebody who reads
        with open(f"/proc/{gate.process.pid}/status") as status:
            resident = int(next(line for line in status if line.startswith("VmRSS")).split()[1])
        assert resident < (300_000 if SANITIZER else 40_000)  # kB
        got = 0
        while got < len(long):
            piece = slow.recv(1 << 20)
            assert piece
            got += len(piece)


def test_without_the_daemon_it_says_so_and_finds_it_again(tmp_path):
    played = FakeDaemon(tmp_path / "api.sock")
    played.sessions[TOKEN] = OPERATOR
    with Gate(tmp_path, played.path) as gate:
        status, headers, body = gate.ask("GET", "/v1/status", token=TOKEN)
        assert status == 503 and headers["Retry-After"] == "2" and "estated does not run" in problem(body)["text"]
        assert gate.ask("GET", "/")[0] == 200
        with played:
            assert gate.ask("GET", "/v1/status", token=TOKEN)[0] == 200
        assert gate.log.count("nobody listens") == 1


def test_pages_come_from_memory_packed_and_with_etag(tmp_path, daemon):
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>一</title>")
    (page / "assets/app.3f9c21ab.js").write_text("1;" * 500)
    (page / "assets/app.3f9c21ab.js.gz").write_bytes(gzip.compress(b"1;" * 500))
    (page / "style.css").write_text("a { b: c }\n" * 500)
    (page / ".secret").write_text("no")
    (page / "link.txt").symlink_to("/etc/passwd")
    with Gate(tmp_path, daemon.path) as gate:
        status, headers, body = gate.ask("GET", "/")
        assert status == 200 and "一" in body.decode() and headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Cache-Control"] == "no-cache"
        assert gate.ask("GET", "/", headers={"If-None-Match": headers["ETag"]})[0] == 304
        assert gate.ask("GET", "/alarms/b3")[2] == body  # an address of the page's own
        status, headers, body = gate.ask("GET", "/assets/app.3f9c21ab.js", headers={"Accept-Encoding": "br, gzip"})
        assert gzip.decompress(body) == b"1;" * 500 and headers["Vary"] == "Accept-Encoding"
        assert "immutable" in headers["Cache-Control"] and headers["Content-Type"].startswith("text/javascript")
        assert gate.ask("GET", "/assets/app.3f9c21ab.js")[2] == b"1;" * 500
        packed = gate.ask("GET", "/style.css", headers={"Accept-Encoding": "gzip"})[2]
        assert len(packed) < 200 and gzip.decompress(packed) == gate.ask("GET", "/style.css")[2]
        status, headers, body = gate.ask("HEAD", "/")
        assert (status, body) == (200, b"") and int(headers["Content-Length"]) > 20
        for path in ("/.secret", "/link.txt", "/../gate.log", "/%2e%2e/gate.log", "/assets/none.js"):
            assert gate.ask("GET", path)[0] == 404, path
        assert gate.ask("POST", "/", "x")[0] == 405

        (page / "index.html").write_text("<!doctype html><title>second</title>")
        gate.process.send_signal(signal.SIGHUP)
        until(lambda: b"second" in gate.ask("GET", "/")[2], "the page is read anew")


def test_who_has_no_session_has_the_form_at_once_and_the_policy_names_the_style_that_stands_in_a_page(tmp_path, daemon):
    page = tmp_path / "page"
    page.mkdir()
    style = "a{color:red}"
    (page / "index.html").write_text(f"<!doctype html><style>{style}</style><p>page")
    (page / "login.html").write_text("<!doctype html><p>form")
    (page / "main.js").write_text("1;" * 800)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    with Gate(tmp_path, daemon.path) as gate:
        for path in ("/", "/care/x"):
            status, headers, body = gate.ask("GET", path)
            assert status == 200 and b"form" in body and "sha256" not in headers["Content-Security-Policy"]
            status, headers, body = gate.ask("GET", path, token=TOKEN)
            policy = headers["Content-Security-Policy"]
            assert b"page" in body and f"style-src 'self' 'sha256-{digest}';" in policy and "script-src 'self';" in policy
            assert "Cookie" in headers.get_all("Vary") and headers.get_all("Content-Security-Policy") == [policy]
        status, again, _ = gate.ask("GET", "/", headers={"If-None-Match": headers["ETag"]}, token=TOKEN)
        assert status == 304 and again["Content-Security-Policy"] == policy, "what a browser has kept stays allowed"
        assert "sha256" not in gate.ask("GET", "/main.js")[1]["Content-Security-Policy"]
        assert "immutable" in gate.ask("GET", "/main.js?v=3f9c21ab")[1]["Cache-Control"]
        for path in ("/main.js", "/main.js?v=1", "/main.js?w=3f9c21ab", "/?v=3f9c21ab", "/index.html?v=3f9c21ab"):
            assert gate.ask("GET", path)[1]["Cache-Control"] == "no-cache", path


def test_a_box_without_a_page_says_so(gate):
    status, _, body = gate.ask("GET", "/")
    assert status == 200 and "没有安装网页" in body.decode() and b"<script" not in body


@pytest.mark.parametrize("request_text, status", [
    (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nX: " + b"y" * 9000 + b"\r\n\r\n", 400),
    (b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n", 413), (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
    (b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400)])
def test_what_is_too_long_or_no_request_is_refused_in_json(gate, request_text, status):
    with gate.connect() as raw:
        raw.sendall(request_text)
        answer = b""
        while piece := raw.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    if not answer:
        return  # what is no HTTP at all may simply be closed
    assert head.startswith(b"HTTP/1.1 4") and problem(body)["status"] // 100 == 4
    assert b"HTML" not in body


def test_only_who_calls_us_by_our_name_is_answered(tmp_path, daemon):
    with Gate(tmp_path, daemon.path, "--name", "desk.example", "--name", "[::1]") as gate:
        assert gate.ask("GET", "/")[0] == 421
        assert gate.ask("GET", "/", headers={"Host": "evil.example:80"})[0] == 421
        assert gate.ask("GET", "/", headers={"Host": "DESK.example:8443"})[0] == 200
        assert gate.ask("GET", "/", headers={"Host": "[::1]:8443"})[0] == 200


def test_a_web_hook_is_passed_on_to_its_own_plugin_only(tmp_path, daemon):
    with FakeDaemon(tmp_path / "hook.sock") as source:
        source.answers["/hook/bands/watch"] = (401, {"error": {"status": 401}}, {"WWW_Authenticate": "Bearer"})
        source.answers["/hook/bands"] = (200, {"stored": 1}, {})
        with Gate(tmp_path, daemon.path, "--hook", f"bands={source.path}", "--hook", "dead=127.0.0.1:1") as gate:
            status, headers, _ = gate.ask("POST", "/hook/bands/watch?device=1", '{"a":1}', token=TOKEN, headers={
                "Authorization": "Bearer t", "Content-Type": "application/json", "Origin": "https://cloud.example"})
            assert status == 401 and headers["WWW-Authenticate"] == "Bearer"
            _, path, seen, body = source.requests[0]
            assert path == "/hook/bands/watch?device=1" and body == b'{"a":1}' and seen["Authorization"] == "Bearer t"
            assert not {"Cookie", "X-Estate-Session", "X-Estate-Client", "Origin"} & set(seen.keys())
            assert json.loads(gate.ask("POST", "/hook/bands", "{}")[2]) == {"stored": 1}
            assert gate.ask("POST", "/hook/dead", "{}")[0] == 503
            for path in ("/hook/", "/hook/band", "/hook/bandsx", "/hook/other"):
                assert gate.ask("POST", path, "{}")[0] == 404
    assert daemon.requests == []


def test_tls_shows_its_certificate_and_takes_a_new_one_without_an_end(tmp_path, daemon, authority):
    pair = [tmp_path / "c.pem", tmp_path / "k.pem"]

    def put(name):
        for to, source in zip(pair, authority.pair(name)):
            with open(source, "rb") as f:
                to.write_bytes(f.read())

    put("box")
    with Gate(tmp_path, daemon.path, tls=pair) as gate:
        ca = authority.certificate
        status, headers, _ = gate.ask("POST", "/v1/login", "{}", authority=ca)
        assert status == 200 and headers["Set-Cookie"] == f"__Host-estate={TOKEN}; Path=/; HttpOnly; SameSite=Strict; Secure"
        assert "max-age" in headers["Strict-Transport-Security"]
        assert gate.ask("GET", "/v1/status", token=TOKEN, authority=ca)[0] == 200
        words = {"Origin": f"https://127.0.0.1:{gate.port}"}
        assert gate.ask("POST", "/v1/x", "{}", words, token=TOKEN, authority=ca)[0] == 200
        words = {"Origin": f"http://127.0.0.1:{gate.port}"}
        assert gate.ask("POST", "/v1/x", "{}", words, token=TOKEN, authority=ca)[0] == 403
        with gate.connect(ca) as kept:
            assert kept.version() in ("TLSv1.2", "TLSv1.3")
            first = kept.getpeercert()["subject"]
            pair[0].write_text("no certificate")
            gate.process.send_signal(signal.SIGHUP)
            until(lambda: "the old certificate stays" in gate.log, "it says that it is none")
            assert gate.ask("GET", "/", authority=ca)[0] == 200
            put("other")
            gate.process.send_signal(signal.SIGHUP)

            def shown():
                with gate.connect(ca) as new:
                    return new.getpeercert()["subject"]
            until(lambda: shown() != first, "the new one is shown")
            kept.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert kept.recv(4096).startswith(b"HTTP/1.1 200")
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gate.port}", "-tls1_1", "-cipher",
                               "ALL:@SECLEVEL=0"], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=LIMIT)
        assert done.returncode != 0 and "alert protocol version" in done.stderr


@pytest.mark.parametrize("options, words", [
    (["--listen", "0.0.0.0:0"], "--plain-anywhere"),
    (["--listen", "127.0.0.1:0", "--certificate", "/nothing", "--key", "/nothing"], "/nothing"),
])
def test_it_does_not_start_in_a_way_that_nobody_meant(tmp_path, options, words):
    done = subprocess.run([PREFIX / "sbin/estated-web", "--socket", tmp_path / "x", *options], capture_output=True, text=True,
                          timeout=LIMIT)
    assert done.returncode == 1 and words in done.stderr


@pytest.mark.parametrize("options", [["--listen", "8480"], ["--listen", "desk:1"], ["--certificate", "x"], ["--hook", "bands"],
                                     ["--hook", "B=/x"], ["--connections", "0"], ["--per-address", "x"], ["--log-level", "loud"],
                                     ["extra"], ["--nothing"]])
def test_wrong_options_are_usage(options):
    done = subprocess.run([PREFIX / "sbin/estated-web", *options], capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 2 and done.stderr


def test_sockets_of_the_service_manager_are_taken_and_it_hears_that_we_are_ready(tmp_path, daemon):
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(tmp_path / "notify"))
    told.settimeout(LIMIT)
    listening = socket.create_server(("127.0.0.1", 0))
    os.set_inheritable(listening.fileno(), True)
    environment = dict(os.environ, NOTIFY_SOCKET=str(tmp_path / "notify"), LISTEN_FDS="1", WATCHDOG_USEC="900000")
    # The number of the process is known within it only.
    script = f'exec 3<&{listening.fileno()}; LISTEN_PID=$$ exec "$@"'
    with open(tmp_path / "gate.log", "wb") as log:
        process = subprocess.Popen(["bash", "-c", script, "bash", PREFIX / "sbin/estated-web", "--socket", daemon.path], stdout=log,
                                   stderr=log, env=environment, pass_fds=[listening.fileno()])
    try:
        heard = []
        while not {b"READY=1", b"WATCHDOG=1"} <= set(heard):
            heard.append(told.recv(4096))
        with socket.create_connection(listening.getsockname(), timeout=LIMIT) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
    finally:
        process.terminate()
        assert process.wait(LIMIT) == 0
        told.close()
        listening.close()


def test_the_unit_is_as_closed_as_it_says():
    """What systemd itself thinks of it, without systemd running."""
    unit = PREFIX / "lib/systemd/system/estated-web.service"
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=5", str(unit)], capture_output=True,
                          text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stdout[-300:]  # the threshold is in tenths
    words = unit.read_text()
    assert "\nPrivateNetwork=yes\n" in words and "\nRestrictAddressFamilies=AF_UNIX\n" in words
    assert not re.search(r"@\w+@", words)  # every path is filled in
