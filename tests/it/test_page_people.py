"""The pages about people: homes and their days, the register, visits, users, who is told; told as stories in Chromium (tests/web/)."""

import pytest

from estate import until
from page import Desk
from test_care_activity import local, moves, told
from test_page import HOME
from test_users import client

CONTACTS = """
contacts: ( { id = "desk"; name = "值班台"; duties = ( "desk" ); },
            { id = "grid-3"; name = "网格员3"; duties = ( "grid" ); places = ( "b1" ); phone = "139-0000-0003"; },
            { id = "grid-9"; name = "网格员9"; duties = ( "grid" ); places = ( "b2" ); phone = "139-0000-0009"; } );
"""


@pytest.fixture
def desk(tmp_path):
    bath = ',\n  {{ id = "motion-2"; place = "b1/u1/101"; room = "bathroom"; class = "motion"; plugin = "source"; }}\n);\n'
    with Desk(tmp_path, HOME.removesuffix("\n);\n") + bath, more=CONTACTS) as site:
        site.add("boss", "admin", None)
        site.estate.ctl("residents", "add", "r-1", "place=b1/u1/101", "categories=独居", "name=住户甲", "phone=0001-8888", "illness=高血压")
        for days_ago in (2, 1):
            told(site, "door-1", local(days_ago, 0, 1), open=False)
            moves(site, "motion-1", local(days_ago, 6, 30))
            moves(site, "motion-2", local(days_ago, 6, 45))
            moves(site, "door-1", local(days_ago, 9, 0), "open")
        yield site


def test_a_care_worker_sees_the_days_and_the_register_only_with_a_reason(desk):
    desk.tell("people", {"press": lambda: desk.say("sos-1", pressed=True)})
    records = desk.estate.json("audit", "show")
    said = {(r["who"], r["why"]) for r in records}
    assert ("care", "上门前查看") in said and ("desk", "求助，准备上门") in said, "who saw a sheet, and why"
    assert any(r["who"] == "care" and r["what"] == "b1/u1/101" and r["kind"] == "release" for r in records), "the days, too"
    visits = client_of(desk, "care").get("/v1/visits").json
    assert [(v["place"], v["worker"], v["note"]) for v in visits] == [("b1/u1/101", "care", "一切如常")]


def client_of(desk, name):
    return client(desk.estate, name, password="a long password")


def test_users_contacts_and_what_is_set_up(desk):
    def discover():
        desk.life.send(type="discovered", address="0x00158d0001a2b3c4", fields={"occupancy": True}, model="motion")
        until(lambda: desk.estate.json("devices", "--discovered"), "it is there")

    desk.tell("keys_and_doors", {"discover": discover})


def test_who_is_told_is_known_for_ones_own_places_and_how_for_all(desk):
    def contacts(name):
        answer = client_of(desk, name).get("/v1/contacts")
        return [c["contact"] for c in answer.json] if answer.status == 200 else answer.status

    assert contacts("desk") == ["desk", "grid-3", "grid-9"] and contacts("b2-only") == ["desk", "grid-9"] and contacts("viewer") == 403
    ladders = {ladder["ladder"]: ladder for ladder in client_of(desk, "b2-only").get("/v1/ladders").json}
    first, *_, last = ladders["L1"]["steps"]
    assert first["after_s"] == 0 and "desk" in first["to"] and last["after_s"] == 300
    assert ladders["L2"]["steps"][-1]["priority"] == 1 and ladders["L2"]["steps"][-1]["then"] == "L1"
    assert client_of(desk, "viewer").get("/v1/ladders").status == 403


def test_the_pages_about_people_are_readable_at_every_size(desk):
    desk.tell("looks", WHO="boss", VIEWS="resident/r-1 visits users")
