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
    {{ name = "egress"; at = "holding:0.2"; period = "100ms"; }} ); }} );
devices: ( {{ id = "door-1"; place = "b1/u1"; bus = "gw"; unit = 5; profile = "packed-door"; }},
           {{ id = "door-2"; place = "b1/u1"; bus = "gw"; unit = 6; profile = "packed-door"; }} );
"""


def open_and_shut(estate, slave, door, why):
    slave.set(int(door[-1]) + 4, 0, OPEN | why)
    estate.wait_point(f"{door}.open", lambda p: p["value"] is True)
    slave.set(int(door[-1]) + 4, 0, 0)
    estate.wait_point(f"{door}.open", lambda p: p["value"] is False)


def test_who_was_let_in_has_not_forced_the_door(tmp_path):
    """`open` stands before `granted` in the answer, and both rose in it."""
    with Slave({5: [0] * 4, 6: [0] * 4}) as slave, Estate(tmp_path, CONFIGURATION.format(port=slave.port)) as estate:
        for door in ("door-1", "door-2"):
            estate.wait_point(f"{door}.open", lambda p: p["quality"] == "good" and p["value"] is False)

        def forced():  # nothing is said before the ten seconds that the rule looks back upon are known
            open_and_shut(estate, slave, "door-2", 0)
            return estate.alarm("door-forced/door-2")
        until(forced, "door-forced/door-2", 60)
        for why in (GRANTED, EGRESS) * 3:
            open_and_shut(estate, slave, "door-1", why)
        assert estate.alarm("door-forced/door-1") is None
