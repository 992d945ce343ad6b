"""The power goes, and the disk has lost what no flush had followed: what people were told is there, and no file is damaged."""

import os
import pathlib
import sqlite3
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "crash"))

import disk  # noqa: E402
from disk import FLUSH, WRITE, Recorded, Tape  # noqa: E402
from judge import whole  # noqa: E402
from pace import SANITIZER  # noqa: E402
from power import cut_power, record, record_start  # noqa: E402
from test_store_faults import corrupt_page, zero_header  # noqa: E402

CUTS = 60 if SANITIZER else 300
SEED = 20261122
SECONDS = 8


@pytest.fixture(autouse=True)
def allowed():
    """Mounting, FUSE and loop devices: skipped is only what this machine forbids."""
    said = disk.refusal()
    if said:
        pytest.skip(f"this machine does not allow a disk of our own: {said}")


def test_a_barrier_of_the_file_system_reaches_the_recorder(tmp_path):
    """What is written stands on the tape before the flush, and the flush before fsync returns: else no cut would prove anything."""
    mark = os.urandom(4096)
    with Recorded(tmp_path, megabytes=16) as recorded:
        fd = os.open(recorded.mount / "file", os.O_WRONLY | os.O_CREAT)
        os.write(fd, mark)
        flushes = Tape(recorded.base, recorded.tape).flushes()
        os.fsync(fd)
        tape = Tape(recorded.base, recorded.tape)
        os.close(fd)
    assert tape.flushes() > flushes
    last_flush = max(i for i, r in enumerate(tape.records) if r.kind == FLUSH)
    written = [i for i, r in enumerate(tape.records) if r.kind == WRITE and mark in tape.bytes_of(r)]
    assert written and written[0] < last_flush, "the data is flushed"


def test_nothing_that_was_told_is_lost_at_any_of_three_hundred_cuts(tmp_path):
    trials = cut_power(record(tmp_path, SEED, SECONDS), tmp_path, CUTS, SEED)
    wrong = [t for t in trials if t.problems]
    assert not wrong, f"{len(wrong)} of {len(trials)} cuts: {wrong[:5]}"
    assert len(trials) == CUTS
    lost = [t for t in trials if t.behind and t.kept < t.behind]
    assert len(lost) >= CUTS / 4, "writes were lost at a good part of the cuts"
    assert sum(bool(t.mended) for t in trials) <= CUTS / 50, "it is not the file system that is tried here"


def test_a_daemon_whose_syncs_are_swallowed_is_found_out(tmp_path):
    """The same with fsync and fdatasync that do nothing: a judge that finds no loss there has no teeth."""
    trials = cut_power(record(tmp_path, SEED, SECONDS / 2, unsynced=True), tmp_path, 20, SEED)
    wrong = [t for t in trials if t.problems]
    assert len(wrong) >= len(trials) / 2, f"only {len(wrong)} of {len(trials)} cuts lost something: {wrong}"


def corrupt_values(state):
    """A page of what was last seen of points, which nobody was promised: all else can be saved."""
    corrupt_page(state / "state.db", "value")


def corrupt_header(state):
    zero_header(state / "state.db", None)


@pytest.mark.parametrize("damage", [corrupt_values, corrupt_header])
def test_a_damaged_file_is_mended_whenever_the_power_goes_meanwhile(tmp_path, damage):
    """What is made anew takes the place of the damaged one whole or not at all: then it is made again."""
    recording = record_start(tmp_path, damage, SEED, "kept as state.db.damaged-")
    recording.damaged = True
    trials = cut_power(recording, tmp_path, 24, SEED)
    wrong = [t for t in trials if t.problems]
    assert not wrong, f"{len(wrong)} of {len(trials)} cuts: {wrong[:5]}"


OLD = pathlib.Path(__file__).resolve().parent.parent / "case/store/state-3.sql"


def make_old(state):
    state.mkdir(mode=0o700)
    db = sqlite3.connect(state / "state.db")
    db.executescript(OLD.read_text())
    db.close()


def rows_of(path, table, columns="*"):
    db = sqlite3.connect(path)
    try:
        return set(db.execute(f"SELECT {columns} FROM {table}"))
    finally:
        db.close()


def lost_by_upgrade(state, _):
    """Transitions and numbers of the old file that the new one does not have."""
    yield from whole(state / "state.db")
    old = pathlib.Path(state).parent / "old"
    make_old(old)
    for table, columns in (("transition", "id, alarm, state, wall, who, note"), ("lane", "uplink, name, last_seq")):
        lost = rows_of(old / "state.db", table, columns) - rows_of(state / "state.db", table, columns)
        if lost:
            yield f"{table}: {len(lost)} rows of the old file are lost: {sorted(lost)[:2]}"


def test_a_file_of_an_older_version_is_upgraded_whenever_the_power_goes_meanwhile(tmp_path):
    recording = record_start(tmp_path, make_old)
    recording.judge = lost_by_upgrade
    trials = cut_power(recording, tmp_path, 24, SEED)
    wrong = [t for t in trials if t.problems]
    assert not wrong, f"{len(wrong)} of {len(trials)} cuts: {wrong[:5]}"
