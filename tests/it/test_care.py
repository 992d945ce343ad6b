"""People at home, from the reading to the alarm: presence, stages, what people say of an alarm, restarts and clocks in mid-gap."""

import datetime
import json
import pathlib
import random
import sqlite3
import struct
import subprocess

import pytest

from estate import Estate, until
from pace import LIMIT
from puppet import Fed, Puppet
from recording import Recording, estate
from wallclock import preloaded

HOME = "b1/u1/1204"
START = datetime.datetime(2026, 3, 1)
ROOMS = {"m-bed": "bedroom", "m-live": "living", "m-kitchen": "kitchen", "m-bath": "bathroom"}
DEVICES = {name: ("motion", f'place = "{HOME}"; room = "{room}";') for name, room in ROOMS.items()}
DEVICES["door"] = ("contact", f'place = "{HOME}"; room = "entrance"; entrance = true;')
DEVICES["pad"] = ("bed", f'place = "{HOME}"; room = "bedroom";')
QUICK = ('rules: ( { id = "welfare"; settings: { learn_min = "1d"; cold_limit = "4h"; }; },'
         ' { id = "visit-overdue"; enabled = false; } );')


class Dwelling(Recording):
    """One resident; moments are (day, "07:30")."""

    def __init__(self, directory, devices=None, more=QUICK, categories="独居"):
        super().__init__(directory, estate(devices or DEVICES, more))
        self.residents = directory / "residents.csv"
        self.residents.write_text(f"id,place,categories\nresident-12,{HOME},{categories}\n")

    @staticmethod
    def moment(day, time):
        return START + datetime.timedelta(days=day) + (
            time if isinstance(time, datetime.timedelta) else datetime.timedelta(hours=int(time[:2]), minutes=float(time[3:])))

    def say(self, day, time, device=None, **fields):
        t = self.moment(day, time).isoformat()
        return self.add(t=t, device=device, fields=fields) if device else self.add(t=t, **fields)

    def motion(self, day, time, device):
        self.say(day, time, device, motion=True)
        return self.add(t=(self.moment(day, time) + datetime.timedelta(seconds=20)).isoformat(), device=device, fields={"motion": False})

    def order(self, day, time, verb, alarm, **keys):
        return self.say(day, time, command={"verb": verb, "alarm": alarm, **keys})

    def live(self, day, time, *more, operator="none", lines=None):
        return self.play("--residents", str(self.residents), *more, operator=operator, lines=lines,
                         until=self.moment(day, time).isoformat())


def presences(result):
    return [(p["t"], p["state"]) for p in map(json.loads, result.text.splitlines()) if "presence" in p]


def story(result, rule="welfare"):
    return [(t["t"][8:16].replace("T", " "), t["state"], t["priority"], t["stage"]) for t in result.of(f"{rule}/{HOME}")]


def morning(directory, **keys):
    """Up at seven, last seen in the living room at 08:00: with the fixed limit of four hours."""
    d = Dwelling(directory, **keys)
    for time, device in (("07:00", "m-bed"), ("07:10", "m-bath"), ("07:30", "m-kitchen"), ("08:00", "m-live")):
        d.motion(0, time, device)
    return d


# ---- stages

def test_asked_in_the_home_then_the_desk_then_a_call_out(tmp_path):
    result = morning(tmp_path).live(0, "14:00")
    assert story(result) == [("01 12:00", "unacked", 4, 1), ("01 12:30", "unacked", 2, 2), ("01 13:00", "unacked", 1, 3)]
    first = result.of(f"welfare/{HOME}")[0]
    assert "08:00" in first["text"]["zh"] and "客厅" in first["text"]["zh"] and "08:00" in first["text"]["en"]
    for t in result.transitions:
        assert not any(word in t["text"]["zh"] + t["text"]["en"].lower() for word in ("安全", "外出", "safe"))
    assert result.summary["by_priority"]["4"] == 1


def test_a_sign_in_stage_1_takes_it_back_and_nobody_need_look(tmp_path):
    result = morning(tmp_path).motion(0, "12:20", "m-bath").live(0, "13:00")
    assert story(result) == [("01 12:00", "unacked", 4, 1), ("01 12:20", "normal", 4, 1)]


def test_a_sign_in_stage_2_leaves_it_to_a_person(tmp_path):
    d = morning(tmp_path).motion(0, "12:40", "m-bath")
    assert [row[1] for row in story(d.live(0, "13:00"))] == ["unacked", "unacked", "rtn_unacked"]
    attended = story(d.live(0, "13:00", operator="auto"))
    assert attended == [("01 12:00", "unacked", 4, 1), ("01 12:02", "acked", 4, 1), ("01 12:30", "unacked", 2, 2), ("01 12:32", "acked", 2, 2),
                        ("01 12:40", "latched", 2, 2), ("01 12:40", "normal", 2, 2)]


DOORLESS = {name: row for name, row in DEVICES.items() if name != "door"}


def test_without_a_door_one_motion_in_stage_2_is_told_and_ends_nothing(tmp_path):
    """A ghost of the sensor, or somebody who has fallen."""
    result = morning(tmp_path, devices=DOORLESS).motion(0, "12:40", "m-bath").live(0, "14:00")
    assert story(result)[1:] == [("01 12:30", "unacked", 2, 2), ("01 12:40", "unacked", 2, 2), ("01 13:00", "unacked", 1, 3)]
    text = result.of(f"welfare/{HOME}")[2]["text"]
    assert "12:40 卫生间有过短暂动静" in text["zh"] and "motion of a moment at 12:40: bathroom" in text["en"]


def test_without_a_door_who_is_about_in_stage_2_leaves_it_to_a_person(tmp_path):
    d = morning(tmp_path, devices=DOORLESS).motion(0, "12:38", "m-bed").motion(0, "12:39", "m-bed").motion(0, "12:40", "m-bath")
    silence = [row for row in story(d.live(0, "13:00")) if row[0] != "01 12:38"]  # when there is more to say
    assert silence == [("01 12:00", "unacked", 4, 1), ("01 12:30", "unacked", 2, 2), ("01 12:40", "rtn_unacked", 2, 2)]


def test_who_closes_it_while_it_is_quiet_has_spoken_to_them(tmp_path):
    d = morning(tmp_path)
    d.order(0, "12:35", "close", f"welfare/{HOME}", outcome="false")  # nobody has acknowledged it: refused
    d.order(0, "12:40", "ack", f"welfare/{HOME}")
    d.order(0, "12:45", "close", f"welfare/{HOME}", outcome="false", note="on the phone: slept in")
    result = d.live(0, "16:00")
    assert [row[1:] for row in story(result)] == [("unacked", 4, 1), ("unacked", 2, 2), ("acked", 2, 2), ("normal", 2, 2)]
    assert result.summary["refused"] == 1


def test_a_call_out_cannot_be_shelved_and_comes_off_a_shelf(tmp_path):
    d = morning(tmp_path)
    d.order(0, "12:10", "shelve", f"welfare/{HOME}", note="x", **{"for": "8h"})
    d.order(0, "13:10", "shelve", f"welfare/{HOME}", note="x", **{"for": "8h"})
    result = d.live(0, "14:00")
    assert story(result) == [("01 12:00", "unacked", 4, 1), ("01 12:10", "shelved", 4, 1), ("01 13:00", "unacked", 1, 3)]
    assert result.summary["refused"] == 1


def test_nobody_is_called_while_it_is_asked_in_the_home(tmp_path):
    people = ('contacts: ( { id = "night-desk"; duties = ( "desk" ); }, { id = "grid-3"; duties = ( "grid" ); } );')
    result = morning(tmp_path, more=QUICK + people).live(0, "13:10")
    told = [(n["t"][11:16], n["notify"]) for n in map(json.loads, result.text.splitlines()) if "notify" in n]
    assert [one for one in told if one[0] < "12:30"] == [] and ("12:30", "night-desk") in told
    assert ("13:03", "grid-3") in told, "a call-out climbs the ladder of what protects life"


# ---- who is watched

def test_nobody_is_watched_without_a_category_that_asks_for_it(tmp_path):
    d = morning(tmp_path)
    d.residents.write_text(f"id,place,categories\nresident-12,{HOME},\n")
    result = d.live(1, "14:00")
    assert result.transitions == [] and presences(result) == []
    assert d.play(until=d.moment(1, "14:00").isoformat()).transitions == [], "no register: nobody"


# ---- presence

def test_out_by_the_door_is_presumed_away_and_back_by_the_door_and_a_sign(tmp_path):
    d = morning(tmp_path)
    d.say(0, "08:05", "door", open=True).say(0, "08:05.5", "door", open=False)
    d.say(0, "17:00", "door", open=True).say(0, "17:00.5", "door", open=False)
    d.motion(0, "17:01", "m-live")
    result = d.live(0, "20:00")
    assert story(result) == []
    assert [(t[11:16], state) for t, state in presences(result)][-2:] == [("08:15", "away"), ("17:01", "home")]
    lines = [json.loads(line) for line in result.text.splitlines()]
    away = next(line for line in lines if line.get("state") == "away")
    assert "推定" in away["why"]["zh"] and "presum" in away["why"]["en"]


# ---- restarts and clocks

def life(directory, seed, days=4):
    """Days of somebody with habits and a few long silences, some of them in the bathroom; nights in bed; out now and then."""
    dice, d = random.Random(seed), Dwelling(directory)
    for day in range(days):
        at = datetime.timedelta(hours=7, minutes=dice.randrange(40))
        d.say(day, at, "pad", occupied=False)
        while at < datetime.timedelta(hours=21, minutes=30):
            room = dice.choice(list(ROOMS))
            d.motion(day, at, room)
            at += datetime.timedelta(minutes=dice.choice((4, 15, 40, 70, 110)), seconds=dice.randrange(1, 59))
            if dice.random() < 0.12:
                d.say(day, at, "door", open=True).say(day, at + datetime.timedelta(seconds=9), "door", open=False)
                at += datetime.timedelta(minutes=dice.choice((3, 25, 130)))
                d.say(day, at, "door", open=True).say(day, at + datetime.timedelta(seconds=9), "door", open=False)
                at += datetime.timedelta(seconds=40)
            elif dice.random() < 0.06:
                at += datetime.timedelta(hours=dice.choice((3, 6)))
        d.say(day, max(at, datetime.timedelta(hours=21, minutes=40)), "pad", occupied=True)
    return d


def facts(result):
    return sorted(result.moves()), presences(result), [t["text"] for t in result.transitions]


@pytest.mark.parametrize("seed", (0, 2, 3))
def test_a_kill_between_every_two_events_gives_the_same_alarms(tmp_path, seed):
    d = life(tmp_path, seed)
    whole = d.live(5, "12:00", operator="auto")
    assert any(t["stage"] == 3 for t in whole.transitions) and len(presences(whole)) > 3, "the dwelling has something to say"
    restarted = [line for event in d.lines for line in (event, {"t": event["t"], "restart": True})]
    assert facts(d.live(5, "12:00", operator="auto", lines=restarted)) == facts(whole)
    assert d.live(5, "12:00", operator="auto").text == whole.text, "byte for byte"


@pytest.mark.parametrize("step", ("-1h", "+1h", "-20m"))
def test_a_step_of_the_clock_in_mid_gap_moves_no_stage(tmp_path, step):
    """Lengths are of the monotonic clock: only what clocks say of it is another."""
    d = morning(tmp_path)
    d.say(0, "10:00", clock_step=step)
    by = {"-1h": -60, "+1h": 60, "-20m": -20}[step]
    moved = [(START + datetime.timedelta(hours=h, minutes=m + by)).strftime("01 %H:%M") for h, m in ((12, 0), (12, 30), (13, 0))]
    welfare = story(d.live(0, "15:00"))
    assert [(at, stage) for at, state, _, stage in welfare if state == "unacked"] == list(zip(moved, (1, 2, 3)))


def test_dates_and_names_decide_nothing(tmp_path):
    """400 days later, with other names for all devices, it is the same but for names and dates."""
    d = life(tmp_path, 7)
    names = {name: f"x{i}-{name[::-1]}" for i, name in enumerate(DEVICES)}
    (tmp_path / "other").mkdir()
    other = Dwelling(tmp_path / "other", {names[name]: row for name, row in DEVICES.items()})
    later = datetime.timedelta(days=400)
    for line in d.lines:
        other.add(**{**line, "t": (datetime.datetime.fromisoformat(line["t"]) + later).isoformat(), "device": names[line["device"]]})

    def plain(result, by):
        return [(datetime.datetime.fromisoformat(t["t"]) - by, t["alarm"], t["state"], t["stage"], t["text"]) for t in result.transitions], [
            (datetime.datetime.fromisoformat(t) - by, state) for t, state in presences(result)]

    assert plain(d.live(5, "12:00"), datetime.timedelta()) == plain(other.live(405, "12:00"), later)


# ---- a daemon that is killed

class Live(Fed):
    """A daemon, one resident, what the sensors of the dwelling say."""

    def __init__(self, directory, categories="aged", roles=("source",), environment=None):
        self.roles, self.source = roles, Puppet().__enter__()
        devices = {"band": 'class = "wearable";', "m-live": 'room = "living"; class = "motion";', "m-bath": 'room = "bathroom"; class = "motion";'}
        rows = ",\n  ".join(f'{{ id = "{name}"; place = "{HOME}"; plugin = "src"; address = "{name}"; {keys} }}' for name, keys in devices.items())
        self.estate = Estate(directory, 'estate: { id = "demo"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; } );\n'
                             f'plugins: ( {{ id = "src"; program = "{self.source.program}"; }} );\ndevices: (\n  {rows}\n);\n',
                             environment=environment)
        self.file = self.estate.run / "homes"
        self.start()
        self.estate.ctl("residents", "add", "resident-12", f"place={HOME}", f"categories={categories}")

    def __enter__(self):
        return self


def test_a_kill_between_every_two_samples_loses_none_of_them(tmp_path):
    with Live(tmp_path) as home:
        for _ in range(2):
            home.say("band", heart_rate=33)
            assert home.estate.alarm(f"wearable/{HOME}") is None
            home.kill()
        home.say("band", heart_rate=33)
        alarm = home.estate.wait_alarm(f"wearable/{HOME}", "unacked")
        assert alarm["priority"] == 2 and "33" in alarm["text"]["zh"]
        home.kill()
        home.estate.wait_alarm(f"wearable/{HOME}", "unacked")
        assert home.file.stat().st_mode & 0o777 == 0o600 and not home.file.with_name("homes.new").exists()


def test_an_orderly_stop_keeps_it_in_the_database(tmp_path):
    with Live(tmp_path) as home:
        home.say("band", heart_rate=33)
        home.say("band", heart_rate=33)
        home.estate.stop()
        home.file.unlink()
        home.start()
        home.say("band", heart_rate=33)
        home.estate.wait_alarm(f"wearable/{HOME}", "unacked")


def test_a_damaged_file_is_passed_over_and_a_reload_carries_what_is_known(tmp_path):
    with Live(tmp_path) as home:
        home.estate.kill()
        home.file.write_bytes(bytes(x ^ 0x55 for x in home.file.read_bytes()))
        home.start()
        home.say("band", heart_rate=43)
        home.say("band", heart_rate=33)
        home.say("band", heart_rate=33)
        settings = 'rules: ( { id = "wearable"; settings: { hr_low = 45; }; } );\n'
        home.estate.conf.write_text(home.estate.conf.read_text() + settings)
        home.estate.ctl("config", "reload")
        assert home.estate.alarm(f"wearable/{HOME}") is None
        home.say("band", heart_rate=43)
        home.estate.wait_alarm(f"wearable/{HOME}", "unacked")


def test_who_is_not_watched_any_more_leaves_nothing_behind(tmp_path):
    with Live(tmp_path) as home:
        for _ in range(3):
            home.say("band", heart_rate=33)
        home.estate.wait_alarm(f"wearable/{HOME}", "unacked")
        home.estate.ctl("residents", "erase", "resident-12", "--reason", "moved away")
        home.estate.wait_alarm(f"wearable/{HOME}", "rtn_unacked")
        until(lambda: not home.file.exists(), "the file has no dwelling any more")
        home.estate.stop()
        with sqlite3.connect(home.estate.state / "state.db") as db:
            assert db.execute("SELECT count(*) FROM home").fetchone() == (0,)


def boottime(directory):
    """A file that says by how many seconds the daemon's monotonic clock is ahead, and the environment that makes it so."""
    ahead, library = directory / "ahead", directory / "boottime.so"
    ahead.write_text("0")
    source = pathlib.Path(__file__).parent / "boottime.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, source, "-ldl"], check=True)
    return ahead, {**preloaded(library), "BOOTTIME_FILE": str(ahead)}


def test_stage_1_is_said_in_the_home_where_something_can_say_it(tmp_path):
    """Four hours pass at once: the monotonic clock of the daemon alone is moved."""
    ahead, environment = boottime(tmp_path)
    with Live(tmp_path, "lives_alone", ("source", "command"), environment) as home:
        home.estate.conf.write_text(home.estate.conf.read_text() + 'rules: ( { id = "welfare"; settings: { cold_limit = "4h"; }; } );\n')
        home.estate.ctl("config", "reload")
        for room in ("m-bath", "m-live"):
            home.say(room, motion=True)
            home.say(room, motion=False)
        life = home.life
        ahead.write_text(str(4 * 3600 + 1))
        order = life.wait("command", limit=4 * LIMIT)
        assert order["verb"] == "prompt" and order["args"]["station"] in ("band", "m-live", "m-bath") and order["args"]["text"]
        alarm = home.estate.wait_alarm(f"welfare/{HOME}", "unacked")
        assert alarm["stage"] == 1 and alarm["priority"] == 4
        records = home.estate.json("audit", "show", "--kind", "order")
        assert any(r["detail"].get("verb") == "prompt" and r["who"] == "estated" for r in records), records


def test_the_time_in_which_the_daemon_was_not_at_work_is_held_against_nobody(tmp_path):
    ahead, environment = boottime(tmp_path)
    with Live(tmp_path, "lives_alone", environment=environment) as home:
        home.estate.conf.write_text(home.estate.conf.read_text() + 'rules: ( { id = "welfare"; settings: { cold_limit = "4h"; }; } );\n')
        home.estate.ctl("config", "reload")
        for room in ("m-bath", "m-live"):
            home.say(room, motion=True)
            home.say(room, motion=False)
        home.estate.kill()
        ahead.write_text(str(9 * 3600))
        home.start()
        home.estate.wait_quality("m-live.motion", "good")

        def alive():
            return struct.unpack_from("<q", home.file.read_bytes(), 72)[0]  # until when it was at work, as its file says

        began = alive()
        ahead.write_text(str(12 * 3600))  # three hours in which it was
        until(lambda: alive() > began + 2 * 3600 * 10**6, "it has looked at the clock")
        assert home.estate.alarm(f"welfare/{HOME}") is None
        ahead.write_text(str(13 * 3600 + 60))
        home.estate.wait_alarm(f"welfare/{HOME}", "unacked")
