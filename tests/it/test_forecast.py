"""What --check foretells of a serial line against what is measured on it.

The line is a pty on which every byte takes its time: a request is heard when its last byte could have come, an answer ends when
its last byte could have gone. What is sent, and when, is written down here; the daemon is not asked."""

import math
import os
import pty
import re
import select
import struct
import subprocess
import threading
import time
import tty

import pytest

from estate import Estate, until
from pace import PREFIX, SLOW
from wire import crc

# The time on the line is measured.
pytestmark = pytest.mark.alone

SECONDS = 8


class PacedLine:
    """A slave for all units: every register is its own address; turnaround and speed as told."""

    def __init__(self, char_s, turnaround_s):
        self.char_s, self.turnaround_s = char_s, turnaround_s
        self.master, self.slave = pty.openpty()
        tty.setraw(self.master)
        tty.setraw(self.slave)
        self.port = os.ttyname(self.slave)
        self.exchanges = []  # (first byte of the request, last of the answer, bytes)
        self.end_of_last = 0.0
        self.shortest_gap = math.inf
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _answer(self, request):
        unit, function, first, count = struct.unpack(">BBHH", request[:6])
        if function <= 2:
            data = bytes((count + 7) // 8)
        else:
            data = b"".join(struct.pack(">H", first + i) for i in range(count))
        frame = bytes([unit, function, len(data)]) + data
        return frame + crc(frame)

    def _sleep_until(self, at):
        while (left := at - time.monotonic()) > 0:
            time.sleep(left)

    def _run(self):
        pending = b""
        while self.running:
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            if not pending:
                started = time.monotonic()
            pending += os.read(self.master, 256)
            if len(pending) < 8:
                continue
            request, pending = pending[:8], b""
            assert crc(request[:6]) == request[6:], request
            answer = self._answer(request)
            end = started + (8 + len(answer)) * self.char_s + self.turnaround_s
            self._sleep_until(end)
            end = time.monotonic()  # before it: who is held up behind a write would see too short a silence
            os.write(self.master, answer)
            if self.end_of_last:
                self.shortest_gap = min(self.shortest_gap, started - self.end_of_last)
            self.exchanges.append((started, end, 8 + len(answer)))
            self.end_of_last = end

    def close(self):
        self.running = False
        self.thread.join(5)
        os.close(self.master)
        os.close(self.slave)


PROFILES = '''
classes: ( { id = "c"; points: ( { name = "any"; type = "number"; } ); } );
profiles: (
  { id = "dense"; class = "c"; period = "500ms"; points: (
    { name = "a"; at = "holding:0"; repeat: { count = 12; }; },
    { name = "slow"; at = "holding:12"; repeat: { count = 4; }; period = "4s"; },
    { name = "far"; at = "holding:200"; type = "u32"; repeat: { count = 3; }; period = "2s"; } ); },
  { id = "bits"; class = "c"; points: (
    { name = "b"; at = "discrete:0"; repeat: { count = 20; step = 3; }; },
    { name = "v"; at = "input:4"; type = "f32"; period = "2s"; } ); },
  { id = "holes"; class = "c"; forbidden = ( "holding:3-4" ); points: (
    { name = "h"; at = "holding:1"; repeat: { count = 2; step = 5; }; } ); }
);
'''

LINES = {  # baud, keys of the bus, bits of a character, turnaround, units
    "9600 8N1": (9600, "", 10, 0.005, [("dense", 1), ("dense", 2), ("bits", 3), ("bits", 4), ("holes", 5), ("dense", 6)]),
    "19200 8E1 slow devices": (19200, 'parity = "even"; turnaround = "20ms";', 11, 0.020, [("dense", 1), ("bits", 2), ("dense", 3)]),
    "2400 8N1": (2400, 'timeout = "1s";', 10, 0.005, [("bits", 1), ("holes", 2)]),
}


@pytest.mark.parametrize("line", LINES)
def test_the_forecast_is_what_the_line_carries(tmp_path, line):
    baud, keys, bits, turnaround, units = LINES[line]
    char = bits / baud
    slave = PacedLine(char, turnaround)
    configuration = (
        'estate: { id = "t"; };\nplaces: ( { id = "b1"; } );\n' + PROFILES +
        f'buses: ( {{ id = "line"; type = "rtu"; port = "{slave.port}"; baud = {baud}; {keys} }} );\ndevices: (\n' +
        ",\n".join(f'{{ id = "d{u}"; place = "b1"; bus = "line"; unit = {u}; profile = "{p}"; }}' for p, u in units) + " );\n")
    estate = Estate(tmp_path, configuration)
    checked = subprocess.run([PREFIX / "sbin/estated", "--check", "-c", estate.conf], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    told = re.search(r"^bus line: .* ([\d.]+) a second, ([\d.]+) % of its time \(([\d.]+) % bytes, ([\d.]+) % silence",
                     checked.stdout, re.M)
    assert told, checked.stdout
    rate, share, in_bytes, silence = map(float, told.groups())
    assert abs(share - in_bytes - silence) < 0.11
    def share_of(exchanges):
        return 100 * sum(last - first + 3.5 * char for first, last, _ in exchanges) / SECONDS

    def measure():
        time.sleep(SECONDS)  # the measurement itself
        exchanges = list(slave.exchanges)
        end = exchanges[-1][0]
        return [x for x in exchanges if end - SECONDS <= x[0] < end]

    try:
        with estate:
            until(lambda: len(slave.exchanges) > 3 * rate, "the line runs")
            seen = measure()
            for _ in range(2):  # a busy machine only adds to what an exchange takes: the least of three counts
                if share_of(seen) > 1.02 * share:
                    seen = min(seen, measure(), key=share_of)
    finally:
        slave.close()
    carried = 100 * sum(n for _, _, n in seen) * char / SECONDS
    taken = share_of(seen)
    figures = (f"{line}: foretold {share} % ({in_bytes} % bytes), {rate}/s; "
               f"measured {taken:.1f} % ({carried:.1f} % bytes), {len(seen) / SECONDS:.1f}/s")
    print(figures)
    # Whether one more request falls into the measurement is chance.
    one = 100 * max(last - first for first, last, _ in seen) / SECONDS
    assert abs(len(seen) / SECONDS - rate) < 0.02 * rate + 2 / SECONDS, figures
    assert abs(carried - in_bytes) < 0.02 * in_bytes + one, figures
    assert abs(taken - share) < 0.03 * SLOW * share + one, figures
    # 3.5 characters are kept; a pty carries no time of its own
    assert slave.shortest_gap > 3.4 * char, slave.shortest_gap


def test_a_line_that_cannot_carry_its_points_is_refused(tmp_path):
    configuration = (
        'estate: { id = "t"; };\nplaces: ( { id = "b1"; } );\n' + PROFILES +
        'buses: ( { id = "line"; type = "rtu"; port = "/dev/serial/by-id/x"; baud = 1200; timeout = "2s"; } );\n'
        'devices: ( { id = "d1"; place = "b1"; bus = "line"; unit = 1; profile = "dense"; },\n'
        '           { id = "d2"; place = "b1"; bus = "line"; unit = 2; profile = "dense"; } );\n')
    conf = tmp_path / "estated.conf"
    conf.write_text(configuration)
    checked = subprocess.run([PREFIX / "sbin/estated", "--check", "-c", conf], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 1
    assert re.search(r"error: bus 'line': its requests take \d+ % of the line's time at 1200 baud", checked.stderr), checked.stderr


def test_a_device_that_wants_longer_pauses_than_it_gets_is_refused(tmp_path):
    def check(period):
        (tmp_path / "estated.conf").write_text(
            'estate: { id = "t"; };\nplaces: ( { id = "b1"; } );\n'
            'classes: ( { id = "c"; points: ( { name = "any"; type = "number"; } ); } );\n'
            f'profiles: ( {{ id = "p"; class = "c"; period = "{period}"; points: (\n'
            '  { name = "a"; at = "holding:0"; }, { name = "b"; at = "input:0"; } ); } );\n'
            'buses: ( { id = "line"; type = "rtu"; port = "/dev/serial/by-id/x"; baud = 19200; } );\n'
            'devices: ( { id = "d7"; place = "b1"; bus = "line"; unit = 7; profile = "p"; min_interval = "500ms"; } );\n')
        return subprocess.run([PREFIX / "sbin/estated", "--check", "-c", tmp_path / "estated.conf"], capture_output=True,
                              text=True, timeout=60)

    assert check("2s").returncode == 0
    # two requests of about 0.51 s in a second
    refused = check("1s")
    assert refused.returncode == 1
    assert re.search(r"error: bus 'line': the requests of unit 7 take 10\d % of its time", refused.stderr), refused.stderr
