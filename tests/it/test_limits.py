"""What a profile says of its numbers, through the whole daemon: markers, range, speed, counters, banks, forbidden addresses."""

import struct
import time

from estate import Estate, until
from wire import TcpSlave

HEAD = '''
estate: { id = "t"; };
places: ( { id = "b1"; } );
classes: ( { id = "c"; points: ( { name = "any"; type = "number"; } ); } );
'''


def configuration(slave, points, more=""):
    rows = ",\n".join("{ " + p + " }" for p in points)
    return (HEAD + f'buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {slave.port}; timeout = "500ms"; }} );\n'
            f'profiles: ( {{ id = "p"; class = "c"; period = "100ms"; {more} points: (\n{rows} ); }} );\n'
            'devices: ( { id = "d"; place = "b1"; bus = "gw"; unit = 1; profile = "p"; } );\n')


class Registers:
    """A slave whose registers are set by the test."""

    def __init__(self):
        self.words = {}
        self.slave = TcpSlave(lambda unit, address, request: self.words.get(address, 0))

    def put(self, address, *words):
        """All at once, as a device would: a reader sees them all or none."""
        self.words = {**self.words, **{address + i: w for i, w in enumerate(words)}}

    def __enter__(self):
        self.slave.start()
        return self

    def __exit__(self, *_):
        self.slave.stop()


def good(value):
    return lambda p: p["quality"] == "good" and p["value"] == value


def suspect(value):
    return lambda p: p["quality"] == "suspect" and p["value"] == value


def test_markers_and_range_leave_the_last_good_value_as_suspect(tmp_path):
    with Registers() as device:
        device.put(0, 0x00D7, 0x41AC, 0x0000)  # 21.5, and 21.5 as a float
        points = ['name = "t"; at = "holding:0"; type = "i16"; scale = 0.1; invalid = ( 0x7FFF, 0x8000 ); range = ( -40, 85 );',
                  'name = "f"; at = "holding:1"; type = "f32"; invalid = -9999.0;']
        with Estate(tmp_path, configuration(device.slave, points)) as estate:
            estate.wait_point("d.t", good(21.5))
            estate.wait_point("d.f", good(21.5))
            for wrong in (0x7FFF, 0x8000, 0x0352):  # the last: 85.0 is the limit, 0x0352 is good
                device.put(0, wrong)
                if wrong == 0x0352:
                    estate.wait_point("d.t", good(85))
                else:
                    estate.wait_point("d.t", suspect(21.5))
                    device.put(0, 0x00D7)
                    estate.wait_point("d.t", good(21.5))
            device.put(0, 0x0353)  # 85.1
            estate.wait_point("d.t", suspect(85))
            device.put(1, *struct.unpack(">HH", struct.pack(">f", -9999.0)))
            estate.wait_point("d.f", suspect(21.5))
            device.put(1, 0x7FC0, 0x0000)
            estate.wait_point("d.f", suspect(21.5))
            device.put(1, 0x41AC, 0x0000)
            estate.wait_point("d.f", good(21.5))


def test_a_jump_is_suspect_until_enough_time_has_passed(tmp_path):
    with Registers() as device:
        device.put(0, 100)
        with Estate(tmp_path, configuration(device.slave, ['name = "x"; at = "holding:0"; max_rate = 20;'])) as estate:
            estate.wait_point("d.x", good(100))
            device.put(0, 140)
            jumped = time.monotonic()
            estate.wait_point("d.x", suspect(100))
            estate.wait_point("d.x", good(140))
            assert time.monotonic() - jumped > 1.7  # 40 at 20 a second


def test_counters_roll_over_are_replaced_and_survive_noise(tmp_path):
    with Registers() as device:
        device.put(0, 0xFFFE)
        device.put(1, 0x0001, 0x86A0)
        points = ['name = "n"; at = "holding:0"; kind = "counter";',
                  'name = "m"; at = "holding:1"; type = "u32"; kind = "counter";']
        with Estate(tmp_path, configuration(device.slave, points)) as estate:
            estate.wait_point("d.n", good(65534))
            device.put(0, 0x0003)
            estate.wait_point("d.n", good(3))
            until(lambda: "d.n: the counter began anew at the end of its span: now 3" in estate.log, "the roll-over is said")
            estate.wait_point("d.m", good(100000))
            values = iter([(0, 0)])  # one answer has zeros in it
            normal = device.slave.registers

            def once(unit, address, request):
                if address == 1 and next(values, None):
                    once.request = request.number
                return 0 if getattr(once, "request", None) == request.number and address in (1, 2) else normal(unit, address, request)

            device.slave.registers = once
            until(lambda: hasattr(once, "request"), "the zeros were read")
            device.slave.registers = normal
            estate.wait_point("d.m", good(100000))
            assert "d.m: the counter" not in estate.log
            device.put(1, 0, 5)  # a new meter
            estate.wait_point("d.m", good(5))
            until(lambda: "d.m: the counter began anew before its end: now 5" in estate.log, "the reset is said")


def test_a_bank_says_whether_and_which(tmp_path):
    with Registers() as device:
        points = ['name = "fire"; at = "holding:31"; type = "any"; length = 2; bits = 2; equals = 1;',
                  'name = "zone"; at = "holding:31"; type = "which"; length = 2; bits = 2; equals = 1;',
                  'name = "det"; at = "holding:31.0-1"; repeat: { count = 16; bits = 2; }; '
                  'values = ( (0, "normal"), (1, "fire"), (2, "fault"), (3, "disabled") );']
        with Estate(tmp_path, configuration(device.slave, points, "base = 1;")) as estate:
            estate.wait_point("d.fire", good(False))
            device.put(30, 0x4000, 0x0003)
            estate.wait_point("d.fire", good(True))
            estate.wait_point("d.zone", good("8"))
            estate.wait_point("d.det-8", good("fire"))
            estate.wait_point("d.det-9", good("disabled"))


def test_forbidden_addresses_are_never_read(tmp_path):
    with Registers() as device:
        points = ['name = "a"; at = "holding:0"; repeat: { count = 3; };', 'name = "b"; at = "holding:5"; repeat: { count = 3; };']
        with Estate(tmp_path, configuration(device.slave, points, 'forbidden = ( "holding:3", "input:6" );')) as estate:
            estate.wait_quality("d.b-3", "good")
            until(lambda: len(device.slave.of()) > 20, "some turns")
            assert {(r.first, r.count) for r in device.slave.of()} == {(0, 3), (5, 3)}


def test_a_slow_point_rides_along_and_is_told_as_seldom_as_it_asked(tmp_path):
    with Registers() as device:
        normal = device.slave.registers
        device.slave.registers = lambda unit, address, r: r.number & 0xFFFF if address == 1 else normal(unit, address, r)
        points = ['name = "a"; at = "holding:0"; repeat: { count = 2; step = 2; };', 'name = "s"; at = "holding:1"; period = "2s";']
        with Estate(tmp_path, configuration(device.slave, points)) as estate:
            estate.wait_quality("d.s", "good")
            seen, end = set(), time.monotonic() + 5
            before = len(device.slave.of())
            while time.monotonic() < end:
                seen.add(estate.point("d.s")["value"])
            asked = len(device.slave.of()) - before
            assert {(r.first, r.count) for r in device.slave.of()} == {(0, 3)}
            assert asked > 20
            assert 2 <= len(seen) <= 4, seen
