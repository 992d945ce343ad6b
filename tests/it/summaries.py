"""The figures of a summary, computed a second time: from a copy of state.db and from what "estatectl record" exports.

Nothing here is taken from the daemon: it is what README.md of plugins/ says that the figures are, over lists in memory.
"""

import datetime
import json
import math
import sqlite3

MINUTE = 60_000_000
HOLD_MS, LOOKBACK_MS = 16 * 60_000, 86_400_000
OUTCOMES = ("real", "false", "test", "duplicate")
RECORDS = {"starts": ("daemon", "start"), "stops": ("daemon", "stop"), "clock_changes": ("clock", None), "config_changes": ("config", None),
           "commands": ("command", None), "writes": ("write", None), "modes": ("mode", None)}


def microseconds(iso):
    moment = datetime.datetime.fromisoformat(iso)
    return (moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)


def transitions(state_db):
    with sqlite3.connect(state_db) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM transition ORDER BY id")]


def audit(state_db):
    with sqlite3.connect(state_db) as db:
        return [json.loads(text) for text, in db.execute("SELECT record FROM audit ORDER BY n")]


def samples(recording):
    """{(device, point): [(ms, value or None)]} of the lines of estatectl record; None: not good."""
    found = {}
    for line in map(json.loads, recording.splitlines()):
        if "device" not in line:
            continue
        ms = microseconds(line["t"]) // 1000
        values = {**line.get("fields", {}), **line.get("points", {})}
        if "quality" in line:
            values[line["point"]] = None
        for point, value in values.items():
            found.setdefault((line["device"], point), []).append((ms, value))
    return found


def has_begun(state_db):
    """Whether the box has noted from when on summaries leave."""
    with sqlite3.connect(state_db) as db:
        return db.execute("SELECT count(*) FROM summary").fetchone()[0] >= 2


# ---- alarms ----

def is_told(t):
    return not t["test"] and t["state"] == "unacked" and t["input"] != "restored" and (t["from_state"] != "unacked" or t["input"] == "raised")


def waited(t, before, begins):
    """Since the latest of before that begins; of the same boot by its own clock."""
    start = next((b for b in reversed(before) if b["alarm"] == t["alarm"] and begins(b)), None)
    if not start:
        return None, None
    return (t["mono"] - start["mono"] if t["boot"] == start["boot"] else t["wall"] - start["wall"]), start


def spread(name, times):
    times = sorted(times)
    parts = {"p50": 0.50, "p95": 0.95, "max": 1.0}
    return {f"{name}_{part}_s": times[math.ceil(round(share * len(times), 6)) - 1] // 1000 / 1000 if times else None
            for part, share in parts.items()}


def alarm_figures(all_transitions, wanted):
    """wanted: indices into all_transitions."""
    raised, acks, arrivals, acked, closed, tests = [], [], [], 0, [], 0
    for i in wanted:
        t, before = all_transitions[i], all_transitions[:i]
        if t["test"]:
            tests += t["input"] == "raised" and t["state"] == "unacked"
        elif is_told(t) and t["input"] != "rise":
            raised.append(t["priority"])
        elif t["input"] == "ack":
            acked += 1
            acks += [w for w in [waited(t, before, lambda b: b["state"] == "unacked" and b["from_state"] != "unacked")[0]] if w is not None]
        elif t["input"] == "arrive":
            took, start = waited(t, before, lambda b: b["state"] == "unacked" and
                                 b["from_state"] in ("normal", "shelved", "suppressed", "out_of_service"))
            if start and not any(b["input"] == "arrive" and b["alarm"] == t["alarm"] and b["id"] > start["id"] for b in before):
                arrivals.append(took)
        elif t["input"] == "reset":
            closed.append(t["outcome"])
    return {"raised": len(raised), **{f"raised_priority_{p}": raised.count(p) for p in (1, 2, 3, 4)}, "acked": acked, **spread("ack", acks),
            "arrived": len(arrivals), **spread("arrive", arrivals), "closed": len(closed),
            **{f"closed_{o}": closed.count(o) for o in OUTCOMES}, "tests": tests}


def flood_figures(all_transitions, start, end):
    told = sorted(t["wall"] for t in all_transitions if is_told(t) and start - 10 * MINUTE <= t["wall"] < end)
    peak = max((sum(t - 10 * MINUTE < u <= t for u in told) for t in told if t >= start), default=0)
    flood = 0  # by the millisecond would be slow: between two edges nothing changes
    edges = sorted({start, end, *(e for t in told for e in (t, t + 10 * MINUTE) if start < e < end)})
    for a, b in zip(edges, edges[1:]):
        if sum(t <= a < t + 10 * MINUTE for t in told) > 10:
            flood += b - a
    return {"peak_10min": peak, "flood_s": flood // 1000 / 1000}


# ---- lifts ----

def value_at(series, ms):
    """What is known at that time."""
    before = [s for s in series if s[0] <= ms]
    return before[-1][1] if before and ms < before[-1][0] + HOLD_MS else None


def growth(series, start, end):
    total, last = 0, None
    for ms, value in series:
        if value is None or ms < start - LOOKBACK_MS or ms >= end:
            continue
        if last is not None and value > last and ms >= start:
            total += value - last
        last = value
    return None if last is None else int(total)


def began(series, start, end):
    total, last = 0, None
    for ms, value in series:
        if value is None or ms < start - HOLD_MS or ms >= end:
            continue
        if last is False and value and ms >= start:
            total += 1
        last = bool(value)
    return None if last is None else total


def lift_figures(found, device, start, end):
    series = {name: found.get((device, name), []) for name in
              ("in_service", "power", "fault", "trapped", "inspection", "moving", "door_open", "trips", "door_cycles")}
    states = ("in_service", "power", "fault", "trapped", "inspection")
    edges = {start, end} | {e for name in states for ms, _ in series[name] for e in (ms, ms + HOLD_MS) if start < e < end}
    known = available = inspected = 0
    for a, b in zip(sorted(edges), sorted(edges)[1:]):
        now = {name: value_at(series[name], a) for name in states}
        is_known = any(now[name] is not None for name in ("in_service", "power", "fault"))
        hindered = now["in_service"] is False or now["power"] is False or now["fault"] or now["trapped"] or now["inspection"]
        known += (b - a) * is_known
        available += (b - a) * (is_known and not hindered)
        inspected += (b - a) * bool(now["inspection"])
    trips, doors = growth(series["trips"], start, end), growth(series["door_cycles"], start, end)
    return {"availability": (available * 10000 + known // 2) // known / 10000 if known else None, "available_s": available / 1000,
            "known_s": known / 1000, "inspection_s": inspected / 1000,
            "trips": began(series["moving"], start, end) if trips is None else trips,
            "door_cycles": began(series["door_open"], start, end) if doors is None else doors}


# ---- all of it ----

def compute(state_db, recording, devices, span):
    """{(scope, of): figures}; devices: {id: (building, class)}; span: (from, to) as ISO texts."""
    start, end = map(microseconds, span)
    ts, found = transitions(state_db), samples(recording)
    inside = [i for i, t in enumerate(ts) if start <= t["wall"] < end]

    def of(condition):
        return alarm_figures(ts, [i for i in inside if condition(*ts[i]["alarm"].split("/", 1))])

    def building(asset):
        return devices[asset][0] if asset in devices else asset.split("/")[0]

    rows = {("estate", None): {"devices": len(devices), **of(lambda r, a: True), **flood_figures(ts, start, end)}}
    for b in {b for b, _ in devices.values()}:
        rows["building", b] = {"devices": sum(d[0] == b for d in devices.values()), **of(lambda r, a: building(a) == b)}
    for c in {c for _, c in devices.values()}:
        rows["class", c] = {"devices": sum(d[1] == c for d in devices.values()),
                            **of(lambda r, a: a in devices and devices[a][1] == c)}
    for d in [d for d in devices if devices[d][1] == "lift"]:
        rows["lift", d] = {**lift_figures(found, d, start // 1000, end // 1000), **of(lambda r, a: a == d),
                           "entrapments": of(lambda r, a: (r, a) == ("lift-trapped", d))["raised"]}
    for rule in {ts[i]["alarm"].split("/")[0] for i in inside}:
        rows["alarm_class", rule] = of(lambda r, a: r == rule)
    records = [r for r in audit(state_db) if start <= microseconds(r["time"]) < end]
    rows["daemon", None] = {name: sum(r["kind"] == kind and what in (None, r["what"]) for r in records)
                            for name, (kind, what) in RECORDS.items()}
    return rows
