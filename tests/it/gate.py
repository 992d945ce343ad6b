"""estated-web for tests, and a daemon that is played: what the gate asks of it is written down, its stream says what the test says.

    with FakeDaemon(tmp_path / "api.sock") as daemon, Gate(tmp_path, daemon.path) as gate:
        daemon.sessions[TOKEN] = {"user": "desk", "role": "operator", "scope": ["b3"]}
        status, headers, body = gate.ask("GET", "/v1/status", token=TOKEN)
"""
import http.client
import http.server
import json
import os
import pathlib
import queue
import re
import signal
import socket
import socketserver
import ssl
import subprocess
import threading

from estate import until
from pace import LIMIT, PREFIX

TOKEN = "a1" * 32


class Gate:
    def __init__(self, directory, daemon_socket, *options, tls=None, environment=None, wrapper=(), name="gate"):
        self.directory, self.tls = pathlib.Path(directory), tls
        self.log_path = self.directory / f"{name}.log"
        self.cookie = "__Host-estate" if tls else "estate"
        words = ["--certificate", tls[0], "--key", tls[1]] if tls else []
        if "--page" not in options:
            words += ["--page", self.directory / "page"]
        self.command = [*wrapper, PREFIX / "sbin/estated-web", "--socket", daemon_socket, *words, *options]
        if "--listen" not in options:
            self.command += ["--listen", "127.0.0.1:0"]
        self.environment = dict(os.environ, **(environment or {}))
        self.process = self.port = None

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        found = until(lambda: self.process.poll() is not None or re.search(r"listens on \w+://\S*:(\d+)/", self.log), "it listens")
        assert self.process.poll() is None, self.log
        self.port = int(found.group(1))
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(LIMIT)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()

    def connect(self, authority=None):
        """A connection as such."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT)
        if not self.tls:
            return plain
        context = ssl.create_default_context(cafile=authority)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    def ask(self, method, path, body=None, headers=None, token=None, authority=None):
        """One request on a connection of its own: status, headers, body."""
        if self.tls:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=LIMIT,
                                                     context=ssl.create_default_context(cafile=authority))
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        words = dict(headers or {})
        if token:
            words["Cookie"] = f"{self.cookie}={token}"
        try:
            connection.request(method, path, body=body, headers=words)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        status = self.stop()
        assert status == 0, f"estated-web ended with {status}:\n{self.log[-4000:]}"


class Stream:
    """A client of /v1/stream: events as they come, in a thread of their own."""

    def __init__(self, gate, token=TOKEN, query="", last_id=None, authority=None):
        self.connection = gate.connect(authority)
        words = f"GET /v1/stream{query} HTTP/1.1\r\nHost: 127.0.0.1:{gate.port}\r\nCookie: {gate.cookie}={token}\r\n"
        if last_id is not None:
            words += f"Last-Event-ID: {last_id}\r\n"
        self.connection.sendall((words + "\r\n").encode())
        self.text, self.ended = b"", False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while True:
            try:
                piece = self.connection.recv(65536)
            except OSError:
                piece = b""
            if not piece:
                self.ended = True
                return
            self.text += piece

    @property
    def status(self):
        return int(self.text.split(b" ", 2)[1]) if b"\r\n" in self.text else None

    def wait(self, what, limit=LIMIT):
        return until(lambda: what.encode() in self.text, f"{what} in the stream; there is {self.text[-500:]}", limit)

    def ids(self):
        """Of its events, in order."""
        return [int(i) for i in re.findall(rb"id: (\d+)\nevent: ", self.text)]

    def close(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join(LIMIT)  # TLS reads by number: it would take the bytes of whatever gets that number next
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def address_string(self):
        return "gate"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def take(self):
        daemon = self.server.daemon
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        daemon.requests.append((self.command, self.path, self.headers, body))
        path = self.path.split("?")[0]
        session = daemon.sessions.get(self.headers.get("X-Estate-Session"))
        if path in daemon.answers:
            status, text, headers = daemon.answers[path]
            self.answer(status, text, **headers)
        elif path == "/v1/login":
            self.answer(200, {"session": TOKEN, "user": "desk", "csrf": "c"})
        elif not session:
            self.answer(401, {"error": {"status": 401, "text": "this session is over"}})
        elif path == "/v1/session":
            self.answer(200, session)
        elif path == "/v1/stream":
            self.stream(daemon)
        else:
            self.answer(200, {"path": self.path})

    def stream(self, daemon):
        """What the daemon does: a client that says what it has seen gets what came after."""
        events = queue.Queue()
        last = self.headers.get("Last-Event-ID")
        with daemon.lock:
            daemon.streams.append((self.path, events))
            first = "retry: 2000\n\n" if last else f"retry: 2000\nid: {daemon.last_id}\n\n"
            missed = [text for number, text in daemon.said if last and number > int(last)]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        for text in [first, *missed]:
            self.wfile.write(text.encode())
        while True:
            text = events.get()
            if text is None:
                return
            try:
                self.wfile.write(text.encode())
            except OSError:
                with daemon.lock:
                    daemon.streams = [s for s in daemon.streams if s[1] is not events]
                return

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = take


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def get_request(self):
        request, address = super().get_request()
        self.daemon.connections.append(request)
        return request, address

    def handle_error(self, request, client_address):
        pass


def crowd(gate, count, words=b""):
    """So many connections as the gate takes; those that it closes at once count too."""
    made = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", gate.port), timeout=LIMIT)
        try:
            connection.sendall(words)
        except OSError:
            pass
        made.append(connection)
    return made


class FakeDaemon:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.sessions, self.answers = {}, {}
        self.requests, self.streams, self.said, self.connections = [], [], [], []
        self.last_id = 1000
        self.lock = threading.Lock()
        self.server = None

    def start(self):
        self.path.unlink(missing_ok=True)
        self.server = Server(str(self.path), Handler)
        self.server.daemon = self
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self):
        """As by a kill: everything is cut."""
        self.server.shutdown()
        self.server.server_close()
        self.path.unlink(missing_ok=True)
        with self.lock:
            streams, self.streams = self.streams, []
        for _, events in streams:
            events.put(None)
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections = []

    def say(self, data="{}", event="point"):
        with self.lock:
            self.last_id += 1
            text = f"id: {self.last_id}\nevent: {event}\ndata: {data}\n\n"
            self.said.append((self.last_id, text))
            for _, events in self.streams:
                events.put(text)
            return self.last_id

    def remark(self, text):
        """A comment on all streams."""
        with self.lock:
            for _, events in self.streams:
                events.put(f": {text}\n\n")

    def asked(self, path):
        return [r for r in self.requests if r[1].split("?")[0] == path]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.server:
            self.stop()
