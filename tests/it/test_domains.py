"""Rules that know of more than one thing of a building: lifts and who needs them, power and who depends on it, a forced door at night,
falls that are not sure, the way there, who is to be fetched from a fire. Through estated --replay, each with a register."""

import time

import pytest

from estate import until
from hands import Fed, Hands
from pace import LIMIT
from recording import Recording
from test_users import add, client

CONFIGURATION = """
estate: { id = "demo"; name = "demo"; timezone = "Asia/Shanghai"; };
places: ( { id = "b3"; name = "3栋"; floors = 33; units = ( "u1", "u2" ); }, { id = "b4"; } );
devices: (
  { id = "lift-1"; class = "lift"; place = "b3/u1"; name = "1号梯"; },
  { id = "lift-2"; class = "lift"; place = "b3/u1"; name = "2号梯"; },
  { id = "lift-3"; class = "lift"; place = "b3/u2"; },
  { id = "lift-4"; class = "lift"; place = "b4/u1"; },
  { id = "door-1"; class = "door"; place = "b3/u1"; name = "单元门"; },
  { id = "mains"; class = "power"; place = "b3/power-room"; },
  { id = "panel"; class = "fire_panel"; place = "b3/fire-room"; },
  { id = "smoke-1704"; class = "smoke"; place = "b3/u1/1704"; room = "kitchen"; },
  { id = "sos-1204"; class = "sos"; place = "b3/u1/1204"; room = "bedroom"; },
  { id = "sos-b4"; class = "sos"; place = "b4/u1/501"; room = "bedroom"; },
  { id = "radar-1204"; class = "radar"; place = "b3/u1/1204"; room = "bathroom"; },
  { id = "m-1204"; class = "motion"; place = "b3/u1/1204"; room = "living"; },
  { id = "m-1804"; class = "motion"; place = "b3/u1/1804"; room = "bedroom"; },
  { id = "d-1804"; class = "contact"; place = "b3/u1/1804"; room = "entrance"; entrance = true; }
);
"""
REGISTER = """id,name,place,categories,needs
resident-1,NAMED,b3/u1/1204,lives_alone,mobility
resident-2,NAMED,b3/u1/1804,disabled,
resident-3,NAMED,b3/u1/0203,disabled,mobility
resident-4,NAMED,b3/u1/1603,aged,
resident-5,NAMED,b3/u1/1702,dementia,
resident-6,NAMED,b3/u2/901,aged,oxygen
resident-7,NAMED,b3/u1/503,lives_alone,
resident-8,NAMED,b3/u1/1703,aged,
"""
DIALYSIS = "resident-9,NAMED,b3/u1/2003,aged,dialysis\n"
UNIT = "lift-need/b3/u1"


class Estate(Recording):
    def __init__(self, directory, register=REGISTER, more=""):
        directory.mkdir(exist_ok=True)
        super().__init__(directory, CONFIGURATION + more)
        self.residents = directory / "residents.csv"
        self.residents.write_text(register)

    def played(self, until, **how):
        return self.play("--residents", str(self.residents), until=until, **how)

    def lifts(self, t, *lifts, **fields):
        for lift in lifts:
            self.at(t, lift, **fields)
        return self

    def begin(self):
        """All is well at eight."""
        self.lifts("08:00:00", "lift-1", "lift-2", "lift-3", "lift-4", in_service=True, floor=1)
        return self.at("08:00:00", "mains", mains=True, battery=100).at("08:00:00", "door-1", open=False)


def raised(result, alarm):
    """[("08:20", priority)] of what was told."""
    return [(t["t"][11:16], t["priority"]) for t in result.of(alarm) if t["state"] == "unacked"]


def people(transition):
    return [row["resident"] for row in transition.get("people", [])]


# ---- lifts and who needs them

def test_all_lifts_of_a_unit_out_for_ten_minutes_list_who_needs_one_in_order(tmp_path):
    e = Estate(tmp_path).begin()
    e.lifts("09:00:00", "lift-1", in_service=False).lifts("09:05:00", "lift-2", inspection=True)
    result = e.played("13:00:00")
    assert raised(result, UNIT) == [("09:15", 3), ("11:05", 2)]
    first = result.of(UNIT)[0]
    # Who cannot walk, the highest first; not the second floor, not who manages without.
    assert people(first) == ["resident-2", "resident-1"]
    assert "b3/u1/1804、b3/u1/1204" in first["text"]["zh"] and "0203" not in first["text"]["zh"]
    assert "停用、检修" in first["text"]["zh"] and "2部电梯" in first["text"]["zh"]
    assert "NAMED" not in str(result.transitions)
    assert result.of("lift-need/b3/u2") == []


def test_one_lift_that_runs_is_enough_and_one_that_is_lost_is_not_out(tmp_path):
    e = Estate(tmp_path).begin()
    e.lifts("09:00:00", "lift-1", in_service=False)
    e.quality("09:00:00", "lost", "lift-2")
    e.lifts("10:00:00", "lift-2", in_service=True)
    assert e.played("12:00:00").of(UNIT) == []


def test_while_nobody_can_tell_the_ten_minutes_stand_still(tmp_path):
    e = Estate(tmp_path).begin()
    e.lifts("09:00:00", "lift-1", "lift-2", in_service=False)
    e.quality("09:05:00", "lost", "lift-1")
    e.lifts("10:05:00", "lift-1", in_service=False)
    assert raised(e.played("10:30:00"), UNIT) == [("10:10", 3)]


def test_a_lift_that_comes_back_ends_it(tmp_path):
    e = Estate(tmp_path).begin()
    e.lifts("09:00:00", "lift-1", "lift-2", power=False).lifts("09:30:00", "lift-2", power=True)
    assert e.played("12:00:00").states(UNIT) == ["unacked", "rtn_unacked"]
    short = Estate(tmp_path / "short").begin()
    short.lifts("09:00:00", "lift-1", "lift-2", power=False).lifts("09:09:00", "lift-2", power=True)
    assert short.played("12:00:00").of(UNIT) == []


def test_dialysis_does_not_wait_ten_minutes_and_comes_first(tmp_path):
    e = Estate(tmp_path, REGISTER + DIALYSIS).begin()
    e.lifts("09:00:00", "lift-1", "lift-2", in_service=False)
    result = e.played("10:00:00")
    assert raised(result, UNIT)[0] == ("09:01", 2)
    assert people(result.of(UNIT)[0])[0] == "resident-9" and "透析" in result.of(UNIT)[0]["text"]["zh"]


@pytest.mark.parametrize("days, told", [("周日", ("09:01", 2)), ("mon;sun", ("09:01", 2)), ("mon;wed;fri", ("09:10", 3)), ("", ("09:01", 2))])
def test_dialysis_counts_on_its_days_where_they_are_said(tmp_path, days, told):
    register = REGISTER.replace("needs", "needs,dialysis_days", 1) + f"resident-9,NAMED,b3/u1/2003,aged,dialysis,{days}\n"
    e = Estate(tmp_path, register).begin()  # a Sunday
    e.lifts("09:00:00", "lift-1", "lift-2", in_service=False)
    result = e.played("10:00:00")
    assert raised(result, UNIT)[0] == told
    listed = people(result.of(UNIT)[0])
    assert "resident-9" in listed and (listed[0] == "resident-9") == (told[1] == 2)
    assert ("透析" in result.of(UNIT)[0]["text"]["zh"]) == (told[1] == 2)


def test_nobody_who_needs_a_lift_is_nobody_told(tmp_path):
    e = Estate(tmp_path).begin()
    e.lifts("09:00:00", "lift-4", in_service=False)
    assert [t for t in e.played("12:00:00").transitions if t["alarm"].startswith("lift-need/")] == []


# ---- the way there

@pytest.mark.parametrize("fields, stairs, word", [
    ({"in_service": True}, False, "1号梯可用"), ({"in_service": False}, True, "走楼梯：1号梯停用，2号梯停用"),
    ({"fire_mode": True}, True, "走楼梯：1号梯消防模式"),
])
def test_a_call_for_help_says_how_to_get_there(tmp_path, fields, stairs, word):
    e = Estate(tmp_path).begin()
    e.lifts("09:00:00", "lift-1", "lift-2", **fields).at("09:00:10", "door-1", fire_release=True)
    e.at("09:00:20", "sos-1204", pressed=True).at("09:00:20", "sos-b4", pressed=True)
    result = e.played("09:10:00")
    text = result.of("sos/sos-1204")[0]["text"]
    assert word in text["zh"] and ("走楼梯" in text["zh"]) == stairs and "单元门已由消防释放" in text["zh"]
    assert ("take the stairs" in text["en"]) == stairs
    assert "走楼梯" not in result.of("sos/sos-b4")[0]["text"]["zh"]


def test_a_fall_says_it_too_and_a_lift_of_which_nothing_is_known_is_said_to_be_so(tmp_path):
    e = Estate(tmp_path)
    e.at("09:00:00", "radar-1204", fall=True)
    assert "电梯状态不明" in e.played("09:10:00").of("fall/radar-1204")[0]["text"]["zh"]


def test_the_way_is_told_anew_when_it_is_another(tmp_path):
    e = Estate(tmp_path).begin()
    e.at("09:00:00", "sos-1204", pressed=True).lifts("09:02:00", "lift-1", "lift-2", in_service=False)
    e.at("09:03:00", "lift-1", floor=7)
    told = e.played("09:10:00").of("sos/sos-1204")
    assert told[0]["t"][11:16] == "09:00" and "走楼梯" not in told[0]["text"]["zh"]
    assert "走楼梯" in told[-1]["text"]["zh"] and told[-1]["t"][11:16] == "09:02"
    assert {t["state"] for t in told} == {"unacked"} and {t["priority"] for t in told} == {1}


# ---- fire and who is to be fetched

def test_a_fire_lists_its_floors_first_and_who_is_presumed_away_stays_on_it(tmp_path):
    e = Estate(tmp_path).begin()
    e.at("08:00:30", "m-1804", motion=True).at("08:00:40", "m-1804", motion=False)
    e.at("08:01:00", "d-1804", open=True).at("08:01:05", "d-1804", open=False)
    e.at("09:00:00", "panel", zone="3栋17层", fire=True)
    result = e.played("09:10:00")
    fire = [t for t in result.of("fire/panel") if t["t"][11:19] == "09:00:00"][-1]  # the zone is told in the same moment
    assert [(row["floor"], row["resident"]) for row in fire["people"]] == [
        (17, "resident-5"), (17, "resident-8"), (18, "resident-2"), (16, "resident-4"), (12, "resident-1"), (9, "resident-6"),
        (2, "resident-3")]
    gone = next(row for row in fire["people"] if row["resident"] == "resident-2")
    assert gone["presence"] == "presumed_away" and gone["last"] == {"room": "bedroom", "at": "2026-03-01T08:00:30.000+08:00"}
    assert "疏散名单7户，先到17、18、16层（4户）" in fire["text"]["zh"]
    assert "1702" not in fire["text"]["zh"] and "NAMED" not in str(fire)


def test_a_detector_says_the_floor_where_the_panel_does_not(tmp_path):
    e = Estate(tmp_path).begin()
    e.at("09:00:00", "smoke-1704", smoke=True).at("09:00:20", "panel", fire=True)
    fire = e.played("09:10:00").of("fire/panel")[0]
    assert people(fire)[:4] == ["resident-5", "resident-8", "resident-2", "resident-4"]


# ---- who may be in a lift

@pytest.mark.parametrize("card, t, people_of", [("resident-4", "08:56:00", ["resident-4"]), ("resident-4", "08:54:00", []), ("4711", "08:59:00", [])])
def test_whose_card_called_the_lift_may_be_in_it_and_that_decides_nothing(tmp_path, card, t, people_of):
    e = Estate(tmp_path).begin()
    e.at(t, "lift-1", card=card).at("09:00:00", "lift-1", trapped=True)
    trapped = e.played("09:05:00").of("lift-trapped/lift-1")[0]
    assert people(trapped) == people_of and ("可能有登记住户在内" in trapped["text"]["zh"]) == bool(people_of)
    assert "1603" not in trapped["text"]["zh"] and trapped["t"][11:19] == "09:00:00" and trapped["priority"] == 1


@pytest.mark.parametrize("card, people_of", [("0004512", ["resident-4"]), ("0004513", ["resident-4"]), ("0004514", ["resident-5"]),
                                             ("000451", []), ("0004512;0004513", []), ("resident-5", ["resident-5"])])
def test_a_card_is_known_by_its_number(tmp_path, card, people_of):
    cards = {"resident-4": "0004512;0004513", "resident-5": "0004514"}
    head, *rows = REGISTER.splitlines()
    register = "\n".join([head + ",卡号"] + [f"{row},{cards.get(row.split(',')[0], '')}" for row in rows]) + "\n"
    e = Estate(tmp_path, register).begin()
    e.at("08:58:00", "lift-1", card=card).at("09:00:00", "lift-1", trapped=True)
    result = e.played("09:05:00")
    trapped = result.of("lift-trapped/lift-1")[0]
    assert people(trapped) == people_of and ("可能有登记住户在内" in trapped["text"]["zh"]) == bool(people_of)
    assert "0004512" not in str(trapped["text"])


# ---- power and who depends on it

def test_no_power_where_somebody_breathes_by_it(tmp_path):
    e = Estate(tmp_path).begin()
    e.at("09:00:00", "mains", mains=False, battery=90).at("09:20:00", "mains", battery=50)
    e.at("09:40:00", "mains", mains=True)
    result = e.played("12:00:00")
    assert raised(result, "powered-care/b3/u2/901") == [("09:02", 2), ("09:20", 1)]
    assert "吸氧没有市电" in result.of("powered-care/b3/u2/901")[0]["text"]["zh"]
    assert result.states("powered-care/b3/u2/901")[-1] == "rtn_unacked"
    assert [t["alarm"] for t in result.transitions if t["alarm"].startswith("powered-care/")].count("powered-care/b3/u2/901") == \
        len([t for t in result.transitions if t["alarm"].startswith("powered-care/")])


def test_an_hour_is_half_of_what_a_devices_own_battery_lasts(tmp_path):
    e = Estate(tmp_path)
    e.at("08:00:00", "mains", mains=True).at("09:00:00", "mains", mains=False)
    result = e.played("11:00:00")
    assert raised(result, "powered-care/b3/u2/901")[0] == ("09:02", 2) and ("10:00", 1) in raised(result, "powered-care/b3/u2/901")


def test_a_short_cut_and_a_supply_that_is_lost_are_none(tmp_path):
    e = Estate(tmp_path).begin()
    e.at("09:00:00", "mains", mains=False).at("09:01:30", "mains", mains=True)
    e.quality("10:00:00", "lost", "mains")
    assert [t for t in e.played("12:00:00").transitions if t["alarm"].startswith("powered-care/")] == []


# ---- a forced door

def test_a_door_forced_at_night_where_somebody_is_alone_is_a_silent_call_out(tmp_path):
    e = Estate(tmp_path).begin()
    e.at("20:00:00", "m-1204", motion=True).at("20:00:10", "m-1204", motion=False)
    e.at("23:00:00", "door-1", forced=True).at("23:10:00", "door-1", forced=False)
    result = e.played("23:50:00")
    assert raised(result, "door-lone/door-1") == [("23:00", 1)]
    text = result.of("door-lone/door-1")[0]["text"]
    assert "独居" in text["zh"] and "单元门" in text["zh"] and "单元门" in text["en"] and "door-1" not in text["zh"]
    assert people(result.of("door-lone/door-1")[0]) == ["resident-1", "resident-7"]
    assert "suppressed" in result.states("door-forced/door-1")
    assert result.states("door-lone/door-1") == ["unacked", "rtn_unacked"]


def test_a_door_that_was_forced_by_day_and_that_nobody_acknowledged_is_forced_again_at_night(tmp_path):
    e = Estate(tmp_path).begin()
    e.at("14:00:00", "door-1", forced=True).at("14:01:00", "door-1", forced=False).at("23:00:00", "door-1", forced=True)
    result = e.played("23:50:00")
    assert raised(result, "door-forced/door-1")[0] == ("14:00", 2)
    assert raised(result, "door-lone/door-1") == [("23:00", 1)]


def test_a_door_that_is_forced_open_while_it_burns_is_no_burglary(tmp_path):
    e = Estate(tmp_path).begin()
    e.at("22:55:00", "panel", zone="3栋17层", fire=True).at("23:00:00", "door-1", forced=True)
    result = e.played("23:50:00")
    assert result.states("door-forced/door-1") == ["suppressed"] and result.of("door-lone/door-1") == []


def test_by_day_it_is_a_forced_door(tmp_path):
    e = Estate(tmp_path).begin()
    e.at("14:00:00", "door-1", forced=True)
    result = e.played("14:20:00")
    assert result.of("door-lone/door-1") == [] and raised(result, "door-forced/door-1")[0] == ("14:00", 2)


# ---- falls

def test_who_is_seen_upright_after_it_did_not_stay_down(tmp_path):
    e = Estate(tmp_path)
    e.at("08:59:00", "radar-1204", posture="standing")
    e.at("09:00:00", "radar-1204", fall=True).at("09:00:10", "radar-1204", posture="standing")  # the same word, said after it
    e.at("10:00:00", "radar-1204", fall=False)
    e.at("11:00:00", "radar-1204", maybe_fall=True).at("11:00:40", "radar-1204", posture="walking")
    result = e.played("12:00:00")
    assert result.of("fall/radar-1204") == [] and result.of("maybe-fall/radar-1204") == []


def test_a_posture_of_before_the_fall_says_nothing_and_who_goes_down_again_counts(tmp_path):
    e = Estate(tmp_path)
    e.at("08:59:50", "radar-1204", posture="standing").at("09:00:00", "radar-1204", fall=True)
    assert e.played("09:10:00").story("fall/radar-1204") == [("09:00:30.000", "unacked")]
    again = Estate(tmp_path / "again")
    again.at("09:00:00", "radar-1204", fall=True).at("09:00:10", "radar-1204", posture="standing")
    again.at("09:05:00", "radar-1204", posture="lying")
    assert again.played("09:10:00").story("fall/radar-1204") == [("09:05:30.000", "unacked")]


def test_who_got_up_again_is_up_after_a_restart(tmp_path):
    """The radar says both again, as it does after every restart; who goes down again counts, and so does the next fall."""
    e = Estate(tmp_path)
    e.at("09:00:00", "radar-1204", fall=True).at("09:00:10", "radar-1204", posture="standing")
    for minute in (1, 2, 3):
        e.at(f"09:0{minute}:00", restart=True).at(f"09:0{minute}:05", "radar-1204", fall=True)
    e.at("09:30:00", "radar-1204", fall=False)
    assert e.played("10:00:00").of("fall/radar-1204") == []
    down = Estate(tmp_path / "down")
    down.at("09:00:00", "radar-1204", fall=True).at("09:00:10", "radar-1204", posture="standing")
    down.at("09:01:00", restart=True).at("09:01:05", "radar-1204", fall=True).at("09:05:00", "radar-1204", posture="lying")
    assert down.played("09:10:00").story("fall/radar-1204") == [("09:05:30.000", "unacked")]
    later = Estate(tmp_path / "later")
    later.at("09:00:00", "radar-1204", fall=True).at("09:00:10", "radar-1204", posture="standing")
    later.at("09:01:00", restart=True).at("09:01:05", "radar-1204", fall=False).at("09:02:00", "radar-1204", fall=True)
    assert later.played("09:10:00").story("fall/radar-1204") == [("09:02:30.000", "unacked")]


def test_three_false_falls_in_a_week_are_told_once(tmp_path):
    e = Estate(tmp_path)
    for day in range(1, 6):
        e.at(f"2026-03-0{day}T09:00:00", "radar-1204", fall=True).at(f"2026-03-0{day}T09:01:00", "radar-1204", fall=False)
    result = e.played("2026-03-08T00:00:00", operator="auto")
    review = result.of("fall-review/radar-1204")
    assert [(t["t"][:10], t["priority"]) for t in review if t["state"] == "unacked"][:1] == [("2026-03-03", 4)]
    rare = Estate(tmp_path / "rare")
    for day in (1, 9, 17, 25):
        rare.at(f"2026-03-{day:02}T09:00:00", "radar-1204", fall=True).at(f"2026-03-{day:02}T09:01:00", "radar-1204", fall=False)
    assert rare.played("2026-03-28T00:00:00", operator="auto").of("fall-review/radar-1204") == []


# ---- over a restart

def busy(directory, at):
    """A bad day; with a restart at those moments (seconds of the day)."""
    e = Estate(directory, REGISTER + DIALYSIS).begin()
    e.lifts("09:00:00", "lift-1", "lift-2", in_service=False)
    e.at("09:10:00", "sos-1204", pressed=True)
    e.at("09:30:00", "mains", mains=False, battery=80).at("09:45:00", "mains", mains=False, battery=45)
    e.at("10:00:00", "mains", mains=True).lifts("10:10:00", "lift-1", in_service=True)
    e.at("11:00:00", "radar-1204", maybe_fall=True).at("11:03:00", "radar-1204", maybe_fall=False)
    e.at("12:00:00", "panel", fire=True, zone="17F").at("12:30:00", "panel", fire=False)
    e.at("20:00:00", "m-1204", motion=True).at("23:00:00", "door-1", forced=True).at("23:10:00", "door-1", forced=False)
    lines = list(e.lines)
    for moment in at:
        hours, rest = divmod(moment, 3600)
        lines.append({"t": f"2026-03-01T{hours:02}:{rest // 60:02}:{rest % 60:02}", "restart": True})
    e.lines = [line for _, line in sorted(enumerate(lines), key=lambda pair: (pair[1]["t"], pair[0]))]
    result = e.played("23:50:00")
    return [(t["t"], t["alarm"], t["state"], t["priority"], t["text"]) for t in result.transitions
            if t["alarm"].split("/")[0] in ("lift-need", "sos", "powered-care", "maybe-fall", "fire", "door-lone")]


def test_a_restart_between_any_two_events_gives_the_same_alarms(tmp_path):
    plain = busy(tmp_path / "plain", [])
    assert {row[1].split("/")[0] for row in plain} == {"lift-need", "sos", "powered-care", "maybe-fall", "fire", "door-lone"}
    moments = [int(hours * 3600) for hours in (9.005, 9.1, 9.51, 9.6, 9.8, 10.1, 11.01, 12.1, 22, 23.05, 23.5)]
    for moment in moments:
        assert busy(tmp_path / f"at-{moment}", [moment]) == plain, moment
    assert busy(tmp_path / "all", moments) == plain


# ---- live: who may know

LIVE = """
estate: {{ id = "demo"; name = "demo"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b3"; units = ( "u1" ); }}, {{ id = "b4"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "up"; program = "{uplink}"; }} );
devices: ( {{ id = "lift-1"; class = "lift"; place = "b3/u1"; plugin = "src"; address = "1"; }},
           {{ id = "panel"; class = "fire_panel"; place = "b3/fire-room"; plugin = "src"; address = "2"; }},
           {{ id = "tank"; class = "tank"; place = "b4/roof"; plugin = "src"; address = "3"; }} );
rules: ( {{ id = "lift-need"; for = "0s"; }} );
"""


@pytest.fixture
def site(tmp_path):
    with Hands(tmp_path, LIVE) as hands:
        for number, floor, categories, needs in ((12, 12, "disabled", "oxygen"), (18, 18, "aged", "mobility")):
            hands.estate.ctl("residents", "add", f"r-{number}", f"name=NAMED-{number}", f"place=b3/u1/{floor}04", "phone=13800001234",
                             f"categories={categories}", f"needs={needs}")
        hands.say("lift-1", in_service=True)
        hands.say("lift-1", in_service=False)
        hands.say("panel", fire=True, zone="17F")
        hands.estate.wait_alarm(UNIT, "unacked")
        hands.estate.wait_alarm("fire/panel", "unacked")
        yield hands


def test_a_row_says_whether_there_is_a_list_of_people_to_it(site):
    site.say("tank", level=99)
    site.estate.wait_alarm("tank-high/tank", "unacked")
    desk = client(site.estate, add(site.estate, "desk", "operator"))
    rows = {a["alarm"]: a for a in desk.get("/v1/alarms?all=1").json}
    assert {a for a, row in rows.items() if "people" in row} == {UNIT, "fire/panel"} and rows[UNIT]["people"] is True
    assert "tank-high/tank" in rows
    for alarm in rows:
        assert desk.get(f"/v1/alarms/{alarm}/people").status == 200 and (rows[alarm].get("people") or not desk.get(f"/v1/alarms/{alarm}/people").json)
    assert desk.post(f"/v1/alarms/{UNIT}/ack").json["people"] is True
    assert desk.get(f"/v1/alarms/{UNIT}/story").json["people"] is True
    connection, response = desk.lines("/v1/stream?match=panel")
    try:
        site.say("panel", fire=False)
        said = next(line for line in iter(response.readline, b"") if line.startswith(b"data:") and b'"fire/panel"' in line and b'"input"' in line)
        assert b'"people":true' in said.replace(b" ", b""), "rtn_unacked is open"
    finally:
        connection.close()


def test_who_they_are_is_released_by_role_with_a_reason_and_recorded(site):
    for name, role, scope in (("desk", "operator", None), ("care-3", "care", None), ("tech", "technician", None), ("hall", "viewer", None),
                              ("desk-4", "operator", "b4")):
        add(site.estate, name, role, scope)
    path = f"/v1/alarms/{UNIT}/people"
    desk, care = client(site.estate, "desk"), client(site.estate, "care-3")
    rows = desk.get(path).json
    assert [(r["resident"], r["needs"], r["presence"]) for r in rows] == [("r-12", ["oxygen"], "unknown"), ("r-18", ["mobility"], "unknown")]
    assert b"NAMED" not in desk.get(path).body and b"1380000" not in care.get(path).body
    assert desk.get(path + "?names=1").status == 400, "a reason is needed"
    for page in (desk, care):
        named = page.get(path + "?names=1&reason=bring+oxygen").json
        assert [(r["name"], r["phone"]) for r in named] == [("NAMED-12", "13800001234"), ("NAMED-18", "13800001234")]
    released = [r for r in site.estate.json("audit", "show", "--kind", "resident") if (r["what"], r["why"]) == (UNIT, "bring oxygen")]
    assert len(released) == 2 and all("NAMED" not in str(r) for r in released)
    for name in ("tech", "hall"):
        assert client(site.estate, name).get(path).status == 403
    other = client(site.estate, "desk-4")
    assert other.get(path).status == 404 and other.get("/v1/alarms/fire/panel/people").status == 404
    assert [r["floor"] for r in desk.get("/v1/alarms/fire/panel/people").json] == [18, 12]
    assert desk.get("/v1/alarms/sos/none/people").status == 404


def test_a_viewer_learns_that_there_is_something_and_not_whose_home_it_is(site):
    hall = add(site.estate, "hall", "viewer")
    listed = {a["alarm"]: a for a in client(site.estate, hall).get("/v1/alarms").json}
    assert listed[UNIT]["veiled"] is True and listed[UNIT]["text"] is None
    assert "veiled" not in listed["fire/panel"] and "1204" not in str(listed["fire/panel"])


def test_what_leaves_has_pseudonyms_for_the_homes(site):
    site.uplink.wait(lambda u: u.alarms(UNIT) and u.alarms("fire/panel"))
    for message in site.uplink.alarms(UNIT) + site.uplink.alarms("fire/panel"):
        assert "1204" not in str(message) and "1804" not in str(message) and "NAMED" not in str(message)


def test_whose_card_called_a_lift_is_for_who_works_here_and_does_not_leave(site):
    hall, desk, care = (client(site.estate, add(site.estate, name, role)) for name, role in
                        (("hall", "viewer"), ("desk", "operator"), ("care-3", "care")))
    connection, stream = hall.lines("/v1/stream")
    site.say("lift-1", card="r-12")
    site.say("tank", level=40)
    heard = b""
    while b"tank.level" not in heard:
        heard += stream.readline()
    connection.close()
    assert b"r-12" not in heard and b"lift-1.card" not in heard
    site.uplink.wait(lambda u: [m for m in u.messages if m.get("point") == "lift-1.card"])
    assert all("r-12" not in str(m) for m in site.uplink.messages), "pseudonyms leave, and no ids of the box"
    for path in ("/v1/points/lift-1.card", "/v1/points?match=lift-1", "/v1/points/lift-1.card/why"):
        assert b"r-12" not in hall.get(path).body, path
    assert hall.get("/v1/points/lift-1.card").json["veiled"] is True and hall.get("/v1/points/lift-1.floor").status == 200
    assert desk.get("/v1/points/lift-1.card").json["value"] == "r-12"
    assert [one.get("/v1/points/lift-1.card/history?since=1h").status for one in (hall, desk, care)] == [403, 403, 200]
    assert [r["detail"]["granted"] for r in site.estate.json("audit", "show", "--kind", "release") if r["what"] == "lift-1.card"] \
        .count(True) == 1


def test_a_page_that_comes_later_hears_who_is_told_next_as_well(tmp_path):
    with Hands(tmp_path, LIVE, more='contacts: ( { id = "desk"; name = "DESK"; duties = ( "desk" ); } );\n') as site:
        site.estate.ctl("residents", "add", "r-12", "place=b3/u1/1204", "needs=mobility", "categories=aged")
        desk = client(site.estate, add(site.estate, "desk", "operator"))
        site.say("lift-1", in_service=True)
        connection, stream = desk.lines("/v1/stream")
        site.say("lift-1", in_service=False)
        site.estate.wait_alarm(UNIT, "unacked")
        site.estate.ctl("ack", UNIT)
        nobody_is(stream)
        connection.close()
        until(lambda: site.estate.json("status")["api"]["streams"] == 0, "the page has gone")
        site.estate.ctl("residents", "add", "r-20", "place=b3/u1/2004", "needs=dialysis", "categories=aged")
        site.estate.wait_alarm(UNIT, "unacked")
        connection, stream = desk.lines("/v1/stream")
        row = next(a for a in desk.get("/v1/alarms").json if a["alarm"] == UNIT)
        assert row["next"] is not None, "told anew: it is more urgent"
        site.estate.ctl("ack", UNIT)
        nobody_is(stream)
        connection.close()


def nobody_is(stream):
    """Until the stream has said that nobody is told next."""
    heard, end = b"", time.monotonic() + LIMIT
    while b'{"alarm":"%s","next":null}' % UNIT.encode() not in heard:
        heard += stream.readline()
        assert time.monotonic() < end, heard


def test_the_list_is_one_command(site):
    rows = site.estate.json("alarms", "people", "fire/panel")
    assert [r["resident"] for r in rows] == ["r-18", "r-12"] and rows[0].get("name") is None
    text = site.estate.ctl("alarms", "people", UNIT, "--names", "--reason", "call them")
    assert "NAMED-12" in text and "b3/u1/1804" in text
    assert site.estate.run_ctl("alarms", "people", UNIT, "--names").returncode == 2
    site.estate.kill()
    site.start()
    until(lambda: [r["resident"] for r in site.estate.json("alarms", "people", UNIT)] == ["r-12", "r-18"], "after a kill")


class Spoken(Fed):
    """The home's radar is behind something that can speak there."""

    def start(self):
        self.estate.start()
        self.life = self.source.life().ready("source", "command")
        return self


def test_who_may_have_fallen_is_asked_in_the_home_at_once(tmp_path):
    configuration = LIVE.partition("plugins:")[0] + """
plugins: ( {{ id = "src"; program = "{source}"; }} );
devices: ( {{ id = "radar-1204"; class = "radar"; place = "b3/u1/1204"; room = "living"; plugin = "src"; address = "7"; }} );
"""
    with Spoken(tmp_path, configuration) as home:
        home.life.sample("radar-1204", maybe_fall=True)
        order = home.life.wait("command")
        assert order["verb"] == "prompt" and order["args"]["station"] == "7" and "摔倒" in order["args"]["text"]
