"""A systemd journal of the test's own: a socket in /run/systemd/journal of a mount namespace that only estated is in.

    with FakeJournal(tmp_path) as journal:
        estate = Estate(tmp_path, CONFIGURATION, environment=journal.environment(tmp_path / "estated.log"), wrapper=journal.wrapper)
        journal.wait(lambda e: e.get("ESTATE_EVENT") == "started")
        journal.deaf = True                         # it reads no more: the sender blocks
"""

import os
import pathlib
import socket
import struct
import threading

from estate import until

INSIDE = 'mount -t tmpfs none /run && mkdir -p /run/systemd/journal && mount --bind "$0" /run/systemd/journal && exec "$@"'


def unshare():
    return ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


def parse(datagram):
    """systemd's native protocol: KEY=value lines, or KEY, a length of 8 bytes, a value."""
    fields, at = {}, 0
    while at < len(datagram):
        end = datagram.index(b"\n", at)
        line = datagram[at:end]
        if b"=" in line:
            key, value = line.split(b"=", 1)
            at = end + 1
        else:
            length, = struct.unpack_from("<Q", datagram, end + 1)
            key, value = line, datagram[end + 9:end + 9 + length]
            at = end + 9 + length + 1
        fields[key.decode()] = value.decode()
    return fields


class FakeJournal:
    def __init__(self, directory):
        self.folder = pathlib.Path(directory) / "journal"
        self.folder.mkdir()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.folder / "socket"))
        self.entries = []
        self.hears = threading.Event()
        self.hears.set()
        self.wrapper = [*unshare(), "sh", "-c", INSIDE, self.folder]

    @staticmethod
    def environment(log_path):
        """stderr is what systemd would have given: the daemon compares."""
        pathlib.Path(log_path).touch()
        st = os.stat(log_path)
        return {"JOURNAL_STREAM": f"{st.st_dev}:{st.st_ino}"}

    @property
    def deaf(self):
        return not self.hears.is_set()

    @deaf.setter
    def deaf(self, value):
        self.hears.clear() if value else self.hears.set()

    def _read(self):
        while True:
            self.hears.wait()
            try:
                datagram = self.socket.recv(1 << 20)
            except OSError:
                return
            if not datagram:
                return
            self.entries.append(parse(datagram))

    def wait(self, fits, limit=20):
        return until(lambda: next((e for e in list(self.entries) if fits(e)), None), "an entry of the journal", limit)

    def __enter__(self):
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.deaf = False
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
