"""Sirens, lamps and buttons at the wire, cards at the doors, and the page at the desk: ladders that reach things, and people by them."""

import http.client
import socket

import pytest

from estate import until
from hands import Fed
from pace import LIMIT
from test_orders import Memory
from wire import Fault, TcpSlave

SIREN, LAMP, BUTTON = 0, 1, 8
CONF = '''
estate: {{ id = "t"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; units = ( "u1" ); }}, {{ id = "desk"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "150ms"; }} );
profiles: ( {{ id = "box"; class = "relay"; period = "100ms"; points: (
    {{ name = "siren"; at = "coil:0"; writable = true; }}, {{ name = "lamp"; at = "coil:1"; writable = true; }},
    {{ name = "button"; at = "discrete:8"; }} ); }} );
devices: ( {{ id = "box"; place = "desk"; bus = "gw"; unit = 1; profile = "box"; writes = true; }},
           {{ id = "sos-1"; place = "b1/u1/101"; plugin = "src"; address = "1"; class = "sos"; }},
           {{ id = "sos-2"; place = "b1/u1/102"; plugin = "src"; address = "3"; class = "sos"; }},
           {{ id = "door-1"; place = "b1/u1"; plugin = "src"; address = "2"; class = "door"; }} );
contacts: ( {{ id = "siren"; output = "box.siren"; }},
            {{ id = "lamp"; duties = ( "siren" ); output = "box.lamp"; output_until = "over"; }},
            {{ id = "desk"; name = "Desk"; places = ( "b1" ); button = "box.button"; }},
            {{ id = "worker"; name = "Worker 3"; cards = ( "0007" ); }} );
ladders: ( {{ id = "L1"; steps: ( {{ to = ( "siren", "desk" ); all = true; }} ); }} );
'''


class Site(Fed):
    def __init__(self, directory, memory, configuration=CONF):
        self.memory = memory
        super().__init__(directory, configuration, port=memory.slave.port)

    def start(self):
        super().start()
        self.estate.wait_quality("box.button", "good")
        return self

    def wait_coil(self, coil, value):
        until(lambda: self.memory.values.get((1, coil), 0) == value, f"coil {coil} is {value}")

    def writes(self, coil):
        return [values[coil] for _, _, values in self.memory.written if coil in values]

    def told(self, alarm="sos/sos-1"):
        return {t["contact"]: t for t in self.estate.json("alarms", "show", alarm)["told"]}


@pytest.fixture
def memory():
    with Memory(TcpSlave) as m:
        yield m


@pytest.fixture
def site(tmp_path, memory):
    with Site(tmp_path, memory) as s:
        yield s


def test_a_siren_sounds_until_somebody_has_acknowledged_and_a_lamp_until_it_is_over(site):
    site.say("sos-1", pressed=True)
    site.wait_coil(SIREN, 1)
    site.wait_coil(LAMP, 1)
    until(lambda: site.told()["siren"]["outcome"] == "delivered" and site.told()["lamp"]["outcome"] == "delivered", "both are told")
    assert site.told()["siren"]["means"] == "box.siren"
    shown = site.estate.ctl("alarms", "show", "sos/sos-1")
    assert "OUTCOME" in shown and "delivered" in shown and "box.lamp" in shown
    site.estate.ctl("ack", "sos/sos-1")
    site.wait_coil(SIREN, 0)
    assert site.memory.values[(1, LAMP)] == 1
    site.estate.ctl("close", "sos/sos-1", "--outcome", "real")
    site.wait_coil(LAMP, 0)
    assert site.writes(SIREN) == [1, 0] and site.writes(LAMP) == [1, 0]
    rows = [r for r in site.estate.json("audit", "show", "--kind", "write") if r["what"] == "box.siren"]
    assert [r["who"] for r in rows] == ["estated"] * 2


def test_alarms_share_a_siren_and_one_that_was_switched_off_by_hand_sounds_for_the_next(site):
    site.say("sos-1", pressed=True)
    site.wait_coil(SIREN, 1)
    until(lambda: site.told()["siren"]["outcome"] == "delivered", "it sounds")
    site.memory.values[(1, SIREN)] = 0  # by hand
    site.estate.wait_point("box.siren", lambda p: p["value"] is False)
    site.say("sos-2", pressed=True)
    site.wait_coil(SIREN, 1)
    until(lambda: site.told("sos/sos-2")["siren"]["outcome"] == "delivered", "it sounds again")
    site.estate.ctl("ack", "sos/sos-1")
    site.estate.ctl("close", "sos/sos-1", "--outcome", "real")
    until(lambda: "siren" not in site.told("sos/sos-1"), "its all-clear is through")
    assert site.memory.values[(1, SIREN)] == 1  # the other one needs it yet
    site.estate.ctl("ack", "sos/sos-2")
    site.wait_coil(SIREN, 0)
    assert site.writes(SIREN) == [1, 1, 0]


def test_the_button_at_the_desk_acknowledges(site):
    site.say("sos-1", pressed=True)
    site.wait_coil(SIREN, 1)
    site.memory.values[(1, BUTTON)] = 1
    site.wait_coil(SIREN, 0)
    site.estate.wait_alarm("sos/sos-1", "latched")
    story = site.estate.json("alarms", "show", "sos/sos-1")["story"]
    assert [(s["input"], s["who"]) for s in story][-1] == ("ack", "Desk (button of box)")
    acked = [r["who"] for r in site.estate.json("audit", "show", "--kind", "alarm") if r["detail"]["input"] == "ack"]
    assert acked == ["Desk (button of box)"]
    site.say("sos-1", pressed=True)  # it is held down: that acknowledges nothing
    site.wait_coil(SIREN, 1)
    assert site.estate.alarm("sos/sos-1")["state"] == "unacked"
    site.memory.values[(1, BUTTON)] = 0
    site.estate.wait_point("box.button", lambda p: p["value"] is False)
    site.memory.values[(1, BUTTON)] = 1
    site.estate.wait_alarm("sos/sos-1", "latched")


def test_a_staff_card_at_the_unit_door_is_the_arrival(site):
    site.say("sos-1", pressed=True)
    site.say("door-1", card="0009")
    site.say("door-1", card="0007")
    until(lambda: site.estate.alarm("sos/sos-1").get("arrived_by") == "Worker 3 (card at door-1)", "the card is an arrival")


def test_a_kill_while_it_sounds_does_not_leave_it_on(tmp_path, memory):
    with Site(tmp_path, memory) as site:
        site.say("sos-1", pressed=True)
        site.wait_coil(SIREN, 1)
        until(lambda: site.told()["siren"]["outcome"] == "delivered", "it is on record")
        site.estate.kill()
        site.start()
        site.estate.ctl("ack", "sos/sos-1")
        site.wait_coil(SIREN, 0)
        site.wait_coil(LAMP, 1)
        site.estate.kill()
        site.start()
        site.estate.ctl("close", "sos/sos-1", "--outcome", "false")
        site.wait_coil(LAMP, 0)


def test_a_siren_that_cannot_be_switched_has_failed_and_ends_off(tmp_path, memory):
    memory.also = lambda r: Fault(exception=4) if r.function == 5 and r.first == SIREN else None

    one_by_one = CONF.replace('all = true; }} ); }} );', '}} ); }} );')
    belled = one_by_one.replace('{{ id = "siren"; output', '{{ id = "bell"; duties = ( "siren" ); output')
    assert CONF != one_by_one != belled
    with Site(tmp_path, memory, belled) as site:
        site.say("sos-1", pressed=True)
        site.wait_coil(LAMP, 1)
        told = until(lambda: site.told() if site.told().get("bell", {}).get("outcome") == "failed" else None, "it has failed")
        assert told["lamp"]["outcome"] == "delivered" and "reads back otherwise" in told["bell"]["text"]
        memory.also = None
        until(lambda: 0 in site.writes(SIREN), "it is known to be off", 30 * LIMIT / 20)


def test_duress_is_silent(site):
    site.say("door-1", duress=True)
    site.estate.wait_alarm("door-duress/door-1", "unacked")
    rows = until(lambda: site.estate.json("audit", "show", "--kind", "notify"), "the desk is called")
    assert {r["detail"]["contact"] for r in rows} == {"desk"} and site.writes(SIREN) == site.writes(LAMP) == []


class Stream:
    """A client of the stream on the daemon's socket."""

    def __init__(self, estate, query):
        self.connection = http.client.HTTPConnection("box")
        self.connection.sock = socket.socket(socket.AF_UNIX)
        self.connection.sock.connect(str(estate.socket))
        self.connection.request("GET", "/v1/stream" + query)
        assert self.connection.getresponse().status == 200

    def close(self):
        self.connection.close()


def test_only_the_page_is_a_page(site):
    watching = Stream(site.estate, "")
    site.say("sos-1", pressed=True)
    failed = until(lambda: site.told().get("desk"), "the desk was tried")
    assert failed["outcome"] == "failed" and "no page" in failed["text"]
    site.estate.ctl("ack", "sos/sos-1")
    page = Stream(site.estate, "?page=1")
    until(lambda: site.estate.json("status")["api"]["pages"] == 1, "the page is open")
    site.say("sos-1", pressed=True)
    until(lambda: site.told()["desk"]["outcome"] == "delivered", "the page is told")
    page.close()
    watching.close()


def test_a_reload_that_takes_a_siren_away_switches_it_off(site):
    site.say("sos-1", pressed=True)
    site.wait_coil(SIREN, 1)
    until(lambda: site.told()["siren"]["outcome"] == "delivered", "it sounds")
    text = site.estate.conf.read_text()
    site.estate.conf.write_text(text.replace('{ id = "siren"; output = "box.siren"; }', '{ id = "siren"; }'))
    site.estate.ctl("config", "reload")
    site.wait_coil(SIREN, 0)


def test_a_siren_that_a_reload_takes_away_is_switched_off_though_the_first_write_fails(site):
    site.say("sos-1", pressed=True)
    site.wait_coil(SIREN, 1)
    until(lambda: site.told()["siren"]["outcome"] == "delivered", "it sounds")
    refused = []

    def refuse(request):
        if request.function == 5 and request.first == SIREN:
            refused.append(request)
            return Fault(exception=4)
        return None

    site.memory.also = refuse
    text = site.estate.conf.read_text()
    site.estate.conf.write_text(text.replace('{ id = "siren"; output = "box.siren"; }', '{ id = "siren"; }'))
    site.estate.ctl("config", "reload")
    until(lambda: refused, "it was tried")
    until(lambda: "box.siren: cannot be switched" in site.estate.log, "and has failed")
    site.memory.also = None
    site.wait_coil(SIREN, 0)
