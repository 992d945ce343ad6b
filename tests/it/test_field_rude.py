"""Slaves with manners that no standard knows, two dozen at once, each beside a polite unit on the same wire: nothing that they say
is ever a value, the polite one is asked on, and they are believed again as soon as they behave."""

import http.client
import json
import re
import socket
import struct
import threading
import time

from estate import Estate, until
from test_contract_field import configuration, device, profile, where
from wire import Fault, RtuSlave, TcpSlave, crc

RUDE, POLITE = 5, 6
LIE = 0xDEAD
# Of different length: on a serial line a late answer to the one is no answer to the other.
SPAN = [f'name = "r{i}"; at = "holding:{i}";' for i in range(4)] + [f'name = "q{i}"; at = "holding:{300 + i}";' for i in range(3)]
TIMEOUT = 0.15
ASKED = 5  # who is not believed is asked more and more rarely


def header(tid, length, unit, protocol=0):
    return struct.pack(">HHHB", tid & 0xFFFF, protocol, length, unit)


def lies(r, count=None):
    return bytes([r.function, 2 * (count or r.count)]) + struct.pack(">H", LIE) * (count or r.count)


def framed(body):
    return body + crc(body)


def lie_rtu(r, unit=None):
    return framed(bytes([r.unit if unit is None else unit]) + lies(r))


def lie_tcp(r, tid=None, unit=None):
    return header(r.tid if tid is None else tid, 2 * r.count + 3, r.unit if unit is None else unit) + lies(r)


# Each: what it sends instead of `right`, the answer as it should be. `again` is a dictionary of this slave's own.

def tcp_one_behind(r, right, write, again):
    """Answers for ever what was asked before: its first answer was lost, and it never noticed."""
    if "last" in again:
        write(again["last"])
    again["last"] = lie_tcp(r)


def tcp_ahead(r, right, write, again):
    """Behind the answer comes one to the next question, before that was asked."""
    write(right + lie_tcp(r, tid=r.tid + 1))


def tcp_id_swapped(r, right, write, again):
    write(lie_tcp(r, tid=(r.tid >> 8 | r.tid << 8) ^ 1))


def tcp_id_zero(r, right, write, again):
    write(lie_tcp(r, tid=0))


def tcp_unit_255(r, right, write, again):
    write(lie_tcp(r, unit=255))


def tcp_unit_0(r, right, write, again):
    write(lie_tcp(r, unit=0))


def tcp_length_65535(r, right, write, again):
    write(header(r.tid, 0xFFFF, r.unit) + lies(r))


def tcp_length_0(r, right, write, again):
    write(header(r.tid, 0, r.unit) + lies(r))


def tcp_count_beyond_the_frame(r, right, write, again):
    body = lies(r)
    write(header(r.tid, len(body) + 1, r.unit) + bytes([body[0], 250]) + body[2:])


def tcp_more_than_asked(r, right, write, again):
    write(header(r.tid, 2 * (r.count + 3) + 3, r.unit) + lies(r, r.count + 3))


def tcp_exception_with_a_tail(r, right, write, again):
    write(header(r.tid, 7, r.unit) + bytes([r.function | 0x80, 2, 0xDE, 0xAD, 0xDE, 0xAD]))


def tcp_exception_of_another_function(r, right, write, again):
    write(header(r.tid, 3, r.unit) + bytes([0x84, 2]))


def tcp_exception_0(r, right, write, again):
    write(header(r.tid, 3, r.unit) + bytes([r.function | 0x80, 0]))


def tcp_web_server(r, right, write, again):
    write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


def tcp_login(r, right, write, again):
    write(b"\xff\xfd\x18\xff\xfd\x20login: ")


def tcp_zeros_behind(r, right, write, again):
    write(lie_tcp(r, tid=r.tid - 1) + bytes(3000))


def tcp_crowd(r, right, write, again):
    """Well-formed answers of all other units, thousands of them."""
    write(b"".join(lie_tcp(r, tid=r.tid + 1 + i, unit=i % 247 + 1) for i in range(3000)))


def tcp_rtu_inside(r, right, write, again):
    """A serial frame with its CRC, as a converter sends it that is set to the wrong mode."""
    write(lie_rtu(r))


def tcp_its_own_question(r, right, write, again):
    write(header(r.tid, 6, r.unit) + struct.pack(">BHH", r.function, LIE, LIE))


def tcp_in_two(r, right, write, again):
    """Right, but cut at every place in turn: that must be good."""
    at = again["at"] = again.get("at", 0) % (len(right) - 1) + 1
    write(right[:at])
    time.sleep(0.02)
    write(right[at:])


def rtu_crc_swapped(r, right, write, again):
    frame = lie_rtu(r)
    write(frame[:-2] + frame[:-3:-1])


def rtu_seven_bits(r, right, write, again):
    """A converter that is set to seven data bits."""
    write(bytes(b & 0x7F for b in lie_rtu(r)))


def rtu_ascii(r, right, write, again):
    body = bytes([r.unit]) + lies(r)
    write(b":" + (body + bytes([-sum(body) & 255])).hex().upper().encode() + b"\r\n")


def rtu_unit_0(r, right, write, again):
    write(lie_rtu(r, unit=0))


def rtu_echo_only(r, right, write, again):
    write(framed(struct.pack(">BBHH", r.unit, r.function, r.first, r.count)))


def rtu_another_master(r, right, write, again):
    """Somebody else on the line asks another unit, and is answered."""
    write(framed(struct.pack(">BBHH", POLITE, 3, 50, 9)) + framed(bytes([POLITE, 3, 18]) + struct.pack(">H", LIE) * 9))


def rtu_an_answer_in_an_answer(r, right, write, again):
    """A longer frame with a right one in it, byte for byte: whoever looks for the CRC everywhere finds it."""
    inner = lie_rtu(r)
    write(framed(bytes([9, 3, len(inner)]) + inner))


def rtu_noise_around(r, right, write, again):
    """Right, between bytes of a line that was not at rest: that must be good."""
    write(b"\x00" + right + b"\xff\xff")


def rtu_heartbeat(r, right, write, again):
    """A modem that keeps its line open says so whenever it likes."""
    write(b"HB" + right if r.number % 2 else right + b"HB")


def rtu_in_two(r, right, write, again):
    at = again["at"] = again.get("at", 0) % (len(right) - 1) + 1
    write(right[:at])
    time.sleep(0.02)
    write(right[at:])


MANNERS = [f for name, f in list(globals().items()) if re.match("(tcp|rtu)_", name)]
STAY_GOOD = {tcp_ahead, tcp_in_two, rtu_noise_around, rtu_heartbeat, rtu_in_two}  # their answers are right, and must be taken


def rude(manner):
    """A slave that has these manners while .rude is set; what it lies is never true."""
    kind = TcpSlave if manner.__name__.startswith("tcp") else RtuSlave

    class Rude(kind):
        rude, told, again = False, 0, {}

        def _answer(self, r, write, close):
            right = self._frame(r, Fault())
            if r.overtaken():
                return  # what it lies of the next question would be of one that has been asked
            if not self.rude or r.unit != RUDE:
                write(right)
                return
            self.told += 1
            try:
                manner(r, right, write, self.again)
            except OSError:
                pass  # it was hung up on
    slave = Rude(where)
    slave.again = {}
    return slave


class Published:
    """Everything that the daemon says of its points, as it says it."""

    def __init__(self, estate):
        self.connection = http.client.HTTPConnection("estated")
        self.connection.sock = socket.socket(socket.AF_UNIX)
        self.connection.sock.connect(str(estate.socket))
        self.connection.request("GET", "/v1/stream")
        self.answer, self.wrong, self.seen = self.connection.getresponse(), [], 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.answer:
            word, _, rest = line.decode().strip().partition(": ")
            if word == "data" and '"point"' in rest and '"value"' in rest:
                self._judge(json.loads(rest))

    def _judge(self, p):
        name, _, point = p["point"].partition(".")
        if p["value"] is None or not re.fullmatch("[rq][0-3]", point):
            return
        self.seen += 1
        unit = RUDE if name.startswith("rude") else POLITE
        if p["value"] != where(unit, int(point[1:]) + (300 if point[0] == "q" else 0)):
            self.wrong.append((MANNERS[int(name.split("-")[1])].__name__, p))


def bus(i, slave):
    where_to = f'type = "tcp"; host = "127.0.0.1"; port = {slave.port};' if isinstance(slave, TcpSlave) else \
        f'type = "rtu"; port = "{slave.port}"; baud = 115200;'
    return f'{{ id = "b{i}"; {where_to} timeout = "{int(TIMEOUT * 1000)}ms"; }}'


def all_good(estate, but=()):
    return all(p["quality"] == "good" for p in estate.json("points") if p["device"] not in but)


def test_two_dozen_rude_slaves(tmp_path):
    slaves = [rude(m).start() for m in MANNERS]
    devices = [device(f"{name}-{i}", unit, f"b{i}", more='late_bound = "200ms";')
               for i in range(len(slaves)) for name, unit in (("rude", RUDE), ("polite", POLITE))]
    text = configuration([bus(i, s) for i, s in enumerate(slaves)], [profile("p", SPAN, "100ms")], devices)

    with Estate(tmp_path, text) as estate:
        published = Published(estate)
        until(lambda: all_good(estate), "all are polite", limit=60)
        for s in slaves:
            s.rude = True
        until(lambda: all(s.told >= ASKED for s in slaves), "each was rude several times", limit=90)
        asked = [len(s.of(POLITE)) for s in slaves]
        until(lambda: all(len(s.of(POLITE)) > n + 20 for s, n in zip(slaves, asked)), "the polite ones are asked on", limit=60)
        hard = {f"rude-{i}" for i, m in enumerate(MANNERS) if m not in STAY_GOOD}
        until(lambda: all_good(estate, but=hard), "the others are good", limit=60)
        states = {p["device"]: p["quality"] for p in estate.json("points") if p["device"] in hard}
        assert "good" not in states.values(), states
        for s in slaves:
            s.rude = False
        until(lambda: all_good(estate), "believed again", limit=120)
        assert not published.wrong and published.seen > 100, published.wrong[:5]
    for s in slaves:
        s.stop()


WAYS = ("after the answer", "in the middle of a frame", "half", "at once")


class Hanger(TcpSlave):
    """Hangs up in its own way. Half: it shuts down its own side and goes on listening."""
    rude, way = False, ""

    def _answer(self, r, write, close):
        right = self._frame(r, Fault())
        if not self.rude or r.unit != RUDE:
            write(right)
            return
        connection = self.connections[-1]
        if self.way in ("after the answer", "in the middle of a frame"):
            write(right[:len(right) if self.way == "after the answer" else 9])
        if self.way in ("at once", "in the middle of a frame"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_WR if self.way == "half" else socket.SHUT_RDWR)


def test_peers_that_hang_up_in_their_own_way(tmp_path):
    slaves = [Hanger(where).start() for _ in WAYS]
    for slave, way in zip(slaves, WAYS):
        slave.way = way
    devices = [device(f"{name}-{i}", unit, f"b{i}") for i in range(len(WAYS)) for name, unit in (("rude", RUDE), ("polite", POLITE))]
    with Estate(tmp_path, configuration([bus(i, s) for i, s in enumerate(slaves)], [profile("p", SPAN, "100ms")], devices)) as estate:
        published = Published(estate)
        until(lambda: all_good(estate), "all are polite", limit=60)
        before, asked = [s.accepted for s in slaves], [len(s.of(POLITE)) for s in slaves]
        for s in slaves:
            s.rude = True
        until(lambda: all(s.accepted > n + 2 for s, n in zip(slaves, before)), "each hangs up several times", limit=60)
        until(lambda: all(len(s.of(POLITE)) > n + 20 for s, n in zip(slaves, asked)), "the polite ones are asked on", limit=60)
        for s in slaves:
            s.rude = False
        until(lambda: all_good(estate), "believed again", limit=120)
        assert not published.wrong, published.wrong[:5]
    for s in slaves:
        s.stop()
