"""A plugin whose every word is the test's: the process only carries lines between the daemon's pipes and the test.

    with Puppet() as source:
        configuration = f'plugins: ( {{ id = "src"; program = "{source.program}"; }} );'
        with Estate(tmp_path, configuration):
            life = source.life()                    # the process that runs now, its hello taken
            life.ready("source")
            life.sample("p1", x=11)
            life.sample("p1", id="7", x=12); life.wait("stored", id="7")

Pings are answered and stop is obeyed by itself; life.mute = True ends the first. Each restart is a new life.
"""

import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import tempfile
import threading

from pace import LIMIT

PROGRAM = """#!/usr/bin/python3 -SEs
import os, socket, threading
line = socket.create_connection(("127.0.0.1", %d))
line.sendall(b"%%d\\n" %% os.getpid())
def up():
    while True:
        data = os.read(0, 65536)
        if not data:
            line.shutdown(socket.SHUT_WR)
            return
        line.sendall(data)
threading.Thread(target=up, daemon=True).start()
while True:
    data = line.recv(65536)
    if not data:
        os._exit(0)
    while data:
        data = data[os.write(1, data):]
"""


class Fed:
    """A daemon that a puppet feeds, killed and started again: estate and source are its own."""

    roles, number, life = ("source",), 0, None

    def __exit__(self, *_):
        self.estate.__exit__()
        self.source.__exit__(None, None, None)

    def start(self):
        self.estate.start()
        self.life = self.source.life().ready(*self.roles)

    def say(self, device, **fields):
        self.number += 1
        self.life.sample(device, id=str(self.number), **fields)
        self.life.wait("stored", id=str(self.number), limit=4 * LIMIT)

    def kill(self):
        self.estate.kill()
        self.start()


class Life:
    """One process, from its start to its end."""

    def __init__(self, connection):
        self.connection = connection
        self.stream = connection.makefile("rb")
        self.pid = int(self.stream.readline())
        self.messages, self.taken, self.ended, self.mute = [], 0, False, False
        self.changed = threading.Condition()
        self.on_message = None  # called on the reading thread with each message

    def start(self):
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for line in self.stream:
                message = json.loads(line)
                if message["type"] == "ping" and not self.mute:
                    self.send(type="pong", id=message["id"])
                if message["type"] == "stop" and not self.mute:
                    self.end()
                with self.changed:
                    self.messages.append(message)
                    self.changed.notify_all()
                if self.on_message:
                    self.on_message(self, message)
        except (OSError, ValueError):
            pass
        with self.changed:
            self.ended = True
            self.changed.notify_all()
        self._close_when_gone()

    def _close_when_gone(self):
        """Its input may have ended before it does; a thousand lives must not hold a thousand connections."""
        with contextlib.suppress(ProcessLookupError):
            process = os.pidfd_open(self.pid)
            end = select.poll()
            end.register(process, select.POLLIN)
            end.poll()
            os.close(process)
        self.stream.close()
        self.connection.close()

    def send_raw(self, data):
        try:
            self.connection.sendall(data)
        except OSError:
            pass  # the process has ended; the test sees that by wait_end

    def send(self, **message):
        self.send_raw(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    def ready(self, *roles, healthy=True):
        self.send(type="ready", name="puppet", version="1.0", roles=list(roles))
        if healthy:
            self.send(type="healthy")
        return self

    def sample(self, device, id=None, at=None, **fields):
        message = {"type": "sample", "device": device, "fields": fields}
        if id is not None:
            message["id"] = id
        if at is not None:
            message["at"] = at
        self.send(**message)

    def all(self, type):
        with self.changed:
            return [m for m in self.messages if m["type"] == type]

    def wait(self, type, limit=LIMIT, **members):
        """The next message of this type with these members that was not waited for before."""
        def find():
            return next((i for i in range(self.taken, len(self.messages)) if self.messages[i]["type"] == type and
                         all(self.messages[i].get(k) == v for k, v in members.items())), None)
        with self.changed:
            self.changed.wait_for(lambda: find() is not None or self.ended, limit)
            i = find()
            assert i is not None, f"no {type} {members} within {limit} s; ended {self.ended}; messages {self.messages[-8:]}"
            self.taken = i + 1
            return self.messages[i]

    def wait_end(self, limit=LIMIT):
        with self.changed:
            assert self.changed.wait_for(lambda: self.ended, limit), f"the plugin still runs after {limit} s"

    def end(self):
        """An orderly exit."""
        try:
            self.connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def kill(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.wait_end()


class Puppet:
    def __init__(self):
        # Plugins run as nobody where the daemon is root: pytest's own directories are closed to it.
        self.directory = tempfile.mkdtemp(prefix="puppet-")
        os.chmod(self.directory, 0o755)
        self.server = socket.create_server(("127.0.0.1", 0), backlog=64)
        path = pathlib.Path(self.directory) / "plugin"
        path.write_text(PROGRAM % self.server.getsockname()[1])
        path.chmod(0o755)
        self.program = str(path)
        self.lives, self.given = [], 0
        self.changed = threading.Condition()
        self.on_life = None  # called with each new life, on the accepting thread
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            try:
                life = Life(connection)
            except (OSError, ValueError):
                continue
            if self.on_life:
                self.on_life(life)
            life.start()
            with self.changed:
                self.lives.append(life)
                self.changed.notify_all()

    def life(self, limit=LIMIT):
        """The next life that was not given before."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.lives) > self.given, limit), \
                f"the plugin was not started within {limit} s; {len(self.lives)} times before"
            self.given += 1
            life = self.lives[self.given - 1]
        life.hello = life.wait("hello")
        return life

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for life in self.lives:
            life.connection.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class Uplink(Puppet):
    """An uplink that takes everything at once and keeps it: messages in the order of their arrival."""

    def __init__(self):
        super().__init__()
        self.messages = []
        self.accept = lambda lane, messages: True  # False: not answered; the daemon sends them again to the next life
        self.on_life = self._greet

    def _greet(self, life):
        life.on_message = self._on_message

    def _on_message(self, life, message):
        if message["type"] == "hello":
            life.ready("uplink")
        if message["type"] == "deliver" and self.accept(message["lane"], message["messages"]):
            with self.changed:
                self.messages += message["messages"]
                self.changed.notify_all()
            life.send(type="delivered", batch=message["batch"])

    def alarms(self, alarm=None):
        with self.changed:
            return [m for m in self.messages if m["kind"] == "alarm" and alarm in (None, m["alarm"])]

    def states(self, alarm=None):
        """States in the order of seq, repeats of the same seq left out."""
        by_seq = {}
        for m in self.alarms():
            assert by_seq.setdefault(m["seq"], m) == m, f"seq {m['seq']} came with another content"
        assert sorted(by_seq) == list(range(1, len(by_seq) + 1)), f"a gap: {sorted(by_seq)}"
        return [by_seq[s]["state"] for s in sorted(by_seq) if alarm in (None, by_seq[s]["alarm"])]

    def wait(self, condition, limit=LIMIT):
        """Until condition(uplink)."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), limit), \
                f"not within {limit} s; {[(m.get('seq'), m.get('alarm'), m.get('state')) for m in self.messages[-10:]]}"
