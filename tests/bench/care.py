#!/usr/bin/python3
"""The care logic over recorded homes: false alarms per home-month, and how long a collapse would have gone unnoticed.

The installed `estated --replay` runs each recording whole, then again for every cut: the events end at a moment of a 30-minute grid
of home time, as if somebody had collapsed there. Nothing of the care logic stands in this file; what is reckoned here is the fixed
threshold beside it. Same input, same seed, same table."""

import argparse
import concurrent.futures
import csv
import datetime
import gzip
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

PLACE = "b1/u1/101"
WARM_UP = 7 * 86400
MONTH = 30.44 * 86400
GRID = 1800
CENSOR = 86400
LASTS = ("contact",)  # both edges are signs; of all else the beginning is
FIXED = range(4, 13)
BUFFERS = ("1h", "1h30m", "2h", "3h", "4h")
TRIED = 25300  # settings of a dozen methods on four homes, before the shipped ones were frozen; see README.md


class Unreadable(Exception):
    pass


class Home:
    def __init__(self, folder):
        self.name = folder.name
        self.devices = self.read_devices(folder / "devices.csv")
        self.lines, self.times, self.rooms, self.inside = [], [], [], []
        path = folder / "events.ndjson.gz"
        if not path.exists():
            path = folder / "events.ndjson"
        if not path.exists():
            raise Unreadable("no events.ndjson.gz")
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as f:
            for number, line in enumerate(f, 1):
                self.add(number, line)
        if not self.lines:
            raise Unreadable(f"{path.name}: empty")

    @staticmethod
    def read_devices(path):
        try:
            rows = list(csv.DictReader(path.open(encoding="utf-8")))
        except OSError as e:
            raise Unreadable(f"devices.csv: {e.strerror}") from None
        if not rows or not {"device", "class", "room", "entrance"} <= set(rows[0]):
            raise Unreadable("devices.csv: expected the columns device,class,room,entrance")
        return {row["device"]: row for row in rows}

    def add(self, number, line):
        try:
            event = json.loads(line)
            device = self.devices[event["device"]]
            t = datetime.datetime.fromisoformat(event["t"]).replace(tzinfo=None)
            begins = any(bool(v) for v in event["fields"].values())
        except (ValueError, TypeError, AttributeError) as e:
            raise Unreadable(f"events, line {number}: {e}") from None
        except KeyError as e:
            raise Unreadable(f"events, line {number}: {e} is missing, or not in devices.csv") from None
        at = (t - datetime.datetime(1970, 1, 1)).total_seconds()
        self.lines.append(line)
        self.times.append(at)
        self.rooms.append(device["room"])
        self.inside.append(device["entrance"] != "1" and (begins or device["class"] in LASTS))

    def configuration(self, settings):
        rows = [f'{{ id = "{d["device"]}"; class = "{d["class"]}"; place = "{PLACE}"; room = "{d["room"]}";'
                + (" entrance = true;" if d["entrance"] == "1" else "") + " }" for d in self.devices.values()]
        rule = f'rules: ( {{ id = "welfare"; settings: {{ {settings} }}; }} );\n' if settings else ""
        return ('estate: { id = "bench"; name = "bench"; timezone = "UTC"; };\nplaces: ( { id = "b1"; name = "b1"; } );\n'
                "devices: (\n" + ",\n".join(rows) + " );\n" + rule)

    def grid(self):
        """Moments after the warm-up at which somebody is at home by the last event's room; with that event's number."""
        moments, last = [], -1
        t = math.ceil((self.times[0] + WARM_UP) / GRID) * GRID
        while t < self.times[-1]:
            while last + 1 < len(self.times) and self.times[last + 1] <= t:
                last += 1
            if self.rooms[last] != "entrance":
                moments.append((t, last))
            t += GRID
        return moments


def iso(t):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=t)).isoformat()


def epoch(text):
    return datetime.datetime.fromisoformat(text).timestamp()


class Bench:
    def __init__(self, options):
        self.options = options
        self.done = self.total = 0

    def replay(self, home, settings, last=None, until=None):
        """The transitions and presences of the recording, of all of it or of the events up to number last."""
        return self.run(home, settings, home.lines if last is None else home.lines[:last + 1], until)

    def run(self, home, settings, lines, until=None):
        """The same of any lines."""
        with tempfile.TemporaryDirectory() as directory:
            d = pathlib.Path(directory)
            (d / "estated.conf").write_text(home.configuration(settings), encoding="utf-8")
            (d / "residents.csv").write_text(f"id,place,categories\nresident-1,{PLACE},独居\n", encoding="utf-8")
            (d / "events.ndjson").write_bytes(b"".join(lines))
            run = subprocess.run([f"{self.options.prefix}/sbin/estated", "--replay", d / "events.ndjson", "-c", d / "estated.conf",
                                  "--residents", d / "residents.csv", "--operator", "auto", "--out", d / "out"]
                                 + (["--until", iso(until)] if until else []), capture_output=True, text=True, check=False)
            if run.returncode:
                said = [line for line in run.stderr.splitlines() if " error: " in line] or run.stderr.splitlines()
                raise Unreadable(said[0] if said else f"estated ended with {run.returncode}")
            with (d / "out").open(encoding="utf-8") as f:
                return [json.loads(line) for line in f]

    def delay(self, home, settings, moment):
        """Hours from the cut to the first call for a person that was raised at or after the last event."""
        t, last = moment
        raised = [at for at, _ in calls(self.replay(home, settings, last, t + CENSOR)) if at >= home.times[last] - 0.001]
        return min(max(raised[0] - t, 0), CENSOR) / 3600 if raised else CENSOR / 3600

    def tick(self):
        self.done += 1
        if sys.stderr.isatty() or self.done % 100 == 0:
            sys.stderr.write(f"\r{self.done} of {self.total} replays")
            sys.stderr.flush()

    def score(self, homes, settings=""):
        """By home: false alarms, days, delays of cuts, delays of cuts in the bathroom."""
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            def one(home, moment):
                hours = self.delay(home, settings, moment)
                self.tick()
                return hours
            work = {h: ([pool.submit(one, h, m) for m in h.cuts], [pool.submit(one, h, m) for m in h.bathroom_cuts]) for h in homes}
            result = {}
            for home, (cuts, bathroom) in work.items():
                out = self.replay(home, settings)
                self.tick()
                home.out = home.out or out
                alarms = [(t, rule) for t, rule in calls(out) if t >= home.times[0] + WARM_UP]
                result[home] = Score(alarms, home.days, [f.result() for f in cuts], [f.result() for f in bathroom])
        return result


class Score:
    def __init__(self, alarms, days, delays, bathroom):
        self.alarms, self.days, self.delays, self.bathroom = alarms, days, delays, bathroom

    @staticmethod
    def pooled(scores):
        scores = list(scores)
        return Score([a for s in scores for a in s.alarms], sum(s.days for s in scores),
                     [d for s in scores for d in s.delays], [d for s in scores for d in s.bathroom])

    @property
    def rate(self):
        return len(self.alarms) * MONTH / 86400 / self.days

    def row(self):
        low, high = poisson(len(self.alarms))
        month = MONTH / 86400 / self.days
        return (f"{len(self.alarms):>5} {self.rate:>7.2f} {low * month:>6.2f}–{high * month:<6.2f} {quantile(self.delays, .5):>7.1f} "
                f"{quantile(self.delays, .9):>6.1f} {quantile(self.bathroom, .5):>9.1f} {len(self.bathroom):>5}")


def calls(out):
    """When priority 1 or 2 was reached, once for each time that the alarm was away from normal; and by which rule."""
    result, up = [], set()
    for line in out:
        alarm = line.get("alarm")
        if not alarm or "state" not in line or not alarm.endswith("/" + PLACE):
            continue
        if line["state"] == "normal":
            up.discard(alarm)
        elif line["priority"] <= 2 and alarm not in up:
            up.add(alarm)
            result.append((epoch(line["t"]), alarm.split("/")[0]))
    return result


def quantile(values, share):
    values = sorted(values)
    return values[min(math.ceil(share * len(values)), len(values)) - 1] if values else float("nan")


def poisson(count):
    """The exact 95 % interval of a mean of which count was seen."""
    def below(mean, k):
        return sum(math.exp(-mean + i * math.log(mean) - math.lgamma(i + 1)) for i in range(k + 1)) if mean > 0 else 1.0

    def solve(wrong):
        lo, hi = 0.0, 10.0 + 4 * count
        for _ in range(80):
            middle = (lo + hi) / 2
            lo, hi = (middle, hi) if wrong(middle) else (lo, middle)
        return lo
    return (solve(lambda m: below(m, count - 1) > .975) if count else 0.0), solve(lambda m: below(m, count) > .025)


def fixed(homes, hours):
    """A fixed threshold on the quiet of whoever is not presumed away, with the presence that estated itself found."""
    scores = []
    for home in homes:
        away, since = [], None
        for line in home.out:
            if "presence" not in line:
                continue
            if line["state"] != "home":
                since = since or epoch(line["t"])
            elif since:
                away.append((since, epoch(line["t"])))
                since = None
        if since:
            away.append((since, math.inf))
        signs = [t for t, inside in zip(home.times, home.inside) if inside]

        def gone(a, b, away=away):
            return any(x < b and y > a for x, y in away)
        alarms = [(a + hours * 3600, "fixed") for a, b in zip(signs, signs[1:])
                  if b - a > hours * 3600 and a >= home.times[0] + WARM_UP and not gone(a, a + hours * 3600)]

        def delay(moment, signs=signs, away=away):
            t, last = moment
            before = max((s for s in signs if s <= t), default=home.times[last])
            if any(a <= t < b for a, b in away):
                return CENSOR / 3600
            return min(max(before + hours * 3600 - t, 0), CENSOR) / 3600
        scores.append(Score(alarms, home.days, [delay(m) for m in home.cuts], [delay(m) for m in home.bathroom_cuts]))
    return Score.pooled(scores)


def svg(path, curve, thresholds):
    """False alarms per home-month to the right, hours upwards: median and p90."""
    width, height, left, bottom = 640, 420, 60, 380
    most = max([s.rate for _, s in curve + thresholds] + [1])
    tallest = max(quantile(s.delays, .9) for _, s in curve + thresholds) * 1.05

    def x(rate):
        return left + (width - left - 20) * rate / most

    def y(hours):
        return bottom - (bottom - 20) * hours / tallest
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11">',
             f'<rect width="{width}" height="{height}" fill="white"/>',
             f'<path d="M{left} 20V{bottom}H{width - 20}" fill="none" stroke="black"/>']
    parts += [f'<text x="{left - 8}" y="{y(h) + 4:.1f}" text-anchor="end">{h} h</text>' for h in range(0, int(tallest) + 1, 2)]
    parts += [f'<text x="{x(most * i / 4):.1f}" y="{bottom + 16}" text-anchor="middle">{most * i / 4:.1f}</text>' for i in range(5)]
    parts.append(f'<text x="{width / 2}" y="{height - 8}" text-anchor="middle">false alarms per home-month</text>')
    for scores, colour, name in ((curve, "#b02020", "estated, by buffer"), (thresholds, "#606060", "fixed threshold")):
        for share, dash, label in ((.5, "", "median"), (.9, "4 3", "p90")):
            points = sorted((x(s.rate), y(quantile(s.delays, share)), n) for n, s in scores)
            parts.append(f'<polyline fill="none" stroke="{colour}" stroke-dasharray="{dash}" points="'
                         + " ".join(f"{a:.1f},{b:.1f}" for a, b, _ in points) + f'"><title>{name}, {label}</title></polyline>')
            parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"><title>{name} {n}, {label}</title></circle>'
                      for a, b, n in points]
    parts.append(f'<text x="{width - 180}" y="34" fill="#b02020">estated, by buffer</text><text x="{width - 180}" y="50" '
                 f'fill="#606060">fixed threshold, 4…12 h</text><text x="{width - 180}" y="66">solid: median, dashed: p90</text></svg>')
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def read_homes(folder):
    homes = []
    if not folder.is_dir():
        sys.exit(f"{folder}: no such folder; expected one folder for each home, with events.ndjson.gz and devices.csv")
    for path in sorted(p for p in folder.iterdir() if p.is_dir()):
        try:
            homes.append(Home(path))
        except Unreadable as e:
            print(f"{path.name}: passed over: {e}")
    if not homes:
        sys.exit(f"{folder}: no home that can be read")
    return homes


def draw(home, options):
    """The cuts of a home depend on its own events only, not on what it is called or which others there are."""
    moments = home.grid()
    bathroom = [m for m in moments if home.rooms[m[1]] == "bathroom"]
    home.days = max((home.times[-1] - home.times[0] - WARM_UP) / 86400, 0)
    home.out = None
    home.cuts = sorted(random.Random(options.seed).sample(moments, min(options.cuts, len(moments))))
    home.bathroom_cuts = sorted(random.Random(options.seed + 1).sample(bathroom, min(options.cuts, len(bathroom))))


def whole(bench, homes):
    """What can be said of a recording that ends within the warm-up: its alarms."""
    for home in homes:
        out = bench.replay(home, "")
        raised = calls(out)
        away = sum(1 for line in out if line.get("presence") and line["state"] == "away")
        print(f"{home.name}: {(home.times[-1] - home.times[0]) / 86400:.1f} days, all of them within the warm-up: not scored; "
              f"{len(raised)} alarms of priority 1 or 2 in all of it, presumed away {away} times")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("homes", type=pathlib.Path, help="folder with one folder for each home")
    parser.add_argument("--prefix", required=True, help="where estated is installed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cuts", type=int, default=30, help="cuts from every home, and as many in its bathroom")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="without the curve")
    parser.add_argument("--svg", type=pathlib.Path, default=pathlib.Path("bench-care.svg"))
    options = parser.parse_args()
    homes = read_homes(options.homes)
    for home in homes:
        draw(home, options)
    bench = Bench(options)
    short = [h for h in homes if not h.days or not h.cuts]
    scored = [h for h in homes if h not in short]
    readable = []
    for home in scored:
        try:
            bench.replay(home, "")
            readable.append(home)
        except Unreadable as e:
            print(f"{home.name}: passed over: {e}")
    if not readable:
        whole(bench, short)
        sys.exit("no home with days after the warm-up: nothing to score")
    runs = 1 if options.quick else len(BUFFERS)
    bench.total = runs * sum(len(h.cuts) + len(h.bathroom_cuts) + 1 for h in readable)
    head = f"{'':<26}{'days':>6} {'false':>5} {'a month':>7} {'95 %':>13} {'median':>7} {'p90':>6} {'bathroom':>9} {'cuts':>5}"
    result = bench.score(readable)
    print("\n" + head)
    for home, score in result.items():
        print(f"{home.name:<26}{home.days:>6.1f} {score.row()}" + "".join(
            f"\n{'':<8}{rule} at {datetime.datetime.fromtimestamp(t, datetime.timezone.utc):%Y-%m-%d %H:%M}" for t, rule in score.alarms))
    pooled = Score.pooled(result.values())
    print(f"{'pooled':<26}{pooled.days:>6.1f} {pooled.row()}\n")
    thresholds = [(f"{h} h", fixed(readable, h)) for h in FIXED]
    for name, score in thresholds:
        print(f"{'fixed ' + name:<26}{score.days:>6.1f} {score.row()}")
    if not options.quick:
        curve = [(b, pooled if b == "2h" else Score.pooled(bench.score(readable, f'buffer = "{b}";').values())) for b in BUFFERS]
        print("\nthe curve, by welfare's `buffer` (2h is shipped)")
        for name, score in curve:
            print(f"{'buffer ' + name:<26}{score.days:>6.1f} {score.row()}")
        svg(options.svg, curve, thresholds)
        print(f"drawn in {options.svg}")
    print()
    whole(bench, short)
    print(f"hours from the cut to the first alarm of priority 1 or 2, at most 24; seed {options.seed}; settings tried before these were "
          f"frozen: {TRIED}\ngoal: at most 0.5 a month, median 4 h, p90 8 h, bathroom 1.5 h, on homes not used for tuning")


if __name__ == "__main__":
    main()
