#!/usr/bin/python3
"""What the history costs on flash: bytes that reach the block device, and bytes kept, per sample, beside one row a sample and
rrdtool on the same samples. Reports and asserts nothing. Root: makes an ext4 file system in a file and looks at its loop device.

    store.py --load BUILD/tests/bench/store_load [--hours 3] [--points 1000]
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
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


def run_rrd(hours, points):
    """One file a point, updated once a minute with what came (as collectd does it), all of the time at full resolution."""
    disk = Disk(2048)
    try:
        steps, some = int(hours * 3600), min(points, 100)
        for p in range(some):
            subprocess.run(["rrdtool", "create", disk.mount / f"p{p}.rrd", "--start", "1795287599", "--step", "1",
                            f"DS:v:GAUGE:2:U:U", f"RRA:LAST:0.5:1:{steps}"], check=True)
        before = disk.written()
        for minute in range(steps // 60):
            for p in range(some):
                values = [f"{1795287600 + minute * 60 + s}:{20 + (s * 7 + p) % 10 / 10}" for s in range(60)]
                subprocess.run(["rrdtool", "update", disk.mount / f"p{p}.rrd", *values], check=True)
            disk.written()
        samples = steps // 60 * 60 * some
        return {"written": (disk.written() - before) / samples, "kept": kept(disk.mount) / samples, "samples": samples}
    finally:
        disk.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--load", required=True)
    arguments.add_argument("--hours", type=float, default=3)
    arguments.add_argument("--points", type=int, default=1000)
    a = arguments.parse_args()
    if os.geteuid() != 0 or not pathlib.Path("/dev/loop-control").exists():
        sys.exit("store.py: needs root and loop devices: it counts what reaches a block device")
    print(f"{a.points} points at 1 Hz; bytes a sample")
    print(f"{'scheme':44} {'written':>9} {'kept':>8}")
    rows = [("the history (ring, hourly chunks)", "ours", a.hours), ("a row a sample and an index, 1 s, FULL", "rows", 0.05),
            ("a row a sample, one B-tree, 10 s, FULL", "batches", 0.5)]
    for text, way, hours in rows:
        r = run(a.load, way, hours, a.points)
        print(f"{text:44} {r['written']:9.2f} {r['kept']:8.2f}   {r['samples']} samples, {r['seconds']:.1f} s", flush=True)
    if shutil.which("rrdtool"):
        r = run_rrd(0.2, a.points)
        print(f"{'rrdtool, one file a point, updated each minute':44} {r['written']:9.2f} {r['kept']:8.2f}   {r['samples']} samples")
    else:
        print("rrdtool is not there: apt-get install rrdtool")
    print("goals: written <= 4, kept <= 1")


if __name__ == "__main__":
    main()
