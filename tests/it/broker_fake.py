"""A broker that acknowledges only what it is told to, and a wire that can be cut: what no real broker does on command.

FakeBroker speaks the little of MQTT 3.1.1 that a publisher needs. Cut forwards TCP to a real broker until cut.
"""

import socket
import threading

from pace import LIMIT


def _exactly(stream, n):
    data = stream.read(n)
    if len(data) < n:
        raise ConnectionError
    return data


def _packet(stream):
    head, length, shift = _exactly(stream, 1)[0], 0, 0
    while True:
        byte = _exactly(stream, 1)[0]
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return head, _exactly(stream, length)


class Published:
    def __init__(self, connection, head, body):
        n = int.from_bytes(body[:2], "big")
        self.connection, self.retain, self.qos = connection, bool(head & 1), (head >> 1) & 3
        self.topic, rest = body[2:2 + n].decode(), body[2 + n:]
        self.mid, self.payload = rest[:2], rest[2:]
        self.acknowledged = False


class FakeBroker:
    """acknowledge(published) decides on each message; release() acknowledges what was withheld."""

    def __init__(self, acknowledge=lambda p: True, answers=True):
        self.acknowledge, self.answers = acknowledge, answers
        self.published, self.connections, self.wills = [], [], []
        self.changed = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.changed:
                self.connections.append(connection)
                self.changed.notify_all()
            t = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self.threads.append(t)
            t.start()

    def _serve(self, connection):
        stream = connection.makefile("rb")
        try:
            while True:
                head, body = _packet(stream)
                if self.answers:
                    self._answer(connection, head, body)
        except (ConnectionError, OSError, ValueError):
            pass

    def _answer(self, connection, head, body):
        kind = head >> 4
        if kind == 1:
            connection.sendall(b"\x20\x02\x00\x00")
        elif kind == 8:
            connection.sendall(b"\x90\x03" + body[:2] + b"\x01")
        elif kind == 12:
            connection.sendall(b"\xd0\x00")
        elif kind == 3:
            p = Published(connection, head, body)
            with self.changed:
                self.published.append(p)
                if self.acknowledge(p):
                    self._puback(p)
                self.changed.notify_all()

    def _puback(self, p):
        p.acknowledged = True
        p.connection.sendall(b"\x40\x02" + p.mid)

    def release(self, which=lambda p: True):
        with self.changed:
            for p in self.published:
                if not p.acknowledged and which(p):
                    try:
                        self._puback(p)
                    except OSError:
                        pass  # of a connection that is gone

    def drop(self):
        with self.changed:
            for c in self.connections:
                try:
                    c.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.connections.clear()

    def wait(self, condition, limit=LIMIT):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.published), limit), \
                f"not within {limit} s: {[(p.topic, p.payload[:40]) for p in self.published[-5:]]}"
            return list(self.published)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.drop()
        for t in self.threads:
            t.join(LIMIT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Cut:
    """A wire to a broker's port. cut_after(n): it breaks when n more bytes have gone to the broker, within a packet or not."""

    def __init__(self, port):
        self.target, self.budget = port, None
        self.lock = threading.Lock()
        self.pairs, self.cuts = [], 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self.listener.getsockname()[1]}"
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def cut_after(self, n):
        with self.lock:
            self.budget = n

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            self.pairs.append((near, far))
            for source, sink, counted in ((near, far, True), (far, near, False)):
                t = threading.Thread(target=self._copy, args=(source, sink, counted), daemon=True)
                self.threads.append(t)
                t.start()

    def _allowed(self, data, counted):
        with self.lock:
            if not counted or self.budget is None:
                return data, False
            part = data[:self.budget]
            self.budget -= len(part)
            if self.budget:
                return part, False
            self.budget = None
            self.cuts += 1
            return part, True

    def _copy(self, source, sink, counted):
        over = False
        try:
            while not over:
                data = source.recv(4096)
                if not data:
                    break
                data, over = self._allowed(data, counted)
                sink.sendall(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for pair in self.pairs:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for t in self.threads:
            t.join(LIMIT)
        for pair in self.pairs:
            for s in pair:
                s.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
