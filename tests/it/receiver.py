"""A web server that takes POSTs and answers as the test says, on a free loopback port.

    with Receiver() as r:
        r.answer = lambda post: (200, "", {})          # status, body, headers; None: no answer at all
        ...
        r.wait(lambda posts: len(posts) == 3)
"""

import http.server
import json
import ssl
import threading
import time

from pace import LIMIT


class Post:
    def __init__(self, handler, body):
        self.at = time.monotonic()
        self.path, self.headers, self.body = handler.path, handler.headers, body
        self.certificate = handler.connection.getpeercert() if hasattr(handler.connection, "getpeercert") else None

    @property
    def messages(self):
        if self.headers["Content-Type"] == "application/x-ndjson":
            return [json.loads(line) for line in self.body.decode().rstrip("\n").split("\n")]
        return json.loads(self.body)

    @property
    def seqs(self):
        return [m["seq"] for m in self.messages]

    @property
    def lane(self):
        return self.headers["Estate-Lane"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_OPTIONS(self):
        self.server.owner.probes += 1
        self._send(self.server.owner.options, b"", {})

    def do_POST(self):
        owner = self.server.owner
        post = Post(self, self.rfile.read(int(self.headers["Content-Length"])))
        with owner.changed:
            owner.posts.append(post)
            owner.changed.notify_all()
        answer = owner.answer(post)
        if answer is None:
            self.close_connection = True
            owner.silent.wait(LIMIT)
            return
        status, body, headers = answer
        if 200 <= status < 300:
            with owner.changed:
                owner.taken.append(post)
                owner.changed.notify_all()
        self._send(status, body.encode(), headers)

    def _send(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass  # a handshake that failed, a client that left: what the test is about


class Receiver:
    def __init__(self, answer=None, tls=None, clients=None, port=0):
        """tls: (certificate, key); clients: the CA of certificates that clients must have."""
        self.posts, self.taken, self.probes, self.options = [], [], 0, 204
        self.changed = threading.Condition()
        self.silent = threading.Event()
        self.answer = answer or (lambda post: (200, "", {}))
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.owner = self
        self.scheme = "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            if clients:
                context.load_verify_locations(clients)
                context.verify_mode = ssl.CERT_REQUIRED
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/estate?key=k"

    def wait(self, condition, limit=LIMIT):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.posts), limit), \
                f"not within {limit} s; {len(self.posts)} posts, the last of {[p.seqs for p in self.posts[-5:]]}"
            return list(self.posts)

    def seqs(self, lane=None):
        """Of what was answered with 2xx, in the order in which it came."""
        return [s for p in list(self.taken) if lane in (None, p.lane) for s in p.seqs]

    def close(self):
        self.silent.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(LIMIT)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.close()
