"""What does not pass by itself: a disk that fails for good, one that is read-only at the start, memory that runs out. People are told
all the same; what cannot be stored is said."""

import json
import mmap
import os
import pathlib
import random
import select
import signal
import sqlite3
import struct
import subprocess
import time

import pytest

from estate import until
from pace import LIMIT, PREFIX, SANITIZER, SLOW
from puppet import Puppet
from rights import need_tracing, needs_root
from test_store_faults import DEVICES, Box, injected, small_disk  # noqa: F401 (a fixture)

STARVED = pathlib.Path(__file__).parent / "starved.c"


def test_a_disk_that_fails_for_good_is_a_standing_fault_and_people_are_told(tmp_path):
    need_tracing()
    with Puppet() as source, Box(tmp_path, source) as box:
        for device in DEVICES:
            box.switch(device, False)
        with injected(box, "error=EIO:when=1+"):
            box.switch("p0", True, durable=False)
            box.told("p0", True)
            until(lambda: "runs on in memory, tries once a minute" in box.estate.log, "it has given up opening it")
            box.estate.wait_alarm("supervision/store", "unacked")
            store = box.estate.json("status")["store"]
            assert not store["ok"] and "disk I/O error" in store["fault"]
            for device in DEVICES[1:]:
                box.switch(device, True, durable=False)
                box.told(device, True)
            assert not any(m["type"] == "stored" and m["id"] == f"s{box.n}" for m in box.life.messages), "nothing is promised"
        # The disk is well again, a minute has not passed, and the box is switched off: what waits is written now.
        assert box.estate.stop() == 0
        box.restart()
        for device in DEVICES:
            box.told(device, True)
        db = sqlite3.connect(f"file:{box.estate.state}/state.db?mode=ro", uri=True)
        assert db.execute("SELECT count(*) FROM alarm WHERE id LIKE 'r/%'").fetchone()[0] == len(DEVICES)
        db.close()


@needs_root
def test_a_disk_that_is_read_only_at_the_start_keeps_no_alarm_from_people(tmp_path, small_disk):  # noqa: F811
    def remount(how):
        subprocess.run(["mount", "-o", f"remount,{how}", small_disk], check=True)

    with Puppet() as source, Box(tmp_path, source) as box:
        box.switch("p0", True)
        assert box.estate.stop() == 0
        remount("ro")
        box.restart()
        box.estate.wait_log("runs on in memory, without what was kept")
        box.estate.wait_alarm("supervision/store", "unacked")
        box.switch("p1", True, durable=False)
        box.told("p1", True)
        remount("rw")
        assert box.estate.stop() == 0
        box.restart()
        for device in ("p0", "p1"):
            box.told(device, True)
        box.switch("p2", True)


def test_alarms_do_not_wait_for_a_disk_that_takes_two_seconds(tmp_path):
    need_tracing()
    latencies = []
    with Puppet() as source, Box(tmp_path, source) as box:
        for device in DEVICES:
            box.switch(device, False)
        with subprocess.Popen([PREFIX / "bin/estatectl", "--socket", box.estate.socket, "-f", "json", "watch"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as stream:
            def see(device, on):
                state = "unacked" if on else "rtn_unacked"
                for line in stream.stdout:
                    row = json.loads(line)
                    if row.get("alarm") == f"r/{device}" and row["state"] == state:
                        return
                raise AssertionError("the stream has ended")

            # Until it is there it may miss one.
            until(lambda: box.switch("p0", box.n % 2 == 0) or select.select([stream.stdout], [], [], 0.2)[0], "the stream is there")
            with injected(box, "delay_exit=2000000"):
                for i in range(40):
                    before = time.monotonic()
                    box.switch("p1", i % 2 == 0, durable=False)
                    see("p1", i % 2 == 0)
                    latencies.append(time.monotonic() - before)
                box.life.wait("stored", id=f"s{box.n}", limit=3 * LIMIT)
            stream.terminate()
    latencies.sort()
    print(f"alarm to stream while an fsync takes 2 s: p50 {latencies[20] * 1000:.1f} ms, longest {latencies[-1] * 1000:.1f} ms")
    assert latencies[-1] < 1.0 * SLOW


# ---- memory ----

class Memory:
    """How much of it the daemon still gets."""

    def __init__(self, directory):
        library, self.path = directory / "starved.so", directory / "starved"
        subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-O1", "-o", library, STARVED], check=True)
        self.path.write_bytes(bytes(32))
        with open(self.path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 32)
        self.environment = {"LD_PRELOAD": str(library), "STARVED_FILE": str(self.path)}

    def lasts(self, allocations, then_fail, of_sqlite=False):
        self.map[8:32] = struct.pack("3q", allocations, then_fail, of_sqlite)
        self.map[0:8] = struct.pack("q", 1)

    def is_enough(self):
        self.map[0:8] = struct.pack("q", 0)


class Books:
    """What was switched, in order, and what of it was answered with `stored`."""

    def __init__(self, box):
        self.box, self.switched, self.stored = box, {device: [] for device in DEVICES}, set()

    def listen(self):
        self.box.life.on_message = lambda life, m: self.stored.add(m["id"]) if m["type"] == "stored" else None

    def switch(self, device, on):
        try:
            self.box.switch(device, on, durable=False)
        except OSError:
            return  # its pipe has gone with the daemon
        self.switched[device].append((f"s{self.box.n}", on))

    def check(self):
        """Each alarm is as the last sample that was stored left it, or one after that."""
        for device, switched in self.switched.items():
            last = max((i for i, (id, _) in enumerate(switched) if id in self.stored), default=None)
            if last is None:
                continue
            alarm = self.box.estate.alarm(f"r/{device}")
            assert (alarm is not None and alarm["state"] == "unacked") in {on for _, on in switched[last:]}, (device, alarm, switched[last:])


@pytest.mark.skipif(SANITIZER == "address", reason="AddressSanitizer has to be the first library, and has an allocator of its own")
def test_memory_that_runs_out_ends_the_daemon_in_order_or_not_at_all(tmp_path):
    """At any allocation: it goes on, or it ends with a word and is started again; what was stored is there."""
    chance, memory = random.Random(7), Memory(tmp_path)
    ended = went_on = 0

    with Puppet() as source, Box(tmp_path, source, environment=memory.environment) as box:
        books = Books(box)
        books.listen()
        for i in range(18):
            memory.lasts(*((chance.randrange(4000), 1 << 40), (chance.randrange(4000), 1), (chance.randrange(400), 3, True))[i % 3])
            for n in range(40):
                books.switch(DEVICES[n % len(DEVICES)], chance.random() < 0.5)
            last = f"s{box.n}"
            until(lambda: box.estate.process.poll() is not None or last in books.stored, "it has ended, or stored all of it")
            memory.is_enough()
            if box.estate.process.poll() is None and box.estate.answers():
                went_on += 1
            else:
                ended += 1
                assert box.estate.process.wait(LIMIT) == -signal.SIGABRT, box.estate.log[-3000:]
                box.estate.wait_log("out of memory")
                box.restart()
                books.listen()
            books.check()
        assert ended and went_on
        assert "store: state.db: out of memory" in box.estate.log, "no allocation of SQLite's was met"
