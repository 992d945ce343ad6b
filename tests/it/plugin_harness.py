"""Runs one plugin program and plays the daemon: JSON lines on its stdin and stdout (plugins/README.md)."""

import json
import os
import subprocess
import threading
import time

from pace import LIMIT, PREFIX


def program(name):
    path = str(PREFIX / "libexec/estated/plugins" / name)
    assert os.access(path, os.X_OK), f"{path} is missing: expected an installed tree under ESTATE_PREFIX"
    return path


def environment():
    """Under AddressSanitizer freed memory is kept back by default, which would look like a leak."""
    return {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}


class Plugin:
    """With read=False nothing is read from the plugin until resume(): a daemon that does not keep up."""

    def __init__(self, name, options=None, devices=None, hello=None, read=True):
        self.messages, self.lines, self.log = [], [], []
        self.taken = 0  # messages that wait() has gone past
        self.changed = threading.Condition()
        self.reading = threading.Event()
        self.process = subprocess.Popen([program(name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, bufsize=0, env=environment())
        if read:
            self.reading.set()
        self.threads = [threading.Thread(target=self._read_messages, daemon=True),
                        threading.Thread(target=self._read_log, daemon=True)]
        for t in self.threads:
            t.start()
        if hello is not False:
            self.send(hello or {"type": "hello", "protocol": 1, "instance": "test", "estate": "demo",
                                "options": options or {}, "devices": devices or []})

    def _read_messages(self):
        stream = self.process.stdout
        buffer = b""
        while True:
            self.reading.wait()
            chunk = stream.read(4096)
            if not chunk:
                return
            buffer += chunk
            *lines, buffer = buffer.split(b"\n")
            with self.changed:
                for line in lines:
                    self.lines.append(line)
                    self.messages.append(json.loads(line))
                self.changed.notify_all()

    def _read_log(self):
        for line in self.process.stderr:
            with self.changed:
                self.log.append(line.decode(errors="replace").rstrip("\n"))
                self.changed.notify_all()

    def resume(self):
        self.reading.set()

    def send(self, message):
        self.send_raw(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def send_raw(self, data):
        view = memoryview(data)
        while view:
            view = view[self.process.stdin.write(view):]

    def all(self, type):
        with self.changed:
            return [m for m in self.messages if m.get("type") == type]

    def wait_until(self, condition, limit=LIMIT):
        """Until condition(plugin)."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), limit), \
                f"not within {limit} s; last messages {self.messages[-5:]}, log {self.log[-10:]}"

    def wait(self, type, limit=LIMIT, **members):
        """The next message, not waited for before, of this type and with these members. Earlier ones are passed over."""
        def matches(m):
            return m.get("type") == type and all(m.get(k) == v for k, v in members.items())

        def find():
            return next((i for i in range(self.taken, len(self.messages)) if matches(self.messages[i])), None)

        with self.changed:
            assert self.changed.wait_for(lambda: find() is not None, limit), \
                f"no {type} {members} within {limit} s; messages {self.messages[-8:]}, log {self.log[-10:]}"
            i = find()
            self.taken = i + 1
            return self.messages[i]

    def ping(self, id=1):
        """All that was sent before has been taken when this returns; gives the plugin's counters."""
        self.send({"type": "ping", "id": id})
        return self.wait("pong", id=id)["counters"]

    def wait_exit(self, limit=LIMIT):
        code = self.process.wait(limit)
        for t in self.threads:
            t.join(limit)
        return code

    def stop(self):
        """An orderly end as the daemon asks for it; seconds and exit code."""
        start = time.monotonic()
        self.send({"type": "stop"})
        code = self.wait_exit()
        return time.monotonic() - start, code

    def close(self):
        self.reading.set()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(LIMIT)
        for t in self.threads:
            t.join(LIMIT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def rss_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))
