#!/usr/bin/python3
"""What the history costs on flash: bytes that reach the block device, and bytes kept, per sample, beside one row a sample and
rrdtool on the same samples; how long an alarm's commit takes on a disk that is slow to flush; how long questions take. Reports and
asserts nothing. Root: makes an ext4 file system in a file and looks at its loop device.

    store.py --load BUILD/tests/bench/store_load --times BUILD/tests/bench/store_times [--hours 3] [--only bytes|commits|questions]
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time


class Disk:
    """An ext4 of its own; written() is what its block device was given."""

    def __init__(self, megabytes):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="store-bench-"))
        self.image, self.mount = self.directory / "disk.img", self.directory / "mnt"
        self.mount.mkdir()
        with open(self.image, "wb") as f:
            f.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.image], check=True)
        self.device = subprocess.run(["losetup", "-f", "--show", self.image], check=True, capture_output=True,
                                     text=True).stdout.strip()
        subprocess.run(["mount", "-o", "noatime", self.device, self.mount], check=True)
        os.sync()

    def written(self):
        subprocess.run(["sync", "-f", self.mount], check=True)
        return int(pathlib.Path(f"/sys/block/{self.device.split('/')[-1]}/stat").read_text().split()[6]) * 512

    def close(self):
        subprocess.run(["umount", self.mount], check=False)
        subprocess.run(["losetup", "-d", self.device], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)


def kept(directory, constant=()):
    return sum(p.stat().st_blocks * 512 for p in directory.rglob("*") if p.is_file() and p.name not in constant)


def run(load, way, hours, points, megabytes=2048):
    disk = Disk(megabytes)
    try:
        directory = disk.mount / "state"
        directory.mkdir()
        # The ring is written full of zeros once in a box's life: not what a sample costs.
        if way == "ours":
            subprocess.run([load, directory, way, "0.02", str(points)], check=True, capture_output=True)
        before, began = disk.written(), time.monotonic()
        size = kept(directory, ("history.ring",))
        done = subprocess.run([load, directory, way, str(hours), str(points)], check=True, capture_output=True, text=True)
        samples = int(dict(line.split() for line in done.stdout.splitlines())["samples"])
        seconds = time.monotonic() - began
        wal = ("history.ring", "history.db-wal", "rows.db-wal")
        return {"written": (disk.written() - before) / samples, "kept": (kept(directory, wal) - size) / samples,
                "seconds": seconds, "samples": samples}
    finally:
        disk.close()


class Rrdtool:
    """One `rrdtool -`, that takes commands until it is closed. It is told a file a point, once a minute what came."""

    def __init__(self):
        self.process = subprocess.Popen(["rrdtool", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 20)
        self.sent, self.answered, self.changed = 0, 0, threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if line.startswith(b"ERROR"):
                print(line.decode().strip(), file=sys.stderr)
            with self.changed:
                self.answered += line.startswith((b"OK", b"ERROR"))
                self.changed.notify_all()

    def tell(self, line):
        self.process.stdin.write(line)
        self.sent += 1

    def settle(self):
        self.process.stdin.flush()
        with self.changed:
            if not self.changed.wait_for(lambda: self.answered >= self.sent or self.process.poll() is not None, 600):
                sys.exit("store.py: rrdtool does not answer")

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def run_rrd(load, hours, points):
    """The same samples; all of the time at full resolution, and on the disk once a minute, as ours are."""
    disk = Disk(2048)
    rrd = Rrdtool()
    try:
        began, before = time.monotonic(), None
        with subprocess.Popen([load, disk.mount, "rrd", str(hours), str(points)], stdout=subprocess.PIPE, bufsize=1 << 20) as source:
            for line in source.stdout:
                if line != b"sync\n":
                    rrd.tell(line)
                    continue
                rrd.settle()
                written = disk.written()
                before = before or written  # the files are made, full of nothing: not what a sample costs
        samples = int(hours * 3600) // 60 * 60 * points
        return {"written": (disk.written() - before) / samples, "kept": kept(disk.mount) / samples, "samples": samples,
                "seconds": time.monotonic() - began}
    finally:
        rrd.close()
        disk.close()


def figures(*command):
    """What store_times printed: a name and a number a line."""
    done = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True)
    return {name: float(number) for name, number in (line.split() for line in done.stdout.splitlines())}


def tell_bytes(a):
    print(f"{a.points} points at 1 Hz; bytes a sample          goals: written <= 4, kept <= 1")
    print(f"{'scheme':52} {'written':>9} {'kept':>8}")
    rows = [("the history (ring, hourly chunks)", "ours", a.hours), ("a row a sample and an index, 1 s, FULL", "rows", 0.05),
            ("a row a sample, one B-tree, 10 s, FULL", "batches", 0.5)]
    for text, way, hours in rows:
        r = run(a.load, way, hours, a.points)
        print(f"{text:52} {r['written']:9.2f} {r['kept']:8.2f}   {r['samples']} samples, {r['seconds']:.1f} s", flush=True)
    if shutil.which("rrdtool"):
        r = run_rrd(a.load, a.rrd_hours, a.points)
        print(f"{'rrdtool, one file a point, updated each minute':52} {r['written']:9.2f} {r['kept']:8.2f}   {r['samples']} samples, "
              f"{r['seconds']:.1f} s", flush=True)
    else:
        print("rrdtool is not there: apt-get install rrdtool")


def tell_commits(a):
    """Each alarm comes with 200 samples of 1,000 points, one after another: the history has ten times its load and more."""
    print(f"\nan alarm and its message on the disk, ms, {a.commits} of them beside the history")
    print(f"{'each flush takes longer by':52} {'p50':>9} {'p99':>8} {'max':>8}")
    for slow in a.slow:
        disk = Disk(512)
        try:
            f = figures(a.times, disk.mount / "state", "commits", max(a.commits // (1 + slow // 20), 30), slow)
        finally:
            disk.close()
        print(f"{str(slow) + ' ms':52} {f['commit_p50']:9.1f} {f['commit_p99']:8.1f} {f['commit_max']:8.1f}   "
              f"{f['samples']:.0f} samples beside, {f['dropped']:.0f} dropped", flush=True)


def tell_questions(a):
    print(f"\nquestions to {a.days} days of 20 points at a sample a minute, ms          goal: a year < 50")
    print(f"{'question, rows of the answer':52} {'cold':>9} {'p50':>8} {'max':>8}")
    disk = Disk(2048)
    try:
        subprocess.run([a.times, disk.mount, "fill", str(a.days)], check=True)
        f = figures(a.times, disk.mount, "query")
    finally:
        disk.close()
    for name in (n[:-5] for n in f if n.endswith("_rows")):
        text = f"{name.replace('_', ' ')}, {f[name + '_rows']:.0f}"
        print(f"{text:52} {f[name + '_cold']:9.1f} {f[name + '_p50']:8.1f} {f[name + '_max']:8.1f}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--load", required=True)
    arguments.add_argument("--times", required=True)
    arguments.add_argument("--hours", type=float, default=3)
    arguments.add_argument("--rrd-hours", type=float, default=1)
    arguments.add_argument("--points", type=int, default=1000)
    arguments.add_argument("--commits", type=int, default=2000)
    arguments.add_argument("--slow", type=int, nargs="*", default=[0, 20, 100, 2000], help="ms that each flush takes longer")
    arguments.add_argument("--days", type=int, default=400)
    arguments.add_argument("--only", choices=["bytes", "commits", "questions"])
    a = arguments.parse_args()
    if os.geteuid() != 0 or not pathlib.Path("/dev/loop-control").exists():
        sys.exit("store.py: needs root and loop devices: it counts what reaches a block device")
    for name, tell in (("bytes", tell_bytes), ("commits", tell_commits), ("questions", tell_questions)):
        if a.only in (None, name):
            tell(a)


if __name__ == "__main__":
    main()
