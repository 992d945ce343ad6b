"""A Hikvision access controller as its ISAPI looks from outside: digest authentication, the stream of events, how the doors stand.

    with AccessController() as c:
        c.event(5, 75, doorNo=1, cardNo="…")          # to all who listen
        c.send(b"…")                                  # any bytes at all, as they stand
        c.drop()                                      # ends the streams
"""

import hashlib
import http.server
import json
import re
import secrets
import threading

from pace import LIMIT

REALM = "IP Controller"
USER, PASSWORD = "watch", "a secret, of course"
BOUNDARY = "MIME_boundary"


def alert(major, minor, at="2019-05-15T20:41:52+08:00", **members):
    return {"ipAddress": "10.17.114.66", "portNo": 80, "protocol": "HTTP", "macAddress": "44:19:b6:6d:24:85", "channelID": 1, "dateTime": at,
            "activePostCount": 1, "eventType": "AccessControllerEvent", "eventState": "active", "eventDescription": "Access Controller Event",
            "AccessControllerEvent": {"deviceName": "Access Controller", "majorEventType": major, "subEventType": minor, **members}}


def alert_xml(major, minor, at="2019-05-15T20:41:52+08:00", **members):
    inner = "".join(f"<{k}>{v}</{k}>" for k, v in {"majorEventType": major, "subEventType": minor, **members}.items())
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<EventNotificationAlert version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">\n'
            f"<ipAddress>10.17.114.66</ipAddress>\n<dateTime>{at}</dateTime>\n<activePostCount>1</activePostCount>\n"
            "<eventType>AccessControllerEvent</eventType>\n<eventState>active</eventState>\n"
            f"<AccessControllerEvent>{inner}</AccessControllerEvent>\n</EventNotificationAlert>\n")


HEARTBEAT = {"ipAddress": "10.17.114.66", "dateTime": "2019-05-15T20:41:52+08:00", "activePostCount": 1, "eventType": "heartBeat",
             "eventState": "active", "eventDescription": "heartBeat"}


def part(document, length=None, boundary=BOUNDARY, type=None):
    body = document if isinstance(document, bytes) else document.encode() if isinstance(document, str) else json.dumps(document, indent="\t").encode()
    type = type or ("application/xml" if body[:1] == b"<" else "application/json")
    return (f"--{boundary}\r\nContent-Type: {type}; charset=\"UTF-8\"\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
            .encode() + body + b"\r\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        owner = self.server.owner
        with owner.changed:
            owner.requests.append((self.path, self.headers.get("Authorization")))
            owner.changed.notify_all()
        if not self._is_let_in():
            self._answer(401, b"<html>no</html>", {"WWW-Authenticate": f'Digest qop="auth", realm="{REALM}", nonce="{owner.nonce}", algorithm="MD5"'})
        elif self.path in owner.answers:
            self._answer(*owner.answers[self.path])
        elif self.path == "/ISAPI/Event/notification/alertStream":
            self._stream()
        elif self.path.startswith("/ISAPI/AccessControl/AcsWorkStatus"):
            status = owner.status
            self._answer(200 if status else 404, json.dumps({"AcsWorkStatus": status}).encode() if status else b"")
        elif self.path == "/ISAPI/System/deviceInfo":
            self._answer(200, b"<DeviceInfo><model>DS-K2604</model></DeviceInfo>")
        else:
            self._answer(404, b"")

    def _is_let_in(self):
        owner = self.server.owner
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', self.headers.get("Authorization", "").removeprefix("Digest ")))

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()

        right = md5(":".join([md5(f"{USER}:{REALM}:{PASSWORD}"), owner.nonce, said.get("nc", ""), said.get("cnonce", ""), said.get("qop", ""),
                              md5(f"{self.command}:{self.path}")]))
        return said.get("username") == USER and said.get("nonce") == owner.nonce and said.get("response") == right

    def _answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self):
        owner = self.server.owner
        self.close_connection = True
        self.wfile.write(f"HTTP/1.1 200 OK\r\nMIME-Version: 1.0\r\nConnection: close\r\nContent-Type: multipart/mixed; boundary={owner.boundary}\r\n\r\n"
                         .encode())
        gone = threading.Event()
        with owner.changed:
            owner.streams.append((self.wfile, gone))
            self.wfile.write(owner.greeting)
            owner.changed.notify_all()
        gone.wait(10 * LIMIT)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that left


class AccessController:
    def __init__(self, greeting=part(HEARTBEAT), port=0):
        self.greeting, self.boundary, self.nonce = greeting, BOUNDARY, secrets.token_hex(8)
        self.status, self.answers = None, {}  # answers: path → status, body
        self.requests, self.streams = [], []
        self.changed = threading.Condition()
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.owner = self
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def wait(self, condition, limit=LIMIT):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), limit), f"not within {limit} s; {self.requests[-5:]}"

    def send(self, data, pieces=None):
        """pieces: so many bytes at a time, each in a packet of its own as far as the kernel goes along."""
        self.wait(lambda c: c.streams)
        for entry in list(self.streams):
            try:
                for i in range(0, len(data), pieces or max(1, len(data))):
                    entry[0].write(data[i:i + (pieces or len(data))])
                    entry[0].flush()
            except OSError:  # this one has left
                with self.changed:
                    self.streams.remove(entry)

    def event(self, major, minor, **members):
        self.send(part(alert(major, minor, **members)))

    def drop(self):
        with self.changed:
            for _, gone in self.streams:
                gone.set()
            self.streams.clear()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.drop()
        self.server.shutdown()
        self.thread.join(LIMIT)
        self.server.server_close()
