"""A disk that loses what no flush has followed: ext4 on a loop device on a file in user space that remembers every write.

    with Recorded(directory, megabytes=64) as disk:         # ext4 at disk.mount
        ...
    tape = Tape(disk.base, disk.tape)
    for cut in tape.cuts([1000, 2000], seed=1):             # how many records came before the power went
        cut.write(image)
        with Mounted(image, directory) as mount:
            ...

The loop device makes a flush of the file system an fsync of its file (test_crash_power.py looks that it does). At a cut all
writes before the last flush are there, of those behind it a random part, each whole, in part (sectors of 512 bytes) or not at all,
in any order. Root only.
"""

import contextlib
import errno
import functools
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "it"))

from pace import LIMIT  # noqa: E402

SECTOR, GROUP = 512, 8192  # bytes; blocks
WRITE, FLUSH = 1, 2
HEAD = struct.Struct("=qQII")
FORBIDDEN = [os.strerror(e).casefold() for e in (errno.EPERM, errno.EACCES, errno.ENODEV, errno.ENXIO)] + \
    ["unknown filesystem type", "must be superuser"]


class Forbidden(Exception):
    """The machine does not allow it."""


def failure(what, said):
    forbidden = any(text in said.casefold() for text in FORBIDDEN)
    return (Forbidden if forbidden else AssertionError)(f"{what}: {said.strip()}")


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode:
        raise failure(" ".join(map(str, command)), done.stderr or done.stdout)
    return done.stdout.strip()


def compile_at(directory, name, *flags):
    """One of the C files beside this one."""
    target = pathlib.Path(directory) / (name + (".so" if "-shared" in flags else ""))
    libraries = run("pkg-config", "--cflags", "--libs", "fuse3").split() if name == "blockfile" else []
    run("cc", "-D_GNU_SOURCE", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", *flags, "-o", target, HERE / f"{name}.c", *libraries)
    return target


def make_ext4(image, megabytes):
    with open(image, "wb") as f:
        f.truncate(megabytes << 20)
    # Blocks as on a disk of any size, and a second superblock; nothing is left for the kernel to fill in later; a small journal goes
    # round often.
    run("mkfs.ext4", "-q", "-F", "-b", "4096", "-g", str(GROUP), "-J", "size=4", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)


def mend_ext4(image):
    """What a person would do where it cannot be mounted: a superblock of two sectors can be torn as well."""
    for way in ((), ("-b", str(GROUP), "-B", "4096")):
        done = subprocess.run(["e2fsck", "-fy", *way, image], capture_output=True, text=True)
        if done.returncode < 4:  # whole, or mended
            return
    raise AssertionError(f"e2fsck: {done.stdout.strip()}")


def until_unmounted(*command):
    """A process that ends may hold it for a moment longer."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            return run(*command)
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


class Mounted:
    """An ext4 image by a loop device of its own; gone again whatever happens."""

    def __init__(self, image, directory):
        self.image, self.directory, self.stack = image, directory, contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            mount = pathlib.Path(tempfile.mkdtemp(prefix="mnt-", dir=self.directory))
            stack.callback(mount.rmdir)
            device = run("losetup", "-f", "--show", self.image)
            stack.callback(run, "losetup", "-d", device)
            run("mount", "-t", "ext4", "-o", "noatime", device, mount)
            stack.callback(until_unmounted, "umount", mount)
            self.stack = stack.pop_all()
        return mount

    def __exit__(self, *_):
        self.stack.close()


class Recorded:
    """base is the image before anything was written to it, tape what was written since."""

    def __init__(self, directory, megabytes=64):
        self.directory, self.megabytes, self.stack = pathlib.Path(directory), megabytes, contextlib.ExitStack()
        self.base, self.tape = self.directory / "base.img", self.directory / "tape"

    def _serve(self, stack):
        program = compile_at(self.directory, "blockfile")
        fuse, image = self.directory / "fuse", self.directory / "now.img"
        fuse.mkdir()
        shutil.copyfile(self.base, image)
        server = subprocess.Popen([program, image, self.tape, fuse], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        stack.callback(server.stderr.close)
        stack.callback(self._end, server)
        end = time.monotonic() + LIMIT
        while not (fuse / "disk").exists():
            if server.poll() is not None:
                raise failure("fuse", server.stderr.read())
            assert time.monotonic() < end, "the file in user space is not there"
            time.sleep(0.01)
        stack.callback(until_unmounted, "umount", fuse)
        return fuse / "disk"

    def _end(self, server):
        try:
            server.wait(LIMIT)
        except subprocess.TimeoutExpired:
            subprocess.run(["umount", "-l", self.directory / "fuse"], check=False)
            server.kill()
            server.wait()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            make_ext4(self.base, self.megabytes)
            disk = self._serve(stack)
            mounted = Mounted(disk, self.directory)
            self.mount = stack.enter_context(mounted)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()


class Record:
    __slots__ = ("at", "kind", "offset", "data", "len")

    def __init__(self, at, kind, offset, data, len):
        self.at, self.kind, self.offset, self.data, self.len = at, kind, offset, data, len


class Tape:
    """What blockfile.c wrote; the bytes stay in the file until they are wanted."""

    def __init__(self, base, path):
        self.base, self.path = base, path
        self.file = open(path, "rb")
        self.records, at, size = [], 0, os.path.getsize(path)
        while at + HEAD.size <= size:
            at_ns, offset, len, kind = HEAD.unpack(os.pread(self.file.fileno(), HEAD.size, at))
            at += HEAD.size
            self.records.append(Record(at_ns / 1e9, kind, offset, at, len))
            at += len
        assert at == size, f"the tape ends within a record: {at} of {size} bytes"

    def close(self):
        self.file.close()

    def bytes_of(self, record):
        return os.pread(self.file.fileno(), record.len, record.data)

    def flushes(self):
        return sum(r.kind == FLUSH for r in self.records)

    def cuts(self, positions, seed):
        """One Cut for each position of a rising list. What is lost at a position depends on it and the seed alone."""
        with tempfile.TemporaryDirectory(prefix="flushed-", dir=pathlib.Path(self.path).parent) as folder:
            flushed = pathlib.Path(folder) / "flushed.img"
            copy(self.base, flushed)
            done = 0
            with open(flushed, "r+b", buffering=0) as image:
                for position in positions:
                    last = next((i for i in range(position - 1, done - 1, -1) if self.records[i].kind == FLUSH), None)
                    if last is not None:
                        for record in self.records[done:last]:
                            if record.kind == WRITE:
                                os.pwrite(image.fileno(), self.bytes_of(record), record.offset)
                        done = last
                    yield Cut(self, flushed, position, self.records[done:position], seed)


def copy(source, target):
    """Holes stay holes."""
    run("cp", "--sparse=always", "--reflink=auto", source, target)


class Cut:
    """The power went before record `position` came: at is the moment of that record."""

    def __init__(self, tape, flushed, position, behind, seed):
        self.tape, self.flushed, self.position = tape, flushed, position
        self.behind = [r for r in behind if r.kind == WRITE]
        self.random = random.Random(f"{seed}/{position}")
        self.at = tape.records[position].at if position < len(tape.records) else float("inf")

    def write(self, image):
        """Builds the disk as it is found; returns how many bytes of those behind the last flush are on it, and how many there were."""
        copy(self.flushed, image)
        order = list(self.behind)
        self.random.shuffle(order)
        share = self.random.choice((0.0, 1.0, self.random.random()))
        kept = 0
        with open(image, "r+b", buffering=0) as f:
            for record in order:
                if self.random.random() < share:
                    kept += self._put(f, record)
        return kept, sum(r.len for r in order)

    def _put(self, f, record):
        data, torn = self.tape.bytes_of(record), self.random.random() < 0.25
        if not torn:
            return os.pwrite(f.fileno(), data, record.offset)
        sectors = range(0, len(data), SECTOR)
        there = [s for s in sectors if self.random.random() < 0.5]
        return sum(os.pwrite(f.fileno(), data[s:s + SECTOR], record.offset + s) for s in there)


@functools.cache
def refusal():
    """Why this machine allows none of it, or None."""
    if os.geteuid() != 0:
        return "only root may mount"
    for device in ("/dev/fuse", "/dev/loop-control"):
        if not os.path.exists(device):
            return f"there is no {device}"
    with tempfile.TemporaryDirectory(prefix="power-") as folder:
        try:
            run("mount", "-t", "tmpfs", "tmpfs", folder)
            run("umount", folder)
            with Recorded(folder, megabytes=16):
                return None
        except Forbidden as e:
            return str(e)
