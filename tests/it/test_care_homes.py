"""Whole homes through the care logic: people who live on raise no alarm whatever happens to sensors and clocks, and who collapses is
found. One home is made here, from a seed; a short piece of a recorded one (tests/case/care/tm000, with its licence) goes away for days."""

import csv
import datetime
import json
import pathlib
import random

import pytest

from recording import Recording

HOME = "b1/u1/101"
START = datetime.datetime(2025, 3, 3)
CASES = pathlib.Path(__file__).parent.parent / "case" / "care"
DEVICES = {"bed-pir": ("motion", "bedroom"), "bath-pir": ("motion", "bathroom"), "hall-pir": ("motion", "hall"), "live-pir": ("motion", "living"),
           "kitchen-pir": ("motion", "kitchen"), "fridge": ("contact", "kitchen"), "door": ("contact", "entrance")}
DAYS = 24


class Life:
    """A person of habits, who sleeps from half past ten to about seven, gets up once or twice, goes out on most days."""

    def __init__(self, seed=1, late=datetime.timedelta(), from_day=DAYS):
        self.dice = random.Random(seed)
        self.events = []
        for day in range(DAYS):
            self.day(START + datetime.timedelta(days=day) + (late if day >= from_day else datetime.timedelta()))
        self.events.sort(key=lambda e: e[0])

    def minutes(self, low, high):
        return datetime.timedelta(minutes=self.dice.uniform(low, high))

    def motion(self, t, device):
        self.events += [(t, device, {"motion": True}), (t + datetime.timedelta(seconds=12), device, {"motion": False})]

    def swing(self, t, device):
        self.events += [(t, device, {"open": True}), (t + datetime.timedelta(seconds=8), device, {"open": False})]

    def stay(self, t, end, devices, low, high):
        """Now and then one of the sensors sees something, until then."""
        while t < end:
            device = self.dice.choice(devices)
            (self.swing if device == "fridge" else self.motion)(t, device)
            t += self.minutes(low, high)
        return end

    def bathroom(self, t, low=3, high=12):
        self.motion(t, "hall-pir")
        t += self.minutes(.2, .5)
        end = t + self.minutes(low, high)
        t = self.stay(t, end, ["bath-pir"], 1, 4)
        self.motion(t, "hall-pir")
        return t + self.minutes(.2, .5)

    def outing(self, t, hours):
        self.motion(t, "hall-pir")
        self.swing(t + datetime.timedelta(seconds=20), "door")
        t += datetime.timedelta(hours=hours)
        self.swing(t, "door")
        self.motion(t + datetime.timedelta(seconds=15), "hall-pir")
        return t + self.minutes(1, 2)

    def day(self, midnight):
        def at(hour, spread):
            return midnight + datetime.timedelta(hours=hour) + self.minutes(-spread, spread)
        for hour in (1.5, 4.5)[:self.dice.randint(1, 2)]:
            self.motion(self.bathroom(at(hour, 60)), "bed-pir")
        t = at(7, 25)
        self.motion(t, "bed-pir")
        t = self.bathroom(t + self.minutes(1, 5), 8, 20)
        t = self.stay(t, at(9, 15), ["kitchen-pir", "fridge", "live-pir"], 3, 20)
        if self.dice.random() < .75:
            t = self.outing(t, self.dice.uniform(.7, 2.5))
        t = self.stay(t, at(12.5, 15), ["live-pir", "kitchen-pir", "fridge"], 4, 25)
        t = self.bathroom(t)
        self.motion(t, "bed-pir")
        t += self.minutes(50, 110)  # a nap
        self.motion(t, "bed-pir")
        t = self.stay(self.bathroom(t), at(18, 15), ["live-pir", "kitchen-pir"], 5, 30)
        t = self.stay(t, at(19, 10), ["kitchen-pir", "fridge"], 3, 12)
        t = self.stay(t, at(22.2, 12), ["live-pir"], 10, 45)
        t = self.bathroom(t, 5, 12)
        self.stay(t, t + self.minutes(4, 15), ["bed-pir"], 2, 6)


def play(directory, events, until=None, more=(), names=None, devices=None, operator="auto", extra=""):
    """The care alarms and presences of that life; further lines are (when, line)."""
    def named(d):
        return (names or {}).get(d, d)
    rows = [f'{{ id = "{named(d)}"; class = "{kind}"; place = "{HOME}"; room = "{room}";{" entrance = true;" if room == "entrance" and kind == "contact" else ""} }}'
            for d, (kind, room) in (devices or DEVICES).items()]
    conf = ('estate: { id = "demo"; name = "demo"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; } );\n'
            'devices: (\n' + ",\n".join(rows) + ' );\nrules: ( { id = "visit-overdue"; enabled = false; } );\n' + extra)
    r = Recording(directory, conf)
    (directory / "residents.csv").write_text(f"id,place,categories\nresident-1,{HOME},独居\n")
    lines = [(t, {"device": named(d), "fields": f}) for t, d, f in events] + list(more)
    for t, line in sorted(lines, key=lambda x: x[0]):
        r.add(t=t.isoformat(timespec="milliseconds"), **line)
    return r.play("--residents", "residents.csv", until=until.isoformat() if until else None, operator=operator)


def called(result):
    """When somebody was called, by which rule."""
    return [(t["t"][:16], t["alarm"].split("/")[0]) for t in result.transitions if t["priority"] <= 2 and t["state"] == "unacked"]


@pytest.mark.parametrize("seed", range(1, 5))
def test_who_lives_on_is_left_alone(tmp_path, seed):
    result = play(tmp_path, Life(seed).events)
    assert called(result) == []
    states = [json.loads(line)["state"] for line in result.text.splitlines() if '"presence"' in line]
    assert states.count("away") >= 8 and states.count("home") >= states.count("away")


def cut(events, when, room):
    """The life until somebody collapses in that room: nothing after the last sign there before `when`."""
    sensors = [d for d, (_, r) in DEVICES.items() if r == room]
    last = max(t for t, d, f in events if d in sensors and t <= when and f.get("motion"))
    return [e for e in events if e[0] <= last + datetime.timedelta(seconds=12) and (e[0] <= last or e[1] in sensors)], last


@pytest.mark.parametrize("room, hour, hours", [("bedroom", 26.2, 10.5), ("bedroom", 15, 4.5), ("bathroom", 8, 1.5), ("bathroom", 26, 1.5),
                                               ("living", 17, 4), ("living", 21.5, 6), ("hall", 13, 4.5)])
def test_a_collapse_is_found(tmp_path, room, hour, hours):
    """bed at night and at noon, bathroom in the morning and at night, living room, hall."""
    events, last = cut(Life().events, START + datetime.timedelta(days=20, hours=hour), room)
    result = play(tmp_path, events, until=last + datetime.timedelta(hours=24))
    alarms = called(result)
    assert alarms, f"nobody missed them since {last}"
    delay = datetime.datetime.fromisoformat(alarms[0][0]) - last
    assert datetime.timedelta(minutes=20) < delay <= datetime.timedelta(hours=hours), alarms
    text = [t for t in result.transitions if t["priority"] <= 2][0]["text"]
    assert any(word in text["zh"] for word in ("最长", "从没有", "没有过")), text
    for t in result.transitions:
        assert not any(word in t["text"]["zh"] + t["text"]["en"].lower() for word in ("安全", "外出", "safe")), t
    assert any(t["priority"] == 1 for t in result.transitions)


def test_a_twentieth_of_the_events_may_be_lost(tmp_path):
    dice = random.Random(5)
    assert called(play(tmp_path, [e for e in Life().events if dice.random() >= .05])) == []


@pytest.mark.parametrize("device", ["live-pir", "kitchen-pir", "bed-pir"])
def test_a_sensor_that_is_known_to_be_dead_raises_no_alarm_about_the_person(tmp_path, device):
    dead = START + datetime.timedelta(days=14, hours=3)
    events = [e for e in Life().events if e[1] != device or e[0] < dead]
    assert called(play(tmp_path, events, more=[(dead, {"device": device, "quality": "lost"})])) == []


@pytest.mark.parametrize("device", ["live-pir", "kitchen-pir", "bed-pir"])
def test_one_that_goes_silent_without_a_word_is_missed_and_costs_one_alarm_at_most(tmp_path, device):
    dead = START + datetime.timedelta(days=14, hours=3)
    events = [e for e in Life().events if e[1] != device or e[0] < dead]
    raised = called(play(tmp_path, events))
    assert len({t[:10] for t, _ in raised}) <= 1, raised


@pytest.mark.parametrize("step", ["-1h", "1h", "20m"])
def test_a_step_of_the_clock_amid_a_quiet_changes_nothing(tmp_path, step):
    events = Life().events
    # Lines after the step carry the new time; those that it sets back would not be in order, so nothing stirs for longer than that.
    night = next(a[0] for a, b in zip(events, events[1:]) if a[0] > START + datetime.timedelta(days=16)
                 and b[0] - a[0] > datetime.timedelta(minutes=90)) + datetime.timedelta(minutes=10)
    by = {"-1h": -60, "1h": 60, "20m": 20}[step]
    events = [e if e[0] < night else (e[0] + datetime.timedelta(minutes=by), *e[1:]) for e in events]
    r = play(tmp_path, events, more=[(night, {"clock_step": step})])
    assert called(r) == []


def test_restarts_amid_quiets_change_nothing(tmp_path):
    life = Life().events
    whole = play(tmp_path, life)
    dice = random.Random(3)
    moments = [START + datetime.timedelta(minutes=dice.uniform(0, DAYS * 1440)) for _ in range(120)]
    parted = play(tmp_path, life, more=[(t, {"restart": True}) for t in moments])
    assert parted.moves() == whole.moves() and called(parted) == []


@pytest.mark.parametrize("hours", [-1, 1])
def test_an_hour_of_another_season_raises_no_alarm(tmp_path, hours):
    assert called(play(tmp_path, Life(late=datetime.timedelta(hours=hours), from_day=14).events)) == []


def test_names_and_dates_do_not_matter(tmp_path):
    """Also not which weekday it is: 400 days are no whole weeks."""
    events, last = cut(Life().events, START + datetime.timedelta(days=20, hours=21.5), "living")
    later = datetime.timedelta(days=400)
    names = {d: f"zz-{n}" for n, d in enumerate(sorted(DEVICES, reverse=True))}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = play(tmp_path / "a", events, until=last + datetime.timedelta(hours=24))
    two = play(tmp_path / "b", [(t + later, d, f) for t, d, f in events], until=last + later + datetime.timedelta(hours=24), names=names)

    def story(result, back):
        rows = []
        for line in map(json.loads, result.text.splitlines()):
            if "t" in line:
                line["t"] = (datetime.datetime.fromisoformat(line["t"]) - back).isoformat()
                line.pop("reason", None)
                rows.append(line)
        return rows
    assert one.transitions and story(one, datetime.timedelta()) == story(two, later)


def test_days_of_absence_with_ghosts_raise_no_welfare_alarm(tmp_path):
    life = Life().events
    gone, back = START + datetime.timedelta(days=15, hours=18.4), START + datetime.timedelta(days=18, hours=17)
    events = [e for e in life if not gone <= e[0] <= back]
    dice = random.Random(9)
    for _ in range(25):
        t = gone + datetime.timedelta(minutes=dice.uniform(60, 4500))
        events += [(t, "live-pir", {"motion": True}), (t + datetime.timedelta(seconds=10), "live-pir", {"motion": False})]
    for t in (gone, back):
        events += [(t, "door", {"open": True}), (t + datetime.timedelta(seconds=8), "door", {"open": False})]
    events += [(back + datetime.timedelta(seconds=20), "hall-pir", {"motion": True})]
    result = play(tmp_path, sorted(events, key=lambda e: e[0]))
    assert called(result) == []
    states = [(p["t"][:19], p["state"]) for p in map(json.loads, result.text.splitlines()) if "presence" in p]
    during = [s for s in states if gone.isoformat() <= s[0] <= (back + datetime.timedelta(minutes=1)).isoformat()]
    assert [s for _, s in during] == ["away", "home"], during


def visited(directory, carded):
    """On the 20th day somebody comes at half past three and leaves at four; the person lies still from then on."""
    come = START + datetime.timedelta(days=20, hours=15, minutes=30)
    left = come + datetime.timedelta(minutes=30)
    life = Life()
    events = [e for e in life.events if e[0] < come]
    life.events = events
    for t in (come + datetime.timedelta(seconds=20), left):
        life.swing(t, "door")
    for minute in range(1, 29, 3):
        life.motion(come + datetime.timedelta(minutes=minute), ["bed-pir", "kitchen-pir"][minute % 2])
    card = [(come, {"device": "door-card", "fields": {"card": "C-0117"}})] if carded else []
    return play(directory, sorted(events, key=lambda e: e[0]), until=come + datetime.timedelta(hours=24), more=card,
                devices={**DEVICES, "door-card": ("door", "entrance")},
                extra='contacts: ( { id = "carer"; name = "carer 4"; cards = ( "C-0117" ); } );\n'), left


def test_a_carer_who_leaves_does_not_take_the_person_along(tmp_path):
    result, left = visited(tmp_path, carded=True)
    raised = [t for t, rule in called(result) if rule == "welfare"]
    assert raised and datetime.datetime.fromisoformat(raised[0]) - left < datetime.timedelta(hours=6)
    after = [p for p in map(json.loads, result.text.splitlines()) if "presence" in p and p["t"] > left.isoformat()]
    assert [p["state"] for p in after] == ["unknown"], after


def test_without_a_card_who_closes_the_door_is_presumed_away(tmp_path):
    result, left = visited(tmp_path, carded=False)
    assert called(result) == []
    after = [p["state"] for p in map(json.loads, result.text.splitlines()) if "presence" in p and p["t"] > left.isoformat()]
    assert after == ["away"]


def test_a_recorded_home_away_for_three_days(tmp_path):
    with (CASES / "tm000" / "devices.csv").open() as f:
        devices = {row["device"]: (row["class"], row["room"]) for row in csv.DictReader(f)}
    events = []
    for line in (CASES / "tm000" / "events.ndjson").read_text().splitlines():
        event = json.loads(line)
        events.append((datetime.datetime.fromisoformat(event["t"]), event["device"], event["fields"]))
    result = play(tmp_path, events, devices=devices)
    assert called(result) == []
    assert not result.of(f"welfare/{HOME}") and not result.of(f"bathroom/{HOME}") and not result.of(f"no-start/{HOME}")
    states = [(p["t"][:19], p["state"]) for p in map(json.loads, result.text.splitlines()) if "presence" in p]
    away = [s for s in states if s[1] == "away"]
    assert len(away) == 1 and away[0][0].startswith("2016-07-13T07:2") or away[0][0].startswith("2016-07-13T07:3")
    back = [t for t, s in states if s == "home" and t > "2016-07-14"]
    assert back and "2016-07-16T18:54:36" <= back[0] <= "2016-07-16T18:55:36"
    assert [t["priority"] for t in result.of(f"long-absence/{HOME}") if t["state"] == "unacked"] == [4, 3]
