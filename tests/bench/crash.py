#!/usr/bin/python3
"""kill -9 under load, as often as one likes: what tests/it/test_crash_kill.py does 200 times.

    crash.py --prefix DIR [--kills 10000] [--seed 1]                  (make bench-crash KILLS=N SEED=N)

Killed while it starts, at work, and right when somebody is told something; every thousand kills everything is ended in order and
looked at, then it goes on. Exit 1 where anything was lost: the folder is kept then.
"""
import argparse
import os
import pathlib
import random
import shutil
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "crash"))

ROUND = 1000


def tell(name, figure, unit=""):
    print(f"  {name:<70}{figure:>14} {unit}", flush=True)


def options(description, what, usual):
    """Of the command line; the programs under test are found from here on."""
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--prefix", required=True)
    parser.add_argument(f"--{what}", type=int, default=usual)
    parser.add_argument("--seed", type=lambda text: int(text or 1), default=1)
    arguments = parser.parse_args()
    os.environ["ESTATE_PREFIX"] = arguments.prefix
    return arguments


def run(directory, seed, kills):
    """One round; its problems, and figures."""
    from judge import judge
    from kills import Killer
    from load import Load, before_the_hour
    with Load(directory, seed, environment=before_the_hour(30), post=True) as load:
        killer = Killer(load, random.Random(seed))
        killer.begin()
        for _ in range(kills):
            killer.once()
        killer.while_the_hour_is_told()
        load.settle()
        verified = load.estate.run_ctl("audit", "verify")
        load.estate.stop()
        problems = load.witness.problems + judge(load.estate.state, load.witness.view())
        if verified.returncode:
            problems.append(f"estatectl audit verify: {verified.stdout}")
        return problems, killer.ways, load.armed_after, load.witness


def main():
    arguments = options(__doc__, "kills", 10000)
    began, done, armed, kinds, lost = time.monotonic(), 0, [], {}, 0
    while done < arguments.kills:
        count, seed = min(ROUND, arguments.kills - done), arguments.seed + done // ROUND
        folder = tempfile.mkdtemp(prefix="bench-crash-")
        problems, ways, after, witness = run(pathlib.Path(folder), seed, count)
        done, lost, armed = done + count, lost + len(problems), armed + after
        for kind in ("stored", "ack", "close", "seen"):
            kinds[kind] = kinds.get(kind, 0) + witness.count(kind)
        print(f"{done} kills, seed {seed}: {dict(ways)}", flush=True)
        if problems:
            print("\n".join(problems) + f"\nkept: {folder}", flush=True)
        else:
            shutil.rmtree(folder)
    tell("kills", done)
    tell("samples and events answered with stored", kinds["stored"])
    tell("acknowledgements and closings answered", kinds["ack"] + kinds["close"])
    tell("messages that a receiver took, repeats included", kinds["seen"])
    tell("lost, given twice or skipped", lost, "goal 0")
    armed.sort()
    tell("armed again, from the start of the process: p50 / max", f"{statistics.median(armed):.2f} / {armed[-1]:.2f}", "s, goal <= 3")
    tell("time of it all", f"{time.monotonic() - began:.0f}", "s")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
