"""Modbus slaves of our own, byte by byte, that misbehave on request. Independent of the daemon, the simulator and pymodbus.

    slave = TcpSlave(); slave.registers = lambda unit, address: ...
    slave.fault = lambda request: Fault(late=0.5) | Fault(tid=1) | ... | None

They misbehave as the test says and in no other way. On a loaded machine a thread may stand for longer than the daemon waits; what
it would say then is, on a serial line, byte for byte a right answer to the next question. So it says nothing once there is one.
"""

import os
import pty
import select
import socket
import struct
import termios
import threading
import time
import tty


def crc(data):
    c = 0xFFFF
    for b in data:
        c ^= b
        for _ in range(8):
            c = (c >> 1) ^ 0xA001 if c & 1 else c >> 1
    return struct.pack("<H", c)


def rtu_length(data):
    """Of the request that begins so; of what writes many the seventh byte says it."""
    function = data[1] if len(data) > 1 else 0
    if function in (15, 16):
        return 9 + data[6] if len(data) > 6 else 9
    return {22: 10, 43: 7}.get(function, 8)


class Request:
    def __init__(self, number, unit, pdu, tid=0):
        self.number, self.unit, self.tid = number, unit, tid
        self.function = pdu[0]
        self.first, self.count = struct.unpack(">HH", (pdu + bytes(4))[1:5])
        self.at = time.monotonic()
        self.late = 0.0
        self.ear = None  # where the next question would come

    def overtaken(self):
        """The master has given this one up: it has asked on, or hung up."""
        try:
            return bool(select.select([self.ear], [], [], 0)[0])
        except (OSError, ValueError):
            return True

    def __repr__(self):
        return f"#{self.number} unit {self.unit} fn {self.function} {self.first}+{self.count}"


class Fault:
    """What to do with one answer. Members that are not given stay right."""

    def __init__(self, mute=False, late=0.0, drip=0.0, exception=0, tid=0, unit=0, protocol=0, length=0, function=0, bytes_less=0,
                 bad_crc=False, garbage=b"", then_right=False, close=False):
        self.mute, self.late, self.drip, self.exception = mute, late, drip, exception
        self.tid, self.unit, self.protocol, self.length = tid, unit, protocol, length
        self.function, self.bytes_less, self.bad_crc, self.garbage = function, bytes_less, bad_crc, garbage
        self.then_right, self.close = then_right, close


RIGHT = Fault()


class Slave:
    """registers(unit, address, request) → 0..65535; bits likewise; fault(request) → Fault or None."""

    def __init__(self, registers, fault=None):
        self.registers, self.fault = registers, fault or (lambda request: None)
        self.requests = []
        self.latest = 60.0  # seconds after the question; what is meant to be late is said by then, or not at all
        self.lock = threading.Lock()
        self.running = True

    def of(self, unit=None):
        with self.lock:
            return [r for r in self.requests if unit in (None, r.unit)]

    def _note(self, unit, pdu, tid=0):
        with self.lock:
            r = Request(len(self.requests), unit, pdu, tid)
            self.requests.append(r)
        return r

    def _pdu(self, r, fault):
        if fault.exception:
            return bytes([r.function | 0x80, fault.exception])
        if r.function == 43:
            return bytes([r.function | 0x80, 1])
        if r.function in (1, 2):
            bits = [self.registers(r.unit, r.first + i, r) & 1 for i in range(r.count)]
            data = bytes(sum(b << i for i, b in enumerate(bits[at:at + 8])) for at in range(0, len(bits), 8))
        else:
            data = b"".join(struct.pack(">H", self.registers(r.unit, r.first + i, r) & 0xFFFF) for i in range(r.count))
        data = data[:len(data) - fault.bytes_less]
        return bytes([r.function ^ fault.function, len(data)]) + data

    def _answer(self, r, write, close):
        fault = self.fault(r) or RIGHT
        if fault.close:
            close()
        elif not fault.mute:
            frame = fault.garbage + self._frame(r, fault)
            if fault.then_right:
                frame += self._frame(r, RIGHT)
            if fault.late:
                timer = threading.Timer(fault.late, self._write_late, [r, write, frame])
                timer.daemon = True
                timer.start()
            elif fault.drip:
                threading.Thread(target=self._drip, args=(frame, fault.drip, write), daemon=True).start()
            elif not r.overtaken():
                write(frame)

    def _write_late(self, r, write, frame):
        if time.monotonic() - r.at < self.latest:  # a loaded machine adds its own
            write(frame)
        r.late = time.monotonic() - r.at

    def _drip(self, frame, pause, write):
        for b in frame:
            write(bytes([b]))
            time.sleep(pause)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class TcpSlave(Slave):
    """Takes any number of connections. refuse(): closes its ears; listen_deaf(): takes them and never answers."""

    def __init__(self, registers, fault=None):
        super().__init__(registers, fault)
        self.port, self.connections, self.accepted, self.server = 0, [], 0, None

    def start(self):
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind(("127.0.0.1", self.port))
        self.server.listen(16)
        self.port = self.server.getsockname()[1]
        self.running = True
        threading.Thread(target=self._accept, args=(self.server,), daemon=True).start()
        return self

    def _accept(self, server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.append(connection)
            self.accepted += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        def write(data):
            try:
                connection.sendall(data)
            except OSError:
                pass

        def exactly(n):
            data = b""
            while len(data) < n:
                more = connection.recv(n - len(data))
                if not more:
                    raise OSError
                data += more
            return data
        try:
            while True:
                tid, protocol, length, unit = struct.unpack(">HHHB", exactly(7))
                assert protocol == 0 and 2 <= length <= 254, "the daemon sent a wrong header"
                r = self._note(unit, exactly(length - 1), tid)
                r.ear = connection
                self._answer(r, write, lambda: connection.shutdown(socket.SHUT_RDWR))
        except (OSError, ValueError):
            connection.close()

    def _frame(self, r, fault):
        pdu = self._pdu(r, fault)
        return struct.pack(">HHHB", (r.tid + fault.tid) & 0xFFFF, fault.protocol, len(pdu) + 1 + fault.length, (r.unit + fault.unit) & 255) + pdu

    def refuse(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for c in self.connections:
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.connections = []

    def stop(self):
        self.refuse()


class RtuSlave(Slave):
    """Units on one line: a pseudo terminal. port is what the daemon opens."""

    def start(self):
        self.master, slave = pty.openpty()
        tty.setraw(self.master)
        tty.setraw(slave)
        attributes = termios.tcgetattr(slave)
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        self.port, self.slave = os.ttyname(slave), slave
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def _serve(self):
        data = b""

        def write(frame):
            try:
                os.write(self.master, frame)
            except OSError:
                pass
        while self.running:
            try:
                if not select.select([self.master], [], [], 0.1)[0]:
                    data = b""  # silence ends a frame
                    continue
                data += os.read(self.master, 256)
            except OSError:
                return
            while len(data) >= rtu_length(data):
                frame, data = data[:rtu_length(data)], data[rtu_length(data):]
                if crc(frame[:-2]) != frame[-2:]:
                    data = b""
                    break
                r = self._note(frame[0], frame[1:-2])
                r.ear = self.master
                if not data:  # else it has asked on
                    self._answer(r, write, lambda: None)

    def _frame(self, r, fault):
        body = bytes([(r.unit + fault.unit) & 255]) + self._pdu(r, fault)
        check = crc(body)
        return body + (bytes([check[0] ^ 0xFF, check[1]]) if fault.bad_crc else check)

    def stop(self):
        self.running = False
        self.thread.join(5)  # it reads by number: closed before, that would be another one's
        os.close(self.master)
        os.close(self.slave)


class Modem(RtuSlave):
    """RTU over a connection that it makes itself: says its registration, then is a slave. Calls again when it is cut off."""

    def __init__(self, registers, port, registration, fault=None):
        super().__init__(registers, fault)
        self.port, self.registration, self.calls, self.connection = port, registration, 0, None

    def start(self):
        self.running = True
        threading.Thread(target=self._call, daemon=True).start()
        return self

    def _call(self):
        while self.running:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                    self.connection = connection
                    connection.sendall(self.registration)
                    self.calls += 1
                    self._talk(connection)
            except OSError:
                pass
            time.sleep(0.1)

    def _talk(self, connection):
        data = b""
        while self.running:
            if not select.select([connection], [], [], 0.1)[0]:
                continue
            more = connection.recv(256)
            if not more:
                return
            data += more
            while len(data) >= rtu_length(data):
                frame, data = data[:rtu_length(data)], data[rtu_length(data):]
                assert crc(frame[:-2]) == frame[-2:], "the daemon sent a wrong CRC"
                r = self._note(frame[0], frame[1:-2])
                r.ear = connection
                if not data:
                    self._answer(r, connection.sendall, lambda: connection.shutdown(socket.SHUT_RDWR))

    def hang_up(self):
        self.connection.shutdown(socket.SHUT_RDWR)

    def stop(self):
        self.running = False
