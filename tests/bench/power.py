#!/usr/bin/python3
"""Power cuts, as many as one likes: what tests/it/test_crash_power.py does at 300 points.

    power.py --prefix DIR [--cuts 5000] [--seed 1]                    (make bench-power CUTS=N SEED=N)

Each 500 cuts are of a run of their own, with a seed of their own. At the end the same with fsync and fdatasync swallowed, which
must be found out. Root only. Exit 1 where anything was lost: the folder is kept then.
"""
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "crash"))

from crash import options, tell  # noqa: E402

ROUND, SECONDS = 500, 30


def run(seed, cuts, unsynced=False):
    """One recorded run, cut at so many points; its trials, records and flushes."""
    from power import cut_power, record
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-power-"))
    recording = record(folder, seed, SECONDS, unsynced)
    trials = cut_power(recording, folder, cuts, seed)
    wrong = [t for t in trials if t.problems]
    for trial in wrong if not unsynced else ():
        print(f"seed {seed}: {trial}", flush=True)
    if wrong and not unsynced:
        print(f"kept: {folder}", flush=True)
    else:
        shutil.rmtree(folder)
    return trials, recording.records, recording.flushes


def main():
    arguments = options(__doc__, "cuts", 5000)
    import disk
    if disk.refusal():
        print(f"power cuts: this machine does not allow a disk of our own: {disk.refusal()}", file=sys.stderr)
        return 1
    began, trials, records, flushes = time.monotonic(), [], 0, 0
    while len(trials) < arguments.cuts:
        some, wrote, flushed = run(arguments.seed + len(trials) // ROUND, min(ROUND, arguments.cuts - len(trials)))
        trials, records, flushes = trials + some, records + wrote, flushes + flushed
        print(f"{len(trials)} cuts, {sum(bool(t.problems) for t in trials)} of them lost something", flush=True)
    wrong = sum(bool(t.problems) for t in trials)
    armed = sorted(t.armed_s for t in trials if t.armed_s is not None)
    toothless, _, _ = run(arguments.seed, 100, unsynced=True)
    tell("cuts", len(trials))
    tell("writes and flushes recorded", f"{records - flushes} + {flushes}")
    tell("cuts that took writes", sum(t.kept < t.behind for t in trials))
    tell("cuts that lost or damaged what was told", wrong, "goal 0")
    tell("file system mended by e2fsck", sum(bool(t.mended) for t in trials))
    tell("the same with fsync swallowed, of 100 cuts", sum(bool(t.problems) for t in toothless), "must be found")
    tell("armed again: p50 / max", f"{statistics.median(armed):.2f} / {armed[-1]:.2f}", "s, goal <= 3")
    tell("time of it all", f"{time.monotonic() - began:.0f}", "s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
