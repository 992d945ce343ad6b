"""Invented homes of several kinds (household.py) through the whole care logic: who lives on is left alone whatever happens to sensors
and clocks, and who collapses is found."""

import datetime
import random

import pytest

import household
from household import HOUR, MINUTE, START, Household
from test_care_homes import called, play

HOMES = {"everywhere": 6, "four": 1, "pads": 3, "radars": 4}
BREAK = START + 14 * 24 * HOUR + 3 * HOUR


@pytest.fixture(scope="module", params=HOMES)
def home(request):
    h = Household(HOMES[request.param], days=21, sensors=request.param)
    h.life = h.events()
    return h


def raised(directory, home, events, **more):
    return called(play(directory, events, devices=home.devices, **more))


def test_who_lives_on_is_left_alone(tmp_path, home):
    assert raised(tmp_path, home, home.life) == []


def test_a_twentieth_of_the_events_is_lost(tmp_path, home):
    dice = random.Random(home.seed + 2)
    assert len({t[:10] for t, _ in raised(tmp_path, home, [e for e in home.life if dice.random() >= .05])}) <= 1


@pytest.mark.parametrize("word", ["silent", "lost"])
def test_a_sensor_dies(tmp_path, home, word):
    """A week without one of them: where nobody says so, that may cost a call on the day; told of as lost, none."""
    for n, device in enumerate(home.devices):
        events = [e for e in home.life if e[1] != device or e[0] < BREAK]
        more = [(BREAK, {"device": device, "quality": "lost"})] if word == "lost" else []
        (tmp_path / str(n)).mkdir()
        days = {t[:10] for t, _ in raised(tmp_path / str(n), home, events, more=more)}
        assert len(days) <= (2 if word == "silent" else 0), (device, days)


def test_an_hour_of_another_season(tmp_path, home):
    assert raised(tmp_path, home, home.events(late=HOUR, from_day=14)) == []


def test_restarts_change_nothing(tmp_path, home):
    dice = random.Random(home.seed)
    moments = [START + dice.uniform(0, home.days * 24) * HOUR for _ in range(40)]
    assert raised(tmp_path, home, home.life, more=[(t, {"restart": True}) for t in moments]) == []


def test_three_days_away_with_ghosts(tmp_path, home):
    """They leave and come back by the door; meanwhile something stirs now and then."""
    gone, back = START + 15 * 24 * HOUR + 18.5 * HOUR, START + 18 * 24 * HOUR + 17 * HOUR
    dice = random.Random(home.seed)
    motion = [d for d, (kind, _) in home.devices.items() if kind == "motion"]
    ghosts = [(gone + dice.uniform(1, 69) * HOUR, dice.choice(motion), {"motion": True}) for _ in range(12)]
    before = [e for e in home.life if e[0] < gone - 30 * MINUTE]
    off = [(gone - MINUTE, d, {{"bed": "occupied", "seat": "occupied", "radar": "presence"}[kind]: False})
           for d, (kind, _) in home.devices.items() if kind in ("bed", "seat", "radar")]
    doors = [(t + s * household.SECOND, "door", {"open": s == 0}) for t in (gone, back) for s in (0, 8)]
    after = [e for e in home.life if e[0] > back + 30 * household.SECOND]
    assert raised(tmp_path, home, sorted(before + off + doors + ghosts + after, key=lambda e: e[0])) == []


@pytest.mark.parametrize("amid", ["nothing", "a step of the clock", "a restart"])
def test_a_collapse_is_found(tmp_path, home, amid):
    dice, found = random.Random(home.seed), []
    for n, room in enumerate(["bedroom", "bathroom", "living", "hall"]):
        one = household.cut(home.life, home.devices, START + (15 + n) * 24 * HOUR + dice.uniform(8, 22) * HOUR, room)
        if not one:
            continue
        events, last = one
        step = HOUR if amid == "a step of the clock" else 0 * HOUR
        more = [] if amid == "nothing" else [(last + 40 * MINUTE, {"clock_step": "1h"} if step else {"restart": True})]
        (tmp_path / room).mkdir()
        result = play(tmp_path / room, events, until=last + step + 24 * HOUR, more=more, devices=home.devices)
        times = [datetime.datetime.fromisoformat(t) - step for t, _ in called(result)]
        late = [t - last for t in times if t >= last - MINUTE]
        assert late and min(late) < 12 * HOUR, (room, last, late)
        assert any(t["priority"] == 1 for t in result.transitions)
        found.append(room)
    assert len(found) >= 2
