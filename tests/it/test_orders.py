"""What technicians ask of a bus beside its plan: read, scan, write, pause; against slaves of our own that misbehave. What is
polled, and what protects life, goes on all the while."""

import json
import re
import signal
import struct
import subprocess
import time

import pytest

from broker import free_port
from estate import PREFIX, Estate, until
from test_field_wire import dial_in
from test_contract_field import BLOCK, Watch, configuration, device, profile, rtu, tcp, where
from wire import Fault, Modem, RtuSlave, TcpSlave

MUTE = Fault(mute=True)


class Memory:
    """Makes a slave one that can be written: registers and coils, by unit. echo(request, pdu) may change what it confirms;
    after(request, values) what really becomes of it."""

    def __init__(self, kind, units=None, fault=None, identity=None):
        self.values, self.identity = {}, identity or {}
        self.units = units
        self.written, self.echo, self.lose = [], None, False
        self.slave = kind(lambda unit, address, r: self.values.get((unit, address), 0), self._fault)
        self.also = fault
        self.slave._pdu = self._answer
        self.bodies = {}
        note = self.slave._note

        def keep(unit, pdu, tid=0):
            r = note(unit, pdu if len(pdu) >= 5 else pdu + bytes(5 - len(pdu)), tid)
            self.bodies[r.number] = pdu
            return r
        self.slave._note = keep

    def _fault(self, r):
        if self.units and r.unit not in self.units:
            return MUTE
        return self.also(r) if self.also else None

    def _answer(self, r, fault):
        pdu = self.bodies[r.number]
        if fault.exception:
            return bytes([r.function | 0x80, fault.exception])
        if r.function in (1, 2, 3, 4):
            return type(self.slave)._pdu(self.slave, r, fault)
        if r.function == 43:
            if r.unit not in self.identity:
                return bytes([43 | 0x80, 1])
            texts = [t.encode() for t in self.identity[r.unit]]
            return bytes([43, 14, 1, 1, 0, 0, len(texts)]) + b"".join(bytes([i, len(t)]) + t for i, t in enumerate(texts))
        values = self._meant(r, pdu)
        self.written.append((r.unit, r.function, dict(values)))
        if not self.lose:
            self.values.update({(r.unit, a): v for a, v in values.items()})
        right = pdu[:5] if r.function in (15, 16) else pdu
        return self.echo(right) if self.echo else right

    def _meant(self, r, pdu):
        if r.function == 5:
            return {r.first: 1 if r.count == 0xFF00 else 0}
        if r.function == 6:
            return {r.first: r.count}
        if r.function == 15:
            return {r.first + i: pdu[6 + i // 8] >> i % 8 & 1 for i in range(r.count)}
        if r.function == 16:
            return {r.first + i: v for i, v in enumerate(struct.unpack(f">{r.count}H", pdu[6:]))}
        keep, put = struct.unpack(">HH", pdu[3:7])
        old = self.values.get((r.unit, r.first), 0)
        return {r.first: old & keep | put & ~keep & 0xFFFF}

    def __enter__(self):
        self.slave.start()
        return self

    def __exit__(self, *_):
        self.slave.stop()


def failed(estate, *arguments, exit=1):
    done = estate.run_ctl(*arguments)
    assert done.returncode == exit, (arguments, done.returncode, done.stdout, done.stderr, estate.log[-2000:])
    return done.stderr


# ---- read ----


@pytest.mark.parametrize("kind,bus", [(TcpSlave, "gw"), (RtuSlave, "line")])
def test_read_anything(tmp_path, kind, bus):
    with Memory(kind, units=(5, 9)) as m:
        m.values.update({(9, 30): 0x41BC, (9, 31): 0, (9, 40): 235, (9, 7): 1, (5, 0): where(5, 0)})
        text = configuration([(tcp if kind is TcpSlave else rtu)(m.slave)], [profile("p", BLOCK)], [device("d", 5, bus=bus)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "good")
            answer = estate.json("read", bus, "9", "holding:30", "2", "--type", "f32")
            assert answer["values"][0] == {"at": "holding:30", "address": 30, "hex": "0x41bc", "dec": 16828, "signed": 16828,
                                           "value": 23.5}
            assert 0 <= answer["took_ms"] < 150 and answer["unit"] == 9 and answer["count"] == 2
            guesses = estate.json("read", bus, "9", "holding:30", "2", "--guess", "23.5")["guesses"]
            assert (guesses[0]["type"], guesses[0]["order"], guesses[0]["scale"]) == ("f32", "abcd", 1)
            guesses = estate.json("read", bus, "9", "input:40", "--guess", "23.5")["guesses"]
            assert (guesses[0]["at"], guesses[0]["type"], guesses[0]["scale"]) == ("input:40", "u16", 0.1)
            assert [v["value"] for v in estate.json("read", bus, "9", "coil:0", "9")["values"]] == [False] * 7 + [True, False]
            assert len(estate.json("read", bus, "9", "holding:0", "125")["values"]) == 125
            assert len(estate.json("read", bus, "9", "discrete:0", "2000")["values"]) == 2000
            out = estate.ctl("read", bus, "9", "holding:40")
            assert "0x00eb" in out and "235" in out
            assert "unit 77 does not answer" in failed(estate, "read", bus, "77", "holding:0")
            for words, expected in (("holding", "as \"holding:30\""), ("holding:1.3", "whole register"), ("holding:65535", None)):
                done = estate.run_ctl("read", bus, "9", words)
                assert done.returncode == (1 if expected else 0) and (not expected or expected in done.stderr), done
            assert "65535" in failed(estate, "read", bus, "9", "holding:65535", "2")
            assert "expected a whole number" in failed(estate, "read", bus, "nine", "holding:0", exit=2)
            assert "no bus 'gx'" in failed(estate, "read", "gx", "9", "holding:0")


@pytest.mark.parametrize("code,words", [(1, "illegal function"), (2, "illegal address"), (3, "illegal count"), (4, "device failure"),
                                        (11, "gateway got no answer")])
def test_a_refusal_in_plain_words(tmp_path, code, words):
    with Memory(TcpSlave, fault=lambda r: Fault(exception=code) if r.unit == 9 else None) as m:
        text = configuration([tcp(m.slave)], [profile("p", BLOCK)], [device("d", 5)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "good")
            said = failed(estate, "read", "gw", "9", "holding:30", "2")
            assert words in said and f"exception {code}" in said and "holding:30+2" in said
            assert estate.point("d.r7")["quality"] == "good"


def test_a_busy_unit_is_asked_again(tmp_path):
    asked = []

    def busy(r):
        if r.unit != 9:
            return None
        asked.append(r)
        return Fault(exception=6) if len(asked) < 3 else None
    with Memory(TcpSlave, fault=busy) as m:
        m.values[(9, 4)] = 77
        with Estate(tmp_path, configuration([tcp(m.slave)], [profile("p", BLOCK)], [device("d", 5)])) as estate:
            assert estate.json("read", "gw", "9", "holding:4")["values"][0]["dec"] == 77
            assert len(asked) == 3


def test_a_late_answer_is_not_taken_for_that_of_the_next_order(tmp_path):
    late = []

    def slow(r):
        if r.unit == 9 and r.first == 1 and not late:
            late.append(r)
            return Fault(late=0.5)
    with Memory(RtuSlave, units=(5, 9), fault=slow) as m:
        m.values.update({(9, 1): 1111, (9, 2): 2222})
        with Estate(tmp_path, configuration([rtu(m.slave)], [profile("p", BLOCK)], [device("d", 5, bus="line")])) as estate:
            estate.wait_quality("d.r7", "good")
            failed(estate, "read", "line", "9", "holding:1")
            assert estate.json("read", "line", "9", "holding:2")["values"][0]["dec"] == 2222


def test_read_while_every_configured_unit_is_silent_and_on_a_bus_without_devices(tmp_path):
    with Memory(TcpSlave, units=(9,)) as m, Memory(TcpSlave, units=(9,)) as other:
        m.values[(9, 3)] = other.values[(9, 3)] = 33
        text = configuration([tcp(m.slave), tcp(other.slave, id="new")], [profile("p", BLOCK)], [device("d", 5)])
        with Estate(tmp_path, text) as estate:
            until(lambda: any(b["state"] == "down" for b in estate.json("buses")), "the bus is down")
            for bus in ("gw", "new"):
                assert estate.json("read", bus, "9", "holding:3")["values"][0]["dec"] == 33
    with Estate(tmp_path, text) as estate:
        assert "cannot be reached" in failed(estate, "read", "gw", "9", "holding:3")


def test_a_bus_that_is_dialled_in(tmp_path):
    port = free_port()
    text = configuration([dial_in(port)], [profile("p", BLOCK)], [device("d", 5, bus="modem")])
    with Estate(tmp_path, text) as estate:
        assert "has not dialled in" in failed(estate, "read", "modem", "5", "holding:0")
        with Modem(where, port, b"lift-7", fault=lambda r: None if r.unit in (5, 9) else MUTE) as modem:
            estate.wait_quality("d.r7", "good")
            assert estate.json("read", "modem", "9", "holding:3")["values"][0]["dec"] == where(9, 3)
            rows = json.loads(estate.ctl("scan", "modem", "--units", "8-9", "-f", "json"))
            assert [r["unit"] for r in rows] == [9] and rows[0]["answers"]
            estate.ctl("bus", "pause", "modem")
            estate.wait_quality("d.r7", "lost")
            calls = modem.calls
            until(lambda: modem.calls > calls + 1, "the modem calls, and is sent away")
            assert estate.point("d.r7")["quality"] == "lost"
            estate.ctl("bus", "resume", "modem")
            estate.wait_quality("d.r7", "good")


# ---- scan ----


@pytest.mark.parametrize("kind,bus", [(TcpSlave, "gw"), (RtuSlave, "line")])
def test_scan(tmp_path, kind, bus):
    def fault(r):
        if r.unit == 9 and r.function == 3:
            return Fault(exception=2)
        if r.unit == 11 and r.function == 43:
            return MUTE
    identity = {5: ("ACME", "Lift board", "1.4"), 9: ("江门", "X", "2")}
    with Memory(kind, units=(5, 9, 11), fault=fault, identity=identity) as m:
        m.values.update({(5, i): where(5, i) for i in range(8)})
        text = configuration([(tcp if kind is TcpSlave else rtu)(m.slave, timeout="300ms")], [profile("p", BLOCK)],
                             [device("d", 5, bus=bus), device("gone", 6, bus=bus)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "good")
            done = estate.run_ctl("scan", bus, "--units", "1-12", "-f", "json")
            assert done.returncode == 0, done.stderr
            rows = {r["unit"]: r for r in json.loads(done.stdout)}
            assert set(rows) == {5, 6, 9, 11}
            assert rows[5]["answers"] and rows[5]["devices"] == ["d"]
            assert (rows[5]["vendor"], rows[5]["product"], rows[5]["revision"]) == identity[5]
            assert rows[9]["answers"] and rows[9]["answer"] == "exception 2" and rows[9]["vendor"] == "江门" and rows[9]["devices"] == []
            assert not rows[6]["answers"] and rows[6]["answer"] == "silent" and rows[6]["devices"] == ["gone"]
            assert rows[11]["answers"] and rows[11]["vendor"] is None
            assert "at most" in done.stderr and "3 of 12 units answer" in done.stderr
            out = estate.ctl("scan", bus, "--units", "5")
            assert "ACME Lift board 1.4" in out and "not configured" not in out
            assert "expected units" in failed(estate, "scan", bus, "--units", "0-5", exit=2)
            assert "no bus" in failed(estate, "scan", "nothing", "--units", "1")
            Watch(estate, {"d": 5}).look()


def test_polling_goes_on_during_a_scan_and_ctrl_c_ends_it(tmp_path):
    with Memory(TcpSlave, units=(5,)) as m:
        m.values.update({(5, i): where(5, i) for i in range(8)})
        text = configuration([tcp(m.slave, timeout="100ms")], [profile("p", BLOCK, "300ms")], [device("d", 5)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "good")
            scan = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", estate.socket, "scan", "gw"], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            try:
                until(lambda: any(r.unit == 20 for r in m.slave.of()), "the scan is under way")
                first = [r.at for r in m.slave.of(5) if r.function == 3 and r.count > 1]
                assert len(first) > 4
                gaps = [b - a for a, b in zip(first[2:], first[3:])]
                assert max(gaps) < 0.3 + 0.25, f"a poll is late by at most one exchange: {gaps}"
                assert estate.point("d.r7")["quality"] == "good"
            finally:
                scan.send_signal(signal.SIGINT)
                scan.wait()
            highest = max(r.unit for r in m.slave.of())
            polls = len(m.slave.of(5))
            until(lambda: len(m.slave.of(5)) > polls + 4, "it is polled on")
            assert max(r.unit for r in m.slave.of()) <= highest + 1, "nobody looks for further units"


def test_what_protects_life_is_not_held_up_by_a_scan(tmp_path):
    with Memory(TcpSlave, units=(5,)) as m:
        text = configuration([tcp(m.slave, timeout="200ms")],
                             ['{ id = "p"; class = "sos"; period = "100ms"; points: ( { name = "pressed"; at = "coil:0"; } ); }'],
                             [device("d", 5)]).replace("classes: ( {", "classes: ( { id = \"unused\"; points: ( ); }, {")
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.pressed", "good")
            scan = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", estate.socket, "scan", "gw"], stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL)
            try:
                until(lambda: any(r.unit == 12 for r in m.slave.of()), "the scan is under way")
                pressed = time.monotonic()
                m.values[(5, 0)] = 1
                estate.wait_alarm("sos/d", "unacked")
                assert time.monotonic() - pressed < 1.5
                polls = [r.at for r in m.slave.of(5) if r.function == 1]
                assert max(b - a for a, b in zip(polls[3:], polls[4:])) < 0.1 + 0.2 + 0.15
            finally:
                scan.kill()
                scan.wait()


def test_an_end_while_a_unit_is_asked_is_told_to_who_waits(tmp_path):
    """Nothing of the question is left behind either: under AddressSanitizer the daemon would say so."""
    with Memory(TcpSlave, units=(5,)) as m:
        text = configuration([tcp(m.slave, timeout="5s")], [profile("p", BLOCK)], [device("d", 5)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "good")
            asking = subprocess.Popen([PREFIX / "bin/estatectl", "--socket", estate.socket, "read", "gw", "7", "holding:1"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            until(lambda: any(r.unit == 7 for r in m.slave.of()), "the silent unit is asked")
            assert estate.stop() == 0
            assert asking.wait(20) in (1, 3) and "estated" in asking.stderr.read()


# ---- write ----

RELAY = ('{ id = "relay"; class = "relay"; period = "100ms"; mask_write = true; points: ( '
         '{ name = "on"; at = "coil:0"; writable = true; }, '
         '{ name = "release"; at = "coil:1"; writable = true; only_when = "!fire && level < 50"; }, '
         '{ name = "fire"; at = "discrete:8"; type = "bit"; }, '
         '{ name = "level"; at = "holding:1"; type = "u16"; writable = true; range = ( 0, 100 ); }, '
         '{ name = "set"; at = "holding:2"; type = "f32"; order = "cdab"; writable = true; }, '
         '{ name = "mode"; at = "holding:4"; type = "u16"; values = ( (0, "auto"), (2, "manual") ); writable = true; }, '
         '{ name = "lamp"; at = "holding:5.3"; type = "bit"; writable = true; }, '
         '{ name = "fixed"; at = "holding:6"; type = "u16"; } ); }')


def relay(m, writes="writes = true;"):
    line = tcp(m.slave) if isinstance(m.slave, TcpSlave) else rtu(m.slave, id="gw")
    return configuration([line], [RELAY], [device("r", 5, profile="relay", more=writes)])


@pytest.mark.parametrize("kind", [TcpSlave, RtuSlave])
def test_write(tmp_path, kind):
    with Memory(kind, units=(5,)) as m:
        m.values[(5, 5)] = 0xFF00
        with Estate(tmp_path, relay(m)) as estate:
            estate.wait_quality("r.fixed", "good")
            answer = estate.json("write", "r.on", "true", "--reason", "test of the siren")
            assert answer["point"] == "r.on" and answer["value"] is True and answer["old"] is False and answer["read"] is True
            assert answer["confirmed"] is True and answer["reason"] == "test of the siren" and answer["by"]
            assert estate.point("r.on")["value"] is True, "what was read back is shown at once"
            assert estate.json("write", "r.level", "42")["read"] == 42
            assert estate.json("write", "r.set", "23.5")["read"] == 23.5
            assert estate.json("write", "r.mode", "manual")["read"] == "manual"
            assert estate.json("write", "r.lamp", "on")["read"] is True
            assert estate.json("write", "r.on", "off")["old"] is True
            assert [(f, v) for _, f, v in m.written] == [
                (5, {0: 1}), (6, {1: 42}), (16, {2: 0, 3: 0x41BC}), (6, {4: 2}), (22, {5: 0xFF08}), (5, {0: 0})]
            assert "now, was" in estate.ctl("write", "r.on", "1")
            said = [line for line in estate.log.splitlines() if "r.on: " in line and " wrote " in line]
            assert "wrote true over false (test of the siren)" in said[0]


def test_what_may_not_be_written_is_not(tmp_path):
    with Memory(TcpSlave, units=(5,)) as m:
        with Estate(tmp_path, relay(m)) as estate:
            estate.wait_quality("r.fixed", "good")
            assert "writable = true" in failed(estate, "write", "r.fixed", "1")
            assert "0 to 100" in failed(estate, "write", "r.level", "101")
            assert "expected true or false" in failed(estate, "write", "r.on", "perhaps")
            assert "'auto', 'manual'" in failed(estate, "write", "r.mode", "hand")
            assert "steps of 1" in failed(estate, "write", "r.level", "4.5")
            assert "no point" in failed(estate, "write", "r.onn", "1")
            m.values[(5, 8)] = 1
            estate.wait_point("r.fire", lambda p: p["value"] is True)
            said = failed(estate, "write", "r.release", "true")
            assert "only when: !fire && level < 50" in said and "not so now" in said
            assert not m.written
            estate.conf.write_text(relay(m, writes=""))
            estate.ctl("config", "reload")
            assert "writes = true" in failed(estate, "write", "r.on", "true")
            assert not m.written
            m.values[(5, 8)] = 0
            estate.conf.write_text(relay(m))
            estate.ctl("config", "reload")
            estate.wait_point("r.fire", lambda p: p["value"] is False)
            estate.ctl("write", "r.release", "true")
            assert m.written == [(5, 5, {1: 1})]


def test_an_unknown_interlock_is_no(tmp_path):
    def fault(r):
        return Fault(exception=4) if r.function == 2 else None
    with Memory(TcpSlave, units=(5,), fault=fault) as m:
        with Estate(tmp_path, relay(m)) as estate:
            estate.wait_quality("r.fire", "bad")
            said = failed(estate, "write", "r.release", "true")
            assert "not known now" in said and "r.fire is bad" in said and not m.written


@pytest.mark.parametrize("code", [2, 3])
def test_a_refused_write_is_sent_once(tmp_path, code):
    with Memory(TcpSlave, units=(5,), fault=lambda r: Fault(exception=code) if r.function == 5 else None) as m:
        with Estate(tmp_path, relay(m)) as estate:
            estate.wait_quality("r.fixed", "good")
            said = failed(estate, "write", "r.on", "true")
            assert f"exception {code}" in said and "nothing was written" in said
            assert len([r for r in m.slave.of(5) if r.function == 5]) == 1


def test_exception_1_takes_the_function_for_many_and_6_waits(tmp_path):
    busy = []

    def fault(r):
        if r.function in (5, 6):
            return Fault(exception=1)
        if r.function == 15 and len(busy) < 2:
            busy.append(r)
            return Fault(exception=6)
    with Memory(TcpSlave, units=(5,), fault=fault) as m:
        with Estate(tmp_path, relay(m)) as estate:
            estate.wait_quality("r.fixed", "good")
            assert estate.json("write", "r.on", "true")["read"] is True
            assert estate.json("write", "r.level", "7")["read"] == 7
            assert [f for _, f, _ in m.written] == [15, 16] and len(busy) == 2


def test_exception_4_is_decided_by_reading_back(tmp_path):
    with Memory(TcpSlave, units=(5,), fault=lambda r: Fault(exception=4) if r.function == 5 else None) as m:
        with Estate(tmp_path, relay(m)) as estate:
            estate.wait_quality("r.fixed", "good")
            answer = failed(estate, "write", "r.on", "true")
            assert "wanted 1, read 0 (as before)" in answer
            assert len([r for r in m.slave.of(5) if r.function == 5]) == 1


@pytest.mark.parametrize("kind", [TcpSlave, RtuSlave])
def test_a_write_that_is_not_answered_is_read_back_and_never_repeated(tmp_path, kind):
    """The first is done and its answer lost, the second is lost itself."""
    def fault(r):
        if r.function == 5:
            m.values[(5, 0)] = 1 if not m.lose else m.values.get((5, 0), 0)
            return MUTE
    with Memory(kind, units=(5,), fault=fault) as m:
        with Estate(tmp_path, relay(m).replace('unit = 5;', 'unit = 5; late_bound = "200ms";')) as estate:
            estate.wait_quality("r.fixed", "good")
            answer = estate.json("write", "r.on", "true")
            assert answer["read"] is True and answer["confirmed"] is False
            assert "did not confirm" in estate.ctl("write", "r.on", "true")
            m.lose = True
            said = failed(estate, "write", "r.on", "false")
            assert "wanted 0, read 1" in said and "not confirmed" in said
            assert len([r for r in m.slave.of(5) if r.function == 5]) == 3
            estate.wait_quality("r.on", "good")


def test_a_wrong_echo_is_not_believed(tmp_path):
    with Memory(TcpSlave, units=(5,)) as m:
        m.echo = lambda pdu: pdu[:-1] + bytes([pdu[-1] ^ 1])
        with Estate(tmp_path, relay(m)) as estate:
            estate.wait_quality("r.fixed", "good")
            answer = estate.json("write", "r.level", "9")
            assert answer["read"] == 9 and answer["confirmed"] is False


def test_a_write_that_the_device_forgets_is_an_error_with_both_values(tmp_path):
    with Memory(TcpSlave, units=(5,)) as m:
        m.lose = True
        with Estate(tmp_path, relay(m)) as estate:
            estate.wait_quality("r.fixed", "good")
            said = failed(estate, "write", "r.level", "9")
            assert "wanted 0x0009, read 0x0000 (as before)" in said
            assert len(m.written) == 1
            until(lambda: re.search("r.level: .*reads back otherwise", estate.log), "it is in the log")


def test_a_unit_that_is_gone_after_the_write_leaves_it_unknown(tmp_path):
    gone = []

    def fault(r):
        if r.function == 5:
            gone.append(r)
        return MUTE if gone else None
    with Memory(TcpSlave, units=(5,), fault=fault) as m:
        with Estate(tmp_path, relay(m)) as estate:
            estate.wait_quality("r.fixed", "good")
            assert "not known" in failed(estate, "write", "r.on", "true")
            assert len(gone) == 1


def test_nothing_is_written_to_a_unit_that_does_not_answer(tmp_path):
    with Memory(TcpSlave, units=(9,)) as m:
        with Estate(tmp_path, relay(m)) as estate:
            said = failed(estate, "write", "r.on", "true")
            assert "nothing was written" in said and not m.written


def test_the_shipped_relay_board_sounds_the_siren(tmp_path):
    with Memory(RtuSlave, units=(1,)) as m:
        text = configuration([rtu(m.slave)], ['{ id = "unused"; class = "c"; points: ( { name = "any"; at = "holding:0"; } ); }'],
                             [device("siren", 1, bus="line", profile="waveshare-relay-8", more="writes = true;")])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("siren.relay-8", "good")
            estate.ctl("write", "siren.relay-1", "on", "--reason", "monthly test")
            assert estate.point("siren.relay-1")["value"] is True and estate.point("siren.relay-2")["value"] is False
            estate.ctl("write", "siren.relay-1", "off")
            assert m.written == [(1, 5, {0: 1}), (1, 5, {0: 0})]


def check(tmp_path, text):
    conf = tmp_path / "check.conf"
    conf.write_text(text)
    done = subprocess.run([PREFIX / "sbin/estated", "--check", "-c", conf], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_configuration_of_writes_is_checked(tmp_path):
    with Memory(TcpSlave) as m:
        good = relay(m)
        assert check(tmp_path, good)[0] == 0
        code, said = check(tmp_path, good.replace("mask_write = true; ", ""))
        assert code == 1 and "expected mask_write = true in the profile" in said
        code, said = check(tmp_path, good.replace("!fire && level < 50", "!fira && level < 50"))
        assert code == 1 and "only_when" in said and "no point 'fira'" in said
        code, said = check(tmp_path, good.replace('type = "u16"; } ); }', 'type = "u16"; only_when = "fire"; } ); }'))
        assert code == 0 and "no effect without writable" in said


# ---- pause ----


def test_pause_and_resume(tmp_path):
    with Memory(TcpSlave, units=(5,)) as m:
        m.values.update({(5, i): where(5, i) for i in range(8)})
        text = configuration([tcp(m.slave)], [profile("p", BLOCK)], [device("d", 5)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "good")
            assert "restart" in estate.ctl("bus", "pause", "gw", "--for", "10m")
            row = estate.json("buses")[0]
            assert row["state"] == "paused" and row["paused_until"] and "bus resume gw" in row["hint"]
            estate.wait_quality("d.r7", "lost")
            asked = len(m.slave.of())
            assert "is paused" in failed(estate, "read", "gw", "5", "holding:0")
            assert "paused" in estate.ctl("buses") and "gw is paused until 20" in estate.ctl("status")
            assert estate.json("status")["buses"]["paused"] == [{"bus": "gw", "until": row["paused_until"]}]
            estate.conf.write_text(text.replace('id = "d";', 'id = "d"; name = "other";'))
            estate.ctl("config", "reload")
            assert estate.json("buses")[0]["state"] == "paused", "a reload does not end it"
            estate.conf.write_text(text.replace('timeout = "150ms"', 'timeout = "150ms"; standby = "127.0.0.2"'))
            estate.ctl("config", "reload")
            assert estate.json("buses")[0]["state"] == "paused", "nor does one that starts the bus anew"
            assert len(m.slave.of()) == asked
            assert not estate.json("alarms"), "its silence is nobody's fault"
            assert "asked again" in estate.ctl("bus", "resume", "gw")
            estate.wait_quality("d.r7", "good")
            until(lambda: estate.json("buses")[0]["state"] == "up", "it is up")
            assert estate.json("buses")[0]["paused_until"] is None
            assert "was not paused" in estate.ctl("bus", "resume", "gw"), "nothing was taken back"
            assert estate.json("bus", "resume", "gw") == {"bus": "gw", "state": "up", "paused_until": None, "was_paused": False}
            assert "no bus" in failed(estate, "bus", "pause", "gx")
            assert "10s to 12h" in failed(estate, "bus", "pause", "gw", "--for", "1s")


def test_a_pause_ends_by_itself_and_with_a_restart(tmp_path):
    with Memory(TcpSlave, units=(5,)) as m:
        text = configuration([tcp(m.slave)], [profile("p", BLOCK)], [device("d", 5)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "good")
            estate.ctl("bus", "pause", "gw", "--for", "10s")
            began = time.monotonic()
            estate.wait_quality("d.r7", "lost")
            estate.wait_quality("d.r7", "good")
            assert 9 < time.monotonic() - began
            assert estate.json("buses")[0]["paused_until"] is None
            estate.ctl("bus", "pause", "gw", "--for", "1h")
            estate.stop()
            estate.start()
            estate.wait_quality("d.r7", "good")


def test_a_pause_of_what_protects_life_is_an_alarm(tmp_path):
    with Memory(RtuSlave, units=(5,)) as m:
        text = configuration([rtu(m.slave)],
                             ['{ id = "p"; class = "sos"; period = "100ms"; points: ( { name = "pressed"; at = "coil:0"; } ); }'],
                             [device("d", 5, bus="line")])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.pressed", "good")
            estate.ctl("bus", "pause", "line")
            alarm = estate.wait_alarm("supervision/line", "unacked")
            assert "bus resume line" in alarm["text"]["en"]
            estate.ctl("bus", "resume", "line")
            until(lambda: estate.alarm("supervision/line")["state"] in ("rtn_unacked", "normal"), "the alarm is over")
            estate.wait_quality("d.pressed", "good")
