"""Users, sessions, roles and scopes, as the gate brings them: each request with its session, as the daemon judges it."""

import collections
import gzip
import http.client
import json
import os
import pty
import socket
import sqlite3
import subprocess
import threading

import pytest

from estate import Estate, until
from hands import Fed
from pace import LIMIT, PREFIX
from rights import needs_root
from test_care import boottime

CONFIGURATION = """
estate: { id = "test"; name = "x"; timezone = "Asia/Shanghai"; };
places: ( { id = "b3"; name = "3"; }, { id = "b4"; name = "4"; } );
plugins: ( { id = "source"; program = "{source}"; } );
devices: ( { id = "sos-31"; place = "b3/u1/301"; room = "bedroom"; plugin = "source"; address = "sos-31"; class = "sos"; },
           { id = "m-31"; place = "b3/u1/301"; room = "bedroom"; plugin = "source"; address = "m-31"; class = "motion"; },
           { id = "sos-41"; place = "b4/u1/401"; room = "bedroom"; plugin = "source"; address = "sos-41"; class = "sos"; },
           { id = "tank-3"; place = "b3/pump-room"; plugin = "source"; address = "tank-3"; class = "tank"; } );
""".replace("{", "{{").replace("}", "}}").replace("{{source}}", "{source}")

PASSWORD = "a long password of the desk"


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("estated", timeout=LIMIT)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(LIMIT)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.raw = response.status, response.headers, response.read()
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.body = gzip.decompress(self.raw) if packed else self.raw
        self.json = json.loads(self.body) if self.body and "json" in self.headers.get("Content-Type", "") else None


class Client:
    """A browser behind the gate: whatever it sends names an address, and its session once there is one."""

    def __init__(self, estate, address="10.0.0.7"):
        self.estate, self.address, self.token, self.csrf = estate, address, None, None

    def ask(self, method, path, body=None, **headers):
        connection = Unix(self.estate.socket)
        sent = {"X-Estate-Client": self.address, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if self.token:
            sent["X-Estate-Session"] = self.token
        if self.token and method == "POST" and "X-CSRF-Token" not in sent:
            sent["X-CSRF-Token"] = self.csrf
        connection.request(method, path, None if body is None else json.dumps(body),
                           {k: v for k, v in sent.items() if v is not None})
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, path, body=None, **headers):
        return self.ask("POST", path, body if body is not None else {}, **headers)

    def login(self, user, password=PASSWORD, **more):
        answer = self.post("/v1/login", {"user": user, "password": password, **more})
        if answer.status == 200:
            self.token, self.csrf = answer.json["session"], answer.json["csrf"]
        return answer

    def lines(self, path):
        """An open stream's lines."""
        connection = Unix(self.estate.socket)
        connection.request("GET", path, headers={"X-Estate-Client": self.address, "X-Estate-Session": self.token})
        response = connection.getresponse()
        assert response.status == 200, response.read()
        return connection, response


def add(estate, name, role, scope=None, password=PASSWORD):
    words = ["--role", role] + (["--scope", scope] if scope else [])
    done = subprocess.run([PREFIX / "bin/estatectl", "--socket", estate.socket, "users", "add", name, *words],
                          input=password + "\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return name


def client(estate, name, password=PASSWORD, **more):
    c = Client(estate, **more)
    answer = c.login(name, password)
    assert answer.status == 200, answer.json
    return c


@pytest.fixture
def site(tmp_path):
    with Fed(tmp_path, CONFIGURATION) as fed:
        fed.say("sos-31", pressed=True)
        fed.say("sos-41", pressed=True)
        fed.say("m-31", motion=True)
        fed.say("tank-3", level=50)
        fed.estate.wait_alarm("sos/sos-31", "unacked")
        fed.estate.wait_alarm("sos/sos-41", "unacked")
        yield fed.estate


def test_nobody_may_log_in_before_a_user_is_made(site):
    page = Client(site)
    assert page.login("admin", "admin").status == 401
    assert page.get("/v1/alarms").status == 401, "a client without a session is nobody, whoever brings it"
    assert page.get("/v1/session").status == 401
    add(site, "night-desk", "operator")
    assert page.login("night-desk", "another password").status == 401
    answer = page.login("night-desk")
    assert answer.status == 200
    assert {k: answer.json[k] for k in ("user", "role", "scope")} == {"user": "night-desk", "role": "operator",
                                                                       "scope": ["*"]}
    shown = page.get("/v1/session").json
    assert "session" not in shown and shown["csrf"] == page.csrf and shown["expires"] > "2020"
    assert page.get("/v1/alarms").status == 200


def test_what_is_kept_opens_nothing(site):
    add(site, "night-desk", "operator")
    page = client(site, "night-desk")
    assert PASSWORD not in site.log and page.token not in site.log
    for name in ("state.db", "state.db-wal"):
        kept = (site.state / name).read_bytes() if (site.state / name).exists() else b""
        assert PASSWORD.encode() not in kept and page.token.encode() not in kept
    copy = sqlite3.connect(f"file:{site.state / 'state.db'}?mode=ro", uri=True)
    assert "$argon2id$v=19$m=19456,t=2," in copy.execute("SELECT body FROM account WHERE kind = 'user'").fetchone()[0]
    copy.close()


def kept_sessions(site):
    with sqlite3.connect(f"file:{site.state}/state.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM account WHERE kind = 'session'").fetchone()[0]


def test_a_session_and_its_user_outlive_a_kill(site):
    add(site, "night-desk", "operator")
    page = client(site, "night-desk")
    until(lambda: kept_sessions(site) == 1, "it is on disk: nobody waits for that when he logs in")
    site.kill()
    site.start()
    assert page.get("/v1/session").json["user"] == "night-desk"
    assert page.post("/v1/logout").status == 200
    assert page.get("/v1/session").status == 401
    site.kill()
    site.start()
    assert page.get("/v1/session").status == 401, "what was left stays left"


def test_every_change_needs_its_token(site):
    add(site, "night-desk", "operator")
    page = client(site, "night-desk")
    assert page.post("/v1/alarms/sos/sos-31/ack", X_CSRF_Token=None).status == 403
    assert page.post("/v1/alarms/sos/sos-31/ack", X_CSRF_Token="0" * 64).status == 403
    assert site.alarm("sos/sos-31")["state"] == "unacked"
    assert page.post("/v1/alarms/sos/sos-31/ack").status == 200
    assert site.alarm("sos/sos-31")["ack_by"] == "night-desk"


def test_a_session_is_judged_by_itself_whoever_brings_it(site):
    """This test runs as the daemon's own user, who is admin where nothing else speaks."""
    add(site, "hall", "viewer")
    page = client(site, "hall")
    assert page.post("/v1/alarms/sos/sos-31/ack").status == 403
    assert page.get("/v1/users").status == 403
    page.token = "0" * 64
    assert page.get("/v1/alarms").status == 401


def test_a_display_on_the_wall_only_looks(site):
    add(site, "night-desk", "admin")
    wall = Client(site)
    assert wall.login("night-desk", wall=True).json["wall"] is True
    assert wall.get("/v1/alarms").status == 200
    assert wall.post("/v1/alarms/sos/sos-31/ack").status == 403
    assert wall.post("/v1/users/night-desk", {"role": "viewer"}).status == 403


def test_a_display_shows_nothing_personal(site):
    site.ctl("residents", "add", "r-31", "place=b3/u1/301", "categories=独居", "name=住户")
    site.ctl("residents", "add", "r-32", "place=b3/u1/302", "categories=独居")
    for role in ("care", "admin", "operator"):
        add(site, f"wall-{role}", role)
        wall, page = Client(site), client(site, f"wall-{role}")
        assert wall.login(f"wall-{role}", wall=True).status == 200
        for path in ("/v1/residents?names=1&reason=x", "/v1/residents/r-31?names=1&reason=x", "/v1/residents/r-31/sheet?reason=x",
                     "/v1/residents/r-31/history?reason=x", "/v1/residents/export?reason=x"):
            if page.get(path).status == 200:
                refused = wall.get(path)
                assert refused.status == 403 and "display" in refused.json["error"]["text"], path
        assert page.get("/v1/residents/r-31/sheet?reason=x").status == 200, "an SOS is open there: all three may"
        row, seated = (one.get("/v1/homes/b3/u1/301").json for one in (wall, page))
        assert (seated["resident_ids"], seated["categories"]) == (["r-31"], ["lives_alone"]) and "welfare" in seated["watches"]
        for shown in (row, wall.get("/v1/homes").json[0], wall.get("/v1/homes/b3/u1/301/rhythm").json["now"]):
            assert [shown[key] for key in ("resident_ids", "needs", "watches")] == [[], [], []]
            assert shown["categories"] == ["lives_alone"], "of whom it is that calls"
        other = wall.get("/v1/homes/b3/u1/302").json
        assert [other[key] for key in ("resident_ids", "categories", "needs", "watches")] == [[], [], [], []], "nothing calls there"
        assert row["mode"] == seated["mode"] and row["floor"] == 3
    refused = [r for r in site.json("audit", "show", "--kind", "release") if r["what"] == "register" and not r["detail"]["granted"]]
    assert {r["who"] for r in refused} == {"wall-care", "wall-admin", "wall-operator"}


def test_what_whoever_passes_by_should_not_read_is_not_on_the_wall(site):
    for role in ("care", "technician", "admin"):
        add(site, f"wall-{role}", role)
        wall, page = Client(site), client(site, f"wall-{role}")
        assert wall.login(f"wall-{role}", wall=True).status == 200
        able = 0
        for path in ("/v1/visits", "/v1/visits/figures?month=2026-01", "/v1/points/m-31.motion/history", "/v1/recording?since=1h",
                     "/v1/audit", "/v1/audit/chain", "/v1/users", "/v1/sessions"):
            if page.get(path).status == 200:
                able += 1
                refused = wall.get(path)
                assert refused.status == 403 and "display" in refused.json["error"]["text"], path
        assert able >= 3
        for path in ("/v1/alarms", "/v1/points", "/v1/devices", "/v1/points/tank-3.level/history"):
            assert wall.get(path).status == 200, path


ROLES = {"viewer": set(), "operator": {"desk"}, "care": {"desk", "samples"}, "technician": {"desk", "samples", "bus", "audit"},
         "admin": {"desk", "samples", "bus", "audit", "users"}}
ASKED = {"desk": ("POST", "/v1/alarms/sos/sos-41/comment", {"note": "x"}), "samples": ("GET", "/v1/points/m-31.motion/history", None),
         "bus": ("POST", "/v1/out-of-service/tank-3", {"for": "1h", "reason": "x"}), "audit": ("GET", "/v1/audit", None),
         "users": ("GET", "/v1/users", None)}


@pytest.mark.parametrize("path, field", [("/v1/alarms?all=banana", "all"), ("/v1/alarms?all=", "all"), ("/v1/alarms?state=", "state"),
                                         ("/v1/alarms?state=acked,,", "state"), ("/v1/residents?names=banana&reason=x", "names"),
                                         ("/v1/residents/r-31?names=yes&reason=x", "names"),
                                         ("/v1/alarms/sos/sos-31/people?names=2&reason=x", "names"), ("/v1/devices?battery=on", "battery"),
                                         ("/v1/devices?discovered=2", "discovered"), ("/v1/stream?page=banana", "page"),
                                         ("/v1/residents?place=b3//", "place"), ("/v1/residents?category=banana", "category"),
                                         ("/v1/audit?kind=alram", "kind"), ("/v1/alarms?priority=high", "priority"),
                                         ("/v1/homes/b3/u1/301/activity?days=many", "days"), ("/v1/visits/figures?month=now", "month")])
def test_a_word_that_is_none_is_named_and_means_nothing(site, path, field):
    site.ctl("residents", "add", "r-31", "place=b3/u1/301", "categories=独居", "name=住户")
    answer = Client(site, address=None).get(path)
    assert answer.status == 400 and answer.json["error"]["field"] == field, (path, answer.json)
    assert "住户" not in answer.body.decode()


def test_switches_are_on_with_1_and_off_with_0(site):
    root = Client(site, address=None)
    counts = [len(root.get(f"/v1/alarms{query}").json) for query in ("", "?all=0", "?all=false", "?all=1", "?all=true")]
    assert counts[0] == counts[1] == counts[2] and counts[3] == counts[4]
    assert root.get("/v1/devices?battery=0").json == root.get("/v1/devices").json


def test_roles_are_sets_and_what_is_not_named_is_refused(site):
    for role, able in ROLES.items():
        add(site, f"one-{role}", role)
        page = client(site, f"one-{role}", address=f"10.0.1.{len(role)}")
        for what, (method, path, body) in ASKED.items():
            answer = page.ask(method, path, body)
            assert (answer.status == 200) == (what in able), f"{role} {path}: {answer.status} {answer.body}"
            assert answer.status in (200, 403)


def test_a_viewer_sees_that_something_is_and_nothing_of_people(site):
    add(site, "hall", "viewer")
    page = client(site, "hall")
    alarm = next(a for a in page.get("/v1/alarms").json if a["alarm"] == "sos/sos-31")
    assert alarm["veiled"] is True and alarm["text"] is None and alarm["reason"] is None and alarm["state"] == "unacked"
    points = {p["point"]: p for p in page.get("/v1/points").json}
    assert points["m-31.motion"]["value"] is None and points["m-31.motion"]["at"] is None
    assert points["tank-3.level"]["value"] == 50
    assert page.get("/v1/points/m-31.motion").json["value"] is None
    assert page.get("/v1/points/m-31.motion/why").status == 403
    assert all(c["note"] is None for c in page.get("/v1/alarms/sos/sos-31/story").json["story"] if "note" in c)


ODD = CONFIGURATION.rstrip()[:-2].rstrip() + """,
           {{ id = "m-east"; place = "b3/east"; room = "bedroom"; plugin = "source"; address = "m-east"; class = "motion"; }},
           {{ id = "band-east"; place = "b3/east"; room = "bedroom"; plugin = "source"; address = "band-east"; class = "wearable"; }},
           {{ id = "sos-east"; place = "b3/east"; room = "bedroom"; plugin = "source"; address = "sos-east"; class = "sos"; }} );
"""


def test_a_home_that_no_floor_names_is_one_for_a_viewer_too(tmp_path):
    with Fed(tmp_path, ODD) as fed:
        estate = fed.estate
        estate.ctl("residents", "add", "r-east", "place=b3/east", "categories=独居", "rules=+wearable")
        add(estate, "hall", "viewer")
        add(estate, "tech", "technician")
        hall, tech = client(estate, "hall"), client(estate, "tech")
        _, stream = hall.lines("/v1/stream?match=wearable*")
        fed.say("band-east", battery=5)
        fed.say("sos-east", pressed=True)
        assert estate.wait_alarm("wearable/b3/east", "unacked")["text"]["zh"]
        told = events(stream, 1)[0][1]
        assert told["veiled"] is True and told["text"] is None
        listed = {a["alarm"]: a for a in hall.get("/v1/alarms").json}
        assert listed["wearable/b3/east"]["text"] is None and listed["sos/sos-east"]["text"] is None
        assert hall.get("/v1/alarms/wearable/b3/east/story").json["text"] is None
        assert hall.get("/v1/rules/sos?asset=sos-east").status == 404 and tech.get("/v1/rules/sos?asset=sos-east").status == 200
        round_of = {d["device"]: d for d in hall.get("/v1/devices?battery=1").json}["band-east"]
        assert (round_of["battery"], round_of["at"]) == (None, None)
        assert {d["device"]: d for d in tech.get("/v1/devices?battery=1").json}["band-east"]["battery"] == 5
        for subject in ("b3/east", "m-east", "tank-3"):
            estate.ctl("test", subject, "--for", "1h", "--reason", "SECRET")
        reasons = {m["subject"]: m["reason"] for m in hall.get("/v1/modes").json if m["mode"] == "test"}
        assert reasons == {"b3/east": None, "m-east": None, "tank-3": "SECRET"}
        assert hall.get("/v1/buses/x/sheet").status == 403, "it has the values of homes too"


def test_what_names_the_homes_of_a_building_is_not_for_a_viewer(tmp_path):
    """All fall silent at once, for the daemon's monotonic clock is moved: the alarm is the building's, its text lists them."""
    ahead, environment = boottime(tmp_path)
    head, _, _ = CONFIGURATION.partition("devices:")
    names = [f"m-{n}-{room}" for n in range(301, 307) for room in ("living", "kitchen")]
    rows = ",\n".join(f'{{{{ id = "{name}"; place = "b3/u1/{name[2:5]}"; room = "{name[6:]}"; plugin = "source"; address = "{name}";'
                      ' class = "motion"; }}' for name in names)
    fed = Fed(tmp_path, f"{head}devices: ( {rows} );\n")
    fed.estate.environment.update(environment)
    with fed:
        estate = fed.estate
        add(estate, "hall", "viewer")
        for n in range(301, 307):
            estate.ctl("residents", "add", f"r-{n}", f"place=b3/u1/{n}", "categories=独居")
        for name in names:
            fed.say(name, motion=True)
            fed.say(name, motion=False)
        ahead.write_text(str(11 * 3600))
        assert "b3/u1/30" in estate.wait_alarm("supervision/homes-b3", "unacked")["text"]["zh"]
        hall = client(estate, "hall")
        listed = next(a for a in hall.get("/v1/alarms").json if a["alarm"] == "supervision/homes-b3")
        assert listed["veiled"] is True and listed["text"] is None
        assert b"b3/u1/30" not in hall.get("/v1/alarms/supervision/homes-b3/story").body


def test_pages_of_a_part_say_nothing_of_the_rest(site):
    add(site, "desk-4", "technician", "b4")
    add(site, "desk-3", "technician", "b3")
    part, other = client(site, "desk-4"), client(site, "desk-3")
    only = part.get("/v1/devices?limit=1")
    assert [d["device"] for d in only.json] == ["sos-41"] and only.headers["X-Estate-Next"] is None, "nothing is behind it for him"
    found, after = [], ""
    while after is not None:
        page = other.get(f"/v1/devices?limit=2{after and '&after=' + after}")
        found.append([d["device"] for d in page.json])
        after = page.headers["X-Estate-Next"]
        assert after in (None, "2"), "counted in what he sees"
    assert found == [["sos-31", "m-31"], ["tank-3"]]
    points, after = [], ""
    while after is not None:
        page = other.get(f"/v1/points?limit=3{after and '&after=' + after}")
        points += [p["point"] for p in page.json]
        after = page.headers["X-Estate-Next"]
    assert points == [p["point"] for p in other.get("/v1/points").json]
    assert "counters" not in part.get("/v1/status").json, "they count all of it"
    assert part.get("/v1/devices?limit=1&after=1").json == []


def test_alarms_come_in_pages_and_none_slips_through_while_others_end(tmp_path):
    """Whose alarms come and go between two pages gets each that lasts, whole estate or a part of it."""
    rows = ", ".join(f'{{{{ id = "tank-{b}{n}"; place = "b{b}/pump-room"; plugin = "source"; class = "tank"; }}}}' for n in range(6) for b in (3, 4))
    text = CONFIGURATION.replace("devices: (", f"devices: ( {rows},")
    with Fed(tmp_path, text) as fed:
        for n in range(6):
            for b in (3, 4):
                fed.say(f"tank-{b}{n}", level=95)
        fed.estate.wait_alarm("tank-high/tank-45", "unacked")
        add(fed.estate, "all", "operator")
        add(fed.estate, "desk-4", "operator", "b4")
        whole, part = client(fed.estate, "all"), client(fed.estate, "desk-4")

        def turn(desk, size):
            """All pages; after the first one somebody acknowledges an alarm that stood on it."""
            found, after = [], ""
            while after is not None:
                page = desk.get(f"/v1/alarms?state=unacked&limit={size}{after and '&after=' + after}")
                assert len(page.json) <= size and page.headers["ETag"]
                if not found:
                    assert whole.post(f"/v1/alarms/{page.json[0]['alarm']}/ack").status == 200
                found += [a["alarm"] for a in page.json]
                after = page.headers["X-Estate-Next"]
            return found
        found = turn(whole, 5)
        assert len(found) == len(set(found)) == 12
        acknowledged = sum(a["state"] == "acked" for a in part.get("/v1/alarms").json)
        found = turn(part, 2)
        assert len(found) == len(set(found)) == 6 - acknowledged and all(f.startswith("tank-high/tank-4") for f in found)
        assert len(part.get("/v1/alarms").json) == 6 and len(whole.get("/v1/alarms?all=1&place=b3/*").json) == 6
        assert whole.get("/v1/alarms?limit=0").status == whole.get("/v1/alarms?after=3").status == 400


TOLD = '''
contacts: ( { id = "night-desk"; duties = ( "desk" ); }, { id = "worker-3"; duties = ( "grid" ); places = ( "b3" ); },
            { id = "worker-4"; duties = ( "grid", "keys-4" ); places = ( "b4" ); }, { id = "neighbour-4"; places = ( "b4/u1" ); } );
ladders: ( { id = "own"; steps = ( { to = ( "desk", "neighbour-4" ); }, { after = "1m"; to = ( "worker-3", "grid", "keys-4", "nobody-yet" ); } ); } );
'''


def test_a_ladder_names_nobody_who_is_there_for_other_places_only(tmp_path):
    with Fed(tmp_path, CONFIGURATION, more=TOLD) as fed:
        def steps(scope):
            ladders = client(fed.estate, add(fed.estate, f"desk-{scope or 'all'}".replace("/", "-"), "operator", scope)).get("/v1/ladders").json
            return [step["to"] for step in next(ladder for ladder in ladders if ladder["ladder"] == "own")["steps"]]

        assert steps(None) == [["desk", "neighbour-4"], ["worker-3", "grid", "keys-4", "nobody-yet"]]
        assert steps("b3") == [["desk"], ["worker-3", "grid", "nobody-yet"]]
        assert steps("b4/u2") == [["desk"], ["grid", "keys-4", "nobody-yet"]]


def test_what_is_outside_of_a_scope_is_not_there(site):
    add(site, "desk-3", "technician", "b3")
    page = client(site, "desk-3")
    assert {a["alarm"] for a in page.get("/v1/alarms?all=1").json if "/sos-" in a["alarm"]} == {"sos/sos-31"}
    assert {d["device"] for d in page.get("/v1/devices").json} == {"sos-31", "m-31", "tank-3"}
    assert {p["device"] for p in page.get("/v1/points").json} == {"sos-31", "m-31", "tank-3"}
    assert page.get("/v1/status").json["devices"] == 3
    for path in ("/v1/points/sos-41.pressed", "/v1/points/sos-41.pressed/history", "/v1/points/sos-41.pressed/why",
                 "/v1/alarms/sos/sos-41/story"):
        hidden, missing = page.get(path), page.get(path.replace("sos-41", "sos-99"))
        assert hidden.status == missing.status == 404, path
        assert hidden.body.replace(b"sos-41", b"sos-99") == missing.body, "it must not show that it is there"
    for path, body in (("/v1/alarms/sos/sos-41/ack", {}), ("/v1/alarms/sos/sos-41/arrive", {}),
                       ("/v1/out-of-service/sos-41", {"for": "1h", "reason": "x"}), ("/v1/test/sos-41", {"for": "1h"}),
                       ("/v1/test/b4", {"for": "1h"})):
        hidden = page.post(path, body)
        assert hidden.status == 404, (path, hidden.body)
    assert site.alarm("sos/sos-41")["state"] == "unacked"
    assert page.post("/v1/alarms/sos/sos-31/ack").status == 200
    for path in ("/v1/audit", "/v1/outbox", "/v1/summary", "/v1/recording?since=1h", "/metrics"):
        assert page.get(path).status == 403, f"{path} is of the whole estate"
    assert [m for m in page.get("/v1/modes").json if m["subject"] == "sos-41"] == []


def events(response, count):
    """The next events of a stream, as (event, data)."""
    found, event = [], None
    while len(found) < count:
        line = response.readline().decode()
        assert line, f"the stream ended after {found}"
        if line.startswith("event: "):
            event = line[7:].strip()
        elif line.startswith("data: "):
            found.append((event, json.loads(line[6:])))
    return found


def test_the_stream_tells_each_what_is_his(tmp_path):
    with Fed(tmp_path, CONFIGURATION) as fed:
        estate = fed.estate
        add(estate, "desk-3", "operator", "b3")
        add(estate, "hall", "viewer")
        desk, hall = client(estate, "desk-3"), client(estate, "hall")
        at_desk, in_hall = desk.lines("/v1/stream?match=sos*"), hall.lines("/v1/stream?match=sos*")
        fed.say("sos-41", pressed=True)
        estate.wait_alarm("sos/sos-41", "unacked")
        fed.say("sos-31", pressed=True)
        estate.wait_alarm("sos/sos-31", "unacked")
        told = events(at_desk[1], 2)
        assert {d.get("device", d.get("asset")) for _, d in told} == {"sos-31"}
        alarms = events(in_hall[1], 2)
        assert [(e, d["alarm"], d["veiled"], d["text"]) for e, d in alarms] == [
            ("alarm", "sos/sos-41", True, None), ("alarm", "sos/sos-31", True, None)], "and no press of a button in a home"
        # What was missed is told likewise.
        for connection, _ in (at_desk, in_hall):
            connection.close()
        connection = Unix(estate.socket)
        connection.request("GET", "/v1/stream?match=sos*", headers={
            "X-Estate-Client": "x", "X-Estate-Session": desk.token, "Last-Event-ID": "1"})
        assert events(connection.getresponse(), 1)[0][0] == "gap"
        connection.close()


def test_only_the_page_of_who_can_act_is_one_that_an_alarm_has_reached(site):
    for name, role, pages in (("hall", "viewer", 0), ("night-desk", "operator", 1)):
        add(site, name, role)
        _, response = client(site, name).lines("/v1/stream?page=1")
        assert response.readline().startswith(b"retry:")
        assert site.json("status")["api"]["pages"] == pages


def test_a_page_of_one_building_is_none_for_the_others(tmp_path):
    """Whose contact has no notifier is told on the page: it has to be one that shows the alarm."""
    people = """contacts: ( {{ id = "desk"; name = "desk"; duties = ( "desk" ); }} );
ladders: ( {{ id = "L1"; steps: ( {{ to = ( "desk" ); }} ); }} );
"""
    with Fed(tmp_path, CONFIGURATION + people) as fed:
        add(fed.estate, "desk-3", "operator", "b3")
        _, response = client(fed.estate, "desk-3").lines("/v1/stream?page=1")
        assert response.readline().startswith(b"retry:")
        fed.say("sos-31", pressed=True)
        fed.say("sos-41", pressed=True)

        def told():
            rows = fed.estate.json("audit", "show", "--kind", "notify")
            return {r["what"]: r["why"] for r in rows} if len(rows) >= 2 else None
        rows = until(told, "both were told of, or not")
        assert not rows["sos/sos-31"] and "no page" in rows["sos/sos-41"]


def test_a_stream_ends_with_its_session(site):
    add(site, "night-desk", "operator")
    page = client(site, "night-desk")
    _, response = page.lines("/v1/stream")
    site.ctl("users", "set", "night-desk", "--role", "viewer")
    while response.readline():
        pass
    assert page.get("/v1/alarms").status == 401, "he logs in again, as what he is now"
    assert client(site, "night-desk").get("/v1/session").json["role"] == "viewer"


def test_who_guesses_waits_and_the_box_itself_never_does(site):
    add(site, "night-desk", "operator")
    page = Client(site)
    answers = [page.login("night-desk", f"guess number {i}") for i in range(6)]
    assert [a.status for a in answers] == [401] * 5 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30
    assert page.login("night-desk").status == 429, "the right one too, from anywhere"
    assert Client(site, address="10.0.0.8").login("night-desk").status == 429
    site.ctl("ack", "sos/sos-31")
    assert site.alarm("sos/sos-31")["ack_by"]
    # A new password is a new beginning.
    done = subprocess.run([PREFIX / "bin/estatectl", "--socket", site.socket, "users", "passwd", "night-desk"],
                          input="a new long password\n", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert page.login("night-desk", "a new long password").status == 200


def test_an_address_that_tries_many_names_waits_too(site):
    page = Client(site, address="10.9.9.9")
    answers = [page.login(f"user-{i}", "some password").status for i in range(17)]
    assert answers == [401] * 16 + [429]
    assert Client(site, address="10.9.9.10").login("user-1", "some password").status == 401


def test_who_guesses_elsewhere_does_not_keep_the_desk_out(site):
    """Where somebody has logged in before, others' guesses of his name do not count; his own do."""
    add(site, "night-desk", "operator")
    assert Client(site, address="10.0.0.7").login("night-desk").status == 200
    thief = Client(site, address="10.6.6.6")
    assert [thief.login("night-desk", f"guess number {i}").status for i in range(6)] == [401] * 5 + [429]
    assert Client(site, address="10.0.0.8").login("night-desk").status == 429
    until(lambda: kept_sessions(site) == 1, "the session is on disk")
    site.kill()
    site.start()
    assert [thief.login("night-desk", f"guess number {i}").status for i in range(6)] == [401] * 5 + [429]
    assert Client(site, address="10.0.0.7").login("night-desk").status == 200, "known from there, also after a kill"
    assert thief.login("night-desk").status == 429, "which does not free who guesses"
    desk = Client(site, address="10.0.0.7")
    assert [desk.login("night-desk", f"guess number {i}").status for i in range(6)] == [401] * 5 + [429]


def test_a_flood_of_guesses_leaves_room_for_who_works_here(site):
    """Passwords take time: two may be looked at for strangers at once, and two more for those who have been here before."""
    add(site, "night-desk", "operator")
    assert Client(site, address="10.0.0.7").login("night-desk").status == 200
    ending, answers = threading.Event(), collections.Counter()

    def guess(number):
        tries = 0
        while not ending.is_set():
            tries += 1
            answers[Client(site, address=f"10.{number}.{tries // 200}.{tries % 200}").login(f"user-{number}-{tries}", "a guess").status] += 1
    guessers = [threading.Thread(target=guess, args=(n + 1,)) for n in range(8)]
    for thread in guessers:
        thread.start()
    try:
        until(lambda: answers[503] > 20, "more come than can be looked at")
        statuses = [Client(site, address="10.0.0.7").login("night-desk").status for _ in range(10)]
    finally:
        ending.set()
        for thread in guessers:
            thread.join()
    assert statuses == [200] * 10 and set(answers) <= {401, 503}


def test_releases_and_refusals_are_in_the_audit(site):
    add(site, "carer-2", "care")
    add(site, "night-desk", "operator")
    assert client(site, "carer-2").get("/v1/points/m-31.motion/history").status == 200
    assert client(site, "night-desk").get("/v1/points/m-31.motion/history").status == 403
    rows = until(lambda: (lambda r: r if len(r) == 2 else None)(site.json("audit", "show", "--kind", "release")),
                 "both are recorded")
    assert [(r["who"], r["what"], r["detail"]["granted"]) for r in rows] == [
        ("carer-2", "m-31.motion", True), ("night-desk", "m-31.motion", False)]
    logins = site.json("audit", "show", "--kind", "login")
    assert [(r["who"], r["what"], r["detail"]["address"]) for r in logins] == [
        ("carer-2", "login", "10.0.0.7"), ("night-desk", "login", "10.0.0.7")]


def test_who_is_refused_the_register_is_in_the_audit_too(site):
    add(site, "tech-2", "technician")
    site.ctl("residents", "add", "r-31", "place=b3/u1/301", "categories=aged")
    tech = client(site, "tech-2")
    refused = ("/v1/residents", "/v1/residents/r-31", "/v1/residents/r-31/sheet?reason=x", "/v1/residents/r-31/history?reason=x",
               "/v1/residents/export?reason=x", "/v1/alarms/sos/sos-31/people", "/v1/homes/b3/u1/301/activity")
    assert [tech.get(path).status for path in refused] == [403] * len(refused)
    rows = until(lambda: (lambda r: r if len(r) == len(refused) else None)(site.json("audit", "show", "--kind", "release")), "all are")
    assert {(r["who"], r["detail"]["granted"]) for r in rows} == {("tech-2", False)}
    wall = Client(site)
    wall.login(add(site, "hall", "care"), wall=True)
    for path in ("/v1/residents/r-31/sheet?reason=x", "/v1/homes/b3/u1/301/activity"):
        assert wall.get(path).status == 403
    until(lambda: len(site.json("audit", "show", "--kind", "release", "--who", "hall")) == 2, "a display's, too")


def test_refusals_without_end_do_not_fill_the_audit(site):
    add(site, "night-desk", "operator")
    desk = client(site, "night-desk")
    for _ in range(60):
        assert desk.get("/v1/points/m-31.motion/history").status == 403
    assert len(site.json("audit", "show", "--kind", "release")) <= 20, "ten a minute, then a number"
    add(site, "carer-2", "care")
    carer = client(site, "carer-2")
    for _ in range(30):
        assert carer.get("/v1/points/m-31.motion/history").status == 200
    rows = until(lambda: (lambda r: r if len(r) >= 30 else None)(
        site.json("audit", "show", "--kind", "release", "--who", "carer-2")), "what is given is all there")
    assert len(rows) == 30


def test_a_password_in_the_field_of_the_name_is_written_down_nowhere(site):
    secret = "correct-horse-battery-staple"
    add(site, "night-desk", "operator")
    page = Client(site)
    assert page.login(secret, "night-desk").status == 401 and page.login("night-desk", secret).status == 401
    rows = until(lambda: (lambda r: r if len(r) == 2 else None)(site.json("audit", "show", "--kind", "login")), "both are recorded")
    assert [(r["who"], r["what"]) for r in rows] == [("unknown", "refused"), ("night-desk", "refused")]
    site.stop()
    kept = [p for p in site.directory.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]
    assert kept == [], "neither in the audit nor in the log"


def test_users_are_listed_changed_and_removed(site):
    add(site, "desk-3", "operator", "b3,b4/u1")
    row = site.json("users")[0]
    assert (row["user"], row["role"], row["scope"], row["sessions"]) == ("desk-3", "operator", ["b3", "b4/u1"], 0)
    page = client(site, "desk-3")
    assert site.json("users", "sessions")[0]["address"] == "10.0.0.7"
    site.ctl("users", "set", "desk-3", "--scope", "*")
    assert site.json("users")[0]["scope"] == ["*"]
    assert page.get("/v1/session").status == 401
    page = client(site, "desk-3")
    site.ctl("users", "sessions", "desk-3", "--end")
    assert page.get("/v1/session").status == 401
    page = client(site, "desk-3")
    assert "may not log in" in site.ctl("users", "remove", "desk-3")
    assert page.get("/v1/session").status == 401 and page.login("desk-3").status == 401
    for words, text in ((("set", "desk-3", "--role", "viewer"), "no such user"), (("set", "x"), "--role or --scope"),
                        (("add", "x"), "--role"), (("remove", "x"), "no such user")):
        assert text in site.run_ctl("users", *words).stderr


def test_what_is_wrong_with_a_user_is_said(site):
    admin = Unix(site.socket)
    for body, field in (({"user": "Root", "role": "viewer", "password": PASSWORD}, "user"),
                        ({"user": "root", "role": "viewer", "password": PASSWORD}, "user"),
                        ({"user": "a", "role": "boss", "password": PASSWORD}, "role"),
                        ({"user": "a", "password": PASSWORD}, "role"),
                        ({"user": "a", "role": "viewer", "password": "short"}, "password"),
                        ({"user": "a", "role": "viewer", "password": 12345678}, "password"),
                        ({"user": "a", "role": "viewer", "password": PASSWORD, "scope": "b3"}, "scope"),
                        ({"user": "a", "role": "viewer", "password": PASSWORD, "scope": []}, "scope"),
                        ({"user": "a", "role": "viewer", "password": PASSWORD, "scope": ["b3", "*"]}, "scope"),
                        ({"user": "a", "role": "viewer", "password": PASSWORD, "scope": ["b3/../b4"]}, "scope"),
                        ({"user": "a", "role": "viewer", "password": PASSWORD, "rolle": 1}, "rolle")):
        admin.request("POST", "/v1/users", json.dumps(body))
        answer = Answer(admin.getresponse())
        assert answer.status == 400 and answer.json["error"]["field"] == field, (body, answer.body)
    assert site.json("users") == []


def test_a_password_is_asked_for_without_showing_it(site):
    parent, child = pty.openpty()
    process = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", site.socket, "users", "add", "desk-3", "--role", "viewer"],
                               stdin=child, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(child)
    for prompt in ("password: ", "again: "):
        said = ""
        while prompt not in said:
            said += process.stderr.read(1)
        os.write(parent, f"{PASSWORD}\n".encode())
    shown = b""
    assert process.wait(LIMIT) == 0
    os.set_blocking(parent, False)
    try:
        while piece := os.read(parent, 4096):
            shown += piece
    except OSError:
        pass
    os.close(parent)
    assert PASSWORD.encode() not in shown
    assert client(site, "desk-3").get("/v1/session").json["role"] == "viewer"


def test_everybody_may_give_himself_another_password(site):
    add(site, "desk", "viewer")
    page, other = client(site, "desk"), client(site, "desk")
    for body, field in (({"old": PASSWORD}, "password"), ({"password": "a new password"}, "old"), ({"old": PASSWORD, "password": "short"}, "password"),
                        ({"old": PASSWORD, "password": "a new password", "user": "admin"}, "user")):
        answer = page.post("/v1/password", body)
        assert answer.status == 400 and answer.json["error"]["field"] == field, body
    assert page.post("/v1/password", {"old": PASSWORD, "password": "a new password"}, X_CSRF_Token="0" * 64).status == 403
    wrong = page.post("/v1/password", {"old": "not that one", "password": "a new password"})
    assert wrong.status == 403 and wrong.json["error"]["field"] == "old"
    assert page.post("/v1/password", {"old": PASSWORD, "password": "a new password"}).json == {"user": "desk"}
    assert page.get("/v1/alarms").status == 200, "who did it goes on"
    assert other.get("/v1/alarms").status == 401, "others have to know it"
    assert Client(site).login("desk").status == 401
    assert Client(site).login("desk", "a new password").status == 200
    verbs = [r["detail"].get("verb") for r in site.json("audit", "show") if r["who"] == "desk" and r["kind"] == "command"]
    assert verbs == ["user-own-password"]


def test_guesses_of_the_old_password_wait_as_those_of_a_login_do(site):
    add(site, "desk", "operator")
    page = client(site, "desk")
    statuses = [page.post("/v1/password", {"old": f"guess {n}", "password": "a new password"}).status for n in range(12)]
    assert statuses[0] == 403 and statuses[-1] == 429
    assert page.get("/v1/alarms").status == 200


def test_a_display_and_who_is_nobody_change_no_password(site):
    add(site, "desk", "operator")
    wall = Client(site)
    assert wall.login("desk", wall=True).status == 200
    body = {"old": PASSWORD, "password": "a new password"}
    assert wall.post("/v1/password", body).status == 403
    assert Client(site).post("/v1/password", body).status == 401


def test_estatectl_gives_a_user_another_password_who_knows_the_old_one(site):
    add(site, "desk", "operator")

    def passwd(text):
        return subprocess.run([PREFIX / "bin/estatectl", "--socket", site.socket, "users", "passwd", "desk", "--own"], input=text,
                              capture_output=True, text=True, timeout=LIMIT)
    wrong = passwd("not that one\na new password\n")
    assert wrong.returncode == 1 and "old" in wrong.stderr
    assert passwd(f"{PASSWORD}\n").returncode == 1
    done = passwd(f"{PASSWORD}\na new password\n")
    assert done.returncode == 0 and "desk" in done.stdout, done.stderr
    assert Client(site).login("desk", "a new password").status == 200
    unknown = subprocess.run([PREFIX / "bin/estatectl", "--socket", site.socket, "users", "passwd", "who", "--own"], input="a\nb password\n",
                             capture_output=True, text=True, timeout=LIMIT)
    assert unknown.returncode == 1 and unknown.stderr == wrong.stderr, "nobody learns who there is"


@needs_root
def test_only_the_gate_and_root_speak_for_others(site):
    """A member of group estated may look himself, and may not bring a session of somebody else: judged in a child that is
    neither root nor the daemon's user."""
    add(site, "night-desk", "admin")
    page = client(site, "night-desk")
    os.chmod(site.socket, 0o666)
    for directory in [site.run, *site.run.parents]:
        try:
            os.chmod(directory, 0o755)
        except PermissionError:
            break
    program = ("import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
               "s.sendall(('GET /v1/users HTTP/1.1\\r\\nHost: x\\r\\nX-Estate-Session: '+sys.argv[2]+'\\r\\n\\r\\n').encode())\n"
               "print(s.recv(200).split()[1].decode())")
    done = subprocess.run(["/usr/bin/python3", "-c", program, site.socket, page.token], user=65534, group=65534, extra_groups=[],
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "403", done.stderr


def test_lists_have_tags_pages_and_leave_packed(tmp_path):
    devices = ",\n".join(f'{{ id = "t-{i}"; place = "b3"; class = "tank"; max_age = "10m"; }}' for i in range(500))
    configuration = ('estate: { id = "test"; name = "x"; timezone = "Asia/Shanghai"; };\n'
                     f'places: ( {{ id = "b3"; name = "3"; }} );\ndevices: ( {devices} );\n')
    with Estate(tmp_path, configuration) as estate:
        connection = Unix(estate.socket)

        def get(path, **headers):
            connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
            return Answer(connection.getresponse())
        whole = get("/v1/devices")
        assert len(whole.json) == 500 and "Content-Encoding" not in whole.headers
        packed = get("/v1/devices", Accept_Encoding="gzip")
        assert packed.headers["Content-Encoding"] == "gzip" and len(packed.raw) < len(whole.raw) / 5
        assert [d["device"] for d in packed.json] == [d["device"] for d in whole.json]
        page, rows = get("/v1/devices?limit=200"), []
        while True:
            rows += page.json
            if "X-Estate-Next" not in page.headers:
                break
            page = get(f"/v1/devices?limit=200&after={page.headers['X-Estate-Next']}")
        assert [d["device"] for d in rows] == [d["device"] for d in whole.json]
        tag = get("/v1/devices?limit=200").headers["ETag"]
        same = get("/v1/devices?limit=200", If_None_Match=tag)
        assert same.status == 304 and same.raw == b""
        assert get("/v1/devices?limit=100", If_None_Match=tag).status == 200
        rules = get("/v1/rules", Accept_Encoding="gzip, br")
        assert rules.headers["Content-Encoding"] == "gzip" and rules.json
        assert get("/v1/rules", If_None_Match=rules.headers["ETag"]).status == 304
        for path in ("/v1/devices?limit=0", "/v1/devices?limit=1001", "/v1/devices?limit=x", "/v1/devices?after=3"):
            assert get(path).status == 400, path
