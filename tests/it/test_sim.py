"""estate-sim seen from outside: an independent Modbus client, raw sockets for what a client would never send or accept,
and a real broker."""

import json
import os
import random
import select
import socket
import struct
import subprocess
import termios
import time

import pytest
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.pdu import ExceptionResponse

import simulator
from broker import Broker
from simulator import Simulator
from wire import crc

DEMO = os.path.join(os.path.dirname(__file__), "..", "sim", "demo.conf")

PLAIN = """
seed = 7;
slaves: (
    { id = "tcp"; max_clients = 3; units: (
        { unit = 1; holding: ( (0, 10, 11, 12, 13), { at = 100; count = 125; value = 5; } );
          input: ( (0, 20, 21) ); coils: ( (0, 1, 0, 1, 1, 0, 0, 0, 0, 1) ); discrete: ( (8, 1, 0, 1) ); },
        { unit = 2; holding: ( { at = 0; count = 20; value = 3; } ); illegal: ( ("holding", 7), ("holding", 12, 2) ); },
        { unit = 3; name = "moving";
          holding: ( { at = 0; counter = 1000.0; }, { at = 10; count = 8; random = (100, 200); period = "10ms"; },
                     { at = 20; type = "f32"; order = "cdab"; value = 23.5; },
                     { at = 30; type = "u32"; value = 305419896; }, { at = 40; type = "i16"; value = -5; } ); } ); },
    { id = "asks"; unknown_unit = "exception"; units: ( { unit = 1; holding: ( (0, 1) ); } ); },
    { id = "line"; type = "rtu"; units: (
        { unit = 1; holding: ( (0, 10, 11, 12, 13), (50, 0, 0) ); }, { unit = 2; holding: ( (0, 20), (50, 0) ); } ); },
    { id = "over"; type = "rtu-over-tcp"; units: ( { unit = 9; holding: ( (0, 99) ); } ); }
);
"""

MODELS = """
seed = 3; speed = 50.0; living = false;
slaves: ( { id = "all"; units: (
    { unit = 1; model = "lift-f7"; name = "lift-1"; floors = 33; floor = 5; door_cycles = 70000; },
    { unit = 2; model = "lift-generic"; name = "lift-2"; },
    { unit = 3; model = "door"; name = "door-1"; },
    { unit = 4; model = "pump"; name = "pump-1"; run_hours = 70001; },
    { unit = 5; model = "tank"; name = "tank-1"; },
    { unit = 6; model = "env"; name = "env-1"; temperature = -4.5; },
    { unit = 7; model = "relay"; name = "relay-1"; count = 4; },
    { unit = 8; model = "meter"; name = "meter-1"; load = 9000.0; energy = 1234.5; } ); } );
"""


@pytest.fixture
def sim(tmp_path):
    with Simulator(tmp_path, PLAIN) as running:
        yield running


@pytest.fixture
def models(tmp_path):
    with Simulator(tmp_path, MODELS) as running:
        yield running


def tcp_client(port, **more):
    client = ModbusTcpClient("127.0.0.1", port=port, timeout=5, **more)
    assert client.connect()
    return client


class Raw:
    """A socket that sees every byte. 300 ms of silence is the end of what comes."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)

    def ask(self, unit, pdu, tid=0x1234):
        self.socket.sendall(struct.pack(">HHHB", tid, 0, len(pdu) + 1, unit) + pdu)

    def frame(self):
        """One answer as (tid, protocol, length, unit, pdu)."""
        head = self.exactly(7)
        tid, protocol, length, unit = struct.unpack(">HHHB", head)
        return tid, protocol, length, unit, self.exactly(length - 1)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError(data)
            data += more
        return data

    def silent(self, seconds=0.3):
        self.socket.settimeout(seconds)
        try:
            got = self.socket.recv(4096)
        except socket.timeout:
            return True
        finally:
            self.socket.settimeout(5)
        assert got, "the connection was closed"
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


READ_2 = struct.pack(">BHH", 3, 0, 2)
GOOD_2 = bytes([3, 4, 0, 10, 0, 11])


class Line:
    """The client's end of a serial line, raw, with a limit on every read."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        mode = termios.tcgetattr(self.fd)
        mode[0] = mode[1] = mode[3] = 0
        mode[2] = termios.CS8 | termios.CREAD | termios.CLOCAL
        termios.tcsetattr(self.fd, termios.TCSANOW, mode)

    def send(self, data):
        assert os.write(self.fd, data) == len(data)

    def ask(self, unit, pdu):
        frame = bytes([unit]) + pdu
        self.send(frame + crc(frame))

    def read(self, count, limit=5.0):
        data, until = b"", time.monotonic() + limit
        while len(data) < count and (left := until - time.monotonic()) > 0:
            data += self._wait(left)
        return data

    def _wait(self, left):
        ready, _, _ = select.select([self.fd], [], [], left)
        return os.read(self.fd, 4096) if ready else b""

    def close(self):
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# ---- tables, functions, exceptions ----


def test_every_table_is_read_as_the_scenario_says(sim):
    client = tcp_client(sim.port("tcp"))
    assert client.read_holding_registers(0, 4, slave=1).registers == [10, 11, 12, 13]
    assert client.read_input_registers(0, 2, slave=1).registers == [20, 21]
    assert client.read_coils(0, 9, slave=1).bits[:9] == [True, False, True, True, False, False, False, False, True]
    assert client.read_discrete_inputs(8, 3, slave=1).bits[:3] == [True, False, True]
    assert client.read_holding_registers(100, 125, slave=1).registers == [5] * 125
    client.close()


def test_all_writes_work_and_are_read_back(sim):
    client = tcp_client(sim.port("tcp"))
    assert not client.write_register(0, 777, slave=1).isError()
    assert not client.write_registers(1, [1, 2, 3], slave=1).isError()
    assert not client.write_coil(1, True, slave=1).isError()
    assert not client.write_coils(4, [True, True, False], slave=1).isError()
    with Raw(sim.port("tcp")) as raw:  # pymodbus 3.0.0 cannot decode these two answers
        raw.ask(1, struct.pack(">BHHH", 22, 0, 0x00F0, 0x0001))
        assert raw.frame()[4] == struct.pack(">BHHH", 22, 0, 0x00F0, 0x0001)
        raw.ask(1, struct.pack(">BHHHHBH", 23, 0, 4, 3, 1, 2, 9))
        assert raw.frame()[4] == struct.pack(">BB4H", 23, 8, (777 & 0xF0) | 1, 1, 2, 9)
    assert client.read_coils(0, 7, slave=1).bits[:7] == [True, True, True, True, True, True, False]
    assert sim.get("tcp:1", "holding", 0, 4) == [(777 & 0xF0) | 1, 1, 2, 9]
    client.close()


@pytest.mark.parametrize("first, count, wanted", [(0, 7, None), (7, 1, 2), (5, 3, 2), (8, 4, None), (8, 5, 2), (14, 6, None),
                                                  (0, 20, 2), (19, 2, 2), (20, 1, 2), (0, 126, 3)])
def test_illegal_addresses_answer_exception_2_to_any_request_that_touches_them(sim, first, count, wanted):
    with Raw(sim.port("tcp")) as raw:
        raw.ask(2, struct.pack(">BHH", 3, first, count))
        pdu = raw.frame()[4]
    assert pdu[:2] == (bytes([3, 2 * count]) if wanted is None else bytes([0x83, wanted]))


@pytest.mark.parametrize("pdu, answer", [
    (b"\x2b\x0e\x01\x00", b"\xab\x01"),                 # a function it does not have
    (b"\x07", b"\x87\x01"),
    (b"\x05\x00\x00\x12\x34", b"\x85\x03"),             # neither on nor off
    (b"\x03\x00\x00\x00\x00", b"\x83\x03"),             # nothing asked
    (b"\x10\x00\x00\x00\x02\x03\x00\x01\x00", b"\x90\x03"),  # the count does not agree
    (b"\x06\xff\xff\x00\x01", b"\x86\x02"),
    (b"\x03\x00", b"\x83\x03"),                         # cut short
])
def test_requests_that_make_no_sense_get_the_right_exception(sim, pdu, answer):
    with Raw(sim.port("tcp")) as raw:
        raw.ask(1, pdu)
        assert raw.frame()[4] == answer
        raw.ask(1, READ_2)
        assert raw.frame()[4] == GOOD_2


def test_generators_change_by_themselves_until_somebody_sets_them(sim):
    client = tcp_client(sim.port("tcp"))
    read = lambda first, count: client.read_holding_registers(first, count, slave=3).registers
    first = read(0, 1)[0]
    until = time.monotonic() + 5
    while read(0, 1)[0] == first and time.monotonic() < until:
        pass
    assert read(0, 1)[0] > first
    assert all(100 <= value <= 200 for value in read(10, 8)) and len(set(read(10, 8))) > 1
    assert struct.unpack(">f", struct.pack(">HH", *reversed(read(20, 2))))[0] == 23.5
    assert read(30, 2) == [0x1234, 0x5678]
    assert read(40, 1) == [65531]
    sim.do("set moving holding 0 5")
    assert read(0, 1) == [5] and read(0, 1) == [5]
    sim.do("set tcp:3 holding 0 auto")
    assert read(0, 1)[0] > first
    sim.do("set moving holding 30 f32 -1.5")
    assert struct.unpack(">f", struct.pack(">HH", *read(30, 2)))[0] == -1.5
    client.close()


def test_the_same_seed_gives_the_same_values(tmp_path):
    text = 'slaves: ( { id = "a"; units: ( { unit = 1; holding: ( { at = 0; count = 9; random = (0, 60000); period = "1h"; } ); } ); } );\n'

    def values(seed):
        with Simulator(tmp_path, text, "--set", f"seed={seed}") as one:
            return one.get("a:1", "holding", 0, 9)

    assert values(5) == values(5) != values(6)


def test_unknown_units_are_silent_or_answer_0x0b_as_configured(sim):
    with Raw(sim.port("tcp")) as raw:
        raw.ask(77, READ_2)
        raw.ask(1, READ_2, tid=2)
        assert raw.frame()[0] == 2
    with Raw(sim.port("asks")) as raw:
        raw.ask(77, READ_2)
        assert raw.frame()[3:] == (77, b"\x83\x0b")


def test_several_clients_are_served_at_once_up_to_the_limit(sim):
    clients = [Raw(sim.port("tcp")) for _ in range(3)]
    for i, raw in enumerate(clients):
        raw.ask(1, READ_2, tid=i)
    for i, raw in reversed(list(enumerate(clients))):
        assert raw.frame()[0] == i
    with Raw(sim.port("tcp")) as fourth:
        assert fourth.socket.recv(1) == b""
    clients.pop().socket.close()
    until = time.monotonic() + 5
    while sim.stats("tcp")["connections"] != 2 and time.monotonic() < until:
        pass
    with Raw(sim.port("tcp")) as again:
        again.ask(1, READ_2)
        assert again.frame()[4] == GOOD_2
    for raw in clients:
        raw.socket.close()


def test_requests_in_pieces_and_several_in_one_write_are_understood(sim):
    with Raw(sim.port("tcp")) as raw:
        one = struct.pack(">HHHB", 1, 0, 6, 1) + READ_2
        for byte in one:
            raw.socket.sendall(bytes([byte]))
        assert raw.frame()[0] == 1
        raw.socket.sendall(one + one.replace(b"\x00\x01", b"\x00\x02", 1) + one[:5])
        assert [raw.frame()[0], raw.frame()[0]] == [1, 2]
        raw.socket.sendall(one[5:])
        assert raw.frame()[0] == 1


def test_a_stream_that_is_not_modbus_is_closed_and_counted(sim):
    with Raw(sim.port("tcp")) as raw:
        raw.socket.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert raw.socket.recv(10) == b""
    assert sim.stats("tcp")["frame_errors"] == 1


# ---- the serial line ----


def test_a_serial_client_reads_units_of_a_line(sim):
    client = ModbusSerialClient(port=sim.path("line"), baudrate=9600, timeout=5)
    assert client.connect()
    assert client.read_holding_registers(0, 4, slave=1).registers == [10, 11, 12, 13]
    assert client.read_holding_registers(0, 1, slave=2).registers == [20]
    assert isinstance(client.read_holding_registers(9, 1, slave=2), ExceptionResponse)
    assert not client.write_register(0, 4711, slave=2).isError()
    assert client.read_holding_registers(0, 1, slave=2).registers == [4711]
    client.close()


def test_the_line_survives_clients_that_close_and_open_it_again(sim):
    for n in range(20):
        with Line(sim.path("line")) as line:
            line.ask(1, READ_2)
            assert line.read(9)[1:-2] == GOOD_2, n
    assert sim.stats("line")["closed"] >= 1


def test_what_the_last_client_did_not_read_does_not_greet_the_next_one(sim):
    with Line(sim.path("line")) as line:
        line.ask(1, READ_2)
        until = time.monotonic() + 5
        while sim.stats("line")["requests"] < 1 and time.monotonic() < until:
            pass
    until = time.monotonic() + 5
    while sim.stats("line")["closed"] < 1 and time.monotonic() < until:
        pass
    with Line(sim.path("line")) as line:
        assert line.read(1, limit=0.2) == b""
        line.ask(2, struct.pack(">BHH", 3, 0, 1))
        assert line.read(7)[:5] == bytes([2, 3, 2, 0, 20])


def test_a_bad_checksum_gets_no_answer_and_the_next_request_after_silence_does(sim):
    with Line(sim.path("line")) as line:
        line.send(bytes([1]) + READ_2 + b"\x00\x00")
        assert line.read(1, limit=0.2) == b""
        line.ask(1, READ_2)
        assert line.read(9)[1:-2] == GOOD_2
    assert sim.stats("line")["frame_errors"] == 1


def test_an_unknown_unit_on_a_line_is_silent_and_a_broadcast_reaches_all(sim):
    with Line(sim.path("line")) as line:
        line.ask(77, READ_2)
        line.ask(0, struct.pack(">BHH", 6, 50, 1234))
        line.ask(1, struct.pack(">BHH", 3, 50, 1))
        assert line.read(7)[:5] == bytes([1, 3, 2, 4, 210])
        assert line.read(1, limit=0.1) == b""
    assert sim.get("line:2", "holding", 50) == [1234]


def test_rtu_over_tcp_speaks_frames_with_a_checksum_on_a_socket(sim):
    with Raw(sim.port("over")) as raw:
        frame = bytes([9]) + struct.pack(">BHH", 3, 0, 1)
        raw.socket.sendall(frame + crc(frame))
        answer = raw.exactly(7)
    assert answer == bytes([9, 3, 2, 0, 99]) + crc(answer[:5])


def test_a_paced_line_takes_as_long_as_its_baud_rate(tmp_path):
    text = ('slaves: ( { id = "slow"; type = "rtu"; baud = 1200; parity = "even"; paced = true; units: ( { unit = 1;\n'
            'holding: ( { at = 0; count = 20; value = 1; } ); } ); } );\n')
    with Simulator(tmp_path, text) as slow, Line(slow.path("slow")) as line:
        begin = time.monotonic()
        line.ask(1, struct.pack(">BHH", 3, 0, 20))
        assert len(line.read(45)) == 45
        took = time.monotonic() - begin
    wire = (8 + 45) * 11 / 1200
    assert wire - 0.02 <= took <= wire + 0.3


# ---- faults on TCP ----


def asked(sim, unit=1):
    raw = Raw(sim.port("tcp"))
    raw.ask(unit, READ_2)
    return raw


def test_mute_says_nothing_for_as_many_answers_as_told(sim):
    sim.do("fault tcp:1 mute count 2")
    with Raw(sim.port("tcp")) as raw:
        for tid in (1, 2, 3):
            raw.ask(1, READ_2, tid)
        assert raw.frame()[0] == 3


def test_mute_of_one_unit_leaves_the_others_alone_and_ok_ends_it(sim):
    sim.do("fault tcp:1 mute")
    with Raw(sim.port("tcp")) as raw:
        raw.ask(1, READ_2, 1)
        raw.ask(2, READ_2, 2)
        assert raw.frame()[0] == 2
        sim.do("fault tcp:1 ok")
        raw.ask(1, READ_2, 3)
        assert raw.frame()[0] == 3


def test_a_mute_unit_carries_nothing_out(sim):
    sim.do("fault tcp:1 mute count 1")
    with Raw(sim.port("tcp")) as raw:
        raw.ask(1, struct.pack(">BHH", 6, 0, 9))
        raw.ask(1, READ_2)
        assert raw.frame()[4] == GOOD_2


def test_a_fault_of_the_whole_slave_meets_every_unit_and_ends_with_its_time(sim):
    sim.do("fault tcp exception 6 for 300ms")
    with Raw(sim.port("tcp")) as raw:
        raw.ask(1, READ_2)
        raw.ask(2, READ_2)
        assert [raw.frame()[4], raw.frame()[4]] == [b"\x83\x06", b"\x83\x06"]
        until, pdu = time.monotonic() + 5, b"\x83"
        while pdu[0] == 0x83 and time.monotonic() < until:
            raw.ask(1, READ_2)
            pdu = raw.frame()[4]
        assert pdu == GOOD_2
    assert sim.do("faults")["faults"] == {}


def test_late_comes_late_and_later_answers_overtake_it(sim):
    sim.do("fault tcp:1 late 400 count 1")
    with Raw(sim.port("tcp")) as raw:
        begin = time.monotonic()
        raw.ask(1, READ_2, 1)
        raw.ask(1, READ_2, 2)
        assert [raw.frame()[0], raw.frame()[0]] == [2, 1]
        assert 0.38 <= time.monotonic() - begin <= 2


def test_drip_takes_its_time_for_every_byte(sim):
    sim.do("fault tcp:1 drip 20")
    with asked(sim) as raw:
        begin = time.monotonic()
        assert raw.frame()[4] == GOOD_2
        assert time.monotonic() - begin >= 12 * 0.02 - 0.02


@pytest.mark.parametrize("fault, index, wanted", [("wrong-unit", 3, 2), ("wrong-unit 5", 3, 6), ("wrong-tid", 0, 0x1235),
                                                  ("wrong-tid 16", 0, 0x1244), ("wrong-protocol-id", 1, 1),
                                                  ("wrong-protocol-id 77", 1, 77)])
def test_wrong_header_fields(sim, fault, index, wanted):
    sim.do(f"fault tcp:1 {fault}")
    with asked(sim) as raw:
        frame = raw.frame()
        assert frame[index] == wanted
        assert frame[4] == GOOD_2


def test_wrong_length_lies_in_the_header_only(sim):
    sim.do("fault tcp:1 wrong-length 3")
    with asked(sim) as raw:
        assert raw.exactly(13) == struct.pack(">HHHB", 0x1234, 0, 10, 1) + GOOD_2
        assert raw.silent()


def test_wrong_count_is_a_valid_frame_with_fewer_registers(sim):
    sim.do("fault tcp:1 wrong-count")
    with asked(sim) as raw:
        assert raw.frame()[2:] == (5, 1, bytes([3, 2, 0, 10]))


def test_wrong_function_and_exception(sim):
    sim.do("fault tcp:1 wrong-function count 1")
    with asked(sim) as raw:
        assert raw.frame()[4][0] == 4
        sim.do("fault tcp:1 exception 4")
        raw.ask(1, READ_2)
        assert raw.frame()[4] == b"\x83\x04"


def test_garbage_noise_duplicate_and_half(sim):
    sim.do("fault tcp:1 garbage 30 count 1")
    with asked(sim) as raw:
        assert len(raw.exactly(30)) == 30
        sim.do("fault tcp:1 noise 4 count 1")
        raw.ask(1, READ_2)
        raw.exactly(4)
        assert raw.frame()[4] == GOOD_2
        sim.do("fault tcp:1 duplicate count 1")
        raw.ask(1, READ_2)
        assert raw.frame() == raw.frame()
        sim.do("fault tcp:1 half count 1")
        raw.ask(1, READ_2)
        assert len(raw.exactly(6)) == 6 and raw.silent()


def test_a_flood_is_as_long_as_told_and_stops_nobody(sim):
    sim.do("fault tcp:1 flood 3000000 count 1")
    with asked(sim) as raw, Raw(sim.port("tcp")) as other:
        other.ask(1, READ_2)
        assert other.frame()[4] == GOOD_2  # although nobody reads the flood
        assert len(raw.exactly(3000000)) == 3000000
        raw.ask(1, READ_2)
        assert raw.frame()[4] == GOOD_2


def test_close_resets_the_connection(sim):
    sim.do("fault tcp:1 close count 1")
    with asked(sim) as raw, pytest.raises(ConnectionResetError):
        raw.exactly(1)
    with asked(sim) as raw:
        assert raw.frame()[4] == GOOD_2


def test_flap_accepts_and_closes_and_flap_with_a_time_refuses(sim):
    with asked(sim) as raw:
        assert raw.frame()[4] == GOOD_2
        sim.do("fault tcp flap count 2")
        with pytest.raises(ConnectionResetError):
            raw.exactly(1)
    for _ in range(2):
        with Raw(sim.port("tcp")) as raw:
            assert raw.socket.recv(1) == b""
    with asked(sim) as raw:
        assert raw.frame()[4] == GOOD_2
    sim.do("fault tcp flap 300")
    with pytest.raises(ConnectionRefusedError):
        Raw(sim.port("tcp"))
    until = time.monotonic() + 5
    while True:
        try:
            with asked(sim) as raw:
                assert raw.frame()[4] == GOOD_2
            break
        except ConnectionRefusedError:
            assert time.monotonic() < until


def test_inject_says_something_nobody_asked_for(sim):
    with asked(sim) as raw:
        raw.frame()
        assert sim.do("inject tcp de ad be ef")["clients"] == 1
        assert raw.exactly(4) == b"\xde\xad\xbe\xef"


# ---- faults on the line ----


def test_faults_on_a_line(sim):
    good = bytes([1]) + GOOD_2
    good += crc(good)
    with Line(sim.path("line")) as line:
        sim.do("fault line:1 bad-crc count 1")
        line.ask(1, READ_2)
        bad = line.read(9)
        assert bad[:-2] == good[:-2] and bad != good
        sim.do("fault line:1 wrong-unit count 1")
        line.ask(1, READ_2)
        other = line.read(9)
        assert other[0] == 2 and other[-2:] == crc(other[:-2])
        sim.do("fault line:1 wrong-length 2 count 1")
        line.ask(1, READ_2)
        assert line.read(9)[2] == 6
        sim.do("fault line:1 echo count 1")
        line.ask(1, READ_2)
        assert line.read(17) == bytes([1]) + READ_2 + crc(bytes([1]) + READ_2) + good
        sim.do("fault line late 300 count 1")
        begin = time.monotonic()
        line.ask(1, READ_2)
        assert line.read(9) == good and time.monotonic() - begin >= 0.28
        sim.do("fault line:1 half 4 count 1")
        line.ask(1, READ_2)
        assert line.read(9, limit=0.2) == good[:4]
        sim.do("fault line:1 flood 20000 count 1")
        line.ask(1, READ_2)
        assert len(line.read(20000)) == 20000


def test_a_line_that_flaps_goes_away_and_comes_back_at_the_same_place(sim):
    path = sim.path("line")
    with Line(path) as line:
        line.ask(1, READ_2)
        assert line.read(9)[1:-2] == GOOD_2
        sim.do("fault line flap 300")
        assert not os.path.lexists(path)
        with pytest.raises(OSError):
            line.send(b"x")
    until = time.monotonic() + 5
    while not os.path.exists(path):
        assert time.monotonic() < until
    with Line(path) as line:
        line.ask(1, READ_2)
        assert line.read(9)[1:-2] == GOOD_2


# ---- models ----


def registers(client, unit, first, count, table="holding"):
    read = client.read_holding_registers if table == "holding" else client.read_input_registers
    answer = read(first, count, slave=unit)
    assert not answer.isError()
    return answer.registers


def bits(client, unit, count):
    return client.read_discrete_inputs(0, count, slave=unit).bits[:count]


def test_the_f7_board_says_where_the_lift_is_and_that_somebody_is_trapped(models):
    client = tcp_client(models.port("all"))
    board = registers(client, 1, 0, 19)
    assert board[0] == 0 and board[1] == 0x0400 and board[2] == 5 << 8
    assert board[3] << 16 | board[4] == 70000 and board[16] == 90 << 8 | 15
    assert isinstance(client.read_holding_registers(0, 20, slave=1), ExceptionResponse)
    models.do("lift-1 entrap")
    board = registers(client, 1, 0, 19)
    assert board[0] == 0x0002 and board[1] == 0x1000 and board[2] & 0xFF == 0
    models.do("lift-1 release")
    until = time.monotonic() + 10  # 50 times as fast as life: well under a second
    while registers(client, 1, 1, 1) != [0x0400] or registers(client, 1, 4, 1) != [70001 & 0xFFFF]:
        assert time.monotonic() < until
    assert registers(client, 1, 0, 1) == [0]
    client.close()


def test_a_called_lift_moves_opens_and_shuts(models):
    client = tcp_client(models.port("all"))
    models.do("lift-1 call 9")
    seen, until = set(), time.monotonic() + 10
    while len(seen) < 4 or registers(client, 1, 1, 1) != [0x0400]:
        status, place = registers(client, 1, 1, 2)
        seen |= {"up"} if status & 0x0100 and place & 0xFF == 17 and not status & 0x0400 else set()
        seen |= {"between"} if 5 < place >> 8 < 9 else set()
        seen |= {"open"} if status & 0x0C00 == 0x0C00 and place >> 8 == 9 else set()
        seen |= {"there"} if place == 9 << 8 else set()
        assert time.monotonic() < until, seen
    assert registers(client, 1, 6, 1) == [4]  # floors run
    client.close()


@pytest.mark.parametrize("command, register, mask, wanted", [
    ("inspection on", 1, 0x2000, 0x2000), ("alarm on", 1, 0x4000, 0x4000), ("off", 0, 0x0800, 0x0800),
    ("power off", 0, 0x0800, 0x0800), ("fault 0x0088", 0, 0xFFFF, 0x0088), ("person in", 1, 0x1000, 0x1000),
    ("door open", 1, 0x0800, 0x0800), ("entrap level", 0, 0xFFFF, 0x0001)])
def test_the_other_bits_of_the_f7_board(models, command, register, mask, wanted):
    models.do(f"lift-1 {command}")
    assert models.get("lift-1", "holding", register)[0] & mask == wanted


def test_the_plain_lift_board_speaks_chongqing_codes(models):
    client = tcp_client(models.port("all"))
    assert registers(client, 2, 0, 7, "input") == [1, 0, 1, 0, 0, 0, 1]
    models.do("lift-2 entrap level")
    assert registers(client, 2, 0, 7, "input") == [2, 0, 1, 0, 93, 75, 1]
    assert bits(client, 2, 8) == [False, True, True, False, False, False, False, True]
    client.close()


def test_a_door_is_forced_granted_and_held(models):
    client = tcp_client(models.port("all"))
    assert bits(client, 3, 8) == [False] * 8
    models.do("door-1 forced")
    assert bits(client, 3, 8) == [True, False, False, True, False, False, False, False]
    assert registers(client, 3, 0, 1) == [0b1001]
    models.do("door-1 close")
    models.do("door-1 tamper on")
    assert registers(client, 3, 0, 1) == [0b100000]
    assert not client.write_coil(0, True, slave=3).isError()
    assert bits(client, 3, 2) == [False, True]
    models.do("door-1 open")
    until = time.monotonic() + 10  # 45 s of its time
    while not bits(client, 3, 8)[4]:
        assert time.monotonic() < until
    assert not bits(client, 3, 8)[1]
    client.close()


def test_the_pump_room(models):
    client = tcp_client(models.port("all"))
    models.do("pump-1 start")
    status, inlet, outlet, hertz, high, low = registers(client, 4, 0, 6)
    assert status == 0b1001 and 250 < inlet < 310 and outlet > 700 and 3800 < hertz < 4600
    assert high << 16 | low == 70001
    models.do("pump-1 fail")
    assert bits(client, 4, 4) == [False, True, False, True]
    models.do("pump-1 pressure_out 6.25")
    assert registers(client, 4, 2, 1) == [625]
    models.do("pump-1 ok")
    assert not client.write_coil(0, False, slave=4).isError()
    assert bits(client, 4, 4) == [False] * 4
    assert 400 < registers(client, 5, 0, 1, "input")[0] < 800
    for level, wanted in ((95, [True, False, False]), (99.5, [True, False, True]), (10, [False, True, False])):
        models.do(f"tank-1 level {level}")
        assert registers(client, 5, 0, 1, "input") == [round(level * 10)] and bits(client, 5, 3) == wanted
    assert registers(client, 6, 0, 1, "input") == [65536 - 45]
    models.do("env-1 humidity 80.4")
    models.do("env-1 water on")
    assert registers(client, 6, 1, 1, "input") == [804] and bits(client, 6, 1) == [True]
    client.close()


def test_relay_contacts_follow_their_coils(models):
    client = tcp_client(models.port("all"))
    assert not client.write_coils(0, [True, False, True, False], slave=7).isError()
    assert bits(client, 7, 4) == [True, False, True, False]
    models.do("relay-1 off 2")
    assert bits(client, 7, 4) == [True, False, False, False]
    client.close()


def test_a_three_phase_meter(models):
    client = tcp_client(models.port("all"))
    words = registers(client, 8, 0, 24, "input")
    real = lambda at: struct.unpack(">f", struct.pack(">HH", *words[at:at + 2]))[0]
    assert all(228 < real(2 * phase) < 233 for phase in range(3))
    assert 8.5 < real(12) < 9.5 and 49.9 < real(16) < 50.1
    assert words[18] << 16 | words[19] >= 123450
    models.do("meter-1 fail 2")
    words = registers(client, 8, 0, 24, "input")
    assert real(2) == 0 and real(0) > 228
    client.close()


# ---- homes ----

HOMES = """
speed = 100.0; living = false;
homes: ( { id = "1204"; place = "b3/u1/1204"; sensors: (
    { model = "sos"; address = "0x00158d0001a2b3c4"; }, { model = "motion"; room = "kitchen"; }, { model = "motion"; room = "living"; },
    { model = "contact"; name = "前门"; id = "front"; }, { model = "smoke"; }, { model = "gas"; }, { model = "water_leak"; },
    { model = "bed"; }, { model = "temperature"; value = 22.5; } ); } );
mqtt: { url = "mqtt://127.0.0.1:1"; base = "zigbee2mqtt"; };
timeline: ( { at = "100ms"; do = "sos-1204 press"; }, { at = "50ms"; do = "home-1204 move kitchen"; } );
"""


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as running:
        yield running


def payloads(messages, name):
    return [json.loads(m.payload) for m in messages if m.topic == f"zigbee2mqtt/{name}"]


def test_homes_introduce_themselves_and_say_what_happens(tmp_path, broker):
    with Simulator(tmp_path, HOMES, "--no-timeline", mqtt_port=broker.port) as homes, broker.client("zigbee2mqtt/#") as seen:
        assert homes.ready["mqtt"]["connected"]
        messages = seen.wait(lambda m: len([x for x in m if x.retain]) == 11)
        retained = {m.topic: json.loads(m.payload) for m in messages}
        devices = {d["friendly_name"]: d for d in retained["zigbee2mqtt/bridge/devices"]}
        assert devices["sos-1204"]["ieee_address"] == "0x00158d0001a2b3c4"
        assert {"motion-1204", "motion-1204-2", "前门"} < set(devices)
        assert retained["zigbee2mqtt/sos-1204/availability"] == {"state": "online"}

        def then(command, name, wanted):
            homes.do(command)
            seen.wait(lambda m: payloads(m, name) and wanted.items() <= payloads(m, name)[-1].items())

        then("sos-1204 press", "sos-1204", {"action": "emergency", "battery": 97, "linkquality": 120})
        then("front open", "前门", {"contact": False})
        then("front close", "前门", {"contact": True})
        then("smoke-1204 test", "smoke-1204", {"smoke": True, "test": True})
        then("smoke-1204 clear", "smoke-1204", {"smoke": False})
        then("gas-1204 alarm", "gas-1204", {"gas": True})
        then("water_leak-1204 alarm", "water_leak-1204", {"water_leak": True})
        then("bed-1204 in", "bed-1204", {"occupancy": True})
        then("temperature-1204 set 18.5", "temperature-1204", {"temperature": 18.5})
        then("motion-1204 battery 5", "motion-1204", {"battery": 5, "battery_low": True})
        then("home-1204 move living", "motion-1204-2", {"occupancy": True})
        seen.wait(lambda m: payloads(m, "motion-1204-2")[-1]["occupancy"] is False)  # 90 s, a hundred times as fast
        then("home-1204 leave", "前门", {"contact": False})
        seen.wait(lambda m: payloads(m, "前门")[-1]["contact"] is True)
        homes.do("smoke-1204 offline")
        seen.wait(lambda m: any(x.topic.endswith("smoke-1204/availability") and b"offline" in x.payload for x in m))
        homes.do('mqtt raw zigbee2mqtt/x {"a": 1,  "b" : "c"}')
        seen.wait(lambda m: any(x.payload == b'{"a": 1,  "b" : "c"}' for x in m))
        assert "living" in homes.ask("home-1204 move attic")["error"]


def test_the_timeline_runs_by_itself_and_the_will_tells_of_a_killed_simulator(tmp_path, broker):
    homes = Simulator(tmp_path, HOMES, mqtt_port=broker.port)
    with broker.client("zigbee2mqtt/#") as seen:
        homes.start()
        event = homes.wait_event(lambda e: e.get("do") == "sos-1204 press")
        assert event["event"] == "timeline" and event["result"]["ok"]
        messages = seen.wait(lambda m: any(b"emergency" in x.payload for x in m))
        assert [m.qos for m in messages if b"emergency" in m.payload] == [1]
        homes.kill()
        seen.wait(lambda m: m[-1].topic == "zigbee2mqtt/bridge/state" and b"offline" in m[-1].payload)


def test_without_a_broker_it_goes_on_and_connects_when_there_is_one(tmp_path, broker):
    broker.stop()
    with Simulator(tmp_path, HOMES, "--no-timeline", mqtt_port=broker.port) as homes:
        assert not homes.ready["mqtt"]["connected"]
        assert "broker" in homes.ask("sos-1204 press")["error"]
        broker.start()
        homes.wait_event(lambda e: e.get("event") == "mqtt" and e["connected"])
        with broker.client("zigbee2mqtt/#") as seen:
            homes.do("sos-1204 press")
            seen.wait(lambda m: any(b"emergency" in x.payload for x in m))


def test_a_day_of_living_has_nights_and_outings(tmp_path, broker):
    text = HOMES.replace("speed = 100.0; living = false;", 'speed = 10000.0; seed = 4; day = "19:00";')
    with broker.client("zigbee2mqtt/#") as seen, Simulator(tmp_path, text, "--no-timeline", mqtt_port=broker.port):
        seen.wait(lambda m: {True, False} <= {p["occupancy"] for p in payloads(m, "bed-1204")})
        messages = seen.wait(lambda m: {True, False} <= {p["contact"] for p in payloads(m, "前门")})
        assert len(payloads(messages, "motion-1204")) > 5


# ---- commands ----


@pytest.mark.parametrize("line, expected", [
    ("", "a command"), ("frobnicate", "one of fault"), ("fault", "SLAVE"), ("fault nowhere mute", "SLAVE:UNIT"),
    ("fault tcp:9 mute", "a unit number"), ("fault tcp:1", "one of mute"), ("fault tcp:1 lazy", "one of mute"),
    ("fault tcp:1 late", "1..3600000"), ("fault tcp:1 late soon", "1..3600000"), ("fault tcp:1 late 0", "1..3600000"),
    ("fault tcp:1 mute for", "a duration"), ("fault tcp:1 mute for 5", "a duration"), ("fault tcp:1 mute count x", "a number of answers"),
    ("fault tcp:1 mute twice", "for DURATION"), ("fault tcp:1 bad-crc", "RTU"), ("fault line:1 wrong-tid", "TCP"),
    ("fault tcp:1 flap", "a slave"), ("fault tcp:1 ok lazy", "name of a fault"), ("set tcp holding 0 1", "one unit"),
    ("set tcp:1 holdings 0 1", "coil, discrete"), ("set tcp:1 holding 70000 1", "0..65535"), ("set tcp:1 holding 99 1", "an address"),
    ("set tcp:1 holding 0", "VALUE"), ("set tcp:1 holding 0 x", "numbers 0..65535"), ("set tcp:1 holding 0 1 70000", "0..65535"),
    ("set tcp:1 holding 3 f32 1.5", "2 registers"), ("set tcp:1 coil 0 f32 1.5", "2 registers"), ("set tcp:1 holding 0 f32 x", "a number"),
    ("get tcp:1 holding 0 9999", "a count"), ("get tcp:1 holding 0 99", "99 addresses"), ("inject tcp", "bytes"),
    ("inject tcp xyz", "bytes"), ("mqtt raw a b", "mqtt:"), ("stats nowhere", "SLAVE"), ("requests tcp 0", "a count"),
    ("moving dance", "one of"), ("x" * 3000, "one of fault"),
])
def test_a_wrong_command_is_answered_with_what_was_expected(sim, line, expected):
    answer = sim.ask(line)
    assert answer["ok"] is False and "expected" in answer["error"] and expected in answer["error"]
    assert sim.ask("ping")["ok"]


def test_a_wrong_asset_command_is_answered_with_what_was_expected(models):
    for line in ("lift-1", "lift-1 dance", "lift-1 call", "lift-1 call 34", "lift-1 call 0", "lift-1 fault", "lift-1 fault 70000",
                 "lift-1 entrap sideways", "lift-1 inspection", "lift-1 power maybe", "lift-1 door", "lift-1 person", "door-1 grant x",
                 "door-1 tamper", "pump-1 auto", "pump-1 pressure_in x", "tank-1 level", "tank-1 level 400", "env-1 temperature",
                 "env-1 water", "relay-1 on 4", "meter-1 load -1", "meter-1 fail 4"):
        answer = models.ask(line)
        assert answer["ok"] is False and "expected" in answer["error"], line


def test_commands_over_the_control_socket_and_long_or_odd_lines(tmp_path):
    path = str(tmp_path / "control")
    with Simulator(tmp_path, PLAIN, "--control", path) as sim:
        assert sim.ready["control"] == path
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(5)
            control.connect(path)
            answers = control.makefile("r")
            control.sendall(b"set tcp:1 holding 0 42\nget tcp:1 hol")
            assert json.loads(answers.readline())["ok"]
            control.sendall(b"ding 0\n")
            answer = json.loads(answers.readline())
            assert answer["values"] == [42] and abs(answer["time"] - time.time()) < 60
            control.sendall(b"y" * 200000 + b"\n")
            assert "at most" in json.loads(answers.readline())["error"]
            control.sendall(b"\xff\xfe\n\xff\x00\nping\n")
            assert "UTF-8" in json.loads(answers.readline())["error"]
            assert "zeros" in json.loads(answers.readline())["error"]
            assert json.loads(answers.readline())["ok"]
            control.sendall(b"stop\n")
            assert json.loads(answers.readline())["ok"]
        sim.process.wait(5)
    assert not os.path.exists(path)


def test_stats_and_the_list_of_requests_say_what_was_asked(sim):
    client = tcp_client(sim.port("tcp"))
    client.read_holding_registers(0, 4, slave=1)
    client.read_holding_registers(100, 50, slave=1)
    client.read_coils(0, 3, slave=1)
    client.write_register(0, 1, slave=1)
    client.read_holding_registers(7, 1, slave=2)
    seen = [(r["unit"], r["function"], r["first"], r["count"]) for r in sim.requests("tcp")]
    assert seen == [(1, 3, 0, 4), (1, 3, 100, 50), (1, 1, 0, 3), (1, 6, 0, 1), (2, 3, 7, 1)]
    stats = sim.stats("tcp")
    assert stats["requests"] == stats["logged"] == 5 and stats["connections"] == 1 and stats["bytes_in"] == 5 * 12
    assert stats["units"]["1"]["functions"] == {"1": 1, "3": 2, "6": 1} and stats["units"]["2"]["exceptions"] == 1
    sim.do("stats reset")
    assert sim.stats("tcp")["requests"] == 0 and sim.requests("tcp") == []
    client.close()


def test_a_wrong_scenario_is_refused_with_every_error_and_its_line(tmp_path):
    path = tmp_path / "bad.conf"
    path.write_text('sped = 2;\nslaves: ( { id = "A b"; },\n { id = "g"; type = "udp"; units: (\n { unit = 300; },\n'
                    ' { unit = 1; model = "lift"; },\n { unit = 2; model = "tank"; nme = "x"; } ); } );\n'
                    'homes: ( { id = "1"; sensors: (\n { model = "x"; } ); } );\ntimeline: ( { at = "5"; do = "frob"; } );\n')
    done = subprocess.run([simulator.find_simulator(), str(path)], capture_output=True, text=True, timeout=20,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and done.stdout == ""
    for line, wanted in ((1, "sped"), (2, "'A b'"), (3, "'udp'"), (4, "0..255"), (5, "'lift'"), (6, "nme"), (8, "'x'"), (9, "'frob'"),
                         (9, "duration")):
        assert any(f"bad.conf:{line}:" in e and wanted in e and "expected" in e for e in done.stderr.splitlines()), (line, wanted)


def test_overrides_ports_and_the_map_of_ports(tmp_path):
    text = 'slaves: ( { id = "a"; port = 1; units: ( { unit = 1; model = "tank"; name = "t"; repeat = 4; } ); } );\nspeed = 1.0;\n'
    with Simulator(tmp_path, text, "--port", "a=0", "--set", "slaves.[0].repeat=3", "--set", "speed=9", "--set", "seed=4") as many:
        assert sorted(many.ready["slaves"]) == ["a-0", "a-1", "a-2"]
        assert many.do("t-2-3 level 7")["ok"] and many.get("a-2:4", "input", 0) == [70]
        with open(tmp_path / "ports.json") as f:
            assert json.load(f)["slaves"] == many.ready["slaves"]


def test_many_slaves_answer_at_a_high_rate(tmp_path):
    text = ('slaves: ( { id = "a"; repeat = 256; units: ( { unit = 1; repeat = 4; holding: ( { at = 0; count = 100;\n'
            'random = (0, 1000); } ); } ); } );\n')
    request = struct.pack(">HHHB", 1, 0, 6, 2) + struct.pack(">BHH", 3, 0, 100)
    with Simulator(tmp_path, text) as many:
        sockets = [socket.create_connection(("127.0.0.1", many.port(f"a-{i}")), timeout=5) for i in range(256)]
        begin = time.monotonic()
        for _ in range(8):
            for s in sockets:
                s.sendall(request)
            for s in sockets:
                got = 0
                while got < 209:
                    got += len(s.recv(209 - got))
        rate = 8 * 256 / (time.monotonic() - begin)
        for s in sockets:
            s.close()
        assert many.stats("a-255")["units"]["2"]["answers"] == 8
        print(f"{rate:.0f} requests a second")


def test_the_demo_scenario_is_the_estate_that_it_promises(tmp_path, broker):
    with Simulator(tmp_path, DEMO, "--no-timeline", mqtt_port=broker.port) as demo:
        client = tcp_client(demo.port("gw-lifts"))
        for unit, lift in ((247, "lift-1"), (246, "lift-2")):
            demo.do(f"{lift} entrap")
            assert registers(client, unit, 0, 1) == [2]
        client.close()
        serial = ModbusSerialClient(port=demo.path("riser-3"), baudrate=9600, timeout=5)
        assert serial.connect()
        assert 200 < serial.read_holding_registers(1, 1, slave=1).registers[0] < 400
        assert serial.read_input_registers(0, 1, slave=2).registers[0] > 400
        assert serial.read_input_registers(0, 3, slave=3).registers[0] > 150
        assert not serial.read_discrete_inputs(0, 8, slave=4).isError()
        serial.close()
        for home in ("1204", "0302", "0501"):
            for sensor in ("sos", "motion", "contact", "smoke"):
                demo.do(f"{sensor}-{home} report")


def test_nothing_that_comes_in_ends_it(tmp_path):
    rand = random.Random(11)
    vocabulary = ("fault set get inject mqtt raw stats requests tcp tcp:1 line line:1 over moving mute late 5 drip 1 wrong-unit half "
                  "exception garbage noise flood 100 flap duplicate echo for 1ms count 2 holding coil input 0 7 65535 f32 auto ok -1 1e9 "
                  "0x10 \"\" é assets faults").split()
    with Simulator(tmp_path, PLAIN) as sim, Line(sim.path("line")) as line:
        for _ in range(1000):
            sim.ask(" ".join(rand.choices(vocabulary, k=rand.randint(1, 9))))
        for _ in range(200):
            noise = rand.randbytes(rand.randint(1, 300))
            for slave in ("tcp", "over"):
                try:
                    with Raw(sim.port(slave)) as raw:
                        raw.socket.sendall(noise)
                except OSError:  # it flaps, or had enough of us
                    pass
            try:
                os.write(line.fd, noise)
            except OSError:
                pass
        assert sim.ask("ping")["ok"]
