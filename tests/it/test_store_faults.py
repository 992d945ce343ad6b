"""The disk fails in every way there is: people are still told, what cannot be stored is said, and it comes back by itself."""

import contextlib
import json
import os
import pathlib
import select
import sqlite3
import subprocess
import time

import pytest

from estate import Estate, until
from pace import LIMIT, PREFIX, SLOW
from puppet import Puppet, Uplink
from rights import need_tracing, needs_root

CONFIGURATION = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{program}"; }} );
classes: ( {{ id = "probe"; points: ( {{ name = "on"; type = "bool"; }}, {{ name = "level"; type = "number"; }} ); }} );
devices: ( {devices} );
rules: ( {{ id = "r"; class = "probe"; when = "on"; priority = 2; }} );
'''
DEVICES = [f"p{i}" for i in range(4)]


def configuration(source):
    devices = ", ".join(f'{{ id = "{d}"; place = "b1"; plugin = "src"; address = "{d}"; class = "probe"; }}' for d in DEVICES)
    return CONFIGURATION.format(program=source.program, devices=devices)


class Box:
    """An estate whose one plugin is the test's, and what it is told to switch."""

    def __init__(self, directory, source, **more):
        self.estate = Estate(directory, configuration(source), **more)
        self.source, self.n, self.life = source, 0, None

    def __enter__(self):
        self.estate.__enter__()
        self.ready()
        return self

    def ready(self):
        self.life = self.source.life().ready("source")

    def __exit__(self, *e):
        self.estate.__exit__(*e)

    def restart(self):
        self.estate.start()
        self.ready()

    def switch(self, device, on, durable=True):
        self.n += 1
        self.life.sample(device, id=f"s{self.n}", on=on)
        if durable:
            self.life.wait("stored", id=f"s{self.n}")

    def told(self, device, on, limit=LIMIT):
        """People see it, whatever the disk does."""
        self.estate.wait_alarm(f"r/{device}", "unacked" if on else "rtn_unacked", limit)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own for the state directory."""
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m,mode=0700", "tmpfs", state], check=True)
    yield state
    subprocess.run(["umount", "-l", state], check=False)


def fill(directory):
    """Leaves not a page free; returns the file."""
    path = directory / "filler"
    with open(path, "wb") as f:
        try:
            while True:
                f.write(b"x" * (1 << 20))
                f.flush()
        except OSError:
            pass
    with open(path, "ab", buffering=0) as f:
        try:
            while f.write(b"x" * 512):
                pass
        except OSError:
            pass
    return path


@needs_root
def test_on_a_full_disk_ten_thousand_alarms_are_stored_and_it_recovers(tmp_path, small_disk):
    with Puppet() as source, Box(tmp_path, source) as box:
        for device in DEVICES:
            box.switch(device, False)
        until(lambda: (small_disk / "ballast").exists(), "the ballast is there")
        filler = fill(small_disk)
        count, stored = 10000, set()
        box.life.on_message = lambda life, m: stored.add(m["id"]) if m["type"] == "stored" else None
        for i in range(count // len(DEVICES)):
            for device in DEVICES:
                box.switch(device, i % 2 == 0, durable=False)
        until(lambda: f"s{box.n}" in stored, "all are stored", limit=6 * LIMIT)
        box.estate.wait_log("the disk is full")
        assert not (small_disk / "ballast").exists()
        # What was stored is stored: the power goes now.
        box.estate.kill()
        os.unlink(filler)
        box.restart()
        rows = sqlite3.connect(f"file:{small_disk}/state.db?mode=ro", uri=True)
        assert rows.execute("SELECT count(*) FROM transition WHERE alarm LIKE 'r/%'").fetchone()[0] >= count
        rows.close()
        until(lambda: (small_disk / "ballast").exists(), "the ballast is back")
        box.switch("p0", True)


@contextlib.contextmanager
def injected(box, inject, call="fdatasync"):
    """strace on the running daemon: from here to the end of the block that call does that."""
    status = pathlib.Path(f"/proc/{box.estate.process.pid}/status")
    with open(box.estate.directory / "strace.log", "ab") as log:
        tracer = subprocess.Popen(["strace", "-f", "-q", "-o", box.estate.directory / "strace.txt", "-e", f"trace={call}",
                                   "-e", f"inject={call}:{inject}", "-p", str(box.estate.process.pid)], stdout=log, stderr=log)
    try:
        until(lambda: "TracerPid:\t0\n" not in status.read_text(), "strace has attached")
        yield
    finally:
        tracer.terminate()
        tracer.wait()


@pytest.mark.parametrize("call, error", [("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "EROFS")])
def test_an_error_of_the_disk_is_said_and_survived(tmp_path, call, error):
    """A disk that was remounted read-only by the kernel fails in the same calls."""
    need_tracing()
    with Puppet() as source, Box(tmp_path, source) as box:
        for device in DEVICES:
            box.switch(device, False)
        with injected(box, f"error={error}:when=1", call):
            for device in DEVICES:
                box.switch(device, True, durable=False)
                box.told(device, True)
            box.life.wait("stored", id=f"s{box.n}", limit=100)
        box.estate.wait_log("store: state.db: disk I/O error")
        box.estate.wait_alarm("supervision/store", "rtn_unacked")
        box.estate.kill()
        box.restart()
        for device in DEVICES:
            box.told(device, True)


def test_a_disk_that_takes_two_seconds_delays_no_alarm(tmp_path):
    need_tracing()
    with Puppet() as source, Box(tmp_path, source) as box:
        box.switch("p0", False)
        with injected(box, "delay_exit=2000000"):
            for i in range(4):
                before = time.monotonic()
                box.switch("p0", i % 2 == 0, durable=False)
                box.told("p0", i % 2 == 0, limit=1.9 * SLOW)
                assert time.monotonic() - before < 1.9 * SLOW
            box.life.wait("stored", id=f"s{box.n}", limit=3 * LIMIT)
            # An acknowledgement is a promise: it waits for the disk.
            before = time.monotonic()
            box.estate.ctl("ack", "r/p0", "--note", "seen")
            assert time.monotonic() - before > 1.5
            # So does a hand-over: nobody goes home on one that a power cut takes back.
            before = time.monotonic()
            assert "handed over to night desk" in box.estate.ctl("handover", "--to", "night desk", "--note", "look after p0")
            assert time.monotonic() - before > 1.5


def test_no_descriptor_left_costs_no_alarm(tmp_path):
    with Puppet() as source, Box(tmp_path, source) as box:
        pid = box.estate.process.pid
        with subprocess.Popen([PREFIX / "bin/estatectl", "--socket", box.estate.socket, "-f", "json", "watch"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as stream:
            box.switch("p1", True)
            # Until it is there it may miss one.
            until(lambda: box.switch("p0", box.n % 2 == 0) or select.select([stream.stdout], [], [], 0.2)[0], "the stream is there")
            box.switch("p0", False)
            used = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
            lowest = next(n for n in range(len(used) + 1) if n not in used)
            subprocess.run(["prlimit", "--pid", str(pid), f"--nofile={lowest}:4096"], check=True)
            box.switch("p0", True)  # and it is stored
            for line in stream.stdout:
                if json.loads(line).get("alarm") == "r/p0" and json.loads(line)["state"] == "unacked":
                    break
            else:
                raise AssertionError("the stream has ended")
            subprocess.run(["prlimit", "--pid", str(pid), "--nofile=1024:4096"], check=True)
            until(box.estate.answers, "new clients are let in again")
            stream.terminate()


# ---- files that were damaged while nobody looked ----

def page_of(path, table):
    db = sqlite3.connect(path)
    size = db.execute("PRAGMA page_size").fetchone()[0]
    page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    db.close()
    return (page - 1) * size, size


def corrupt_page(path, table):
    offset, size = page_of(path, table)
    with open(path, "r+b") as f:
        f.seek(offset)
        f.write(os.urandom(size))


def zero_header(path, _):
    with open(path, "r+b") as f:
        f.write(bytes(100))


def cut(path, _):
    size = path.stat().st_size
    os.truncate(path, size // 4096 // 2 * 4096 + 1234)


@pytest.mark.parametrize("damage", [corrupt_page, zero_header, cut])
def test_a_damaged_state_is_set_aside_and_armed_again_within_five_seconds(tmp_path, damage):
    with Puppet() as source, Box(tmp_path, source) as box:
        for device in DEVICES:
            box.switch(device, True)
        for i in range(300):
            box.switch("p3", i % 2 == 1, durable=False)
        box.life.wait("stored", id=f"s{box.n}")
        assert box.estate.stop() == 0
        damage(box.estate.state / "state.db", "transition")
        before = time.monotonic()
        box.estate.start(ready=False)
        box.ready()
        box.switch("p0", True)
        box.told("p0", True)
        assert time.monotonic() - before < 5 * SLOW, "armed again"
        if damage is not cut:  # what stood in the half that is gone is gone
            for device in DEVICES[:3]:
                box.told(device, True)
        box.estate.wait_alarm("supervision/storage", "rtn_unacked")
        assert len([p for p in box.estate.state.glob("state.db.damaged-*") if "-wal" not in p.name]) == 1


def test_an_open_alarm_whose_row_is_damaged_is_no_all_clear(tmp_path):
    """What is not known of it is taken for the worst: nobody has seen to it yet."""
    with Puppet() as source, Box(tmp_path, source) as box:
        box.switch("p0", True)
        box.switch("p1", True)
        box.estate.ctl("ack", "r/p0", "--note", "seen")
        assert box.estate.stop() == 0
        with sqlite3.connect(box.estate.state / "state.db") as db:
            db.execute("UPDATE alarm SET priority = 4 WHERE id = 'r/p0'")
        db.close()
        box.restart()
        alarm = box.estate.alarm("r/p0")
        assert (alarm["state"], alarm["priority"], alarm["place"]) == ("unacked", 2, "b1") and "damaged" in alarm["text"]["en"]
        assert box.estate.alarm("r/p1")["state"] == "unacked"
        box.estate.wait_alarm("supervision/storage", "rtn_unacked")
        box.estate.ctl("ack", "r/p0", "--note", "seen again")
        box.switch("p0", False)
        box.estate.wait_alarm("r/p0", "normal")


def test_lanes_that_are_lost_give_no_number_twice(tmp_path):
    with Puppet() as source, Uplink() as cloud:
        box = Box(tmp_path, source)
        box.estate.conf.write_text(configuration(source).replace("plugins: (", f'plugins: ( {{ id = "cloud"; program = "{cloud.program}"; }},'))
        with box:
            for i in range(5):
                box.switch("p0", i % 2 == 0)
            cloud.wait(lambda u: len(u.alarms("r/p0")) == 5)
            given = {(m["lane"], m["seq"]) for m in cloud.messages}
            assert box.estate.stop() == 0
            corrupt_page(box.estate.state / "state.db", "lane")
            seen = len(cloud.messages)
            box.restart()
            box.switch("p0", False)
            cloud.wait(lambda u: [m for m in u.messages[seen:] if m["lane"] == "alarm" and m["kind"] == "alarm"])
            after = [m for m in cloud.messages[seen:] if m["lane"] == "alarm"]
        assert after[0]["kind"] == "gap" and (after[0]["from"], after[1]["seq"]) == (1, after[0]["to"] + 1), after[:2]
        assert not given & {(m["lane"], m["seq"]) for m in cloud.messages[seen:]}


@pytest.mark.parametrize("damage", [corrupt_page, zero_header, cut])
def test_a_damaged_history_is_set_aside_and_alarms_never_notice(tmp_path, damage):
    with Puppet() as source, Box(tmp_path, source) as box:
        for i in range(50):
            box.life.sample("p0", level=i / 10)
        box.switch("p0", True)
        before = [r["value"] for r in box.estate.json("history", "p0.level")]
        assert before == [i / 10 for i in range(50)]
        assert box.estate.stop() == 0
        damage(box.estate.state / "history.db", "chunk")
        start = time.monotonic()
        box.estate.start(ready=False)
        box.ready()
        box.switch("p0", False)
        box.told("p0", False)
        assert time.monotonic() - start < 5 * SLOW
        box.life.sample("p0", level=7)
        until(lambda: [r["value"] for r in box.estate.json("history", "p0.level")][-1:] == [7], "samples are kept again")
        if damage is zero_header:
            assert [r["value"] for r in box.estate.json("history", "p0.level")][:50] == before
            box.estate.wait_alarm("supervision/storage", "rtn_unacked")


# ---- the history as people ask for it ----

def test_history_is_told_as_samples_windows_and_csv(tmp_path):
    with Puppet() as source, Box(tmp_path, source) as box:
        now = time.time()
        for i in range(120):
            box.life.sample("p1", at=now - 7200 + 60 * i, level=float(i))
        box.life.sample("p1", on=True)
        box.switch("p0", True)
        rows = box.estate.json("history", "p1.level", "--since", "3h")
        assert [r["value"] for r in rows] == list(range(120))
        assert all(r["quality"] == "good" and r["test"] is False for r in rows)
        assert sorted(r["at"] for r in rows) == [r["at"] for r in rows]
        assert len(box.estate.json("history", "p1.level", "--since", "30m")) in (29, 30, 31)
        windows = box.estate.json("history", "p1.level", "--since", "3h", "--every", "1h")
        assert sum(w["count"] for w in windows) == 120 and windows[0]["min"] == 0 and windows[-1]["max"] == 119
        assert all(w["min"] <= w["avg"] <= w["max"] for w in windows)
        text = box.estate.ctl("history", "p1.level", "--since", "3h", "-f", "csv").splitlines()
        assert text[0] == "at,value,quality,test" and len(text) == 121
        assert box.estate.json("history", "p2.level") == []
        wrong = box.estate.run_ctl("history", "p1.levle")
        assert wrong.returncode == 1 and "did you mean 'p1.level'?" in wrong.stderr
        assert box.estate.run_ctl("history", "p1.level", "--every", "7").returncode == 1


def levels(box):
    """After a restart the old value is good again: that is a sample too."""
    return [r["value"] for r in box.estate.json("history", "p0.level")]


def test_a_crash_takes_a_minute_of_samples_at_most_and_a_clean_end_none(tmp_path):
    with Puppet() as source, Box(tmp_path, source) as box:
        for i in range(30):
            box.life.sample("p0", level=float(i))
        box.switch("p0", True)
        assert box.estate.stop() == 0
        box.restart()
        assert levels(box)[:30] == list(range(30))
        for i in range(30):
            box.life.sample("p0", level=100.0 + i)
        box.switch("p0", False)
        before = levels(box)  # asking has them put on the disk
        assert before[-30:] == list(range(100, 130))
        box.estate.kill()
        box.restart()
        assert levels(box)[:len(before)] == before
