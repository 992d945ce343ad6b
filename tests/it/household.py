"""Invented homes: somebody of habits lives there, and sensors of one set or another notice. Everything follows from the seed.

    h = Household(seed)
    h.events()                      [(datetime, device, fields), …] of `days` days
    h.events(late=timedelta(hours=1), from_day=14)      the same life, an hour later from that day on
    h.devices                       {device: (class, room)}
"""

import datetime
import random

START = datetime.datetime(2025, 3, 3)
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)
SECOND = datetime.timedelta(seconds=1)

ROOMS = ("bedroom", "bathroom", "hall", "living", "kitchen")
MOTION = {f"{room}-pir": ("motion", room) for room in ROOMS}
DOOR = {"door": ("contact", "entrance")}
SETS = {
    "everywhere": {**MOTION, **DOOR, "fridge": ("contact", "kitchen")},
    "four": {**{d: MOTION[d] for d in ("bedroom-pir", "bathroom-pir", "living-pir")}, **DOOR},
    "three": {**{d: MOTION[d] for d in ("bedroom-pir", "living-pir")}, **DOOR},
    "pads": {**{d: MOTION[d] for d in ("bathroom-pir", "hall-pir", "kitchen-pir")}, **DOOR, "bed": ("bed", "bedroom"), "chair": ("seat", "living")},
    "radars": {**DOOR, **{f"{room}-radar": ("radar", room) for room in ("bedroom", "bathroom", "living")}, "kitchen-pir": ("motion", "kitchen")},
    "contacts": {**DOOR, "bathroom-pir": ("motion", "bathroom"), "wardrobe": ("contact", "bedroom"), "cupboard": ("contact", "kitchen"),
                 "fridge": ("contact", "kitchen"), "living-pir": ("motion", "living")},
}


class Household:
    def __init__(self, seed, days=28, sensors=None):
        dice = random.Random(seed)
        self.seed, self.days = seed, days
        self.name = sensors or list(SETS)[seed % len(SETS)]
        self.devices = SETS[self.name]
        self.up, self.bed = dice.uniform(5.5, 8), dice.uniform(20.8, 23.3)
        self.nap = dice.random() < .6
        self.goes_out = dice.uniform(.4, .95)
        self.out_for = dice.uniform(.7, 3)
        self.nights = dice.randint(0, 3)
        self.sits_for = dice.uniform(20, 70)
        self.spread = dice.uniform(8, 30)

    # -- where they are --

    def walk(self, late, from_day):
        """[(when, room)]: the room is None while they are out, and "door" as they pass it."""
        dice = random.Random(self.seed * 1000 + 1)
        steps = []
        for day in range(self.days):
            midnight = START + day * 24 * HOUR + (late if day >= from_day else 0 * HOUR)
            self.day(dice, midnight, steps)
        steps.sort(key=lambda s: s[0])
        return steps

    def day(self, dice, midnight, steps):
        def about(hour, spread=None):
            return midnight + hour * HOUR + dice.gauss(0, 1) * (spread or self.spread) / 2 * MINUTE

        def go(t, room):
            steps.append((t, room))
            return t

        def trip(t, low, high):
            go(t, "hall")
            go(t + 20 * SECOND, "bathroom")
            t += dice.uniform(low, high) * MINUTE
            go(t, "hall")
            return t + 20 * SECOND

        def stay(t, end, rooms, low, high):
            while t < end:
                go(t, dice.choice(rooms))
                t += dice.uniform(low, high) * MINUTE
            return t

        for k in range(self.nights):
            t = about((self.bed - 24) + (self.up + 24 - self.bed) * (k + 1) / (self.nights + 1.3))
            go(trip(t, 2, 8), "bedroom")
        t = go(about(self.up), "bedroom")
        t = trip(t + dice.uniform(1, 6) * MINUTE, 8, 20)
        t = stay(t, about(9), ["kitchen", "living", "kitchen"], 3, 20)
        if dice.random() < self.goes_out:
            t = self.outing(dice, t, go)
        t = stay(t, about(12.3), ["living", "kitchen"], 4, 25)
        t = trip(t, 3, 10)
        if self.nap:
            go(t, "bedroom")
            t += dice.uniform(45, 110) * MINUTE
            go(t, "bedroom")
            t = trip(t, 2, 6)
        t = stay(t, about(17.7), ["living", "living", "kitchen"], 8, self.sits_for)
        t = stay(t, about(18.7), ["kitchen", "living"], 3, 12)
        t = stay(t, about(self.bed - .4, 15), ["living"], 10, self.sits_for)
        t = trip(t, 5, 12)
        go(t, "bedroom")
        go(t + dice.uniform(3, 12) * MINUTE, "bedroom")

    def outing(self, dice, t, go):
        go(t, "hall")
        go(t + 20 * SECOND, "door")
        go(t + 28 * SECOND, None)
        t += dice.uniform(.5, 1.5) * self.out_for * HOUR
        go(t, "door")
        go(t + 15 * SECOND, "hall")
        return t + 40 * SECOND

    # -- what is noticed --

    def events(self, late=0 * HOUR, from_day=1000):
        out, steps = [], self.walk(late, from_day)
        dice = random.Random(self.seed * 1000 + 2)
        lasting = {room: d for d, (kind, room) in self.devices.items() if kind in ("bed", "seat", "radar")}
        field = {"bed": "occupied", "seat": "occupied", "radar": "presence"}
        before = None
        for t, room in steps:
            if room != before and before in lasting:
                out.append((t + 2 * SECOND, lasting[before], {field[self.devices[lasting[before]][0]]: False}))
            if room == "door":
                out += [(t, "door", {"open": True}), (t + 8 * SECOND, "door", {"open": False})]
            elif room in lasting and room != before:
                out.append((t + 4 * SECOND, lasting[room], {field[self.devices[lasting[room]][0]]: True}))
            elif room:
                out += self.notice(dice, t, room)
            before = room
        return sorted((e for e in out if e[1] in self.devices), key=lambda e: e[0])

    def notice(self, dice, t, room):
        rows = []
        for d, (kind, where) in self.devices.items():
            if where != room:
                continue
            if kind == "motion":
                rows += [(t, d, {"motion": True}), (t + 12 * SECOND, d, {"motion": False})]
            elif kind == "contact" and dice.random() < .5:
                rows += [(t + 30 * SECOND, d, {"open": True}), (t + 38 * SECOND, d, {"open": False})]
        return rows


def cut(events, devices, when, room):
    """The life until somebody collapses in that room: nothing after the last sign there before `when`; None where there is none."""
    there = [e for e in events if devices[e[1]][1] == room and e[0] <= when and any(e[2].values())]
    if not there or when - there[-1][0] > 12 * HOUR:
        return None
    last = there[-1][0]
    return [e for e in events if e[0] <= last or (e[1] == there[-1][1] and e[0] <= last + 15 * SECOND and devices[e[1]][0] == "motion")], last
