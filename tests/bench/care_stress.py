#!/usr/bin/python3
"""The same homes under what happens to them: sensors that die, events that are lost, clocks that step, restarts, another season, days away.

Each disturbance makes a recording of its own, from a moment after the warm-up on. It is replayed whole (false alarms) and cut a few times behind
that moment (collapses), as care.py does it. A collapse that nobody was told of within a day is missed."""

import argparse
import bisect
import concurrent.futures
import json
import math
import pathlib
import random
import tempfile

import care
import care_made

HOUR, DAY = 3600, 86400
SENSORS = 12     # of a home, the busiest: each dies once
LOSS, LOSS_SEEDS = .05, 5
GAPS = 4         # of a home: a step of the clock in each
GAP = 4 * HOUR
AWAY = (1, 3, 7) # days
GHOSTS = 5 * HOUR


class Variant:
    """A disturbed recording: lines in order; the moment from which on collapses are looked for; how far its times are from the home's own
    behind a step of the clock. cuts: at those moments instead."""

    def __init__(self, home, events, begins, step=(math.inf, 0), cuts=None):
        self.home, self.events, self.begins, self.step, self.cuts = home, events, begins, step, cuts

    def shifted(self, t):
        """As the stepped clock says it."""
        return t + (self.step[1] if t >= self.step[0] else 0)

    def lines(self, until=math.inf):
        rows, stepped = [], False
        for t, rest, _ in self.events:
            if t > until:
                break
            if t > self.step[0] and not stepped:
                rows.append(self.stepping())
                stepped = True
            rows.append(line(self.shifted(t), rest))
        if not stepped and self.step[0] < until:
            rows.append(self.stepping())
        return rows

    def stepping(self):
        return line(self.step[0], f'"clock_step":"{self.step[1]:+}s"}}\n'.encode())

    def real(self, t):
        """When that was, by a clock that never stepped."""
        return t - self.step[1] if t >= self.step[0] + min(self.step[1], 0) else t


def line(t, rest):
    return b'{"t":"' + care.iso(round(t, 3)).encode() + b'",' + rest


def rests(home):
    """Each line without its time: (t, rest, index of the line)."""
    rows = []
    for i, (t, text) in enumerate(zip(home.times, home.lines)):
        event = json.loads(text)
        rows.append((t, (json.dumps({k: v for k, v in event.items() if k != "t"})[1:] + "\n").encode(), i))
    return rows


def device_of(home, i):
    return json.loads(home.lines[i])["device"]


def dead(home, rows, says):
    """Each sensor in turn, a third of the way behind the warm-up: without a word, or with its quality."""
    t = home.times[0] + care.WARM_UP + home.days * DAY / 3
    names = [device_of(home, i) for _, _, i in rows]
    counts = sorted(((names.count(d), d) for d in set(names)), reverse=True)
    for count, device in counts[:SENSORS]:
        kept = [r for r, name in zip(rows, names) if name != device or r[0] < t]
        if says:
            kept.append((t, f'"device":"{device}","quality":"lost"}}\n'.encode(), None))
            kept.sort(key=lambda r: r[0])
        yield device, Variant(home, kept, t + DAY)


def loss(home, rows):
    for seed in range(1, LOSS_SEEDS + 1):
        dice = random.Random(seed)
        yield f"seed {seed}", Variant(home, [r for r in rows if dice.random() >= LOSS], home.times[0] + care.WARM_UP)


def gaps(home, rows, least):
    """Moments in the middle of long quiets behind the warm-up."""
    return [(a[0] + b[0]) / 2 for a, b in zip(rows, rows[1:]) if b[0] - a[0] >= least and a[0] > home.times[0] + care.WARM_UP]


def steps(home, rows, by):
    moments = [t for t in gaps(home, rows, GAP) if home.rooms[bisect.bisect(home.times, t) - 1] != "entrance"]
    for t in random.Random(1).sample(moments, min(GAPS, len(moments))):
        # The collapse is the one that the step is in the middle of; a clock set back must not come before the last event.
        before = home.times[bisect.bisect(home.times, t) - 1]
        if t + by > before:
            yield f"at {care.iso(t)[5:16]}", Variant(home, rows, t, (t, by), [t])


def restarts(home, rows):
    moments = gaps(home, rows, HOUR)
    lines = sorted(rows + [(t, b'"restart":true}\n', None) for t in moments], key=lambda r: r[0])
    yield f"{len(moments)} restarts", Variant(home, lines, home.times[0] + care.WARM_UP)


def season(home, rows, by):
    midnight = math.ceil((home.times[0] + care.WARM_UP + home.days * DAY / 3) / DAY) * DAY
    t = midnight + 3 * HOUR
    kept = [r for r in rows if r[0] < t + min(by, 0)] + [(r[0] + by, *r[1:]) for r in rows if r[0] >= t]
    yield f"from {care.iso(t)[5:10]}", Variant(home, sorted(kept, key=lambda r: r[0]), t)


def outings(home, rows):
    """Where they went out, by the number of the last event before: the door, an hour of nothing, the door."""
    doors = doors_of(home)
    names = [device_of(home, i) for _, _, i in rows]
    return [i for i in range(len(rows) - 1) if names[i] in doors and rows[i + 1][0] - rows[i][0] > HOUR and names[i + 1] in doors]


def gaps_by_day(home, rows):
    """Where they may have gone out of a home whose door nobody hears: an hour of nothing that begins by day."""
    return [i for i in range(len(rows) - 1) if rows[i + 1][0] - rows[i][0] > HOUR and 8 * HOUR <= rows[i][0] % DAY < 18 * HOUR]


def doors_of(home):
    return {d for d, row in home.devices.items() if row["entrance"] == "1" and row["class"] == "contact"}


def absences(home, rows, days, door):
    """They go out as they did once, and come back so many days later; meanwhile now and then a sensor says something for a moment. Of homes
    with a door, or of those without."""
    if bool(doors_of(home)) != door:
        return
    going = [i for i in (outings if door else gaps_by_day)(home, rows) if rows[i][0] > home.times[0] + care.WARM_UP + DAY]
    ghosts = [d for d, row in home.devices.items() if row["class"] == "motion" and row["entrance"] != "1" and row["room"] != "entrance"]
    if not going:
        return
    dice = random.Random(days)
    i = going[len(going) // 3]
    left, back = rows[i][0], rows[i + 1][0] + days * DAY
    kept, t = rows[:i + 1] + [(r[0] + days * DAY, *r[1:]) for r in rows[i + 1:]], left + dice.expovariate(1 / GHOSTS)
    while ghosts and t < back - HOUR:
        if t > left + HOUR:
            device = dice.choice(ghosts)
            kept += [(t + s, f'"device":"{device}","fields":{{"motion":{on}}}}}\n'.encode(), None) for s, on in ((0, "true"), (9, "false"))]
        t += dice.expovariate(1 / GHOSTS)
    yield f"from {care.iso(left)[5:16]}", Variant(home, sorted(kept, key=lambda r: r[0]), back + HOUR)


CASES = [
    ("as it was", lambda h, r: [("", Variant(h, r, h.times[0] + care.WARM_UP))]),
    ("a sensor dead without a word", lambda h, r: dead(h, r, False)),
    ("a sensor dead, its quality lost", lambda h, r: dead(h, r, True)),
    ("5 % of the events lost", loss),
    ("clock +1 h in a long quiet", lambda h, r: steps(h, r, HOUR)),
    ("clock -1 h in a long quiet", lambda h, r: steps(h, r, -HOUR)),
    ("clock +1 d in a long quiet", lambda h, r: steps(h, r, DAY)),
    ("restarts in all quiets of an hour", restarts),
    ("an hour earlier from a day on", lambda h, r: season(h, r, -HOUR)),
    ("an hour later from a day on", lambda h, r: season(h, r, HOUR)),
    *[(f"away for {n} days, with ghosts", lambda h, r, n=n: absences(h, r, n, True)) for n in AWAY],
    *[(f"no door, away {n} days, with ghosts", lambda h, r, n=n: absences(h, r, n, False)) for n in AWAY],
]


def cuts_of(variant, count):
    """Moments as care.Home.grid has them, of the disturbed recording, behind the disturbance."""
    if variant.cuts:
        return variant.cuts
    home = variant.home
    inside = [(t, i) for t, _, i in variant.events if i is not None]
    times = [t for t, _ in inside]
    moments = []
    t = math.ceil(variant.begins / care.GRID) * care.GRID
    while t < times[-1]:
        last = bisect.bisect(times, t) - 1
        if home.rooms[inside[last][1]] != "entrance":
            moments.append(t)
        t += care.GRID
    return sorted(random.Random(7).sample(moments, min(count, len(moments))))


class Stress:
    def __init__(self, bench, cuts):
        self.bench, self.cuts = bench, cuts

    def alarms(self, variant):
        """Of the whole recording, behind the warm-up."""
        out = self.bench.run(variant.home, "", variant.lines())
        return [(variant.real(t), rule) for t, rule in care.calls(out) if variant.real(t) >= variant.home.times[0] + care.WARM_UP]

    def delay(self, variant, t):
        last = max(at for at, _, i in variant.events if at <= t and i is not None)
        # A clock set forward is there sooner: whoever is waited for by it, too.
        until = variant.shifted(t + care.CENSOR) if variant.step[0] <= t else t + care.CENSOR
        out = self.bench.run(variant.home, "", variant.lines(t if variant.step[0] > t else t + .001), until)
        raised = [variant.real(at) for at, _ in care.calls(out)]
        raised = [at for at in raised if at >= last - .001]
        return min(max(raised[0] - t, 0), care.CENSOR) / HOUR if raised else care.CENSOR / HOUR

    def row(self, pool, home, case):
        """False alarms, days, delays, and what to say of each false alarm."""
        label, vary = case
        work = [(name, v, pool.submit(self.alarms, v), [pool.submit(self.delay, v, t) for t in cuts_of(v, self.cuts)])
                for name, v in vary(home, rests(home))]
        alarms, delays, told, days, hit = 0, [], [], 0, 0
        for name, variant, whole, cut in work:
            raised = whole.result()
            alarms += len(raised)
            hit += bool(raised)
            days += home.days
            delays += [c.result() for c in cut]
            told += [f"{home.name}, {label}, {name}: {rule} at {care.iso(t)[:16]}" for t, rule in raised]
        self.bench.done += len(work)
        return len(work), hit, alarms, days, delays, told


def told_of(stress, pool, homes, case, usual):
    """The row of a disturbance, and what false alarms there were."""
    runs = hit = alarms = 0
    expected, days, delays, told = 0, 0, [], []
    for home in homes:
        n, any_, count, over, hours, said = stress.row(pool, home, case)
        usual.setdefault(home, count)
        runs, hit, alarms, expected, days = runs + n, hit + any_, alarms + count, expected + n * usual[home], days + over
        delays += hours
        told += said
    month = care.MONTH / 86400 / days if days else 0
    print(f"{case[0]:<36}{runs:>5} {hit:>5} {alarms:>6} {alarms * month:>8.2f} {expected * month:>12.2f} "
          f"{sum(d >= 24 for d in delays):>7} {len(delays):>5} {care.quantile(delays, .5):>7.1f} {care.quantile(delays, .9):>6.1f}", flush=True)
    return told


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("homes", type=pathlib.Path, nargs="?", help="folder with one folder for each home")
    parser.add_argument("--prefix", required=True, help="where estated is installed")
    parser.add_argument("--made", type=int, default=0, help="so many homes of care_made.py instead, or beside them")
    parser.add_argument("--seed", type=int, default=1, help="of the made homes")
    parser.add_argument("--cuts", type=int, default=4, help="of each disturbed recording")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="of the disturbances those with that in their name; the undisturbed comes first")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        homes = care.read_homes(options.homes) if options.homes else []
        if options.made:
            care_made.make(pathlib.Path(directory), options.made, 35, options.seed)
            homes += care.read_homes(pathlib.Path(directory))
        for home in homes:
            home.days = max((home.times[-1] - home.times[0] - care.WARM_UP) / 86400, 0)
        homes = [h for h in homes if h.days > 2]
        stress, usual, told = Stress(care.Bench(options), options.cuts), {}, []
        print(f"{'':<36}{'':>11} {'false':>6} {'':>8} {'a month':>12} {'missed':>7}\n"
              f"{'':<36}{'runs':>5} {'with':>5} {'alarms':>6} {'a month':>8} {'undisturbed':>12} {'24 h':>7} {'of':>5} {'median':>7} {'p90':>6}")
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for case in CASES:
                if case is CASES[0] or options.only in case[0]:
                    told += told_of(stress, pool, homes, case, usual)
        print("\nthe false alarms:\n" + "\n".join(told))


if __name__ == "__main__":
    main()
