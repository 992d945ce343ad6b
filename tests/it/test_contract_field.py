"""The field against slaves of our own that misbehave: never a wrong value, never the healthy ones disturbed.

Most registers tell where they were read: value = 256 * address + unit + a counter times 16, so any mix-up shows."""

import random
import struct
import time

import pytest

from estate import Estate, until
from wire import Fault, RtuSlave, TcpSlave

HEAD = '''
estate: { id = "t"; name = "t"; timezone = "Asia/Shanghai"; };
places: ( { id = "b1"; name = "1"; } );
classes: ( { id = "c"; points: ( { name = "any"; type = "number"; } ); } );
'''


def tcp(slave, id="gw", timeout="150ms"):
    return f'{{ id = "{id}"; type = "tcp"; host = "127.0.0.1"; port = {slave.port}; timeout = "{timeout}"; }}'


def rtu(slave, id="line", timeout="150ms", baud=115200):
    return f'{{ id = "{id}"; type = "rtu"; port = "{slave.port}"; baud = {baud}; timeout = "{timeout}"; }}'


def profile(id, rows, period="100ms", more=""):
    points = ",\n".join("{ " + r + " }" for r in rows)
    return f'{{ id = "{id}"; class = "c"; period = "{period}"; {more} points: (\n{points} ); }}'


def device(id, unit, bus="gw", profile="p", more=""):
    return f'{{ id = "{id}"; place = "b1"; bus = "{bus}"; unit = {unit}; profile = "{profile}"; {more} }}'


def configuration(buses, profiles, devices):
    return (HEAD + "buses: ( " + ", ".join(buses) + " );\nprofiles: ( " + ", ".join(profiles) + " );\ndevices: ( " +
            ", ".join(devices) + " );\n")


def where(unit, address, r=None):
    """A value that says which register of which unit it is."""
    return (address * 256 + unit) & 0xFFFF


BLOCK = [f'name = "r{i}"; at = "holding:{i}";' for i in range(8)]


class Watch:
    """Looks at every value of the block that the daemon shows; a wrong one fails the test."""

    def __init__(self, estate, units):
        self.estate, self.units, self.seen = estate, units, 0

    def look(self):
        for p in self.estate.json("points"):
            name, point = p["point"].split(".")
            if point.startswith("r") and name in self.units and p["value"] is not None:
                assert p["value"] == where(self.units[name], int(point[1:])), p
                self.seen += 1

    def during(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
        assert self.seen


def test_a_value_on_every_third_register_is_three_requests_a_cycle(tmp_path):
    rows = [f'name = "r{i}"; at = "holding:{3 * i}";' for i in range(100)]
    with TcpSlave(where) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", rows, "300ms")], [device("d", 5)])) as estate:
            estate.wait_quality("d.r99", "good")
            until(lambda: len(slave.requests) > 40, "many cycles")
            for i in (0, 41, 99):
                assert estate.point(f"d.r{i}")["value"] == where(5, 3 * i)
        requests = slave.of(5)[6:36]
        shapes = {(r.function, r.first, r.count) for r in requests}
        assert len(shapes) == 3 and all(r.count <= 125 for r in requests), shapes
        starts = [r.at for r in requests if r.first == 0]
        cycles = [b - a for a, b in zip(starts, starts[1:])]
        assert len(starts) == 10 and 0.25 < sum(cycles) / len(cycles) < 0.35, "three requests a cycle of 300 ms"


def test_the_codec_against_our_own_encoding(tmp_path):
    memory = {}

    def put(address, order, data):
        """data: bytes, a first; order says where each stands on the wire."""
        wire = bytes(data["abcd".index(c)] for c in order) if len(data) == 4 else data
        for i in range(0, len(wire), 2):
            memory[address + i // 2] = struct.unpack(">H", wire[i:i + 2])[0]

    rows, expected = [], {}

    def row(name, at, more, value):
        rows.append(f'name = "{name}"; at = "{at}"; {more}')
        expected[name] = value

    address = 10
    for order in ("abcd", "cdab", "badc", "dcba"):
        for kind, form, value in (("u32", ">I", 4023233417), ("i32", ">i", -123456789), ("f32", ">f", -1234.5)):
            put(address, order, struct.pack(form, value))
            row(f"{kind}-{order}", f"holding:{address}", f'type = "{kind}"; order = "{order}";', value)
            address += 2
    memory[60] = 0xFF38
    row("i16", "holding:60", 'type = "i16"; scale = 0.1;', -20)
    memory[61] = 65535
    row("u16", "holding:61", "", 65535)
    memory[62] = 0xA55A
    row("hi", "holding:62.hi", "", 0xA5)
    row("lo", "holding:62.lo", "", 0x5A)
    row("bits", "holding:62.4-7", "", 5)
    row("bit-15", "holding:62.15", "", True)
    row("bit-14", "holding:62.14", "", False)
    row("not-15", "holding:62.15", "invert = true;", False)
    memory[63] = 2
    row("words", "holding:63", 'values = ( (0, "normal"), (2, "fire") );', "fire")
    memory[64] = 0b1100
    row("field-words", "holding:64.2-3", 'values = ( (0, "normal"), (3, "off") );', "off")
    memory[65] = 100
    row("offset", "holding:65", "scale = 0.5; offset = -40;", 10)
    row("in", "input:65", "", 100)
    row("coil", "coil:61", "", True)
    row("coil-not", "discrete:61", "invert = true;", False)
    with TcpSlave(lambda u, a, r: memory.get(a, 0)) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", rows)], [device("d", 1)])) as estate:
            estate.wait_quality("d.coil-not", "good")
            estate.wait_quality("d.in", "good")
            shown = {p["point"][2:]: p for p in estate.json("points", "d")}
            for name, value in expected.items():
                assert shown[name]["quality"] == "good" and shown[name]["value"] == pytest.approx(value) \
                    if not isinstance(value, str) else shown[name]["value"] == value, (name, shown[name], value)


def test_base_1_and_several_devices_behind_one_unit(tmp_path):
    profiles = [profile("p", ['name = "v"; at = "holding:1";'], more="base = 1;"), profile("q", ['name = "v"; at = "holding:1";'])]
    with TcpSlave(where) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], profiles, [device("a", 7), device("b", 7, profile="q"), device("c", 8)])) as estate:
            for name, value in (("a", where(7, 0)), ("b", where(7, 1)), ("c", where(8, 0))):
                assert estate.wait_quality(f"{name}.v", "good")["value"] == value


LIES = [Fault(tid=1), Fault(tid=-1), Fault(unit=1), Fault(protocol=7), Fault(length=2), Fault(bytes_less=2), Fault(function=7),
        Fault(function=1), Fault(garbage=b"\xff" * 5), Fault(mute=True)]


def test_a_lying_unit_is_lost_and_good_again_when_it_is_honest(tmp_path):
    lying = []
    with TcpSlave(lambda u, a, r: 0xDEAD if lying else where(u, a), lambda r: Fault(unit=1) if lying else None) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", BLOCK)], [device("d", 5)])) as estate:
            estate.wait_quality("d.r7", "good")
            lying.append(True)
            assert estate.wait_quality("d.r7", "lost")["value"] == where(5, 7)
            lying.clear()
            estate.wait_quality("d.r7", "good")
            Watch(estate, {"d": 5}).during(0.2)


def test_no_lying_tcp_answer_is_ever_a_value(tmp_path):
    """Every lie carries 0xDEAD in its registers; some are followed by the right answer."""
    chance, told = random.Random(3), set()

    def lie(r):
        if r.number < 5 or chance.random() < 0.7:
            return None
        told.add(r.number)
        return chance.choice(LIES)

    def values(unit, address, r):
        return 0xDEAD if r.number in told else where(unit, address)

    with TcpSlave(values, lie) as slave:
        text = configuration([tcp(slave, timeout="60ms")], [profile("p", BLOCK, "50ms")], [device("d", 5), device("e", 6)])
        with Estate(tmp_path, text) as estate:
            watch = Watch(estate, {"d": 5, "e": 6})
            until(lambda: watch.look() or len(told) >= 15, "fifteen lies", limit=90)
            assert watch.seen


def test_a_stale_answer_before_the_right_one_is_passed_over(tmp_path):
    with TcpSlave(where, lambda r: Fault(tid=-1, unit=0, then_right=True) if r.number > 3 else None) as slave:
        slave._pdu_right = slave._pdu
        slave._pdu = lambda r, fault: slave._pdu_right(r, fault) if not fault.tid else slave._pdu_right(r, fault)[:2] + b"\xde\xad" * r.count
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", BLOCK)], [device("d", 5)])) as estate:
            estate.wait_quality("d.r7", "good")
            until(lambda: len(slave.requests) > 20, "many answers")
            Watch(estate, {"d": 5}).during(0.5)
            assert estate.point("d.r7")["quality"] == "good" and slave.accepted == 1


def test_late_tcp_answers_are_never_taken_for_the_next(tmp_path):
    """Two blocks in turn (holding, input): a late answer of one would be a wrong value in the other."""
    rows = [f'name = "r{i}"; at = "holding:{i}";' for i in range(4)] + [f'name = "q{i}"; at = "holding:{300 + i}";' for i in range(4)]
    chance = random.Random(7)
    late = []

    def fault(r):
        if r.number > 10 and chance.random() < 0.3:
            late.append(r)
            return Fault(late=0.08 + chance.random() * 0.2)
        return None

    with TcpSlave(where, fault) as slave:
        with Estate(tmp_path, configuration([tcp(slave, timeout="80ms")], [profile("p", rows, "50ms")], [device("d", 5)])) as estate:
            estate.wait_quality("d.r3", "good")

            def look():
                for p in estate.json("points", "d"):
                    n = p["point"].split(".")[1]
                    address = int(n[1:]) + (300 if n[0] == "q" else 0)
                    assert p["value"] in (None, where(5, address)), p
                return len(late) >= 12
            until(look, "twelve late answers", limit=90)


def test_late_rtu_answers_are_never_taken_for_the_next(tmp_path):
    rows = [f'name = "r{i}"; at = "holding:{i}";' for i in range(4)] + [f'name = "q{i}"; at = "holding:{300 + i}";' for i in range(4)]
    chance = random.Random(11)
    late = []

    def fault(r):
        if r.number > 10 and chance.random() < 0.4:
            late.append(r)
            return Fault(late=0.06 + chance.random() * 0.15)
        return None

    with RtuSlave(where, fault) as slave:
        slave.latest = 1.0  # what is later than it may be is a right answer to the next question, whoever asks
        text = configuration([rtu(slave, timeout="60ms")], [profile("p", rows, "50ms")],
                             [device(n, u, "line", more='late_bound = "1s";') for n, u in (("d", 5), ("e", 6))])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r3", "good")
            estate.wait_quality("e.q3", "good")

            def look():
                for p in estate.json("points"):
                    name, n = p["point"].split(".")
                    address = int(n[1:]) + (300 if n[0] == "q" else 0)
                    assert p["value"] in (None, where({"d": 5, "e": 6}[name], address)), p
                return len(late) >= 20
            until(look, "twenty late answers", limit=90)


def test_no_lying_rtu_answer_is_ever_a_value(tmp_path):
    lies = [Fault(bad_crc=True), Fault(unit=1), Fault(function=7), Fault(bytes_less=2), Fault(bad_crc=True, garbage=b"\x05\x03\x10"), Fault(mute=True)]
    chance, told = random.Random(5), set()

    def lie(r):
        if r.number < 5 or chance.random() < 0.7:
            return None
        told.add(r.number)
        return chance.choice(lies)

    with RtuSlave(lambda u, a, r: 0xDEAD if r.number in told else where(u, a), lie) as slave:
        text = configuration([rtu(slave, timeout="60ms")], [profile("p", BLOCK, "50ms")],
                             [device(n, u, "line", more='late_bound = "60ms";') for n, u in (("d", 5), ("e", 6))])
        with Estate(tmp_path, text) as estate:
            watch = Watch(estate, {"d": 5, "e": 6})
            until(lambda: watch.look() or len(told) >= 15, "fifteen lies", limit=90)
            assert watch.seen


def test_a_dripping_slave_costs_one_timeout_and_no_more(tmp_path):
    dripping = []
    with TcpSlave(where, lambda r: Fault(drip=0.05) if dripping and r.unit == 5 else None) as slave:
        text = configuration([tcp(slave, timeout="200ms")], [profile("p", BLOCK)], [device("d", 5), device("e", 6)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "good")
            estate.wait_quality("e.r7", "good")
            dripping.append(True)
            estate.wait_quality("d.r7", "lost")
            watch = Watch(estate, {"d": 5, "e": 6})
            watch.during(1)
            before = len(slave.of(6))
            time.sleep(2)
            assert len(slave.of(6)) - before >= 10, "the other unit is asked on"
            dripping.clear()
            estate.wait_quality("d.r7", "good")


def test_one_illegal_register_of_twenty_leaves_nineteen_good_and_no_reconnect(tmp_path):
    rows = [f'name = "r{i}"; at = "holding:{i}";' for i in range(20)]

    def fault(r):
        return Fault(exception=2) if r.first <= 13 < r.first + r.count else None

    with TcpSlave(where, fault) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", rows)], [device("d", 5)])) as estate:
            def good():
                points = estate.json("points", "d")
                return sum(p["quality"] == "good" for p in points) == 19
            until(good, "nineteen good points")
            bad = estate.wait_quality("d.r13", "bad")
            assert bad["value"] is None
            for i in set(range(20)) - {13}:
                assert estate.point(f"d.r{i}")["value"] == where(5, i)
            before = len(slave.requests)
            time.sleep(1.5)
            asked = slave.requests[before:]
            assert len(asked) <= 45, f"{len(asked)} requests in 15 cycles: the split is remembered"
            assert slave.accepted == 1


def test_one_mute_unit_of_three(tmp_path):
    mute = []
    with TcpSlave(where, lambda r: Fault(mute=True) if mute and r.unit == 6 else None) as slave:
        text = configuration([tcp(slave, timeout="300ms")], [profile("p", BLOCK, "200ms")], [device("d", 5), device("e", 6), device("f", 7)])
        with Estate(tmp_path, text) as estate:
            for name in "def":
                estate.wait_quality(f"{name}.r7", "good")
            mute.append(True)
            estate.wait_quality("e.r7", "lost")
            time.sleep(2)  # what is measured is the steady state, not the first timeouts
            before, began = {u: len(slave.of(u)) for u in (5, 6, 7)}, time.monotonic()
            time.sleep(10)
            seconds = time.monotonic() - began
            for u in (5, 7):
                polls = len(slave.of(u)) - before[u]
                assert polls >= 0.98 * seconds / 0.2 - 1, f"unit {u}: {polls} polls in {seconds:.1f} s at 200 ms"
            assert estate.point("d.r7")["quality"] == estate.point("f.r7")["quality"] == "good"
            assert slave.accepted == 1, "the connection stays: others answer on it"


def test_a_mute_unit_on_a_line_of_three(tmp_path):
    mute = []
    with RtuSlave(where, lambda r: Fault(mute=True) if mute and r.unit == 6 else None) as slave:
        text = configuration([rtu(slave, timeout="100ms")], [profile("p", BLOCK, "200ms")],
                             [device(n, u, "line", more='late_bound = "200ms";') for n, u in (("d", 5), ("e", 6), ("f", 7))])
        with Estate(tmp_path, text) as estate:
            for name in "def":
                estate.wait_quality(f"{name}.r7", "good")
            mute.append(True)
            estate.wait_quality("e.r7", "lost")
            time.sleep(2)
            before, began = {u: len(slave.of(u)) for u in (5, 7)}, time.monotonic()
            time.sleep(5)
            seconds = time.monotonic() - began
            for u in (5, 7):
                polls = len(slave.of(u)) - before[u]
                assert polls >= 0.98 * seconds / 0.2 - 1, f"unit {u}: {polls} polls in {seconds:.1f} s at 200 ms"


def test_a_deaf_gateway_disturbs_no_other_bus(tmp_path):
    deaf = []
    with TcpSlave(where, lambda r: Fault(mute=True) if deaf else None) as one, TcpSlave(where) as two:
        text = configuration([tcp(one, "gw"), tcp(two, "gx")], [profile("p", BLOCK)], [device("d", 5), device("e", 5, "gx")])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "good")
            estate.wait_quality("e.r7", "good")
            deaf.append(True)
            estate.wait_quality("d.r7", "lost")
            before, began = len(two.requests), time.monotonic()
            time.sleep(3)
            assert len(two.requests) - before >= 0.98 * (time.monotonic() - began) / 0.1 - 1
            deaf.clear()
            estate.wait_quality("d.r7", "good")


def test_refused_then_back(tmp_path):
    slave = TcpSlave(where).start()
    text = configuration([tcp(slave)], [profile("p", BLOCK)], [device("d", 5)])
    with Estate(tmp_path, text) as estate:
        estate.wait_quality("d.r7", "good")
        slave.refuse()
        p = estate.wait_quality("d.r7", "lost")
        assert p["value"] == where(5, 7)
        slave.start()
        estate.wait_quality("d.r7", "good", limit=15)
    slave.stop()


def test_closed_after_each_request(tmp_path):
    """A gateway that closes instead of answering, some of the time: right values only, and it goes on."""
    with TcpSlave(where, lambda r: Fault(close=True) if r.number % 5 == 4 else None) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", BLOCK)], [device("d", 5)])) as estate:
            estate.wait_quality("d.r7", "good")
            watch = Watch(estate, {"d": 5})
            until(lambda: watch.look() or slave.accepted >= 4, "it connects again")


def test_a_value_is_never_torn(tmp_path):
    """A u32 whose two registers are the number of the request: both halves of every value are of one request."""
    rows = ['name = "r0"; at = "holding:123"; type = "u32";', 'name = "r1"; at = "holding:125"; type = "u32";'] + \
        [f'name = "s{i}"; at = "holding:{i}";' for i in range(123)]
    with TcpSlave(lambda u, a, r: r.number & 0xFFFF) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", rows, "50ms")], [device("d", 5)])) as estate:
            estate.wait_quality("d.r1", "good")
            for _ in range(50):
                for p in estate.json("points", "d.r*"):
                    assert p["value"] % 65537 == 0, p
        for r in slave.of(5):
            assert r.count <= 125 and not r.first <= 123 < r.first + r.count <= 124 and not r.first <= 125 < r.first + r.count <= 126


def test_max_registers_of_a_device_is_kept(tmp_path):
    rows = [f'name = "r{i}"; at = "holding:{i}";' for i in range(50)]
    with TcpSlave(where) as slave:
        text = configuration([tcp(slave)], [profile("p", rows)], [device("d", 5, more="max_registers = 10;")])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r49", "good")
            Watch(estate, {"d": 5}).look()
        assert max(r.count for r in slave.requests) <= 10


def test_half_open(tmp_path):
    """The listener takes connections but nobody ever answers on them; then a real slave takes over the port."""
    import socket
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    slave = TcpSlave(where)
    slave.port = port
    with Estate(tmp_path, configuration([tcp(slave)], [profile("p", BLOCK)], [device("d", 5)])) as estate:
        estate.wait_point("d.r7", lambda p: p["quality"] == "lost" and p["value"] is None)
        held = []
        server.settimeout(10)
        held.append(server.accept()[0])
        server.close()
        slave.start()
        estate.wait_quality("d.r7", "good", limit=20)
        for c in held:
            c.close()
    slave.stop()
