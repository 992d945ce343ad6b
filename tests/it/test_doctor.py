"""estated --doctor and estatectl doctor: on a box in order, and on one where each thing in turn is not."""

import csv
import grp
import io
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import tty

import pytest

import wire
from broker import Broker
from estate import PREFIX, Estate, until
from rights import needs_root

ROWS = ["check", "level", "subject", "text", "hint"]
NOBODY = pwd.getpwnam("nobody")


def run(*words, **options):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and k not in ("LANG", "LANGUAGE")}
    environment.update(options.pop("environment", {}))
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                          env=environment, **options)


class Box:
    """A folder that others may pass through, as on a real box, with a configuration made of parts."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.conf = self.directory / "estated.conf"
        self.state, self.run = self.directory / "state", self.directory / "run"
        self.buses, self.plugins, self.zone = [], [], "Asia/Shanghai"
        self.state.mkdir(mode=0o700)
        self.run.mkdir()

    def write(self):
        self.conf.write_text('estate: { id = "test"; name = "测试小区"; timezone = "%s"; };\n'
                             'places: ( { id = "b1"; name = "1栋"; } );\nbuses: ( %s );\nplugins: ( %s );\n'
                             % (self.zone, ", ".join(self.buses), ", ".join(self.plugins)))
        self.conf.chmod(0o644)

    def bus(self, name, **keys):
        self.buses.append('{ id = "%s"; %s }' % (name, " ".join(f"{k} = {json.dumps(v)};" for k, v in keys.items())))

    def plugin(self, name, program, **options):
        self.plugins.append('{ id = "%s"; program = "%s"; options: { %s }; }'
                            % (name, program, " ".join(f"{k} = {json.dumps(v)};" for k, v in options.items())))

    def secret(self, text="s3cret", mode=0o640):
        """A password file as the manual says: of root and the group of the one who reads it."""
        path = self.directory / "password"
        path.write_text(text)
        if os.geteuid() == 0:
            os.chown(path, 0, NOBODY.pw_gid)
        path.chmod(mode)
        return str(path)

    def doctor(self, *options, **more):
        self.write()
        return run(PREFIX / "sbin/estated", "--doctor=json", "-c", self.conf, "--state-dir", self.state, "--runtime-dir",
                   self.run, *options, **more)

    def find(self, check, subject=None, **more):
        """The findings of a check, and the exit status, which must fit them all."""
        said = self.doctor(**more)
        assert said.stderr == ""
        rows = json.loads(said.stdout)
        assert said.returncode == (1 if any(r["level"] == "fault" for r in rows) else 0)
        for r in rows:
            assert r["level"] in ("ok", "warning", "fault") and r["text"] and "{" not in r["text"] + r["hint"], r
            assert bool(r["hint"]) == (r["level"] != "ok"), r
        found = [r for r in rows if r["check"] == check and subject in (None, r["subject"])]
        assert found, rows
        return found

    def one(self, check, subject=None, **more):
        found = self.find(check, subject, **more)
        assert len(found) == 1, found
        return found[0]


@pytest.fixture
def box():
    directory = tempfile.mkdtemp(prefix="estate-doctor-")
    os.chmod(directory, 0o755)
    yield Box(directory)
    shutil.rmtree(directory)


@pytest.fixture
def port():
    """A serial port nobody has open: the far end of a pty."""
    near, far = os.openpty()
    tty.setraw(far)
    name = os.ttyname(far)
    os.close(far)
    yield name
    os.close(near)


@pytest.fixture
def gateway():
    """Unit 9 is mute, and register 900 is not there."""
    def fault(request):
        if request.unit == 9:
            return wire.Fault(mute=True)
        return wire.Fault(exception=2) if request.first <= 900 < request.first + request.count else None

    with wire.TcpSlave(lambda unit, address, request: 0, fault) as slave:
        yield slave


@pytest.fixture
def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        yield s.getsockname()[1]


def snapshot(directory):
    return {p: (p.lstat().st_mtime_ns, p.lstat().st_size, p.lstat().st_mode) for p in directory.rglob("*")}


# ---- a box in order ----

def test_a_box_in_order_has_no_fault_and_stays_as_it_was(box, port, gateway):
    password = box.secret()
    with Broker(box.directory) as broker:
        box.bus("riser", type="rtu", port=port)
        box.bus("gw", type="tcp", host="127.0.0.1", port=gateway.port)
        box.plugin("cloud", "mqtt-uplink", url=broker.url, username="estate", password_file=password)
        box.plugin("zigbee", "mqtt-source", url=broker.url)
        box.write()
        with Estate(box.directory, box.conf.read_text()) as estate:  # makes the databases, and ends in order
            assert estate.answers()
        before = snapshot(box.state)
        said = box.doctor()
        assert snapshot(box.state) == before and not list(box.run.iterdir())
        text = run(PREFIX / "sbin/estated", "--doctor", "-c", box.conf, "--state-dir", box.state, "--runtime-dir", box.run)
    rows = json.loads(said.stdout)
    assert [r for r in rows if r["level"] == "fault"] == [] and said.returncode == 0
    fine = {(r["check"], r["subject"]) for r in rows if r["level"] == "ok"}
    assert fine >= {("configuration", str(box.conf)), ("access", str(box.conf)), ("secret", "cloud"), ("serial", "riser"),
                    ("gateway", "gw"), ("plugin", "cloud"), ("plugin", "zigbee"), ("clock", "timezone"),
                    ("machine", "memory"), ("database", str(box.state / "state.db")),
                    ("database", str(box.state / "history.db"))}
    assert {r["check"] for r in rows} >= {"service", "socket", "state", "kernel", "clock"}
    lines = text.stdout.splitlines()
    assert len(lines) == len(rows) + 1 and all(line.split()[0] in ("ok", "warning") for line in lines[:-1])
    assert lines[-1].endswith(" ok")


# ---- each thing in turn ----

def test_a_broken_configuration_is_told_with_its_place(box):
    box.bus("gw", type="tcp", host="127.0.0.1", port=70000)
    row = box.one("configuration")
    assert row["level"] == "fault" and f"{box.conf}:3" in row["text"] and "config check" in row["hint"]
    box.conf = box.directory / "none" / "estated.conf"
    said = run(PREFIX / "sbin/estated", "--doctor=json", "-c", box.conf, "--state-dir", box.state)
    assert said.returncode == 1 and any(r["check"] == "configuration" and r["level"] == "fault" for r in json.loads(said.stdout))


def test_an_unknown_time_zone_is_a_fault(box):
    box.zone = "Asia/Nowhere"
    rows = box.find("configuration") + [r for r in json.loads(box.doctor().stdout) if r["subject"] == "timezone"]
    assert any(r["level"] == "fault" and "Asia/Nowhere" in r["text"] for r in rows)


def test_ports_that_are_not_there_or_none_are_told(box):
    box.bus("gone", type="rtu", port="/dev/serial/by-id/usb-nothing-if00")
    box.bus("file", type="rtu", port=str(box.conf))
    assert "is not there" in box.one("serial", "gone")["text"]
    assert "no serial port" in box.one("serial", "file")["text"]


def test_a_port_that_another_process_has_open_names_it(box, port):
    box.bus("riser", type="rtu", port=port)
    assert box.one("serial", "riser")["level"] == "ok"
    with open(port, "rb", buffering=0) as held:
        with subprocess.Popen(["sleep", "600"], stdin=held) as holder:
            try:
                row = box.one("serial", "riser")
            finally:
                holder.kill()
    assert row["level"] == "fault"
    assert f"(process {holder.pid})" in row["text"] or f"(process {os.getpid()})" in row["text"]


@needs_root
def test_a_port_of_others_is_told_with_its_group(box, port):
    """The databases belong to nobody: as him the daemon runs."""
    os.chown(box.state, NOBODY.pw_uid, NOBODY.pw_gid)
    os.chown(port, 0, grp.getgrnam("dialout").gr_gid)
    os.chmod(port, 0o660)
    box.bus("riser", type="rtu", port=port)
    row = box.one("serial", "riser")
    assert row["level"] == "fault" and "usermod -aG dialout nobody" in row["hint"]
    os.chmod(port, 0o666)
    assert box.one("serial", "riser")["level"] == "ok"


def test_gateways_say_how_they_are_missed(box, gateway, closed_port):
    box.bus("good", type="tcp", host="127.0.0.1", port=gateway.port)
    box.bus("closed", type="tcp", host="127.0.0.1", port=closed_port)
    box.bus("unknown", type="tcp", host="no.such.host.invalid", port=502)
    box.bus("twin", type="rtu-over-tcp", host="127.0.0.1", port=gateway.port)
    rows = {r["subject"]: r for r in box.find("gateway")}
    assert rows["good"]["level"] == "ok" and "twin" not in rows  # asked once: it may take one connection
    assert rows["closed"]["level"] == "fault" and "refuses" in rows["closed"]["text"]
    assert rows["unknown"]["level"] == "fault" and "'no.such.host.invalid'" in rows["unknown"]["text"]


def test_a_gateway_that_is_silent_costs_seconds_and_no_more(box):
    """A listener whose queue is full lets nobody in and refuses nobody."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(listener.getsockname())
            waiting.append(s)
        for i in range(5):
            box.bus(f"gw{i}", type="tcp", host="127.0.0.1" if i == 0 else "localhost", port=listener.getsockname()[1])
        began = time.monotonic()
        row = box.one("gateway", "gw0")
        assert row["level"] == "fault" and "no answer in" in row["text"]
        assert time.monotonic() - began < 30
        for s in waiting:
            s.close()


def test_secrets_are_read_by_the_plugin_and_nobody_else(box):
    path = box.secret()
    box.plugin("cloud", "mqtt-uplink", url="mqtt://127.0.0.1:1", username="x", password_file=path)
    assert box.one("secret", "cloud")["level"] == "ok"
    os.chmod(path, 0o644)
    assert box.one("secret", "cloud")["level"] == "warning"
    pathlib.Path(path).write_text("")
    os.chmod(path, 0o640)
    assert "empty" in box.one("secret", "cloud")["text"]
    os.unlink(path)
    row = box.one("secret", "cloud")
    assert row["level"] == "fault" and path in row["text"]


def test_a_credential_is_looked_for_beside_the_configuration(box):
    users = box.directory / "users"
    subprocess.run(["mosquitto_passwd", "-c", "-b", users, "estate", "s3cret"], check=True, capture_output=True)
    users.chmod(0o644)
    with Broker(box.directory, f"password_file {users}", anonymous=False) as broker:
        box.plugin("cloud", "mqtt-uplink", url=broker.url, username="estate", password_credential="cloud-password")
        row = box.one("secret", "cloud")
        assert row["level"] == "fault" and str(box.directory / "credentials/cloud-password") in row["text"]
        (box.directory / "credentials").mkdir()
        os.rename(box.secret(), box.directory / "credentials/cloud-password")
        rows = box.find("secret", "cloud") + box.find("plugin", "cloud")
        assert [r["level"] for r in rows] == ["ok", "ok"]


@needs_root
def test_a_secret_that_the_plugin_cannot_read_is_a_fault(box):
    path = box.secret()
    os.chown(path, 0, 0)
    box.plugin("cloud", "mqtt-uplink", url="mqtt://127.0.0.1:1", username="x", password_file=path)
    row = box.one("secret", "cloud")
    assert row["level"] == "fault" and "user nobody" in row["text"] and f"chown root:nobody {path}" in row["hint"]


@needs_root
def test_a_configuration_that_the_daemon_cannot_read_is_a_fault(box):
    os.chown(box.state, NOBODY.pw_uid, NOBODY.pw_gid)
    box.write()
    (box.directory / "conf.d").mkdir()
    extra = box.directory / "conf.d" / "extra.conf"
    extra.write_text("")
    assert box.one("access")["level"] == "ok"
    extra.chmod(0o600)
    row = box.one("access")
    assert row["level"] == "fault" and row["subject"] == str(extra) and "user nobody" in row["text"]
    extra.chmod(0o666)
    assert box.one("access")["level"] == "warning"


def test_a_state_folder_that_is_missing_or_none_is_told(box):
    box.state.rmdir()
    row = box.one("state")
    assert row["level"] == "warning" and "never run" in row["text"]
    box.state.write_text("")
    row = box.one("state")
    assert row["level"] == "fault" and "no folder" in row["text"]
    box.state.unlink()
    box.state.mkdir(mode=0o755)
    os.chmod(box.state, 0o755)
    assert any("chmod 0700" in r["hint"] for r in box.find("state"))


@needs_root
def test_somebody_who_may_not_look_is_sent_to_sudo(box):
    box.write()
    (box.state / "state.db").write_text("")
    os.chmod(box.state, 0o700)
    row = box.one("database", str(box.state / "state.db"), user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[])
    assert row["level"] == "warning" and "sudo" in row["hint"]
    # Whom it belongs to is whom the daemon runs as: root.
    row = box.find("state", user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[])[0]
    assert "root" in row["text"] or row["level"] != "fault"


def test_a_damaged_database_is_found(box):
    box.write()
    with Estate(box.directory, box.conf.read_text()) as estate:
        assert estate.answers()
    state = box.state / "state.db"
    assert box.one("database", str(state))["level"] == "ok"
    data = bytearray(state.read_bytes())
    data[4096:] = b"\x5a" * (len(data) - 4096)
    state.write_bytes(data)
    row = box.one("database", str(state))
    assert row["level"] == "fault" and "damaged" in row["text"]
    assert state.read_bytes() == bytes(data)
    state.write_bytes(b"this is no database, whatever its name says" * 10)
    assert box.one("database", str(state))["level"] == "fault"


def test_a_socket_that_was_left_behind_is_told(box):
    assert "no socket" in box.one("socket")["text"]
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(box.run / "api.sock"))
    row = box.one("socket")
    assert row["level"] == "warning" and "left over" in row["text"]


# ---- plugins and their probe ----

def test_brokers_say_how_they_are_missed(box, closed_port):
    password = box.secret("wrong")
    users = box.directory / "users"
    subprocess.run(["mosquitto_passwd", "-c", "-b", users, "estate", "right"], check=True, capture_output=True)
    users.chmod(0o644)
    with Broker(box.directory, f"password_file {users}", anonymous=False) as broker:
        box.plugin("closed", "mqtt-uplink", url=f"mqtt://127.0.0.1:{closed_port}")
        box.plugin("unknown", "mqtt-source", url="mqtt://no.such.host.invalid")
        box.plugin("stranger", "mqtt-source", url=broker.url)
        box.plugin("denied", "mqtt-uplink", url=broker.url, username="estate", password_file=password)
        rows = {r["subject"]: r for r in box.find("plugin")}
        assert all(r["level"] == "fault" for r in rows.values())
        assert "refuses" in rows["closed"]["text"]
        assert "the name is not known" in rows["unknown"]["text"]
        assert "does not let it in" in rows["denied"]["text"] and "does not let it in" in rows["stranger"]["text"]
        box.secret("right")
        assert {r["subject"]: r for r in box.find("plugin")}["denied"]["level"] == "ok"


def test_a_probe_leaves_what_the_broker_keeps_for_the_plugin(box):
    """A source has a kept session: what waits in it must still be there, and nobody is pushed out."""
    with Broker(box.directory) as broker:
        box.plugin("zigbee", "mqtt-source", url=broker.url, client_id="mine")
        box.write()
        with broker.client() as other:
            assert box.one("plugin", "zigbee")["level"] == "ok"
            assert other.subscribed
        assert "mine" not in broker.log and "estated-probe-" in broker.log


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def test_a_plugin_that_offers_no_probe_is_never_started(box):
    shutil.copy("/bin/true", box.directory / "none")
    started = box.directory / "started"
    started.mkdir()
    started.chmod(0o777)
    box.plugin("site", script(box.directory / "site", f'[ "$1" = --help ] && {{ echo options; exit; }}\ntouch {started}/it\n'))
    row = box.one("plugin", "site")
    assert row["level"] == "ok" and "no probe" in row["text"] and not any(started.iterdir())


def test_what_a_probe_says_is_told_and_one_that_hangs_is_ended(box):
    known = 'if [ "$1" = --help ]; then echo --probe; exit; fi\nread hello\n'
    say = known + 'printf \'{"type":"probe","result":"%s","target":"modem","text":"no SIM"}\\n\'\n'
    pids = box.directory / "pids"
    pids.mkdir()
    pids.chmod(0o777)
    box.plugin("good", script(box.directory / "good", say % "reached"))
    box.plugin("new", script(box.directory / "new", say % "a-word-of-later"))
    box.plugin("picky", script(box.directory / "picky", known + 'echo \'{"type":"fault","text":"no such slot"}\'; exit 1\n'))
    box.plugin("mute", script(box.directory / "mute", known))
    box.plugin("hang", script(box.directory / "hang", known + f"sleep 600 & echo $! >{pids}/1; wait\n"))
    began = time.monotonic()
    rows = {r["subject"]: r for r in box.find("plugin")}
    assert time.monotonic() - began < 40
    assert rows["good"]["level"] == "ok" and "modem" in rows["good"]["text"]
    assert rows["new"]["level"] == "fault" and "no SIM" in rows["new"]["text"]
    assert rows["picky"]["level"] == "fault" and "no such slot" in rows["picky"]["text"]
    assert rows["mute"]["level"] == "warning" and rows["hang"]["level"] == "warning"
    sleeper = int((pids / "1").read_text())

    def gone():
        try:
            return pathlib.Path(f"/proc/{sleeper}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
        except OSError:
            return True
    until(gone, "what the probe had started is ended too")


def test_programs_that_cannot_be_started_are_told(box):
    box.plugin("gone", "mqtt-uplin")
    plain = box.directory / "plain"
    plain.write_text("")
    plain.chmod(0o644)
    box.plugin("plain", str(plain))
    rows = {r["subject"]: r for r in box.find("plugin")}
    assert "is not there" in rows["gone"]["text"] and "chmod 0755" in rows["plain"]["hint"]
    assert {r["level"] for r in rows.values()} == {"fault"}


# ---- with the daemon up ----

CONFIGURATION = """
estate: {{ id = "test"; name = "测试小区"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "300ms"; }} );
plugins: ( {{ id = "cloud"; program = "mqtt-uplink"; options: {{ url = "mqtt://127.0.0.1:{closed}"; }}; }} );
profiles: ( {{ id = "my-tank"; class = "tank"; points: ( {{ name = "level"; at = "holding:10"; period = "200ms"; }},
                                                        {{ name = "high"; at = "holding:900.1"; period = "200ms"; }} ); }} );
devices: ( {{ id = "tank-1"; place = "b1/cellar"; bus = "gw"; unit = 1; profile = "my-tank"; }},
           {{ id = "tank-9"; place = "b1/roof"; bus = "gw"; unit = 9; profile = "my-tank"; }} );
"""


@pytest.fixture
def estate(box, gateway, closed_port):
    with Estate(box.directory, CONFIGURATION.format(port=gateway.port, closed=closed_port)) as e:
        e.wait_quality("tank-1.level", "good")
        e.wait_quality("tank-1.high", "bad")
        until(lambda: e.json("buses")[0]["units_up"] == 1 and
              [u["up"] for u in e.json("buses")[0]["units"]] == [True, False] and
              e.json("buses")[0]["units"][1]["state"] != "new", "unit 9 was asked, and is silent")
        until(lambda: e.json("plugins")[0]["state"] == "fault", "the uplink says that it has no broker")
        yield e


def rows_of(estate, *words):
    said = estate.run_ctl("-f", "json", "doctor", *words)
    rows = json.loads(said.stdout)
    assert said.returncode == (1 if any(r["level"] == "fault" for r in rows) else 0)
    assert all(list(r) == ROWS for r in rows)
    return rows


def test_the_running_daemon_adds_what_it_knows(estate, box):
    rows = rows_of(estate)
    by = {(r["check"], r["subject"]): r for r in rows}
    unit = by["unit", "gw"]
    assert unit["level"] == "fault" and "unit 9 (tank-9)" in unit["text"] and "power" in unit["hint"]
    points = by["points", "tank-1"]
    assert points["level"] == "fault" and "tank-1.high" in points["text"]
    plugin = [r for r in rows if r["check"] == "plugin" and r["subject"] == "cloud"]
    assert [r["level"] for r in plugin] == ["ok", "fault"] and "Connection refused" in plugin[1]["text"]
    assert by["daemon", "estated"]["level"] in ("ok", "warning") and by["store", "estated"]["level"] == "ok"
    assert ("outbox", "cloud/alarm") in by and ("outbox", "cloud/data") in by
    # Where its files are, and who it is, it says by its own process.
    assert by["state", str(box.state)]["subject"] and by["configuration", str(box.conf)]["level"] == "ok"
    assert str(estate.process.pid) in by["socket", str(estate.socket)]["text"] or \
        any(r["check"] == "socket" and str(estate.process.pid) in r["text"] for r in rows)
    assert "not asked" in by["gateway", "buses"]["text"] and "not opened" in by["database", str(box.state)]["text"]


def test_the_gateway_keeps_its_one_connection(box, gateway, closed_port):
    configuration = CONFIGURATION.format(port=gateway.port, closed=closed_port).replace("unit = 9", "unit = 8")
    with Estate(box.directory, configuration.replace("holding:900.1", "holding:11.1")) as e:
        e.wait_quality("tank-1.level", "good")
        e.wait_quality("tank-9.level", "good")
        assert gateway.accepted == 1
        rows = rows_of(e)
        assert ("bus", "ok") in {(r["check"], r["level"]) for r in rows}
        assert gateway.accepted == 1


def test_each_is_a_line_for_people_in_their_language(estate):
    said = estate.run_ctl("doctor")
    lines = said.stdout.splitlines()
    assert said.returncode == 1 and all(line.split()[0] in ("ok", "warning", "fault") for line in lines[:-1])
    assert lines[-1].split(" fault")[0].isdigit() and "unit gw" in lines[-1] and " in order" in lines[-1]
    chinese = run(PREFIX / "bin/estatectl", "--socket", estate.socket, "doctor", environment={"LANG": "zh_CN.UTF-8"})
    said = chinese.stdout.splitlines()
    assert len(said) == len(lines) and all(line.split()[0] in ("正常", "警告", "故障") for line in said[:-1])
    assert any("tank-9" in line and "从站" in line for line in said), chinese.stdout


def test_csv_and_wrong_words(estate):
    rows = list(csv.reader(io.StringIO(estate.run_ctl("-f", "csv", "doctor").stdout)))
    assert rows[0] == ROWS and len(rows) > 10
    assert estate.run_ctl("doctor", "a", "b").returncode == 2
    for words in (["--doctor=xml"], ["--doctor", "file"]):
        wrong = run(PREFIX / "sbin/estated", *words)
        assert wrong.returncode == 2 and wrong.stdout == "" and "expected" in wrong.stderr


def test_a_configuration_that_is_not_in_use_can_be_named(estate, box):
    other = box.directory / "other.conf"
    other.write_text('estate: { id = "t"; };\nbuses: ( { id = "x"; type = "tcp"; host = "127.0.0.1"; port = 70000; } );\n')
    rows = [r for r in rows_of(estate, str(other)) if r["check"] == "configuration"]
    assert rows[0]["level"] == "fault" and rows[0]["subject"] == str(other)


def test_a_daemon_that_hangs_is_told_in_bounded_time(estate):
    os.kill(estate.process.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        rows = rows_of(estate)
        assert time.monotonic() - began < 50
    finally:
        os.kill(estate.process.pid, signal.SIGCONT)
    row = [r for r in rows if r["check"] == "daemon"]
    assert len(row) == 1 and row[0]["level"] == "fault" and "10 s" in row[0]["text"]


def test_with_the_daemon_down_estatectl_still_says_all(estate, box):
    estate.stop()
    rows = rows_of(estate, str(box.conf))
    checks = {r["check"] for r in rows}
    assert checks >= {"configuration", "socket", "gateway", "plugin", "clock"} and "daemon" not in checks
    assert {r["subject"]: r["level"] for r in rows if r["check"] == "gateway"} == {"gw": "ok"}
    estate.start()


@needs_root
def test_a_stranger_is_told_that_he_may_not_ask(estate):
    said = run(PREFIX / "bin/estatectl", "--socket", estate.socket, "-f", "json", "doctor", user=NOBODY.pw_uid,
               group=NOBODY.pw_gid, extra_groups=[])
    rows = json.loads(said.stdout)
    told = [r for r in rows if r["check"] in ("daemon", "socket") and "may not" in r["text"]]
    assert told and all(r["level"] == "warning" for r in told)


def test_modes_of_the_socket_are_told(estate):
    mode = stat.S_IMODE(os.stat(estate.socket).st_mode)
    assert any(r["check"] == "socket" and f"mode {mode:04o}" in r["text"] for r in rows_of(estate))
