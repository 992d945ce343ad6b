"""What devices there are, and what happens at them, as the uplinks hear of it: and what stays in the box."""

from estate import Estate, until
from puppet import Puppet, Uplink

CONFIGURATION = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{source}"; }}, {{ id = "cloud"; program = "{uplink}"; options: {{ {options} }}; }} );
classes: ( {{ id = "caller"; points: ( {{ name = "rung"; type = "event"; }} ); }} );
devices: ( {{ id = "bell"; place = "b1/lobby"; name = "门铃"; plugin = "src"; address = "1"; class = "caller"; }},
           {{ id = "gate"; place = "b1/u1"; plugin = "src"; address = "2"; class = "door"; }},
           {{ id = "sos-1"; place = "b1/u1/1204"; room = "bedroom"; plugin = "src"; address = "3"; class = "sos"; }}{more} );
'''


def configuration(source, uplink, more="", options=""):
    return CONFIGURATION.format(source=source.program, uplink=uplink.program, more=more, options=options)


def of_kind(uplink, kind):
    """In the order of seq, what came twice left out."""
    with uplink.changed:
        found = {m["seq"]: m for m in uplink.messages if m["kind"] == kind}
    return [found[s] for s in sorted(found)]


def wait_kind(uplink, kind, count):
    uplink.wait(lambda u: len({m["seq"] for m in u.messages if m["kind"] == kind}) >= count, 60)
    return of_kind(uplink, kind)


def said(uplink):
    """Every uplink message as one text."""
    with uplink.changed:
        return str(uplink.messages)


def send(life, device, n, **fields):
    life.sample(device, id=str(n), **fields)
    life.wait("stored", id=str(n))


def test_the_inventory_leaves_at_the_start_and_when_it_has_become_another(tmp_path):
    with Puppet() as source, Uplink() as uplink, Estate(tmp_path, configuration(source, uplink)) as estate:
        source.life().ready("source")
        first, = wait_kind(uplink, "inventory", 1)
        assert first["devices"] == [
            {"device": "bell", "class": "caller", "place": "b1/lobby", "profile": None, "name": "门铃"},
            {"device": "gate", "class": "door", "place": "b1/u1", "profile": None}]
        assert first["homes"] == [{"class": "sos", "devices": 1}] and (first["part"], first["parts"]) == (1, 1)
        # A reload that changes nothing in it, one that does.
        estate.conf.write_text(configuration(source, uplink).replace("测试", "试点"))
        estate.ctl("config", "reload")
        more = "".join(f', {{ id = "b-{i}"; place = "b1"; plugin = "src"; address = "n{i}"; class = "caller"; }}' for i in range(80))
        estate.conf.write_text(configuration(source, uplink, more))
        estate.ctl("config", "reload")
        parts = wait_kind(uplink, "inventory", 3)[1:]
        assert [(m["part"], m["parts"]) for m in parts] == [(1, 2), (2, 2)] and len({m["sum"] for m in [first, *parts]}) == 2
        assert [d["device"] for m in parts for d in m["devices"]] == ["bell", "gate", *(f"b-{i}" for i in range(80))]
        # At the next start again, though nothing has changed.
        estate.kill()
        estate.start()
        source.life().ready("source")
        again = wait_kind(uplink, "inventory", 5)[3:]
        assert [m["devices"] for m in again] == [m["devices"] for m in parts]
        assert len(of_kind(uplink, "inventory")) == 5
        assert "1204" not in said(uplink) and "bedroom" not in said(uplink)


def test_an_event_leaves_once_it_is_stored_whatever_ends_the_daemon(tmp_path):
    with Puppet() as source, Uplink() as uplink, Estate(tmp_path, configuration(source, uplink)) as estate:
        life = source.life().ready("source")
        wait_kind(uplink, "inventory", 1)
        uplink.accept = lambda lane, messages: False
        for n in range(5):
            send(life, "bell", n, rung=f"button {n}")
        estate.kill()
        uplink.accept = lambda lane, messages: True
        estate.start()
        life = source.life().ready("source")
        events = wait_kind(uplink, "event", 5)
        assert [(m["point"], m["device"], m["place"], m["class"], m["value"]) for m in events] == \
            [("bell.rung", "bell", "b1/lobby", "caller", f"button {n}") for n in range(5)]
        assert all(m["lane"] == "data" and m["time"] == m["at"] for m in events)
        # What happens in a home, and who it was at a door, stays.
        send(life, "sos-1", 10, pressed=True)
        send(life, "gate", 11, card="card 4711")
        send(life, "bell", 12, rung=True)
        events = wait_kind(uplink, "event", 7)[5:]
        assert [(m["point"], m["value"]) for m in events] == [("gate.card", True), ("bell.rung", True)]
        assert "4711" not in said(uplink) and estate.alarm("sos/sos-1")["state"] == "unacked"


def test_a_point_that_never_stops_is_brought_down_and_the_next_says_how_much_is_missing(tmp_path):
    with Puppet() as source, Uplink() as uplink, Estate(tmp_path, configuration(source, uplink)) as estate:
        life = source.life().ready("source")
        for n in range(300):
            life.sample("bell", rung=f"no. {n}")
        send(life, "bell", 300, rung="the last")
        estate.wait_point("bell.rung", lambda p: p["value"] == "the last")
        wait_kind(uplink, "event", 60)  # a value is shown before what it sends is in the outbox
        until(lambda: not any(row["pending"] for row in estate.json("outbox")), "all is delivered")
        events = of_kind(uplink, "event")
        assert 60 <= len(events) < 300 and events[0]["value"] == "no. 0"
        assert len(events) + sum(m.get("skipped", 0) for m in events) <= 301


def test_an_uplink_that_takes_other_kinds_gets_neither(tmp_path):
    text = 'kinds = ( "alarm", "health" );'
    with Puppet() as source, Uplink() as uplink, Estate(tmp_path, configuration(source, uplink, options=text)) as estate:
        life = source.life().ready("source")
        send(life, "bell", 1, rung="x")
        send(life, "sos-1", 2, pressed=True)
        uplink.wait(lambda u: {"alarm", "health"} <= {m["kind"] for m in u.messages})
        until(lambda: not any(row["pending"] for row in estate.json("outbox")), "all is delivered")
        assert {m["kind"] for m in uplink.messages} == {"alarm", "health"}
