"""Somebody trapped in a lift whose board does not say so: inferred, and not forgotten by a kill in the middle."""

import time

from estate import Estate
from slave import Slave

CONFIGURATION = """
estate: {{ id = "test"; name = "测试小区"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "300ms"; }} );
devices: ( {{ id = "lift-1"; place = "b1/u1"; bus = "gw"; unit = 247; profile = "lift-monitor-f7"; }} );
rules: ( {{ id = "lift-trapped"; level_for = "15s"; }} );
"""

STATE, LEVEL, DOOR_OPEN, PERSON = 1, 1 << 10, 1 << 11, 1 << 12
REGISTERS = [0, LEVEL] + [0] * 18


def test_a_kill_in_the_middle_of_the_wait_delays_nothing(tmp_path):
    with Slave({247: REGISTERS}) as slave, Estate(tmp_path, CONFIGURATION.format(port=slave.port)) as estate:
        estate.wait_point("lift-1.door_open", lambda p: p["quality"] == "good")
        slave.set(247, STATE, LEVEL | DOOR_OPEN | PERSON)
        estate.wait_point("lift-1.door_open", lambda p: p["value"] is True)
        slave.set(247, STATE, LEVEL | PERSON)
        estate.wait_point("lift-1.door_open", lambda p: p["value"] is False)
        shut = time.monotonic()
        # The delay is on disk within a second or two of its beginning; that nothing was raised yet is the point.
        while time.monotonic() - shut < 5:
            assert estate.alarm("lift-trapped/lift-1") is None
        estate.kill()
        estate.start()
        estate.wait_point("lift-1.door_open", lambda p: p["quality"] == "good")
        alarm = estate.wait_alarm("lift-trapped/lift-1", "unacked", limit=20)
        waited = time.monotonic() - shut
        assert 13.5 < waited < 17.5, f"raised after {waited:.1f} s"
        assert alarm["reason"]["when"].startswith("occupied, doors shut, not moving for 1")
        assert alarm["reason"]["when"].endswith(" at level")
        assert alarm["priority"] == 1 and "困人" in alarm["text"]["zh"]


def test_the_boards_own_bit_raises_at_once_and_says_so(tmp_path):
    with Slave({247: REGISTERS}) as slave, Estate(tmp_path, CONFIGURATION.format(port=slave.port)) as estate:
        estate.wait_point("lift-1.trapped", lambda p: p["value"] is False)
        slave.set(247, 0, 1)
        alarm = estate.wait_alarm("lift-trapped/lift-1", "unacked", limit=3)
        assert alarm["reason"]["when"] == "board: trapped"
