"""Every route of the table for every role, with the whole estate and with one building, through the gate: who may gets an answer, who
may not a 403; what is outside of a scope is answered as what is not there, and is in no list and in no stream."""
import datetime
import pathlib
import re

import pytest

from estate import until
from gate import Gate, Stream
from hands import Fed
from test_gate_estated import Browser
from test_users import CONFIGURATION, add

TABLE = (pathlib.Path(__file__).resolve().parents[2] / "daemon/api/routes.c").read_text()
ROW = re.compile(r'\{ EVHTTP_REQ_(\w+),\s+"([^"]+)",\s+(\w+),\s+(\w+),\s+(NULL|"[^"]*"),\s+(\w+),\s+(\w+)([^}]*)\}')

# As issue and design have it, not as the daemon does.
ADMIN, DESK = {"admin"}, {"operator", "care", "technician", "admin"}
SETS = {"API_FOR_ADMIN": ADMIN, "API_FOR_TECHNICIANS": {"technician"} | ADMIN, "API_FOR_CARE": {"care"} | ADMIN,
        "API_FOR_HOMES": {"care", "operator"} | ADMIN, "API_FOR_DESK": DESK, "API_FOR_SAMPLES": {"care", "technician"} | ADMIN,
        "API_FOR_ALL": {"viewer"} | DESK, "API_FOR_ANYBODY": {"viewer"} | DESK}
ROLES = ("viewer", "operator", "care", "technician", "admin")

NAMES = {"point": "sos-{}1.pressed", "alarm+": "sos/sos-{}1", "place+": "b{}/u1/{}01", "id": "r-{}1", "device": "sos-{}1",
         "subject+": "sos-{}1", "bus": "none", "rule": "sos", "plugin": "source", "user": "victim"}
TODAY = datetime.date.today().isoformat()
QUERIES = {"/v1/summary": f"?from={TODAY}&to={TODAY}", "/v1/recording": "?since=1h", "/v1/residents/export": "?reason=x",
           "/v1/residents/{id}/sheet": "?reason=x", "/v1/residents/{id}/history": "?reason=x"}
# Ends the session that asks, is no session's, lasts, or is of the whole program: each has tests of its own.
APART = {"/v1/logout", "/v1/login", "/v1/stream", "/v1/config/reload", "/v1/backup"}


def table():
    """(method, pattern, roles, of the whole estate, not for a display)"""
    rows = [(m, p, SETS[roles], reach == "ESTATE", "seated" in more) for m, p, roles, reach, _, _, _, more in ROW.findall(TABLE)]
    assert len(rows) == TABLE.count("EVHTTP_REQ_") - TABLE.count("== EVHTTP_REQ_"), "each row is read"
    return [row for row in rows if row[1] not in APART]


def path_of(pattern, building):
    named = re.sub(r"\{([^}]+)\}", lambda found: NAMES[found[1]].format(building, building), pattern)
    return named + QUERIES.get(pattern, "")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("routes")
    with Fed(folder, CONFIGURATION) as fed, Gate(folder, fed.estate.socket) as gate:
        fed.gate = gate
        for b in (3, 4):
            fed.estate.ctl("residents", "add", f"r-{b}1", f"place=b{b}/u1/{b}01", "categories=独居", "name=住户")
            fed.say(f"sos-{b}1", pressed=True)
            fed.estate.wait_alarm(f"sos/sos-{b}1", "unacked")
        for role in ROLES:
            add(fed.estate, f"{role}-all", role)
            add(fed.estate, f"{role}-3", role, "b3")
        yield fed


def browser(site, user, **more):
    one = Browser(site.gate)
    assert one.login(user, **more) == 200
    return one


def ask(one, method, path):
    """What no handler takes: who may is told so, and nothing is done by it."""
    return one.ask(method, path, {"nothing_of_the_kind": 1} if method == "POST" else None)


# Refused by what is asked for, not by the row: samples of a home, and a sheet while nothing is open there.
OWN_WORD = {(role, f"/v1/points/{{point}}/{what}") for role, what in (("viewer", "history"), ("viewer", "why"), ("operator", "history"))}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_answered_what_its_row_says(site, role):
    whole, part = browser(site, f"{role}-all"), browser(site, f"{role}-3")
    wrong = []
    for method, pattern, roles, estate, _ in table():
        for one, may in ((whole, role in roles), (part, role in roles and not estate)):
            status, answer = ask(one, method, path_of(pattern, 3))
            refused = status in (401, 403)
            if (role, pattern) in OWN_WORD:
                may = False
            if refused == may or status >= 500 and status != 503:
                wrong.append((method, pattern, "part" if one is part else "whole", status, answer))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_an_hour_or_a_day_of_all_places_is_for_who_sees_them_all(site, role):
    for what in ("", f"?day={TODAY}"):
        assert ask(browser(site, f"{role}-all"), "GET", "/v1/summary" + what)[0] == 200
        assert ask(browser(site, f"{role}-3"), "GET", "/v1/summary" + what)[0] == 403


@pytest.mark.parametrize("role", ROLES)
def test_what_is_outside_of_a_scope_is_answered_as_what_is_not_there(site, role):
    part, wrong = browser(site, f"{role}-3"), []
    for method, pattern, roles, estate, _ in table():
        if role not in roles or estate or (role, pattern) in OWN_WORD:
            continue
        if "{" in pattern and pattern not in ("/v1/rules/{rule}", "/v1/users/{user}"):
            hidden, missing = (ask(part, method, path_of(pattern, b)) for b in (4, 9))
            said = str(hidden[1]).replace("41", "91").replace("401", "901").replace("b4", "b9")
            if hidden[0] != missing[0] or said.replace("b9/u1/401", "b9/u1/901") != str(missing[1]) or hidden[0] == 200:
                wrong.append((method, pattern, hidden, missing))
        elif method == "GET":
            status, answer = ask(part, method, path_of(pattern, 3))
            if re.search(r"\bb4\b|sos-41|r-41", str(answer)):
                wrong.append((pattern, status, answer))
    assert wrong == []


def test_nobody_without_a_session_gets_anything(site):
    for method, pattern, *_ in table():
        assert ask(Browser(site.gate), method, path_of(pattern, 3))[0] in (401, 403), pattern


@pytest.mark.parametrize("role", ("care", "technician", "admin"))
def test_a_display_changes_nothing_and_shows_nothing_personal(site, role):
    wall, wrong = browser(site, f"{role}-all", wall=True), []
    for method, pattern, roles, _, seated in table():
        status, answer = ask(wall, method, path_of(pattern, 3))
        if (method == "POST" or seated) != (status == 403) and role in roles and status != 403:
            wrong.append((method, pattern, status, answer))
    assert wrong == []


def test_a_stream_of_a_part_hears_of_no_other(site):
    streams = [Stream(site.gate, browser(site, f"{role}-3").token, "?page=1") for role in ROLES]
    try:
        for stream in streams:
            stream.wait("retry: 2000")
        for b in (4, 3):
            site.say(f"sos-{b}1", pressed=True)
            site.say(f"m-31", motion=b == 4)
        site.say("tank-3", level=77)
        for stream in streams:
            until(lambda: b"tank-3.level" in stream.text, "the last change of his")
            assert b"sos-41" not in stream.text and b"b4" not in stream.text
    finally:
        for stream in streams:
            stream.close()
