"""Power cuts: one run of an estate under load is recorded at the disk, then the power goes at many points of it."""

import http.client
import itertools
import multiprocessing
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

from disk import Forbidden, Mounted, Recorded, Tape, compile_at, mend_ext4, run
from judge import judge
from load import Api, Estate, Load, before_the_hour, configuration, preloaded, until
from witness import Witness

MEGABYTES = 64
BAD = ("set aside", "of a minute each are missing", "could not be read")  # what the log of a daemon that lost something says
WORKERS = min(4, os.cpu_count() or 1)


class Recording:
    """A run at the disk: from `first` on the power may go. environment: of the daemons that look at the cuts."""

    def __init__(self, disk, witness, first=0, environment=None):
        self.base, self.path, self.witness, self.first, self.environment = disk.base, disk.tape, witness, first, environment or {}
        self.damaged = False  # a file of it is set aside: that is no loss then
        self.judge = judge  # (state directory, view) -> problems; a function of a module
        tape = Tape(self.base, self.path)
        self.records, self.flushes = len(tape.records), tape.flushes()
        tape.close()


def record(directory, seed, seconds, unsynced=False):
    """An estate at work for so long, over a full hour: killed once, ended and started again once."""
    directory = pathlib.Path(directory)
    clock = before_the_hour(seconds * 0.45)
    environment = preloaded(compile_at(directory, "unsynced", "-shared", "-fPIC")) if unsynced else dict(clock)
    with Recorded(directory, MEGABYTES) as disk:
        with Load(directory, seed, state=disk.mount / "state", environment=environment) as load:
            load.begin()
            for end in (load.estate.kill, load.estate.stop, load.estate.kill):
                began = time.monotonic()
                if load.estate.process is None:
                    load.start()
                load.wait_armed(began)
                time.sleep(seconds / 3)  # so much load is wanted: nothing is waited for
                end()
            log = load.estate.log
    assert not load.witness.problems, load.witness.problems
    assert "disk I/O error" not in log and "set aside" not in log, log[-4000:]
    return Recording(disk, load.witness, environment={} if unsynced else clock)


def record_start(directory, prepare, seed=None, said=""):
    """One start on a state directory that prepare(state) has made or changed while no daemon ran; with a seed, of an estate that
    had worked before. said: is in its log before it is killed."""
    directory = pathlib.Path(directory)
    with Recorded(directory, MEGABYTES) as disk:
        state, witness = disk.mount / "state", Witness()
        if seed is not None:
            with Load(directory, seed, state=state) as load:
                load.begin()
                load.wait_armed(time.monotonic())
                time.sleep(1)  # of load
                assert load.estate.stop() == 0
                witness = load.witness
        prepare(state)
        run("sync", "-f", disk.mount)
        first = Recording(disk, witness).records
        log = armed(directory, state, {}, lambda estate, api: until(lambda: said in estate.log, f"it says: {said}"))
        os.sync()
    recording = Recording(disk, witness, first)
    recording.log = log
    return recording


def armed(directory, state, environment, look):
    """Starts estated without plugins on a state directory, has look(estate, api) look at it when it answers, kills it. Its log."""
    folder = pathlib.Path(directory) / "trial"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    estate = Estate(folder, configuration(), environment=environment)
    estate.state = state
    api = Api(estate.socket)
    try:
        estate.start(ready=False)
        until(lambda: estate.process.poll() is not None or answers(api), "it is armed")
        assert estate.process.poll() is None, f"estated ends with {estate.process.returncode}: {estate.log[-500:]}"
        look(estate, api)
    finally:
        if estate.process is not None:
            estate.kill()
    return estate.log


class Trial:
    """What was found behind one cut."""

    def __init__(self, cut):
        self.position, self.at = cut.position, cut.at
        self.problems, self.mended, self.armed_s, self.kept, self.behind = [], False, None, 0, 0

    def __repr__(self):
        return f"cut at record {self.position} ({self.kept} of {self.behind} unflushed bytes were there): {self.problems}"


class Bench:
    """Where cuts are tried: one image, one estate without plugins."""

    def __init__(self, directory, recording):
        self.directory, self.recording = pathlib.Path(directory), recording
        self.image = self.directory / "cut.img"

    def _start(self, state, trial, view):
        """The daemon's own start on what the power left; then it goes again."""
        def look(estate, api):
            trial.armed_s = time.monotonic() - began
            trial.problems += judge_history(api, view)
        began = time.monotonic()
        try:
            log = armed(self.directory, state, self.recording.environment, look)
            trial.problems += [line for line in log.splitlines() if any(said in line for said in BAD)]
        except AssertionError as e:
            trial.problems.append(str(e))

    def attempt(self, cut, view):
        trial = Trial(cut)
        trial.kept, trial.behind = cut.write(self.image)
        mounted = Mounted(self.image, self.directory)
        try:
            mount = mounted.__enter__()
        except (AssertionError, Forbidden) as e:
            mend_ext4(self.image)
            trial.mended = str(e)
            mount = mounted.__enter__()
        try:
            self._start(mount / "state", trial, view)
            trial.problems += self.recording.judge(mount / "state", view)
            if self.recording.damaged:
                trial.problems = [p for p in trial.problems if "set aside" not in p]
        finally:
            mounted.__exit__()
        return trial


def answers(api):
    try:
        return api.ask("GET", "/v1/status")[0] == 200
    except (OSError, http.client.HTTPException, ValueError):
        return False


def judge_history(api, view):
    """What somebody saw as history was on the disk then: it is the beginning of what is there now."""
    for point, told in view.samples.items():
        _, answer = api.ask("GET", f"/v1/points/{point}/history?since=2h")
        now = [s["value"] for s in answer]
        if now[:len(told)] != told:
            yield f"history of {point}: {len(told)} samples were shown, and {len(now)} others are there"


def choose(recording, count, numbers):
    """Positions, evenly over what may be cut, each a little off. (A file system that is not there yet is none.)"""
    first = max(recording.first, 8)
    width = (recording.records - first) / count
    return [min(recording.records - 1, first + int((i + numbers.random()) * width)) for i in range(count)]


def end_in_order():
    """A worker that is told to end unmounts what it has mounted."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def work(task):
    """A part of the cuts, in a process of its own."""
    recording, facts, directory, positions, seed = task
    tape = Tape(recording.base, recording.path)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cuts-", dir=directory))
    bench = Bench(folder, recording)
    views = facts.views([tape.records[p].at for p in positions])
    trials = [bench.attempt(cut, view) for cut, view in zip(tape.cuts(positions, seed), views)]
    tape.close()
    shutil.rmtree(folder)
    return trials


def cut_power(recording, directory, count, seed):
    """The trials, in order."""
    positions = choose(recording, count, random.Random(seed))
    share = -(-count // WORKERS)
    facts, recording.witness = recording.witness.sealed(), None  # what may go to another process
    tasks = [(recording, facts, directory, positions[i:i + share], seed) for i in range(0, count, share)]
    with multiprocessing.get_context("spawn").Pool(WORKERS, end_in_order) as pool:
        return list(itertools.chain.from_iterable(pool.map(work, tasks, chunksize=1)))
