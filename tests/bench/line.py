#!/usr/bin/python3
"""A serial line whose every unit answers, as slow as a real one: a pseudo terminal whose answer comes byte by byte at the line's speed.

    line.py BAUD        prints the port; then one line of JSON for every line on stdin, until that ends

A pseudo terminal hands a request over at once: its eight characters are waited for first. Then the unit thinks for the shortest
time that the standard allows it (3.5 characters), and every byte of the answer is handed over when its last bit would have come.
The arithmetic limit of a transaction is its characters, those 3.5, and the 3.5 of silence that the next request has to keep. What
this program itself came late (`late_us`) counts against whoever is measured.
"""
import ctypes
import json
import os
import pathlib
import pty
import select
import struct
import sys
import time
import tty

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "it"))
from wire import crc  # noqa: E402

BITS = 10      # 8N1
SILENCE = 3.5  # characters
SPIN_S = 150e-6


def wait_until(at):
    left = at - time.monotonic()
    if left > SPIN_S:
        time.sleep(left - SPIN_S)
    while time.monotonic() < at:
        pass


class Line:
    def __init__(self, baud):
        self.char = BITS / baud
        self.master, self.slave = pty.openpty()
        tty.setraw(self.master)
        tty.setraw(self.slave)
        self.silent_at, self.data, self.answers = 0.0, b"", {}
        self.count = dict(requests=0, registers=0, limit_s=0.0, late_s=0.0, too_early=0, began=0.0)

    def answer_to(self, request):
        if request not in self.answers:
            first, count = struct.unpack(">HH", request[2:6])
            body = request[:2] + bytes([2 * count]) + b"".join(struct.pack(">H", first + i & 0xFFFF) for i in range(count))
            self.answers[request] = body + crc(body), count
        return self.answers[request]

    def take(self, began):
        request, self.data = self.data[:8], self.data[8:]
        if crc(request[:6]) != request[6:]:
            self.data = b""
            return
        answer, registers = self.answer_to(request)
        at = began + (8 + SILENCE) * self.char
        for i, b in enumerate(answer):
            wait_until(at + (i + 1) * self.char)
            os.write(self.master, bytes([b]))
        done = time.monotonic()
        c = self.count
        c["requests"] += 1
        c["registers"] += registers
        c["limit_s"] += (8 + SILENCE + len(answer) + SILENCE) * self.char
        c["late_s"] += done - (at + len(answer) * self.char)
        c["too_early"] += self.silent_at > 0 and began < self.silent_at + SILENCE * self.char
        c["began"] = began
        self.silent_at = done

    def run(self):
        poll = select.poll()
        poll.register(self.master, select.POLLIN)
        poll.register(0, select.POLLIN)
        while True:
            for fd, what in poll.poll():
                if fd == 0:
                    if not sys.stdin.readline():
                        return
                    print(json.dumps(self.count), flush=True)
                elif what & select.POLLIN:
                    began = time.monotonic()
                    self.data += os.read(self.master, 256)
                    if len(self.data) >= 8:
                        self.take(began)


def main():
    ctypes.CDLL(None).prctl(29, 1, 0, 0, 0)  # PR_SET_TIMERSLACK: 1 ns
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(20))  # a wire does not wait for a processor
    except PermissionError:
        pass
    line = Line(int(sys.argv[1]))
    print(os.ttyname(line.slave), flush=True)
    line.run()


if __name__ == "__main__":
    main()
