"""Who is to be helped, on the page (tests/web/): the list of a fire by floors, that of a lift outage, the way to a call for help; at the
desk, for who only looks, on the wall, and on paper."""

import pytest

from page import Desk

CONFIGURATION = """
estate: { id = "t"; name = "示范小区"; timezone = "Asia/Shanghai"; };
places: ( { id = "b3"; name = "3栋"; floors = 18; units = ( "u1" ); }, { id = "b2"; name = "2栋"; } );
plugins: ( { id = "source"; program = "SOURCE"; } );
devices: (
  { id = "lift-1"; name = "1号梯"; place = "b3/u1"; class = "lift"; plugin = "source"; },
  { id = "lift-2"; name = "2号梯"; place = "b3/u1"; class = "lift"; plugin = "source"; },
  { id = "unit-door"; name = "单元门"; place = "b3/u1"; class = "door"; plugin = "source"; },
  { id = "panel"; name = "火灾报警控制器"; place = "b3/fire-room"; class = "fire_panel"; plugin = "source"; },
  { id = "sos-1204"; name = "床头求助按钮"; place = "b3/u1/1204"; room = "bedroom"; class = "sos"; plugin = "source"; },
  { id = "smoke-1703"; name = "烟感"; place = "b3/u1/1703"; room = "kitchen"; class = "smoke"; plugin = "source"; },
  { id = "motion-1702"; place = "b3/u1/1702"; room = "bedroom"; class = "motion"; plugin = "source"; },
  { id = "door-1702"; place = "b3/u1/1702"; room = "entrance"; entrance = true; class = "contact"; plugin = "source"; } );
rules: ( { id = "lift-need"; for = "0s"; } );
""".replace("{", "{{").replace("}", "}}").replace("SOURCE", "{source}")
PEOPLE = (("r-1", "1204", "独居", "行动不便"), ("r-2", "1802", "失能", "护理床"), ("r-5", "1702", "独居;失智", ""),
          ("r-8", "1703", "高龄", "吸氧"), ("r-9", "1703", "失能", ""), ("r-3", "203", "高龄", ""),
          *((f"r-{floor}{flat}", f"{floor}{flat}", "高龄", "") for floor in range(3, 12) for flat in ("01", "02", "04")))  # fill a sheet


@pytest.fixture
def desk(tmp_path):
    with Desk(tmp_path, CONFIGURATION) as site:
        for resident, flat, categories, needs in PEOPLE:
            site.estate.ctl("residents", "add", resident, f"place=b3/u1/{flat}", f"categories={categories}", f"needs={needs}",
                            f"name=住户{resident}", f"phone=139-0000-00{resident[2:]}")
        site.estate.ctl("residents", "set", "r-8", "absences=2020-01-01/2099-12-31")
        site.say("door-1702", open=False)
        site.say("motion-1702", motion=True)
        for lift in ("lift-1", "lift-2"):
            site.say(lift, in_service=True, floor=1)
        yield site


def acts(desk):
    def stairs():
        for lift in ("lift-1", "lift-2"):
            desk.say(lift, in_service=False)

    def end():
        desk.say("panel", fire=False)
        desk.estate.ctl("ack", "fire/panel")
        desk.estate.ctl("arrive", "fire/panel")
        desk.estate.ctl("close", "fire/panel", "--outcome", "false")

    return {
        "press": lambda: desk.say("sos-1204", pressed=True),
        "stairs": stairs,
        "fire": lambda: desk.say("panel", fire=True, zone="3栋17层"),
        "smoke": lambda: desk.say("smoke-1703", smoke=True),
        "lower": lambda: desk.say("panel", zone="3栋2层"),
        "nobody": lambda: [desk.estate.ctl("residents", "set", r, "categories=独居", "needs=") for r in ("r-1", "r-2")] and None,
        "trapped": lambda: desk.say("lift-1", trapped=True),
        "end": end,
    }


def test_a_fire_lists_who_is_to_be_fetched_in_order_and_names_them_only_with_a_reason(desk):
    desk.tell("helped", acts(desk))
    released = [r for r in desk.estate.json("audit", "show", "--kind", "resident") if r["what"] == "fire/panel"]
    assert {(r["who"], r["why"]) for r in released} == {("desk", "疏散点名")}, "who was shown the names, and why"


def test_the_way_to_a_call_for_help_stands_out_and_changes_without_a_jump(desk):
    desk.tell("way_there", acts(desk))
