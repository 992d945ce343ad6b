"""What some days came to, side by side: the same figures as each day alone has; who sees a part of the estate gets those of his part."""

import time

import pytest

from puppet import Puppet, Uplink
from test_summary import EAST, Box, by_thing, drive, hour_of, named, rescue, send
from test_users import Client, add, client

HOMES = '''
devices: ( { id = "sos-1"; place = "b1/u1/101"; room = "bedroom"; plugin = "src"; address = "4"; class = "sos"; },
           { id = "sos-2"; place = "b2/u1/201"; room = "bedroom"; plugin = "src"; address = "5"; class = "sos"; },
           { id = "sos-3"; place = "b1/u1/102"; room = "bedroom"; plugin = "src"; address = "6"; class = "sos"; } );
'''
DAY = 86400


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """Lifts ran the day before yesterday; today somebody was trapped, and two called for help. Half past noon in the estate."""
    now = (hour_of(time.time()) + EAST) // DAY * DAY - EAST + 12 * 3600 + 1800
    directory = tmp_path_factory.mktemp("week")
    (directory / "conf.d").mkdir()
    (directory / "conf.d/homes.conf").write_text(HOMES)
    with Puppet() as source, Uplink() as uplink, Box(directory, source, uplink, now).estate as estate:
        life = source.life().ready("source")
        drive(life, hour_of(now) - 2 * DAY)
        rescue(estate, life)
        for n in (1, 2):
            send(life, f"sos-{n}", pressed=True)
            estate.wait_alarm(f"sos/sos-{n}", "unacked")
        yield estate, [named(now - i * DAY)[0] for i in (2, 1, 0)]


def days(reader, query):
    answer = reader.get(f"/v1/summary?{query}")
    assert answer.status == 200, answer.json
    assert answer.json["next"] is None
    return answer.json


def columns(of_days):
    return {(r["scope"], r["of"]): r["figures"] for r in of_days["rows"]}


def reader(estate, role, scope=None):
    return client(estate, add(estate, f"{role}-{scope or 'all'}".replace("/", "-").replace(",", "-"), role, scope))


def test_each_column_is_what_the_day_alone_says(week):
    estate, three = week
    whole = days(reader(estate, "operator"), f"from={three[0]}&to={three[2]}")
    assert (whole["days"], whole["from"], whole["to"], whole["places"], whole["left_out"]) == (three, three[0], three[2], None, [])
    found = columns(whole)
    assert list(found) == sorted(found, key=lambda thing: f"{thing[0]} {thing[1] or ''}"), "in order"
    for i, day in enumerate(three):
        alone = by_thing(estate.json("summary", "--day", day))
        for thing in set(alone) | set(found):
            for name, column in found[thing].items():
                assert len(column) == 3
                assert column[i] == alone.get(thing, {}).get(name), (day, thing, name)
            assert set(alone.get(thing, {})) <= set(found[thing])
    assert found["lift", "lift-1"]["trips"][0] == 150 and found["lift", "lift-1"]["availability"][1] is None
    assert found["alarm_class", "sos"]["raised"] == [None, None, 2], "there was none on the days before"


def test_who_sees_a_part_gets_the_figures_of_his_part(week):
    estate, three = week
    query = f"from={three[0]}&to={three[2]}"
    mine = days(reader(estate, "operator", "b1"), query)
    found = columns(mine)
    assert mine["places"] == ["b1"] and mine["left_out"] == ["estate", "daemon"]
    assert {thing for thing in found if thing[0] in ("building", "lift", "daemon", "estate", "places")} == \
        {("places", None), ("building", "b1"), ("lift", "lift-1")}
    assert found["places", None]["devices"] == [4, 4, 4]
    assert found["alarm_class", "sos"]["raised"][2] == 1, "the other call was elsewhere"
    whole = columns(days(reader(estate, "viewer"), query))
    assert sum(found["places", None]["raised"]) == sum(whole["estate", None]["raised"]) - 1 >= 3
    for thing in (("building", "b1"), ("lift", "lift-1"), ("alarm_class", "brim")):
        assert found[thing] == whole[thing]
    assert not any(r.get("part") for r in mine["rows"])


def test_a_building_of_which_he_sees_a_part_says_so(week):
    estate, three = week
    part = days(reader(estate, "operator", "b2/u1"), f"from={three[2]}")
    row = next(r for r in part["rows"] if r["scope"] == "building")
    assert (row["of"], row["part"], row["figures"]["raised"], row["figures"]["devices"]) == ("b2", True, [1], [1])
    assert ("lift", "lift-2") not in columns(part), "it is not in his part"


def test_what_happens_in_one_dwelling_is_summed_up_for_nobody_who_does_not_read_homes(week):
    estate, three = week
    mixed = days(reader(estate, "viewer", "b1,b2/u1/201"), f"from={three[2]}")
    assert mixed["places"] == ["b1"] and mixed["left_out"] == ["estate", "daemon", "b2/u1/201"]
    assert columns(mixed)["alarm_class", "sos"]["raised"] == [1]
    nothing = days(reader(estate, "viewer", "b2/u1/201"), f"from={three[2]}")
    assert (nothing["days"], nothing["rows"], nothing["places"]) == ([], [], [])
    for scope in ("b2", "b2/u1"):
        alone = days(reader(estate, "viewer", scope), f"from={three[2]}")
        assert (alone["rows"], alone["left_out"]) == ([], ["estate", "daemon", scope]), "there is one dwelling in it, and no other"
    twice = days(reader(estate, "viewer", "b1/u1/101,b1"), f"from={three[2]}")
    assert twice["places"] == ["b1"] and twice["left_out"] == ["estate", "daemon"], "it is counted with the others"
    own = days(reader(estate, "care", "b2/u1/201"), f"from={three[2]}")
    assert columns(own)["places", None]["raised"] == [1]


def test_only_rows_of_the_wanted_scopes_are_sent_and_the_same_again_is_not(week):
    estate, three = week
    desk = reader(estate, "technician")
    query = f"/v1/summary?from={three[0]}&to={three[1]}&scopes=estate,lift"
    first = desk.get(query)
    assert {r["scope"] for r in first.json["rows"]} == {"estate", "lift"}
    assert desk.get(query, If_None_Match=first.headers["ETag"]).status == 304
    assert days(desk, f"from={three[2]}&to=2999-01-01&scopes=daemon")["days"] == [three[2]], "only what has begun"


@pytest.mark.parametrize("query,field", [("from=soon", "from"), ("from=today&to=never", "to"), ("from=today&to=yesterday", "to"),
                                         ("from=2999-01-01", "from"), ("from=2020-01-01&to=2020-02-01", "to"),
                                         ("from=today&scopes=lift,resident", "scopes"), ("from=today&scopes=", "scopes"),
                                         ("from=today&day=today", "day"), ("from=today&hour=3", "hour"), ("to=today", "to"),
                                         ("scopes=lift", "scopes")])
def test_what_cannot_be_asked_is_named(week, query, field):
    answer = Client(week[0], address=None).get(f"/v1/summary?{query}")
    assert answer.status == 400 and answer.json["error"]["field"] == field, answer.json
