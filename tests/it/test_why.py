"""Why a point is as it is, the frames of a bus, the commissioning sheet: the whole daemon against slaves that misbehave."""

import csv
import ctypes
import io
import json
import pathlib
import socket
import time

import pytest

from estate import Estate, until
from puppet import Puppet
from rights import need_tracing
from test_contract_field import BLOCK, HEAD, configuration, device, profile, tcp, rtu, where
from wire import Fault, RtuSlave, TcpSlave

COUNTED = '''
classes: ( { id = "probe"; points: ( { name = "value"; type = "number"; unit = "°C"; } ); } );
rules: ( { id = "hot"; class = "probe"; when = "value > 30"; priority = 3; text: { zh = "过热"; en = "hot"; }; } );
'''


def why(estate, point):
    return estate.json("why", point)


def wait_code(estate, point, code):
    last = []

    def there():
        last[:] = [why(estate, point)]
        return last[0] if last[0]["reason"]["code"] == code else None
    try:
        return until(there, f"{point}: {code}")
    except AssertionError as e:
        raise AssertionError(f"{e}; last: {last[0]['reason']}") from None


def probe(rows):
    points = ", ".join("{ " + r + " }" for r in rows)
    return f'{{ id = "p"; class = "probe"; period = "100ms"; points: ( {points} ); }}'


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def test_a_good_point_shows_its_request_its_frames_and_its_steps(tmp_path):
    rows = ['name = "value"; at = "holding:3"; type = "i16"; scale = 0.1; offset = 1;', 'name = "other"; at = "holding:4"; type = "u16";']
    with TcpSlave(lambda u, a, r: {3: 351, 4: 7}.get(a, 0)) as slave:
        text = (HEAD.replace("classes: (", "classes: (" + COUNTED.split("classes: (")[1].split(" );\nrules")[0] + ",") +
                "rules: (" + COUNTED.split("rules: (")[1] +
                f"buses: ( {tcp(slave)} ); profiles: ( {probe(rows)} ); devices: ( {device('d', 5)} );")
        with Estate(tmp_path, text) as estate:
            estate.wait_point("d.value", lambda p: p["value"] == 36.1 and p["quality"] == "good")
            estate.wait_alarm("hot/d", "unacked")
            page = wait_code(estate, "d.value", "good")
            assert page["reason"]["text"]["zh"].startswith("正常")
            request = page["request"]
            assert (request["table"], request["address"], request["count"], request["function"]) == ("holding", 3, 2, 3)
            assert request["with"] == ["d.other"] and request["period"] == "100ms" and request["ended"] == "answered"
            frames = page["frames"]
            sent, came = bytes.fromhex(frames["request"]["hex"]), bytes.fromhex(frames["answer"]["hex"])
            assert sent[6:] == bytes([5, 3, 0, 3, 0, 2]) and came[:2] == sent[:2]
            begin, end = frames["answer"]["mark"]
            assert came[begin:end] == (351).to_bytes(2, "big")
            decode = page["decode"]
            assert (decode["registers"], decode["raw"], decode["scale"], decode["offset"], decode["value"]) == ("015f", 351, 0.1, 1, 36.1)
            assert sum(b["count"] for b in page["modbus_unit"]["round_trips"]) >= page["modbus_unit"]["answers"] > 0
            assert page["rules"] == [{"rule": "hot", "alarm": "hot/d", "priority": 3, "state": "unacked", "when": "value > 30"}]
            # the other register is marked elsewhere
            other = why(estate, "d.other")["frames"]["answer"]
            assert bytes.fromhex(other["hex"])[slice(*other["mark"])] == b"\x00\x07"
            said = estate.ctl("why", "d.value")
            for part in ("d.value = 36.1 °C", "it is good", "holding 3 … 4", "^^ ^^", "015f -> i16 abcd 351 -> x 0.1 -> + 1 -> 36.1", "hot/d"):
                assert part in said, said


def test_every_reason_says_what_it_is(tmp_path):
    rows = ['name = "good"; at = "holding:0";', 'name = "marker"; at = "holding:1"; invalid = 0x8000;',
            'name = "range"; at = "holding:2"; range = (0, 100);', 'name = "nan"; at = "holding:4"; type = "f32";',
            'name = "illegal"; at = "holding:9";', 'name = "json_only"; at = "holding:3"; max_age = "10s";']
    values = {0: 1, 1: 0x8000, 2: 900, 4: 0x7FC0, 5: 0}

    def registers(unit, address, request):
        return values.get(address, 0)

    def fault(r):
        if r.unit == 7:
            return Fault(mute=True)
        if r.unit == 8:
            return Fault(exception=4)
        return Fault(exception=2) if r.first <= 9 < r.first + r.count else None

    with TcpSlave(registers, fault) as slave:
        dead = f'{{ id = "dead"; type = "tcp"; host = "127.0.0.1"; port = {free_port()}; timeout = "150ms"; }}'
        text = configuration([tcp(slave), dead], [profile("p", rows)],
                             [device("d", 5), device("mute", 7), device("ill", 8), device("away", 5, bus="dead"),
                              '{ id = "fed"; place = "b1"; class = "c"; }'])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("d.good", "good")
            assert "8000" in wait_code(estate, "d.marker", "marker")["reason"]["text"]["en"]
            assert "900" in wait_code(estate, "d.range", "range")["reason"]["text"]["en"]
            assert "0 … 100" in why(estate, "d.range")["reason"]["text"]["zh"]
            assert "7fc0 0000" in wait_code(estate, "d.nan", "no-number")["reason"]["text"]["en"]
            refused = wait_code(estate, "d.illegal", "refused")
            assert "holding:9" in refused["reason"]["text"]["en"] and "exception 2" in refused["reason"]["text"]["en"]
            assert refused["request"]["refused"] and 0 < refused["request"]["due_s"] <= 60 and refused["request"]["renew_s"] > 3000
            mute = wait_code(estate, "mute.good", "unit-silent")
            assert "next try" in mute["reason"]["text"]["en"] and "没有及时应答" in mute["reason"]["text"]["zh"]
            until(lambda: why(estate, "mute.good")["modbus_unit"]["state"] == "down", "it is down")
            assert mute["modbus_unit"]["causes"][0]["cause"] == "silent"
            assert mute["frames"]["answer"] is None or mute["frames"] is None
            assert "device failure" in wait_code(estate, "ill.good", "exception")["reason"]["text"]["en"]
            away = wait_code(estate, "away.good", "bus-down")
            assert "refused" in away["reason"]["text"]["en"] and "连接被拒绝" in away["reason"]["text"]["zh"]
            assert not away["bus"]["open"] and away["bus"]["next_s"] is not None
            fed = why(estate, "fed.any")
            assert fed["reason"]["code"] == "no-source" and fed["bus"] is None and fed["plugin"] is None
            estate.ctl("bus", "pause", "gw")
            paused = wait_code(estate, "d.good", "paused")
            assert paused["bus"]["state"] == "paused"
            wrong = estate.run_ctl("why", "d.goood")
            assert wrong.returncode == 1 and "did you mean 'd.good'" in wrong.stderr


def test_what_protects_life_waits_for_a_second_reading(tmp_path):
    """The detector says something else with every reading: never confirmed. Then it agrees with itself."""
    state = {"noisy": True}
    count = iter(range(10**9))
    with TcpSlave(lambda u, a, r: next(count) % 2 if state["noisy"] else 0) as slave:
        text = (HEAD + f"buses: ( {tcp(slave)} );\n"
                'profiles: ( { id = "p"; class = "smoke"; period = "100ms"; points: ( { name = "smoke"; at = "holding:0.0"; } ); } );\n'
                f"devices: ( {device('s', 5)} );\n")
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("s.smoke", "suspect")
            page = until(lambda: (lambda p: p if p["reason"]["code"] == "unconfirmed" else None)(why(estate, "s.smoke")), "it says so")
            assert "second reading" in page["reason"]["text"]["en"] and page["request"]["life_safety"]
            state["noisy"] = False
            estate.wait_quality("s.smoke", "good")
            assert wait_code(estate, "s.smoke", "good")["value"] is False
            assert "smoke/s" in [r["alarm"] for r in why(estate, "s.smoke")["rules"]]


def test_a_plugin_that_does_not_run_is_why(tmp_path):
    text = (HEAD + 'plugins: ( { id = "zigbee"; program = "/bin/false"; } );\n'
            'devices: ( { id = "sos-1"; place = "b1"; plugin = "zigbee"; address = "0x01"; class = "sos"; } );\n')
    with Estate(tmp_path, text) as estate:
        page = wait_code(estate, "sos-1.pressed", "plugin-down")
        assert page["plugin"]["field"] == "pressed" and page["plugin"]["address"] == "0x01" and page["request"] is None
        assert "sos/sos-1" in [r["alarm"] for r in page["rules"]]
        assert "zigbee" in estate.ctl("why", "sos-1.pressed")


def test_a_sensor_behind_a_plugin_says_why_and_can_be_replaced(tmp_path):
    def text(address, other):
        return (HEAD + f'plugins: ( {{ id = "zigbee"; program = "{source.program}"; }} );\n'
                'profiles: ( { id = "t"; class = "environment"; points: ( { name = "temperature"; at = "t"; range = (-40, 80); max_age = "1h"; } ); } );\n'
                f'devices: ( {{ id = "hall"; place = "b1"; plugin = "zigbee"; address = "{address}"; profile = "t"; }},'
                f' {{ id = "cellar"; place = "b1"; plugin = "zigbee"; address = "{other}"; profile = "t"; }} );\n')

    with Puppet() as source:
        with Estate(tmp_path, text("0xaa", "0xbb")) as estate:
            life = source.life().ready("source")
            assert wait_code(estate, "hall.temperature", "never-reported")["plugin"]["state"] == "up"
            life.sample("hall", t=21.5)
            page = wait_code(estate, "hall.temperature", "good")
            assert (page["value"], page["plugin"]["field"], page["plugin"]["address"]) == (21.5, "t", "0xaa")
            assert page["plugin"]["message_at"] == page["at"]
            life.sample("hall", t=500)
            page = wait_code(estate, "hall.temperature", "doubted")
            assert page["value"] == 21.5 and "-40 … 80" in page["reason"]["text"]["zh"]
            life.send(type="stale", device="hall")
            wait_code(estate, "hall.temperature", "device-away")
            life.send(type="fault", text="no broker")
            assert "no broker" in wait_code(estate, "hall.temperature", "plugin-fault")["reason"]["text"]["en"]
            life.send(type="healthy")
            life.sample("hall", t=22)
            estate.wait_point("hall.temperature", lambda p: p["quality"] == "good" and p["value"] == 22)
            # the two sensors change places; what the old process still says is of the thing, not of the place
            life.mute = True

            def last_words(life, message):
                if message["type"] == "stop":
                    life.sample("hall", id="last", t=30)
            life.on_message = last_words
            estate.conf.write_text(text("0xbb", "0xaa"))
            assert "history and open alarms stay" in estate.ctl("config", "diff")
            estate.ctl("config", "reload")
            life.wait("stored", id="last")
            assert estate.point("hall.temperature")["value"] == 22 and estate.point("hall.temperature")["quality"] == "lost"
            estate.wait_point("cellar.temperature", lambda p: p["value"] == 30)
            life.end()
            source.life().ready("source").sample("hall", t=11)
            estate.wait_point("hall.temperature", lambda p: p["value"] == 11 and p["quality"] == "good")


PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000


class Frozen:
    """One thread of a process, held as a debugger holds it."""

    def __init__(self, pid, name):
        self.libc = ctypes.CDLL(None, use_errno=True)
        tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
        self.tid = next(int(t.name) for t in tasks if (t / "comm").read_text().strip() == name)

    def __enter__(self):
        if self.libc.ptrace(PTRACE_SEIZE, self.tid, None, None) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace of thread {self.tid}")
        self.libc.ptrace(PTRACE_INTERRUPT, self.tid, None, None)
        self.libc.waitpid(self.tid, None, WALL)
        return self

    def __exit__(self, *_):
        self.libc.ptrace(PTRACE_DETACH, self.tid, None, None)


def test_a_stuck_thread_is_said_in_bounded_time(tmp_path):
    need_tracing()
    with TcpSlave(where) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", BLOCK)], [device("d", 5)])) as estate:
            estate.wait_quality("d.r7", "good")
            with Frozen(estate.process.pid, "bus-gw"):
                began = time.monotonic()
                page = why(estate, "d.r1")
                assert page["reason"]["code"] == "stuck" and page["request"] is None and not page["bus"]["answers_us"]
                assert time.monotonic() - began < 10
                assert estate.run_ctl("bus", "record", "gw", "--last").returncode == 1
                for _ in range(5):  # the inbox does not fill: those that follow are told at once
                    assert why(estate, "d.r1")["reason"]["code"] == "stuck"
                assert estate.json("status")["ready"]
                assert [r["raw"] for r in estate.json("sheet", "gw")] == [None] * 8
            page = wait_code(estate, "d.r1", "good")
            assert page["request"]["count"] == 8


def recording(path):
    """(seconds, sign, bytes) of each line."""
    rows = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            _, at, sign, rest = line.split(None, 3)
            rows.append((float(at), sign, bytes.fromhex(rest.split("#")[0])))
    return rows


def test_a_recording_has_every_frame_with_its_time(tmp_path):
    with TcpSlave(where) as slave:
        with Estate(tmp_path, configuration([tcp(slave)], [profile("p", BLOCK, "50ms")], [device("d", 5)])) as estate:
            estate.wait_quality("d.r7", "good")
            out = tmp_path / "gw.rec"
            before = len(slave.of())
            done = estate.run_ctl("bus", "record", "gw", "--for", "2s", "--out", out)
            assert done.returncode == 0 and " 0 missed" in done.stderr, done.stderr
            rows = recording(out)
            assert out.read_text().startswith("# estated recording 1: bus gw type tcp framing tcp at 20")
            sent = [(at, data) for at, sign, data in rows if sign == ">"]
            came = [(at, data) for at, sign, data in rows if sign == "<"]
            assert 10 < len(sent) <= len(slave.of()) - before and abs(len(sent) - len(came)) <= 1
            ids = [int.from_bytes(data[:2], "big") for _, data in sent]
            assert all((b - a) % 65536 == 1 for a, b in zip(ids, ids[1:])), "none is missing, none stands twice"
            assert all(a <= b for a, b in zip([r[0] for r in rows], [r[0] for r in rows][1:]))
            taken = {r.tid: r.at for r in slave.of()}
            late = sorted(taken[id] - at for id, (at, _) in zip(ids, sent))
            assert late[len(late) // 2] - late[0] < 0.1, "as the slave had them"
            assert (sent[-1][0] - sent[0][0]) / (len(sent) - 1) > 0.04, "every 50 ms at most"
            assert f"unit 5: 8 registers: {where(5, 0):04x} {where(5, 1):04x}" in out.read_text()
            lines = estate.ctl("-f", "json", "bus", "record", "gw", "--last").splitlines()
            head, rows = json.loads(lines[0]), [json.loads(l) for l in lines[1:]]
            assert head["framing"] == "tcp" and len(sent) <= len(rows) <= 256 and rows[0]["us"] == 0 and rows[-1]["way"] in ("sent", "received")
            assert estate.run_ctl("bus", "record", "gww", "--last").returncode == 1
            assert estate.run_ctl("bus", "record", "gw", "--for", "never").returncode == 2


def settled(estate, points):
    """Values and qualities once none of them is waited for any more."""
    return {p["point"]: (p["value"], p["quality"]) for p in estate.json("points") if p["point"] in points}


def misbehave(r):
    """Unit 5 well but for an illegal register, 6 garbled, 7 mute, 8 broken."""
    if r.unit == 5 and r.first <= 3 < r.first + r.count:
        return Fault(exception=2)
    return {6: Fault(tid=77, unit=1), 7: Fault(mute=True), 8: Fault(exception=4)}.get(r.unit)


@pytest.mark.parametrize("pace", [[], ["--fast"]])
def test_a_recording_of_a_fault_reproduces_it_on_a_desk(tmp_path, pace):
    from simulator import Simulator
    names = [f"{d}.r{i}" for d in "abcd" for i in range(8)]
    devices = [device(d, u) for d, u in zip("abcd", (5, 6, 7, 8))]
    site, desk, out = tmp_path / "site", tmp_path / "desk", tmp_path / "gw.rec"
    site.mkdir(), desk.mkdir()
    with TcpSlave(where, misbehave) as slave:
        text = configuration([tcp(slave)], [profile("p", BLOCK)], devices)
        with Estate(site, text) as estate:
            estate.ctl("wait", "ready", "--for", "60s")
            estate.wait_quality("a.r7", "good")
            estate.wait_quality("d.r7", "bad")
            estate.ctl("bus", "record", "gw", "--last", "--out", out)
            truth = settled(estate, names)
    assert truth["a.r3"] == (None, "bad") and truth["a.r2"] == (where(5, 2), "good") and truth["b.r0"] == (None, "lost")
    with Simulator(desk, None, *pace, "--replay", str(out)) as sim:
        again = text.replace(f"port = {slave.port}", f"port = {sim.port('replay')}")
        with Estate(desk, again) as estate:
            estate.wait_quality("a.r7", "good")
            estate.wait_quality("d.r7", "bad")
            until(lambda: settled(estate, names) == truth, "the same values and qualities")
            for _ in range(20):
                seen = settled(estate, names)
                assert seen == truth, {k: (seen[k], truth[k]) for k in seen if seen[k] != truth[k]}
        assert sim.stats("replay")["replay"]["answered"] > 10


def test_a_serial_line_is_recorded_and_replayed(tmp_path):
    from simulator import Simulator
    site, desk, out = tmp_path / "site", tmp_path / "desk", tmp_path / "line.rec"
    site.mkdir(), desk.mkdir()
    bad = {6: Fault(bad_crc=True)}
    with RtuSlave(where, lambda r: bad.get(r.unit)) as slave:
        text = configuration([rtu(slave)], [profile("p", BLOCK)], [device("a", 5, bus="line"), device("b", 6, bus="line")])
        with Estate(site, text) as estate:
            estate.wait_quality("a.r7", "good")
            until(lambda: any(c["cause"] == "crc" for c in estate.json("buses")[0]["causes"]), "a wrong CRC came")
            estate.ctl("bus", "record", "line", "--last", "--out", out)
            page = why(estate, "a.r7")["frames"]["answer"]
            assert bytes.fromhex(page["hex"])[slice(*page["mark"])] == where(5, 7).to_bytes(2, "big")
        line = slave.port
    assert "wrong CRC" in out.read_text()
    with Simulator(desk, None, "--replay", str(out)) as sim:
        with Estate(desk, text.replace(line, sim.path("replay"))) as estate:
            estate.wait_point("a.r7", lambda p: p["quality"] == "good" and p["value"] == where(5, 7))
            until(lambda: any(c["cause"] == "crc" for c in estate.json("buses")[0]["causes"]), "the wrong CRC came again")
            assert all(p["quality"] == "lost" and p["value"] is None for p in estate.json("points", "b.*"))


def test_the_sheet_is_for_paper_and_for_a_spreadsheet(tmp_path):
    rows = [f'name = "r{i}"; at = "holding:{i}";' for i in range(700)] + ['name = "door"; at = "coil:3";', 'name = "bit"; at = "holding:1.4";']
    text = configuration([], [profile("p", rows, "1s")], [])
    with TcpSlave(where) as slave:
        text = configuration([tcp(slave)], [profile("p", rows, "1s")], [device("d", 5, more='name = "二号, 电表";'), device("e", 6)])
        with Estate(tmp_path, text) as estate:
            estate.wait_quality("e.r699", "good")
            estate.wait_quality("d.bit", "good")
            sheet = estate.json("sheet", "gw")
            assert len(sheet) == 2 * 702 == len({r["point"] for r in sheet})
            by_name = {r["point"]: r for r in sheet}
            assert all(r["raw"] for r in sheet), "also at the borders of pages"
            assert by_name["e.r699"]["raw"] == f"{where(6, 699):04x}" and by_name["e.r699"]["register"] == "holding:699"
            assert by_name["d.bit"]["register"] == "holding:1.4" and by_name["d.bit"]["raw"] == f"{where(5, 1):04x}"
            assert by_name["d.door"]["register"] == "coil:3" and by_name["d.door"]["raw"] in ("0000", "0001")
            body = estate.ctl("-f", "csv", "sheet", "gw")
            assert body.startswith("\ufeffdevice,"), "Excel knows UTF-8 by its mark"
            table = list(csv.DictReader(io.StringIO(body.lstrip("\ufeff"))))
            assert len(table) == 1404 and table[0]["name"] == "二号, 电表" and table[0]["raw"] == f"{where(5, 0):04x}"
            paper = estate.ctl("sheet", "gw")
            assert paper.count("[ ] ________") == 1404 and "Signature" in paper and "Commissioning sheet of bus gw" in paper
            assert estate.run_ctl("sheet", "nowhere").returncode == 1


def test_a_replaced_device_keeps_its_history_and_never_shows_the_old_one(tmp_path):
    """Unit 5 says 256 * address + 5, unit 9 the same with 9. The device moves from 5 to 9 and back under load."""
    rules = 'rules: ( { id = "seen"; class = "c"; when = "r1 > 100"; priority = 3; latch = true; text: { zh = "a"; en = "a"; }; } );'

    def text(unit, silent=None):
        return configuration([tcp(slave)], [profile("p", BLOCK, "50ms")], [device("d", unit), device("steady", 11)]) + rules

    with TcpSlave(where, lambda r: Fault(mute=True) if r.unit == 7 else None) as slave:
        with Estate(tmp_path, text(5)) as estate:
            estate.wait_quality("d.r7", "good")
            alarm = estate.wait_alarm("seen/d", "unacked")
            for unit in (9, 5, 9, 5, 9):
                estate.conf.write_text(text(unit))
                said = estate.ctl("config", "diff")
                assert "history and open alarms stay" in said
                estate.ctl("config", "reload")
                end = time.monotonic() + 1
                good = 0
                while time.monotonic() < end:
                    for p in estate.json("points", "d.*"):
                        if p["quality"] == "good":
                            assert p["value"] == where(unit, int(p["point"][-1])), (unit, p)
                            good += 1
                assert good
                now = estate.alarm("seen/d")
                assert now["since"] == alarm["since"] and now["state"] == "unacked", "the alarm is the same one"
            # a replaced device that does not answer: its supervision is of the new address, and ends with it
            estate.conf.write_text(text(7))
            estate.ctl("config", "reload")
            estate.wait_quality("d.r1", "lost")
            page = wait_code(estate, "d.r1", "unit-silent")
            assert page["modbus_unit"]["unit"] == 7
            estate.wait_alarm("supervision/d", "unacked", limit=120)
            requests = len(slave.of(9))
            estate.conf.write_text(text(5))
            estate.ctl("config", "reload")
            estate.wait_quality("d.r1", "good")
            until(lambda: (estate.alarm("supervision/d") or {}).get("state") in (None, "normal", "rtn_unacked"), "its alarm ends")
            assert len(slave.of(9)) == requests, "the old address is left alone"
