"""The rules about people that look at things: door at night, bed, stove, meters, wearables, drift, and several at once.

Each through estated --replay with a register of one resident or several."""

import datetime

import pytest

from recording import Recording, estate

HOME = "b1/u1/1204"
START = datetime.datetime(2026, 3, 1)


def sensor(kind, room, more=""):
    return kind, f'place = "{HOME}"; room = "{room}"; {more}'


SENSORS = {
    "m-bed": sensor("motion", "bedroom"), "m-live": sensor("motion", "living"), "m-kitchen": sensor("motion", "kitchen"),
    "m-bath": sensor("motion", "bathroom"), "door": sensor("contact", "entrance", "entrance = true;"),
}


class Life(Recording):
    """Signs of one dwelling, by day (0: the first) and time of day; times of one moment stay in the order of the calls."""

    def __init__(self, directory, categories, devices=SENSORS, more="", **columns):
        super().__init__(directory, estate(devices, more))
        self.residents = directory / "residents.csv"
        names = "".join("," + name for name in columns)
        values = "".join(',"' + value + '"' for value in columns.values())
        self.residents.write_text(f"id,place,categories{names}\nresident-12,{HOME},{categories}{values}\n")
        self.signs = []

    def sign(self, day, time, device, **fields):
        hour, minute, second = (int(part) for part in (time + ":00").split(":")[:3])
        t = START + datetime.timedelta(days=day, hours=hour, minutes=minute, seconds=second)
        self.signs.append((t, {"device": device, "fields": fields}))

    def motion(self, day, time, device):
        self.sign(day, time, device, motion=True)
        self.sign(day, time + ":20", device, motion=False)

    def passes(self, day, time):
        self.sign(day, time, "door", open=True)
        self.sign(day, time + ":15", "door", open=False)

    def usual(self, days, skip=()):
        """Up at seven, about in all rooms until ten at night; out through the door at nine, and back at ten."""
        for day in days:
            self.motion(day, "07:00", "m-bed")
            self.motion(day, "07:05", "m-bath")
            for hour in range(7, 22):
                if hour == 9:
                    self.passes(day, "09:02")
                    self.passes(day, "09:55")
                    self.motion(day, "09:57", "m-live")
                for minute, device in ((10, "m-kitchen"), (30, "m-live"), (50, "m-kitchen")):
                    if device not in skip and hour != 9:
                        self.motion(day, f"{hour:02}:{minute}", device)
            self.motion(day, "22:00", "m-bed")

    def live(self, until, *more):
        self.signs.sort(key=lambda sign: sign[0])
        lines = [{"t": t.isoformat(), **sign} for t, sign in self.signs]
        return self.play("--residents", str(self.residents), *more, lines=lines, until=until.isoformat())


def after(day, hours=0):
    return START + datetime.timedelta(days=day, hours=hours)


def raised(result, rule):
    """When it was first told, and how urgent, and the last words about it."""
    return [(t["t"][5:16], t["priority"]) for t in result.of(f"{rule}/{HOME}") if t["state"] == "unacked"]


def words(result, rule, language="zh"):
    return result.of(f"{rule}/{HOME}")[0]["text"][language]


# ---- the door at night

def exit_at(life, time):
    life.usual(range(1))
    life.motion(1, "02:00", "m-bed")
    life.passes(1, time)
    return life


def test_who_goes_out_at_night_is_told_and_a_return_ends_it(tmp_path):
    life = exit_at(Life(tmp_path, "dementia"), "02:10")
    life.passes(1, "02:31")
    life.motion(1, "02:32", "m-live")
    result = life.live(after(1, 3))
    assert raised(result, "night-exit") == [("03-02T02:20", 2)]
    assert "02:10" in words(result, "night-exit") and "最后一次：卧室 02:00" in words(result, "night-exit")
    ended = result.of(f"night-exit/{HOME}")[-1]
    assert ended["t"][11:16] == "02:32" and ended["state"] == "rtn_unacked"


@pytest.mark.parametrize("categories, time, back", [("lives_alone", "02:10", None), ("dementia", "14:10", None),
                                                    ("dementia", "02:10", "02:15")])
def test_nobody_else_is_watched_nor_by_day_nor_when_they_are_back_in_time(tmp_path, categories, time, back):
    life = exit_at(Life(tmp_path, categories), time)
    if back:
        life.motion(1, back, "m-live")
    assert raised(life.live(after(1, 20)), "night-exit") == []


def test_a_wish_adds_a_rule_and_another_takes_it_away(tmp_path):
    life = exit_at(Life(tmp_path, "lives_alone", rules="+night-exit"), "02:10")
    assert len(raised(life.live(after(1, 3)), "night-exit")) == 1
    life = exit_at(Life(tmp_path, "dementia", rules="-night-exit"), "02:10")
    assert raised(life.live(after(1, 3)), "night-exit") == []


def test_the_limits_of_a_rule_and_of_a_person(tmp_path):
    life = exit_at(Life(tmp_path, "dementia", more='rules: ( { id = "night-exit"; settings: { for = "20m"; }; } );'), "02:10")
    assert raised(life.live(after(1, 3)), "night-exit") == [("03-02T02:30", 2)]
    life = exit_at(Life(tmp_path, "dementia", limits="night-exit.for=5m"), "02:10")
    assert raised(life.live(after(1, 3)), "night-exit") == [("03-02T02:15", 2)]


@pytest.mark.parametrize("card, told", [("C0FFEE", []), ("STRANGER", [("03-02T02:20", 2)])])
def test_who_is_fetched_by_a_companion_is_not_out_alone(tmp_path, card, told):
    unit_door = {**SENSORS, "unit-door": ("door", 'place = "b1/u1";')}
    life = exit_at(Life(tmp_path, "dementia", unit_door, 'contacts: ( { id = "carer"; cards = ( "C0FFEE" ); } );'), "02:10")
    life.sign(1, "02:08", "unit-door", card=card)
    assert raised(life.live(after(1, 3)), "night-exit")[:1] == told  # later the ladder makes it more urgent


# ---- bed

def test_out_of_bed_and_not_back(tmp_path):
    life = Life(tmp_path, "disabled", {**SENSORS, "pad": sensor("bed", "bedroom")})
    life.sign(0, "22:00", "pad", occupied=True)
    life.motion(0, "22:00", "m-bed")
    life.sign(1, "01:00", "pad", occupied=False)
    life.motion(1, "01:03", "m-bath")
    life.sign(1, "01:12", "pad", occupied=True)
    life.sign(1, "03:00", "pad", occupied=False)
    result = life.live(after(1, 4))
    assert raised(result, "bed-no-return") == [("03-02T03:30", 2)]
    assert "03:00 离床，30分钟没有回到床上" in words(result, "bed-no-return")
    assert "out of bed at 03:00" in words(result, "bed-no-return", "en")


# ---- things

def test_a_stove_that_was_left_on(tmp_path):
    plug = {**SENSORS, "hob": ("appliance", f'place = "{HOME}"; room = "kitchen";')}
    life = Life(tmp_path, "aged", plug)
    life.motion(0, "17:00", "m-kitchen")
    life.sign(0, "17:01", "hob", power=1500)
    life.motion(0, "17:10", "m-kitchen")
    life.motion(0, "17:12", "m-live")
    life.sign(0, "18:30", "hob", power=2)
    result = life.live(after(0, 20))
    assert raised(result, "stove") == [("03-01T17:46", 2)]
    assert "17:01 起一直开着" in words(result, "stove")
    assert result.of(f"stove/{HOME}")[-1]["t"][11:16] == "18:35"  # five minutes are a thermostat's


def test_a_plug_that_says_no_watts(tmp_path):
    life = Life(tmp_path, "aged", {**SENSORS, "hob": ("appliance", f'place = "{HOME}"; room = "kitchen";')})
    life.motion(0, "17:00", "m-kitchen")
    life.sign(0, "17:01", "hob", on=True)
    life.motion(0, "17:12", "m-live")
    life.sign(0, "18:30", "hob", on=False)
    assert raised(life.live(after(0, 20)), "stove") == [("03-01T17:46", 2)]


def test_standby_that_becomes_a_stove(tmp_path):
    life = Life(tmp_path, "aged", {**SENSORS, "hob": ("appliance", f'place = "{HOME}"; room = "kitchen";')})
    for hour in range(8, 17):
        life.sign(0, f"{hour:02}:00", "hob", power=12)
    life.motion(0, "17:00", "m-kitchen")
    life.sign(0, "17:01", "hob", power=1500)
    life.sign(0, "18:30", "hob", power=12)
    assert raised(life.live(after(0, 20)), "stove") == [("03-01T17:46", 2)]


def test_a_day_at_home_without_water(tmp_path):
    life = Life(tmp_path, "lives_alone", {**SENSORS, "water": ("water", f'place = "{HOME}"; room = "kitchen";')})
    life.usual(range(12))
    for day in range(10):
        for hour in (8, 12, 19):
            life.sign(day, f"{hour:02}:00", "water", flow=4.5)
            life.sign(day, f"{hour:02}:03", "water", flow=0)
    result = life.live(after(12))
    told = raised(result, "no-utility")
    assert [priority for _, priority in told] == [3]
    assert "03-11T19:00" < told[0][0] < "03-11T22:00"  # an hour of that day they were presumed away
    assert "没有用水" in words(result, "no-utility")


def test_a_pulse_beyond_its_limit_and_a_battery(tmp_path):
    life = Life(tmp_path, "aged", {**SENSORS, "band": ("wearable", f'place = "{HOME}";')})
    for minute, pulse in enumerate((70, 36, 35, 34, 35)):
        life.sign(0, f"10:0{minute}", "band", heart_rate=pulse)
    for minute in range(3):
        life.sign(0, f"10:2{minute}", "band", heart_rate=72)
    life.sign(0, "11:00", "band", battery=12)
    result = life.live(after(0, 12))
    assert raised(result, "wearable") == [("03-01T10:03", 2), ("03-01T11:00", 4)]
    assert "心率过低：每分钟34次" in words(result, "wearable")


def test_ever_more_visits_to_the_bathroom_at_night(tmp_path):
    life = Life(tmp_path, "lives_alone")
    life.usual(range(56))
    for day in range(56):
        for hour in range(1, 2 if day < 40 else 6):
            life.motion(day, f"{hour:02}:20", "m-bath")
    result = life.live(after(56))
    assert [priority for _, priority in raised(result, "drift")] == [4]
    assert "夜间去卫生间的次数增多" in words(result, "drift")
    assert "more visits to the bathroom at night" in words(result, "drift", "en")


# ---- several at once

def leak(life, day, time, wet):
    life.sign(day, time, "floor", leak=wet)


def leaking(directory):
    """A leak in the kitchen at nine, and the last sign an hour before it."""
    life = Life(directory, "lives_alone", {**SENSORS, "floor": ("water_leak", f'place = "{HOME}"; room = "kitchen";')})
    life.usual(range(1))
    life.motion(1, "07:30", "m-bath")
    life.motion(1, "08:00", "m-live")
    leak(life, 1, "09:00", True)
    return life


def test_a_leak_and_quiet_for_half_the_line_is_a_call_out(tmp_path):
    result = leaking(tmp_path).live(after(1, 14))
    told = [(t["t"][5:16], t["priority"], t["stage"]) for t in result.of(f"welfare/{HOME}")]
    assert told == [("03-02T13:00", 1, 3)]  # the fixed limit of the first week is 10 h
    assert "同时有漏水" in words(result, "welfare")


def test_a_lamp_in_the_kitchen_calls_nobody_out_and_a_hob_does(tmp_path):
    def quiet(directory, **on):
        directory.mkdir()
        life = Life(directory, "lives_alone;aged", {**SENSORS, "plug": ("appliance", f'place = "{HOME}"; room = "kitchen";')})
        life.usual(range(1))
        life.motion(1, "07:30", "m-bath")
        life.sign(1, "08:00", "plug", **on)
        life.motion(1, "08:01", "m-live")
        return [(t["t"][5:16], t["priority"]) for t in life.live(after(1, 14)).of(f"welfare/{HOME}")]
    assert quiet(tmp_path / "lamp", on=True) == []
    assert quiet(tmp_path / "hob", power=1200) == [("03-02T13:01", 1)]


def test_no_leak_no_call_out(tmp_path):
    life = leaking(tmp_path)
    leak(life, 1, "12:00", False)
    assert life.live(after(1, 14)).of(f"welfare/{HOME}") == []


def line(result):
    """How long it was quiet when the home was first asked, hours."""
    first = result.of(f"welfare/{HOME}")[0]
    assert first["stage"] == 1
    return datetime.datetime.fromisoformat(first["t"])


def test_heat_halves_the_buffer_and_asks_for_a_visit(tmp_path):
    def collapse(directory, celsius):
        directory.mkdir()
        life = Life(directory, "lives_alone", {**SENSORS, "air": ("environment", f'place = "{HOME}"; room = "living";')}, limits="visit.every=60d")
        life.usual(range(20))
        for hour in range(24):
            life.sign(19, f"{hour:02}:30", "air", temperature=celsius)
        return life.live(after(21))
    usual, hot = collapse(tmp_path / "usual", 24), collapse(tmp_path / "hot", 34)
    assert line(usual) - line(hot) >= datetime.timedelta(minutes=30)  # the line is one of half hours
    assert [priority for _, priority in raised(hot, "visit-overdue")][:1] == [3]
    assert "过热" in words(hot, "visit-overdue")


def test_sources_that_are_silent_each_beyond_its_line_call_out_at_once(tmp_path):
    """Left to itself the desk has six hours; sensors, door and water meter together do not wait for that."""
    life = Life(tmp_path, "lives_alone", {**SENSORS, "water": ("water", f'place = "{HOME}"; room = "kitchen";')},
                limits="welfare.desk_for=6h")
    life.usual(range(20))
    for day in range(20):
        for hour in range(7, 22, 2):
            life.sign(day, f"{hour:02}:20", "water", flow=4.5)
            life.sign(day, f"{hour:02}:22", "water", flow=0)
            life.passes(day, f"{hour:02}:40")
            life.motion(day, f"{hour:02}:42", "m-live")
    result = life.live(after(22))
    first = {t["stage"]: t for t in reversed(result.of(f"welfare/{HOME}"))}
    asked, out = (datetime.datetime.fromisoformat(first[stage]["t"]) for stage in (1, 3))
    assert out - asked < datetime.timedelta(hours=4) and first[3]["priority"] == 1
    assert "3个互不相干的来源" in first[3]["text"]["zh"] and "3 independent sources" in first[3]["text"]["en"]


# ---- what must not matter

def eventful(directory, restarts, categories="lives_alone;disabled;dementia"):
    """Two days on which most rules have something to say."""
    life = Life(directory, categories, {**SENSORS, "pad": sensor("bed", "bedroom"),
                                        "hob": ("appliance", f'place = "{HOME}"; room = "kitchen";'),
                                        "band": ("wearable", f'place = "{HOME}";')})
    life.usual(range(2))
    life.sign(0, "22:10", "pad", occupied=True)
    life.sign(1, "01:00", "pad", occupied=False)
    life.motion(1, "01:50", "m-bath")
    life.sign(1, "02:00", "pad", occupied=True)
    life.passes(1, "04:10")
    life.sign(1, "19:01", "hob", on=True)  # never a word of its watts
    for minute, pulse in enumerate((150, 150, 150, 150, 80, 80, 80)):
        life.sign(1, f"20:1{minute}", "band", heart_rate=pulse)
    life.sign(1, "20:30", "band", worn=False)
    life.signs.sort(key=lambda sign: sign[0])
    if restarts:
        between = [(a[0] + (b[0] - a[0]) / 2, {"restart": True}) for a, b in zip(life.signs, life.signs[1:]) if a[0] < b[0]]
        life.signs += between
    return life.live(after(3))


def alarms(result):
    own = ("night-exit", "bed-no-return", "stove", "wearable", "no-utility", "drift")
    return [(t["t"], t["alarm"], t["state"], t["priority"], t["text"]) for t in result.transitions if t["alarm"].split("/")[0] in own]


def test_a_kill_between_every_two_events_changes_nothing(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain, killed = alarms(eventful(tmp_path / "a", False)), alarms(eventful(tmp_path / "b", True))
    assert {alarm.split("/")[0] for _, alarm, *_ in plain} == {"night-exit", "bed-no-return", "stove", "wearable"}
    assert killed == plain


def test_no_sentence_says_what_nobody_knows(tmp_path):
    for t in eventful(tmp_path, False).transitions:
        text = t["text"]["zh"].replace("推定外出", ""), t["text"]["en"].replace("presumed away", "")
        assert "安全" not in text[0] and "外出" not in text[0]
        assert " safe" not in text[1] and " away" not in text[1]


# ---- a building

class Building(Life):
    """Homes 101, 102, … of b1/u1, each with a motion sensor in two rooms, all with the same usual day."""

    def __init__(self, directory, homes, more=None):
        devices = {}
        for home in range(101, 101 + homes):
            for room in ("living", "kitchen"):
                devices[f"m-{home}-{room}"] = ("motion", f'place = "b1/u1/{home}"; room = "{room}";')
        super().__init__(directory, "lives_alone", {**devices, **(more or {})})
        self.residents.write_text("id,place,categories,limits\n" + "".join(
            f"resident-{home},b1/u1/{home},lives_alone,visit.every=60d\n" for home in range(101, 101 + homes)))
        self.homes = range(101, 101 + homes)

    def usual_at(self, home, days):
        for day in days:
            for hour in range(6, 23):
                self.motion(day, f"{hour:02}:{home % 7:02}", f"m-{home}-living")
                self.motion(day, f"{hour:02}:30", f"m-{home}-kitchen")


def wait(result, home):
    """Minutes from the question in the home to the desk."""
    asked, told = (next(datetime.datetime.fromisoformat(t["t"]) for t in result.of(f"welfare/b1/u1/{home}") if t["stage"] == stage)
                   for stage in (1, 2))
    return (told - asked).total_seconds() / 60


def test_homes_that_fall_silent_together_are_one_alarm_and_wait_a_moment(tmp_path):
    def silence(directory, together):
        directory.mkdir()
        life = Building(directory, 6)
        for home in life.homes:
            life.usual_at(home, range(10 if home == 101 or together else 12))
        return life.live(after(11))
    one, all_of_them = silence(tmp_path / "one", False), silence(tmp_path / "all", True)
    assert one.of("supervision/homes-b1") == [] and wait(one, 101) == 30
    failed = all_of_them.of("supervision/homes-b1")
    assert failed[0]["priority"] == 2 and "监测可能失效：" in failed[0]["text"]["zh"] and "b1/u1/10" in failed[0]["text"]["zh"]
    assert [wait(all_of_them, home) for home in range(101, 107)] == [45] * 6
    # Priority 1 comes when it would have come.
    assert {t["priority"] for t in all_of_them.of("welfare/b1/u1/101")} == {4, 2, 1}


def test_a_pump_that_stands_makes_no_wave_of_homes_without_water(tmp_path):
    def dry(directory, pump):
        directory.mkdir()
        meters = {f"w-{home}": ("water", f'place = "b1/u1/{home}"; room = "kitchen";') for home in range(101, 107)}
        life = Building(directory, 6, {**meters, "pump-1": ("pump", 'place = "b1/pump-room";')})
        for home in life.homes:
            life.usual_at(home, range(14))
            for day in range(10):
                for hour in (7, 12, 19):
                    life.sign(day, f"{hour:02}:40", f"w-{home}", flow=4.5)
                    life.sign(day, f"{hour:02}:42", f"w-{home}", flow=0)
        if pump:
            life.sign(9, "20:00", "pump-1", fault=True)
        return [t for t in life.live(after(13)).transitions if t["alarm"].startswith("no-utility/")]
    assert len({t["alarm"] for t in dry(tmp_path / "no", False)}) == 6
    assert dry(tmp_path / "yes", True) == []
