"""The picture of a home's days, out of the samples that are kept: who may see it, and what it says."""

import datetime
import zoneinfo

import pytest

from hands import Fed
from test_users import Client, add, client

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
CONFIGURATION = """
estate: { id = "test"; name = "x"; timezone = "Asia/Shanghai"; };
places: ( { id = "b3"; name = "3"; }, { id = "b4"; name = "4"; } );
plugins: ( { id = "source"; program = "{source}"; }, { id = "bell"; program = "exec-notifier"; options: { command = ( "/bin/true" ); }; } );
devices: ( { id = "m-bed"; place = "b3/u1/301"; room = "bedroom"; plugin = "source"; class = "motion"; },
           { id = "m-bath"; place = "b3/u1/301"; room = "bathroom"; plugin = "source"; class = "motion"; },
           { id = "door"; place = "b3/u1/301"; entrance = true; plugin = "source"; class = "contact"; },
           { id = "leak"; place = "b3/u1/301"; room = "kitchen"; plugin = "source"; class = "water_leak"; } );
""".replace("{", "{{").replace("}", "}}").replace("{{source}}", "{source}")
HOME = "/v1/homes/b3/u1/301/activity"


@pytest.fixture
def site(tmp_path):
    with Fed(tmp_path, CONFIGURATION) as fed:
        fed.estate.ctl("residents", "add", "r-1", "place=b3/u1/301", "categories=独居")
        yield fed


def local(days_ago, hour, minute, second=0):
    day = datetime.datetime.now(ZONE).date() - datetime.timedelta(days=days_ago)
    return datetime.datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=ZONE).timestamp()


def told(site, device, at, **fields):
    site.life.sample(device, id=f"{device}{at}{fields}", at=at, **fields)
    site.life.wait("stored")


def moves(site, device, at, field="motion"):
    told(site, device, at, **{field: True})
    told(site, device, at + 20, **{field: False})


def picture(site, user="care", path=HOME):
    answer = client(site.estate, user).get(path)
    assert answer.status == 200, answer.body
    return answer.json


def ticks(day, rooms):
    return [(slot, rooms[room], count) for slot, room, count in day["ticks"]]


def test_what_stirred_is_told_by_day_quarter_and_room(site):
    add(site.estate, "care", "care")
    for device, field in (("m-bed", "motion"), ("m-bath", "motion"), ("door", "open")):
        told(site, device, local(3, 0, 5), **{field: False})
    moves(site, "m-bed", local(3, 6, 32))
    moves(site, "m-bed", local(3, 6, 40))
    moves(site, "m-bath", local(3, 6, 45))
    moves(site, "door", local(3, 9, 0), "open")
    moves(site, "m-bath", local(2, 23, 59))
    told(site, "leak", local(2, 12, 0), leak=True)
    seen = picture(site)
    assert seen["place"] == "b3/u1/301" and seen["slot_minutes"] == 15 and len(seen["days"]) == 60
    today = datetime.datetime.now(ZONE).date()
    assert [d["day"] for d in seen["days"][:3]] == [str(today - datetime.timedelta(days=n)) for n in range(3)]
    assert ticks(seen["days"][3], seen["rooms"]) == [(26, "bedroom", 2), (27, "bathroom", 1), (36, "entrance", 1)]
    assert ticks(seen["days"][2], seen["rooms"]) == [(95, "bathroom", 1)], "a leak is nobody's life"
    assert seen["days"][10]["ticks"] == [] and seen["days"][10]["unheard"] == [[0, 96]], "nobody knows what happened there"
    assert [0, 26] not in seen["days"][3]["unheard"] and [1, 26] in seen["days"][3]["unheard"]
    assert len(picture(site, path=HOME + "?days=1")["days"]) == 1


def test_a_home_without_sensors_of_people_has_empty_days(site):
    add(site.estate, "care", "care")
    site.estate.ctl("residents", "add", "r-2", "place=b4/u1/401", "categories=独居")
    seen = picture(site, path="/v1/homes/b4/u1/401/activity?days=3")
    assert [d["ticks"] for d in seen["days"]] == [[], [], []] and seen["days"][1]["unheard"] == [[0, 96]]


def test_days_are_for_care_workers_of_that_place_and_each_look_is_in_the_audit(site):
    for name, role, scope in (("care", "care", None), ("desk", "operator", None), ("technician", "technician", None),
                              ("viewer", "viewer", None), ("b4-care", "care", "b4")):
        add(site.estate, name, role, scope)
    picture(site)
    for name in ("desk", "technician", "viewer"):
        assert client(site.estate, name).get(HOME).status == 403, name
    assert client(site.estate, "b4-care").get(HOME).status == 404
    wall = Client(site.estate)
    assert wall.login("care", wall=True).status == 200 and wall.get(HOME).status == 403
    assert client(site.estate, "care").get("/v1/homes/b3/u1/999/activity").status == 404
    for days in ("0", "61", "x"):
        answer = client(site.estate, "care").get(f"{HOME}?days={days}")
        assert answer.status == 400 and answer.json["error"]["field"] == "days"
    looks = [(r["who"], r["detail"]["granted"]) for r in site.estate.json("audit", "show", "--kind", "release") if r["what"] == "b3/u1/301"]
    assert looks.count(("care", True)) == 1 and ("care", False) in looks
