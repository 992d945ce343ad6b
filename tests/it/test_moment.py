"""What one answer of a device says is one moment: no rule looks when half of it is there."""

from estate import Estate, until
from slave import Slave

OPEN, GRANTED, EGRESS = 1, 2, 4

CONFIGURATION = """
estate: {{ id = "test"; name = "测试小区"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "2s"; }} );
profiles: ( {{ id = "packed-door"; class = "door"; points: (
    {{ name = "open"; at = "holding:0.0"; period = "100ms"; }}, {{ name = "granted"; at = "holding:0.1"; period = "100ms"; }},
    {{ name = "egress"; at = "holding:0.2"; period = "100ms"; }} ); }}{profiles} );
devices: ( {{ id = "door-1"; place = "b1/u1"; bus = "gw"; unit = 5; profile = "packed-door"; }},
           {{ id = "door-2"; place = "b1/u1"; bus = "gw"; unit = 6; profile = "packed-door"; }}{devices} );
"""


# A panel of thirty doors: all `open` first, then all `granted`, then all `egress`; ninety points in one answer.
PANEL, DOORS = 7, 30


def panel():
    def bit(word, n):
        return f"holding:{word + n // 16}.{n % 16}"
    profiles = "".join(f""", {{ id = "panel-{n}"; class = "door"; points: (
        {{ name = "open"; at = "{bit(0, n)}"; period = "100ms"; }}, {{ name = "granted"; at = "{bit(2, n)}"; period = "100ms"; }},
        {{ name = "egress"; at = "{bit(4, n)}"; period = "100ms"; }} ); }}""" for n in range(DOORS))
    devices = "".join(f', {{ id = "panel-door-{n}"; place = "b1/u1"; bus = "gw"; unit = {PANEL}; profile = "panel-{n}"; }}'
                        for n in range(DOORS))
    return {"profiles": profiles, "devices": devices}


def open_and_shut(estate, slave, door, why):
    slave.set(int(door[-1]) + 4, 0, OPEN | why)
    estate.wait_point(f"{door}.open", lambda p: p["value"] is True)
    slave.set(int(door[-1]) + 4, 0, 0)
    estate.wait_point(f"{door}.open", lambda p: p["value"] is False)


def test_who_was_let_in_has_not_forced_the_door(tmp_path):
    """`open` stands before `granted` in the answer, and both rose in it."""
    with Slave({5: [0] * 4, 6: [0] * 4}) as slave, Estate(tmp_path, CONFIGURATION.format(port=slave.port, profiles="", devices="")) as estate:
        for door in ("door-1", "door-2"):
            estate.wait_point(f"{door}.open", lambda p: p["quality"] == "good" and p["value"] is False)

        def forced():  # nothing is said before the ten seconds that the rule looks back upon are known
            open_and_shut(estate, slave, "door-2", 0)
            return estate.alarm("door-forced/door-2")
        until(forced, "door-forced/door-2", 60)
        for why in (GRANTED, EGRESS) * 3:
            open_and_shut(estate, slave, "door-1", why)
        assert estate.alarm("door-forced/door-1") is None


def test_a_panel_of_many_doors_is_one_moment_too(tmp_path):
    """The last door's `egress` is the ninetieth point of the answer, its `open` the thirtieth; the first was let out by nobody."""
    def swing(n, *words):
        for word in words:
            slave.set(PANEL, word + n // 16, 1 << n % 16)
        estate.wait_point(f"panel-door-{n}.open", lambda p: p["value"] is True)
        slave.set(PANEL, 0, *[0] * 6)
        estate.wait_point(f"panel-door-{n}.open", lambda p: p["value"] is False)

    with Slave({5: [0] * 4, 6: [0] * 4, PANEL: [0] * 8}) as slave, \
            Estate(tmp_path, CONFIGURATION.format(port=slave.port, **panel())) as estate:
        estate.wait_point(f"panel-door-{DOORS - 1}.egress", lambda p: p["quality"] == "good")

        def forced():
            swing(0, 0)
            return estate.alarm("door-forced/panel-door-0")
        until(forced, "door-forced/panel-door-0", 60)
        for _ in range(3):
            swing(DOORS - 1, 4, 0)
        assert estate.alarm(f"door-forced/panel-door-{DOORS - 1}") is None
