#!/usr/bin/python3
"""Homes that nobody lives in, for the care bench: people of habits behind different sets of sensors, from a seed.

They are for what has to hold under every disturbance, not for tuning: whoever wrote the dice knows what they will say."""

import argparse
import csv
import datetime
import json
import pathlib
import random

START = datetime.datetime(2025, 3, 3)
DOOR = {"door": ("contact", "entrance", 1)}
PIRS = {"bed-pir": ("motion", "bedroom", 0), "bath-pir": ("motion", "bathroom", 0), "hall-pir": ("motion", "hall", 0),
        "live-pir": ("motion", "living", 0), "kitchen-pir": ("motion", "kitchen", 0)}
# What sees somebody in a room: the sensors of each kind of home. A room without any is not seen.
KINDS = {
    "full": {**PIRS, "fridge": ("contact", "kitchen", 0), **DOOR},
    "no-hall": {k: v for k, v in {**PIRS, **DOOR}.items() if k != "hall-pir"},
    "three": {k: v for k, v in {**PIRS, **DOOR}.items() if k in ("bed-pir", "bath-pir", "live-pir", "door")},
    "two": {k: v for k, v in {**PIRS, **DOOR}.items() if k in ("bath-pir", "live-pir", "door")},
    "radar": {"bed-radar": ("radar", "bedroom", 0), "bath-radar": ("radar", "bathroom", 0), "live-radar": ("radar", "living", 0),
              "kitchen-pir": ("motion", "kitchen", 0), **DOOR},
    "bed-seat": {"bed": ("bed", "bedroom", 0), "chair": ("seat", "living", 0), "bath-pir": ("motion", "bathroom", 0),
                 "fridge": ("contact", "kitchen", 0), **DOOR},
    "contacts": {"bath-door": ("contact", "bathroom", 0), "flush": ("water", "bathroom", 0), "bed-door": ("contact", "bedroom", 0),
                 "fridge": ("contact", "kitchen", 0), "cupboard": ("contact", "kitchen", 0), "tv": ("appliance", "living", 0), **DOOR},
    "no-door": PIRS,
}
FIELD = {"motion": "motion", "contact": "open", "radar": "presence", "bed": "occupied", "seat": "occupied", "water": "flow", "appliance": "on"}


class Life:
    """One person: when they sleep, how often they get up, how long they sit, how often they go out, is drawn once; each day around it."""

    def __init__(self, devices, seed, days):
        self.dice = random.Random(seed)
        self.devices = devices
        self.events = []
        dice = self.dice
        self.bedtime, self.wakes = dice.uniform(21, 23.8), dice.uniform(5.5, 8.5)
        self.spread = dice.uniform(.2, .7)  # hours
        self.nights, self.out, self.nap = dice.choice((0, 1, 1, 2, 3)), dice.uniform(.3, .9), dice.uniform(0, .9)
        self.sits = dice.uniform(15, 50)  # minutes between two stirs in the chair
        self.now = START
        for day in range(days):
            self.day(START + datetime.timedelta(days=day))
        self.events.sort(key=lambda e: e[0])

    def say(self, device, on, after=0.0):
        self.events.append((self.now + datetime.timedelta(seconds=after), device, on))

    def stay(self, room, minutes, gap):
        """Seen in a room now and then, every gap minutes or so; a bed, chair or radar is occupied all the while."""
        here = [d for d, (_, r, _) in self.devices.items() if r == room]
        end = self.now + datetime.timedelta(minutes=minutes)
        held = [d for d in here if self.devices[d][0] in ("bed", "seat", "radar")]
        for d in held:
            self.say(d, True)
        while self.now < end:
            moved = [d for d in here if d not in held]
            if moved:
                d = self.dice.choice(moved)
                self.say(d, True)
                self.say(d, False, 2400 if self.devices[d][0] == "appliance" and self.dice.random() < .5 else self.dice.uniform(5, 14))
            self.now += datetime.timedelta(minutes=min(self.dice.expovariate(1 / gap) + .3, minutes))
        self.now = min(self.now, end)
        for d in held:
            self.say(d, False)
        self.now += datetime.timedelta(seconds=self.dice.uniform(8, 25))

    def bathroom(self, low, high):
        self.stay("hall", .3, 1)
        self.stay("bathroom", self.dice.uniform(low, high), 2)
        self.stay("hall", .3, 1)

    def outing(self, hours):
        self.stay("hall", .3, 1)
        if "door" in self.devices:
            self.say("door", True)
            self.say("door", False, 8)
        self.now += datetime.timedelta(hours=hours)
        if "door" in self.devices:
            self.say("door", True)
            self.say("door", False, 8)
        self.now += datetime.timedelta(seconds=15)
        self.stay("hall", .3, 1)
        self.stay("living", 1, 2)

    def sleep(self, until):
        """In bed: turns over now and then, seen by a motion sensor seldom, by a bed always."""
        minutes = (until - self.now).total_seconds() / 60
        self.stay("bedroom", 4, 3)
        if any(self.devices[d][0] in ("bed", "radar") and self.devices[d][1] == "bedroom" for d in self.devices):
            self.stay("bedroom", max(minutes - 5, 1), 1e6)
        else:
            if self.dice.random() < .4 and minutes > 60:
                self.now += datetime.timedelta(minutes=self.dice.uniform(20, minutes - 20))
                self.stay("bedroom", .3, 1)
            self.now = max(self.now, until)
        self.stay("bedroom", .5, 1)

    def at(self, midnight, hour):
        return midnight + datetime.timedelta(hours=self.dice.gauss(hour, self.spread))

    def day(self, midnight):
        dice = self.dice
        wakes = self.at(midnight, self.wakes)
        for hour in sorted(dice.uniform(1, self.wakes - 1.5) for _ in range(max(0, self.nights + dice.choice((-1, 0, 0, 1))))):
            up = midnight + datetime.timedelta(hours=hour)
            if up > self.now + datetime.timedelta(minutes=30):
                self.sleep(up)
                self.bathroom(2, 9)
        if wakes > self.now:
            self.sleep(wakes)
        self.bathroom(6, 18)
        self.stay("kitchen", dice.uniform(15, 40), 4)
        noon, evening, bed = (self.at(midnight, h) for h in (12, 18, self.bedtime))
        if dice.random() < self.out:
            self.stay("living", dice.uniform(5, 60), self.sits / 2)
            self.outing(dice.uniform(.5, 3))
        while self.now < noon:
            self.stay(dice.choice(("living", "living", "kitchen")), dice.uniform(10, 60), self.sits / 2)
        self.stay("kitchen", dice.uniform(20, 45), 4)
        self.bathroom(3, 10)
        if dice.random() < self.nap:
            self.sleep(self.now + datetime.timedelta(minutes=dice.uniform(40, 130)))
        while self.now < evening:
            if dice.random() < self.out / 8:
                self.outing(dice.uniform(.5, 2.5))
            self.stay("living", dice.uniform(20, 90), self.sits)
            if dice.random() < .4:
                self.bathroom(2, 8)
        self.stay("kitchen", dice.uniform(15, 40), 4)
        while self.now < bed:
            self.stay("living", dice.uniform(20, 100), self.sits)
            if dice.random() < .25:
                self.stay("kitchen", 3, 2)
        self.bathroom(5, 20)


def write(folder, devices, events):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "devices.csv").open("w", encoding="utf-8", newline="") as f:
        table = csv.writer(f)
        table.writerow(("device", "class", "room", "entrance"))
        table.writerows((d, *row) for d, row in devices.items())
    with (folder / "events.ndjson").open("w", encoding="utf-8") as f:
        for t, device, on in events:
            f.write(json.dumps({"t": t.isoformat(timespec="milliseconds"), "device": device, "fields": {FIELD[devices[device][0]]: on}}) + "\n")


def make(directory, homes, days, seed):
    """A folder for each home below directory."""
    names = list(KINDS)
    for i in range(homes):
        kind = names[i % len(names)]
        life = Life(KINDS[kind], seed * 1000 + i, days)
        write(directory / f"made-{i + 1:02}-{kind}", KINDS[kind], life.events)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--homes", type=int, default=16)
    parser.add_argument("--days", type=int, default=35)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    make(options.directory, options.homes, options.days, options.seed)


if __name__ == "__main__":
    main()
