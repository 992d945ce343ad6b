"""A modem for short messages on a pseudo-terminal: AT commands, PDU mode, a SIM card, a network. It decodes what it is given by
itself and has the habits of real ones: echo, lines in pieces, things said unasked, errors, silence, starting anew.

    with Modem(tmp_path) as modem:
        modem.port              # the path for the option
        modem.wait_texts(1)     # [("+8613800230500", "text", {...}), …], parts put together
"""

import os
import pty
import random
import re
import select
import threading
import time
import tty

from pace import LIMIT

GSM7 = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyz"
        "äöñüà")
EXTENDED = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}


def semi_octets(octets, digits):
    text = "".join(f"{o & 15:x}{o >> 4:x}" for o in octets)[:digits]
    assert text.isdigit(), text
    return text


def septets(octets, count, skip):
    bits = int.from_bytes(bytes(octets), "little") >> skip
    found, text = [bits >> 7 * i & 0x7F for i in range(count)], ""
    while found:
        s = found.pop(0)
        text += EXTENDED[found.pop(0)] if s == 0x1B else GSM7[s]
    return text


class Part:
    """One SUBMIT, taken to pieces (3GPP TS 23.040, 9.2.2.2)."""

    def __init__(self, hex, said_octets):
        pdu = list(bytes.fromhex(hex))
        centre = pdu.pop(0)
        self.centre = semi_octets(pdu[1:centre], 2 * (centre - 1)).rstrip("f") if centre else None
        del pdu[:centre]
        assert len(pdu) == said_octets, (len(pdu), said_octets)
        first, _, digits, kind = pdu[:4]
        assert first & 3 == 1 and first & 0x18 == 0x10
        self.report = bool(first & 0x20)
        octets = (digits + 1) // 2
        self.number = ("+" if kind == 0x91 else "") + semi_octets(pdu[4:4 + octets], digits)
        protocol, coding, _validity, length, *data = pdu[4 + octets:]
        assert protocol == 0 and coding in (0, 8) and len(data) <= 140
        self.key, self.of, self.at, header = None, 1, 1, 0
        if first & 0x40:
            assert data[:3] == [5, 0, 3]
            self.key, self.of, self.at = data[3:6]
            header = 6
        if coding == 8:
            assert len(data) == length
            self.text = bytes(data[header:])
            self.wide = True
        else:
            skip = 1 if header else 0
            self.text = septets(data[header:], length - (7 if header else 0), skip)
            self.wide = False


class Modem:
    def __init__(self, directory, **habits):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.port = str(directory / "modem")
        self.path = os.ttyname(self.slave)
        os.symlink(self.path, self.port)
        os.chmod(self.path, 0o666)
        self.changed = threading.Condition()
        self.commands, self.parts = [], []
        self.habits = {"echo": True, "sim": "READY", "pin": None, "network": 1, "csq": 20, "pieces": False, "mute": False, "noise": False,
                       "direct_reports": True, "report": None, "errors": {}, "drop_result": False, "slow_s": 0, **habits}
        self.reference = 40
        self.stored, self.buffer, self.pdu_of = {}, b"", None
        self.memory = "SM"  # that AT+CMGR reads; reports are in "SR"
        self.random = random.Random(7)
        self.ended = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def __getattr__(self, name):
        try:
            return self.__dict__["habits"][name]
        except KeyError:
            raise AttributeError(name) from None

    def be(self, **habits):
        with self.changed:
            self.habits.update(habits)

    # What it says.

    def say(self, *lines):
        data = b"".join(f"\r\n{line}\r\n".encode() for line in lines)
        self.say_raw(data)

    def say_raw(self, data):
        size = 1 if self.pieces else len(data) or 1
        for i in range(0, len(data), size):
            os.write(self.master, data[i:i + size])

    def reset(self):
        """As at power-up: it echoes again, and what it was told is gone."""
        with self.changed:
            self.habits["echo"] = True
            self.buffer, self.pdu_of = b"", None
        self.say("RDY", "+CPIN: READY", "SMS READY")

    # What it is told.

    def _run(self):
        while not self.ended:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if not ready:
                continue
            try:
                data = os.read(self.master, 4096)
            except OSError:
                time.sleep(0.01)  # nobody has the line open
                continue
            with self.changed:
                self._take(data)
                self.changed.notify_all()

    def _take(self, data):
        if self.mute:
            self.buffer = b""
            return
        self.buffer += data
        while True:
            end = re.search(rb"[\x1a\x1b]" if self.pdu_of is not None else rb"\r", self.buffer)
            if not end:
                return
            said, self.buffer = self.buffer[:end.start()], self.buffer[end.end():]
            if self.echo:
                self.say_raw(said + b"\r")
            if self.pdu_of is None:
                self._command(said.replace(b"\x1b", b"").decode().strip())
            elif end[0] == b"\x1a":
                self._pdu(said.decode())
            else:
                self.pdu_of = None
                self.say("OK")

    def _command(self, command):
        if not command:
            return
        self.commands.append(command)
        if self.noise:
            self.say("+CREG: 1", "^RSSI: 17")
        for pattern, answer in self.errors.items():
            if re.fullmatch(pattern, command):
                self.say(answer)
                return
        self._answer(command)

    def _answer(self, command):
        if command == "ATE0":
            self.habits["echo"] = False
            self.say("OK")
        elif command == "AT+CPIN?":
            self.say(*(("+CME ERROR: 10",) if self.sim is None else (f"+CPIN: {self.sim}", "OK")))
        elif command.startswith("AT+CPIN="):
            right = command == f'AT+CPIN="{self.pin}"'
            self.habits["sim"] = "READY" if right else self.sim
            self.say("OK" if right else "+CME ERROR: 16")
        elif command == "AT+CREG?":
            self.say(f"+CREG: 0,{self.network}", "OK")
        elif command == "AT+CEREG?":
            self.say("+CEREG: 0,0", "OK")
        elif command == "AT+CSQ":
            self.say(f"+CSQ: {self.csq},99", "OK")
        elif command == "AT+CNMI=2,0,0,1,0" and not self.direct_reports:
            self.say("+CMS ERROR: 303")
        elif m := re.fullmatch(r"AT\+CMGS=(\d+)", command):
            self.pdu_of = int(m[1])
            self.say_raw(b"\r\n> ")
        elif m := re.fullmatch(r'AT\+CPMS="(S[MR])"', command):
            self.memory = m[1]
            self.say("+CPMS: 1,20,0,20,0,20", "OK")
        elif m := re.fullmatch(r"AT\+CMG([RD])=(\d+)", command):
            index = int(m[2])
            assert self.memory == "SR", "a message of somebody else is read or deleted"
            if m[1] == "D":
                self.stored.pop(index, None)
                self.say("OK")
            else:
                self.say("+CMGR: 0,,25", self.stored[index], "OK") if index in self.stored else self.say("+CMS ERROR: 321")
        else:
            self.say("OK")

    def _pdu(self, hex):
        part, self.pdu_of = Part(hex, self.pdu_of), None
        self.parts.append(part)
        answer = self.errors.get("PDU")
        if callable(answer):
            answer = answer(len(self.parts))
        if self.slow_s:
            time.sleep(self.slow_s)
        if answer == "reset":
            self.reset()
            return
        if answer:
            self.parts.pop()
            self.say(answer)
            return
        self.reference = (self.reference + 1) % 256
        part.reference = self.reference
        if self.drop_result:
            return
        self.say(f"+CMGS: {self.reference}", "OK")
        if self.report is not None and part.report:
            self.say_report(part, self.report)

    def say_report(self, part, status):
        digits = part.number.lstrip("+")
        padded = digits + "f" * (len(digits) % 2)
        swapped = "".join(padded[i + 1] + padded[i] for i in range(0, len(padded), 2))
        kind = "91" if part.number.startswith("+") else "81"
        stamp = "62112291000023"
        pdu = f"0006{part.reference:02X}{len(digits):02X}{kind}{swapped}{stamp}{stamp}{status:02X}"
        if self.direct_reports:
            self.say(f"+CDS: {len(pdu) // 2 - 1}", pdu)
        else:
            index = len(self.stored) + 1
            self.stored[index] = pdu
            self.say(f'+CDSI: "SR",{index}')

    # What tests ask.

    def texts(self):
        """Whole messages, as (number, text), in the order of their last parts."""
        found, open_parts = [], {}
        for part in self.parts:
            have = open_parts.setdefault((part.number, part.key), {}) if part.key is not None else {}
            have[part.at] = part
            if len(have) == part.of:
                pieces = [have[i].text for i in range(1, part.of + 1)]
                found.append((part.number, b"".join(pieces).decode("utf-16-be") if part.wide else "".join(pieces)))
                open_parts.pop((part.number, part.key), None)
        return found

    def wait(self, condition, what, limit=LIMIT):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), limit), f"{what}: not within {limit} s; {self.commands[-20:]}"

    def wait_texts(self, count):
        self.wait(lambda m: len(m.texts()) >= count, f"{count} texts")
        return self.texts()

    def unplug(self):
        """The line is gone, and its name too."""
        os.unlink(self.port)
        self.ended = True
        self.thread.join(LIMIT)
        os.close(self.master)
        os.close(self.slave)

    def close(self):
        if not self.ended:
            self.unplug()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
