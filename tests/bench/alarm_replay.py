#!/usr/bin/python3
"""alarm_replay.py: how fast estated --replay is, of recordings made here. Part of make bench-alarm.

    alarm_replay.py --prefix DIR [--readings 1000000] [--replay FILE --conf FILE] [--home FOLDER…]

A home is a folder with events.ndjson.gz (lines of a recording) and devices.csv (device,class,room,entrance).

Each row is the best of three runs: readings a second of real time, and of processor time: on a machine that others use too
that is the figure that can be compared.
"""

import argparse
import csv
import datetime
import gzip
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

HEAD = 'estate: { id = "bench"; name = "bench"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; } );\n'


def configuration(devices):
    return HEAD + "devices: (\n" + ",\n".join(f'  {{ id = "{d}"; place = "b1/u1/101"; class = "{c}"; }}' for d, c in devices) + "\n);\n"


def write(directory, name, devices, lines):
    (directory / f"{name}.conf").write_text(configuration(devices))
    with open(directory / f"{name}.ndjson", "w") as f:
        for line in lines:
            f.write(json.dumps(line, separators=(",", ":")) + "\n")
    return directory / f"{name}.ndjson", directory / f"{name}.conf"


def stamps(dice, most_ms):
    t = datetime.datetime(2026, 3, 1)
    while True:
        t += datetime.timedelta(milliseconds=dice.randrange(1, most_ms))
        yield t.isoformat(timespec="milliseconds")


def homes(dice, count):
    """motion and contacts of homes: no rule of theirs has anything to say."""
    at, state = stamps(dice, 2000), {}
    for _ in range(count):
        device, kind = dice.choice(homes.devices)
        state[device] = not state.get(device)
        yield {"t": next(at), "device": device, "fields": {"motion" if kind == "motion" else "open": state[device]}}


homes.devices = [(f"m-{n}", "motion") for n in range(40)] + [(f"c-{n}", "contact") for n in range(10)]
PLANT = {"tank": "level", "environment": "temperature", "lift": "floor", "pump": "pressure_out", "power": "voltage"}


def plant(dice, count):
    """tanks, lifts, pumps, power: all shipped rules look at each reading, one in some hundred moves an alarm."""
    at, state = stamps(dice, 400), {}
    for _ in range(count):
        device, kind = dice.choice(plant.devices)
        value = max(0, min(100, state.get(device, 50) + dice.choice((-1, -0.5, 0.5, 1))))
        state[device] = value
        yield {"t": next(at), "device": device, "fields": {PLANT[kind]: int(value) % 30 if kind == "lift" else value}}


plant.devices = [(f"{c}-{n}", c) for c in PLANT for n in range(60)]


def flood(dice, count):
    """1,000 doors, all under duress: nearly each reading is a transition."""
    at, state = stamps(dice, 100), {}
    for _ in range(count):
        device, _ = dice.choice(flood.devices)
        state[device] = not state.get(device)
        yield {"t": next(at), "device": device, "fields": {"duress": state[device]}}


flood.devices = [(f"d-{n}", "door") for n in range(1000)]


def home(folder, directory):
    """A recorded home and the configuration that goes with it."""
    with open(folder / "devices.csv") as f:
        rows = [f'  {{ id = "{r["device"]}"; place = "b1/u1/101"; class = "{r["class"]}"; room = "{r["room"]}"; '
                f'{"entrance = true; " if r["entrance"] == "1" else ""}}}' for r in csv.DictReader(f)]
    conf, recording = directory / f"{folder.name}.conf", directory / f"{folder.name}.ndjson"
    conf.write_text(HEAD + "devices: (\n" + ",\n".join(rows) + "\n);\n")
    recording.write_bytes(gzip.decompress((folder / "events.ndjson.gz").read_bytes()))
    return recording, conf


def run(prefix, recording, conf, directory):
    """Readings a second, days, readings, transitions; seconds of processor."""
    with open(directory / "stderr", "w+") as said:
        process = subprocess.Popen([prefix / "sbin/estated", "--replay", recording, "-c", conf, "--out", directory / "out"], stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    if process.returncode:
        sys.exit(f"{recording}: {text}")
    speed = re.search(r"(\d+) readings of ([\d.]+) days in [\d.]+ s: (\d+) readings a second", text)
    with open(directory / "out", "rb") as out:
        out.seek(max(0, out.seek(0, os.SEEK_END) - 65536))
        summary = json.loads(out.read().splitlines()[-1])["summary"]
    return int(speed[3]), float(speed[2]), int(speed[1]), summary["transitions"], usage.ru_utime + usage.ru_stime


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--prefix", type=pathlib.Path, required=True)
    p.add_argument("--readings", type=int, default=1000000)
    p.add_argument("--replay", type=pathlib.Path, help="a recording of one's own, with --conf")
    p.add_argument("--conf", type=pathlib.Path)
    p.add_argument("--home", type=pathlib.Path, nargs="+", default=[])
    a = p.parse_args()
    print(f"{'replay':34} {'readings':>9} {'days':>6} {'transitions':>11} {'readings/s':>11} {'per s of processor':>18}")
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        jobs = [("own", a.replay, a.conf)] if a.replay else []
        jobs += [(folder.name, *home(folder, directory)) for folder in a.home]
        for make, share in ((homes, 1), (plant, 1), (flood, 0.1)) if not jobs else ():
            recording, conf = write(directory, make.__name__, make.devices, make(random.Random(1), int(a.readings * share)))
            jobs.append((make.__doc__.partition(":")[0], recording, conf))
        for what, recording, conf in jobs:
            speed, days, readings, transitions, cpu = max(run(a.prefix, recording, conf, directory) for _ in range(3))
            print(f"{what:34} {readings:9,} {days:6.1f} {transitions:11,} {speed:11,} {readings / cpu:18,.0f}")
    print("goal: at least 300,000 readings a second")


if __name__ == "__main__":
    main()
