"""What the keys of buses and devices do on the wire: the whole daemon against slaves of our own that have the habits of real ones."""

import os
import pathlib
import random
import re
import socket
import subprocess
import time

from broker import free_port
from estate import PREFIX, Estate, until
from simulator import Simulator
from test_contract_field import BLOCK, HEAD, Watch, configuration, device, profile, rtu, tcp, where
from wire import Fault, Modem, RtuSlave, TcpSlave

TOP = pathlib.Path(__file__).resolve().parents[2]


def bus_row(estate, id="gw"):
    return next(b for b in estate.json("buses") if b["bus"] == id)


def causes(estate, id="gw"):
    return {c["cause"]: c["count"] for c in bus_row(estate, id)["causes"]}


def test_a_gateway_with_its_own_transaction_ids(tmp_path):
    chance = random.Random(2)
    with TcpSlave(where, lambda r: Fault(tid=chance.randrange(1, 60000))) as slave:
        text = configuration([tcp(slave)], [profile("p", BLOCK)], [device("d", 5)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r7", "lost")
            until(lambda: causes(estate).get("transaction", 0) >= 3, "wrong transaction ids are counted")
            assert 'tid = "loose"' in bus_row(estate)["hint"]
            assert all(p["value"] is None for p in estate.json("points"))
            estate.conf.write_text(configuration([tcp(slave)], [profile("p", BLOCK)], [device("d", 5, more='tid = "loose";')]))
            estate.ctl("config", "reload")
            estate.wait_quality("d.r7", "good")
            Watch(estate, {"d": 5}).during(0.5)


def test_min_interval_pause_and_idle_close(tmp_path):
    rows = [f'name = "r{i}"; at = "holding:{i}";' for i in range(8)] + ['name = "r50"; at = "holding:1000";']
    with TcpSlave(where) as slave:
        text = configuration([tcp(slave)[:-1] + 'pause_after_connect = "400ms"; idle_close = "300ms"; }'],
                             [profile("p", rows, "1s")], [device("d", 5, more='min_interval = "150ms";')])
        began = time.monotonic()
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.r50", "good")
            assert slave.requests[0].at - began >= 0.4, "nothing is asked in the pause"
            until(lambda: slave.accepted >= 3, "the connection is closed when idle, and made anew")
            assert bus_row(estate)["state"] == "up" and estate.point("d.r7")["quality"] == "good"
        gaps = [b.at - a.at for a, b in zip(slave.requests, slave.requests[1:])]
        assert min(gaps) >= 0.145, gaps


def test_the_standby_address(tmp_path):
    first, second = TcpSlave(where).start(), TcpSlave(where).start()
    text = configuration([tcp(first)[:-1] + f'standby = "127.0.0.1"; standby_port = {second.port}; }}'], [profile("p", BLOCK)],
                         [device("d", 5)])
    with Estate(tmp_path, text) as estate:
        estate.wait_quality("d.r7", "good")
        assert not second.requests
        first.refuse()
        until(lambda: len(second.requests) > 10, "the standby is asked")
        row = bus_row(estate)
        assert row["state"] == "up" and row["target"] == f"127.0.0.1:{second.port} (standby)"
        first.start()
        second.refuse()
        before = len(first.requests)
        until(lambda: len(first.requests) > before + 10, "and the first one again")
        assert bus_row(estate)["target"] == f"127.0.0.1:{first.port}"
    first.stop()


def dial_in(port, id="modem", registration="lift-7", more=""):
    return (f'{{ id = "{id}"; type = "dial-in"; host = "127.0.0.1"; port = {port}; registration = "{registration}"; '
            f'timeout = "300ms"; {more} }}')


def test_modems_dial_in(tmp_path):
    """Two modems on one port, each known by its registration; a third that nobody knows; one that loses its connection."""
    port = free_port()
    text = configuration([dial_in(port, "m7"), dial_in(port, "m8", "hex:ff 08")], [profile("p", BLOCK)],
                         [device("d", 5, "m7"), device("e", 6, "m8")])
    lost = []
    seven, eight = Modem(where, port, b"lift-7\r\n"), Modem(where, port, b"\xff\x08", lambda r: Fault(mute=True) if lost else None)
    stranger = Modem(where, port, b"lift-77")
    with Estate(tmp_path, text) as estate:
        assert {p["quality"] for p in estate.json("points")} == {"lost"}
        for m in (stranger, eight, seven):
            m.start()
        estate.wait_quality("d.r7", "good")
        estate.wait_quality("e.r7", "good")
        Watch(estate, {"d": 5, "e": 6}).look()
        row = bus_row(estate, "m7")
        assert row["state"] == "up" and row["type"] == "dial-in" and row["target"] == f"127.0.0.1:{port}"
        until(lambda: stranger.calls >= 2, "the stranger is sent away")
        assert not stranger.requests, "and never asked"
        estate.wait_log("hex:6c 69 66 74 2d 37 37")
        calls = seven.calls
        seven.hang_up()
        until(lambda: seven.calls > calls, "it calls again")
        before = len(seven.requests)
        until(lambda: len(seven.requests) > before + 5, "and is asked again")
        assert estate.point("d.r7")["quality"] == "good"
        seven.stop()
        p = estate.wait_quality("d.r7", "lost", limit=30)
        assert p["value"] == where(5, 7)
        assert "has not dialled in" in bus_row(estate, "m7")["hint"]
        assert estate.point("e.r7")["quality"] == "good", "the other modem is not concerned"
    for m in (stranger, eight):
        m.stop()


def test_a_reload_hangs_up_on_no_modem_that_it_does_not_concern(tmp_path):
    port = free_port()
    buses = [dial_in(port, "m7"), dial_in(port, "m8", "lift-8")]
    devices = [device("d", 5, "m7"), device("e", 6, "m8")]
    seven, eight = Modem(where, port, b"lift-7"), Modem(where, port, b"lift-8")
    with Estate(tmp_path, configuration(buses, [profile("p", BLOCK)], devices)) as estate:
        seven.start()
        eight.start()
        estate.wait_quality("d.r7", "good")
        estate.wait_quality("e.r7", "good")
        calls = seven.calls
        # m8 is another modem now; m7 gets one device more.
        estate.conf.write_text(configuration([buses[0], dial_in(port, "m8", "lift-9")], [profile("p", BLOCK)],
                                             [*devices, device("f", 9, "m7")]))
        estate.ctl("config", "reload")
        estate.wait_quality("f.r7", "good")
        estate.wait_quality("e.r7", "lost")
        assert seven.calls == calls, "its connection stays"
        before = len(eight.requests)
        until(lambda: eight.calls >= 3, "the old one calls in vain")
        assert len(eight.requests) == before
        nine = Modem(where, port, b"lift-9").start()
        estate.wait_quality("e.r7", "good")
        nine.stop()
    seven.stop()
    eight.stop()


def test_the_simulated_modems_of_the_example(tmp_path):
    """conf/examples/modems.conf against tests/sim/modems.conf, as at a desk: RTU with a heartbeat, and Modbus TCP, on one port."""
    port = str(free_port())
    text = (TOP / "conf/examples/modems.conf").read_text().replace("10.8.0.1", "127.0.0.1").replace("5020", port)
    scenario = (TOP / "tests/sim/modems.conf").read_text().replace("5020", port).replace('"20s"', '"300ms"')
    with Simulator(tmp_path, scenario) as sim:
        until(lambda: sim.stats("modem-b3")["failed_calls"] > 0, "it calls though nobody listens yet")
        with Estate(tmp_path, text) as estate:
            for point in ("lift-3.floor", "lift-7.floor", "tank-7.level"):
                estate.wait_quality(point, "good")
            sim.do("lift-3 entrap level")
            sim.do("lift-7 entrap level")
            for lift in ("lift-3", "lift-7"):
                estate.wait_point(f"{lift}.trapped", lambda p: p["quality"] == "good" and p["value"] is True)
            calls = sim.stats("modem-b7")["calls"]
            sim.do("fault modem-b7 flap 100")
            until(lambda: sim.stats("modem-b7")["calls"] > calls, "it calls again")
            estate.wait_quality("tank-7.level", "good")
            assert sim.stats("modem-b3")["calls"] == 1, "a heartbeat ends no connection"
            assert [b["state"] for b in estate.json("buses")] == ["up", "up"]


def test_nobody_keeps_the_modems_out(tmp_path):
    port = free_port()
    text = configuration([dial_in(port)], [profile("p", BLOCK)], [device("d", 5, "modem")])
    modem = Modem(where, port, b"lift-7")
    with Estate(tmp_path, text) as estate:
        crowd = [until(lambda: connect(port), "somebody listens") for _ in range(100)]
        for c in crowd[::3]:
            try:
                c.sendall(b"x" * 100)
            except OSError:
                pass
        modem.start()
        estate.wait_quality("d.r7", "good")
        fds = len(os.listdir(f"/proc/{estate.process.pid}/fd"))
        assert fds < 100, f"{fds} descriptors: unknown callers are bounded"
        for c in crowd:
            c.close()
        assert len(re.findall("sent away", estate.log)) < 5, "said now and then, not for each"
    modem.stop()


def connect(port):
    try:
        return socket.create_connection(("127.0.0.1", port), 5)
    except OSError:
        return None


PANEL = '{ id = "panel"; class = "fire_panel"; period = "300ms"; points: ( { name = "fire"; at = "holding:0.0"; }, { name = "fault"; at = "holding:0.1"; } ); }'


def test_a_fire_needs_two_readings_and_a_fault_does_not(tmp_path):
    """The rule 'fire' is shipped and protects life; 'fire-fault' does not."""
    state, flash = [0], []

    def registers(unit, address, r):
        return flash.pop() if flash else state[0]

    with TcpSlave(registers) as slave:
        text = configuration([tcp(slave)], [PANEL], [device("fp", 5, profile="panel")])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("fp.fire", "good")
            for flashes in range(1, 5):  # one after the other: two in a row would be two readings that agree
                flash.append(3)  # one answer says fire and fault
                until(lambda: causes(estate).get("noise", 0) >= flashes, "the flash was not believed")
            assert estate.point("fp.fire")["value"] is False
            assert estate.alarm("fire/fp") is None, "no alarm for noise"
            state[0] = 1
            before = len(slave.requests)
            estate.wait_alarm("fire/fp", "unacked")
            asked = slave.requests[before:]
            gaps = [b.at - a.at for a, b in zip(asked, asked[1:])]
            assert min(gaps) < 0.1, f"the second reading is asked at once, not a period later: {gaps}"


def test_life_safety_is_asked_first_on_a_full_bus(tmp_path):
    rows = [f'name = "r{i}"; at = "holding:{200 * i}";' for i in range(30)]
    panel = PANEL.replace('"300ms"', '"200ms"')
    with TcpSlave(lambda u, a, r: 0, lambda r: Fault(late=0.02)) as slave:
        text = configuration([tcp(slave)], [panel, profile("p", rows, "200ms")],
                             [device("d", 5), device("e", 6), device("fp", 7, profile="panel")])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("fp.fire", "good")
            until(lambda: bus_row(estate)["skipped"] > 100, "the bus is overbooked")
            until(lambda: "overbooked" in bus_row(estate)["hint"], "and says so", limit=30)
            rest = {u: len(slave.of(u)) for u in (5, 6)}

            def share_of_polls():
                before, began = len(slave.of(7)), time.monotonic()
                time.sleep(4)
                return (len(slave.of(7)) - before + 1) / ((time.monotonic() - began) / 0.2)

            shares = [share_of_polls()]
            while shares[-1] < 0.9 and len(shares) < 3:  # a busy machine only takes away from it
                shares.append(share_of_polls())
            assert max(shares) >= 0.9, f"{shares} of the polls of the fire panel"
            for u in (5, 6):
                assert len(slave.of(u)) - rest[u] > 20, "nobody starves"
            estate.wait_log("overbooked")
            assert estate.log.count("overbooked") == 1, "said once"
            row = bus_row(estate)
            assert row["lag_ms"] > 0
            assert "overbooked" in estate.ctl("buses")


def test_a_short_reply_is_asked_for_less(tmp_path):
    rows = [f'name = "r{i}"; at = "holding:{i}";' for i in range(40)]

    class Short(TcpSlave):
        def _pdu(self, r, fault):
            if r.unit == 5:
                r.asked, r.count = r.count, min(r.count, 12)
            return super()._pdu(r, fault)

    with Short(where) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", rows)], [device("d", 5), device("e", 6)])) as estate:
            until(lambda: all(p["quality"] == "good" for p in estate.json("points")), "all good")
            Watch(estate, {"d": 5, "e": 6}).during(0.5)
            time.sleep(0.5)
            before = len(slave.requests)
            until(lambda: len(slave.requests) > before + 20, "more cycles")
            assert all(r.asked <= 12 for r in slave.requests[before:] if r.unit == 5), "remembered"
            assert slave.accepted == 1


def test_a_gateway_without_answer_keeps_its_connection(tmp_path):
    code = []
    with TcpSlave(where, lambda r: Fault(exception=code[0]) if code and r.unit == 6 else None) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", BLOCK)], [device("d", 5), device("e", 6)])) as estate:
            estate.wait_quality("e.r7", "good")
            for c, cause, hint in ((0x0B, "no-answer", "wires behind the gateway"), (0x0A, "no-path", "routing")):
                code[:] = [c]
                estate.wait_quality("e.r7", "lost")
                row = bus_row(estate)
                assert causes(estate)[cause] >= 2 and hint in row["hint"], row
                assert row["state"] == "up" and estate.point("d.r7")["quality"] == "good"
                assert [u["state"] for u in row["units"]] == ["ok", "down"]
                code.clear()
                estate.wait_quality("e.r7", "good")
            assert slave.accepted == 1


def test_the_healthy_keep_their_polls_from_the_first_second_on(tmp_path):
    mute = []
    with TcpSlave(where, lambda r: Fault(mute=True) if mute and r.unit == 6 else None) as slave:
        text = configuration([tcp(slave, timeout="500ms")], [profile("p", BLOCK, "200ms")], [device("d", 5), device("e", 6), device("f", 7)])
        with Estate(tmp_path, text) as estate:
            for name in "def":
                estate.wait_quality(f"{name}.r7", "good")
            time.sleep(1)
            before, began = {u: len(slave.of(u)) for u in (5, 7)}, time.monotonic()
            mute.append(True)
            time.sleep(10)
            seconds = time.monotonic() - began
            for u in (5, 7):
                polls = len(slave.of(u)) - before[u]
                assert polls >= 0.98 * seconds / 0.2 - 1, f"unit {u}: {polls} polls in the first {seconds:.1f} s at 200 ms"
            assert estate.point("e.r7")["quality"] == "lost"


def test_an_adapter_is_unplugged_and_plugged(tmp_path):
    port = tmp_path / "adapter"
    slave = RtuSlave(where).start()
    port.symlink_to(slave.port)
    line = f'{{ id = "line"; type = "rtu"; port = "{port}"; baud = 115200; timeout = "150ms"; }}'
    with Estate(tmp_path, configuration([line], [profile("p", BLOCK)], [device("d", 5, "line")])) as estate:
        estate.wait_quality("d.r7", "good")
        port.unlink()
        slave.stop()
        estate.wait_quality("d.r7", "lost")
        assert "check the port's name" in bus_row(estate, "line")["hint"]
        slave = RtuSlave(where).start()
        port.symlink_to(slave.port)
        estate.wait_quality("d.r7", "good", limit=30)
    slave.stop()


def check(tmp_path, text):
    (tmp_path / "c.conf").write_text(text)
    return subprocess.run([PREFIX / "sbin/estated", "--check", "-c", tmp_path / "c.conf"], capture_output=True, text=True)


def test_a_port_whose_name_can_change_is_warned_of(tmp_path):
    line = '{ id = "line"; type = "rtu"; port = "/dev/ttyUSB0"; }'
    done = check(tmp_path, HEAD + f"buses: ( {line} );")
    assert done.returncode == 0 and "/dev/serial/by-id/" in done.stdout + done.stderr
    done = check(tmp_path, HEAD + "buses: ( " + line.replace("ttyUSB0", "serial/by-id/usb-x") + " );")
    assert done.returncode == 0 and "can change" not in done.stdout + done.stderr


def test_why_requests_fail_is_counted_and_explained(tmp_path):
    with RtuSlave(where, lambda r: Fault(bad_crc=True) if r.number % 4 == 3 else None) as slave:
        with Estate(tmp_path, configuration([rtu(slave)], [profile("p", BLOCK)], [device("d", 5, "line")])) as estate:
            until(lambda: causes(estate, "line").get("crc", 0) >= 3, "wrong CRCs are counted")
            said = estate.ctl("-v", "buses")
            assert re.search(r"line: \d+ x a wrong CRC: check wires", said), said


def test_it_ends_within_two_seconds_whatever_the_buses_do(tmp_path):
    port = free_port()
    with TcpSlave(where, lambda r: Fault(mute=True)) as mute, TcpSlave(where, lambda r: Fault(drip=0.2)) as drip:
        buses = [tcp(mute, "a", "30s"), tcp(drip, "b", "30s"), dial_in(port, "c"),
                 '{ id = "d"; type = "tcp"; host = "192.0.2.1"; timeout = "30s"; }',
                 '{ id = "e"; type = "tcp"; host = "no-such-name.invalid"; timeout = "30s"; }']
        text = configuration(buses, [profile("p", BLOCK)], [device(f"x{b}", 5, b) for b in "abcde"])
        with Estate(tmp_path, text) as estate:
            until(lambda: mute.requests and drip.requests, "asked")
            began = time.monotonic()
            assert estate.stop() == 0
            assert time.monotonic() - began < 3, "2 s, and what a loaded machine takes"
