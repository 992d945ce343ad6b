"""estated as a service of a booted Debian 12: what systemd is told, and what it does about a hang, a crash, a mistake.

Needs root, debootstrap and systemd-nspawn; skipped with the reason where they are not there. See README.md beside.
"""

import contextlib
import errno
import json
import pathlib
import re
import shutil
import sqlite3
import time

import pytest

import machine as machines
from machine import AGAIN, Machine, Simulator, until

WATCHDOG_S = 4
ARMED_S = 3.0  # from a crash to the alarm being guarded again
LIFT = "lift-trapped/lift-1"
SHIPPED = "/usr/share/estated/sim/demo-estate.conf"
CONFIGURATION = "/etc/estated/estated.conf"
README = (pathlib.Path(__file__).parents[2] / "systemd/README.md").read_text()


@pytest.fixture(scope="module")
def machine():
    try:
        m = Machine()
    except machines.Unavailable as why:
        pytest.skip(str(why))
    except machines.Broken as why:
        pytest.exit(str(why), returncode=1)  # once, and not again for every case
    try:
        m.run("systemd-sysusers")
        m.run("systemd-tmpfiles", "--create")
        m.run("systemctl", "daemon-reload")
        yield m
    finally:
        m.end()


@pytest.fixture(scope="module")
def estate(machine):
    """A broker, the simulated estate and the configuration of the demo."""
    machine.run("systemctl", "start", "mosquitto")
    sim = Simulator(machine)
    text = machine.read(SHIPPED)
    for key, value in {"GATEWAY_PORT": "5020", "RISER_PATH": sim.riser, "BROKER_PORT": "1883"}.items():
        text = text.replace(f"@{key}@", value)
    machine.write(CONFIGURATION, text)
    machine.write("/run/systemd/system/estated.service.d/test.conf", f"[Service]\nWatchdogSec={WATCHDOG_S}s\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "estated")
    machine.wait_good("lift-1.floor")
    sim.text = text
    return sim


@pytest.fixture(scope="module")
def trapped(machine, estate):
    """Somebody is in the lift, it is known, and stays so: what every fault must leave as it is."""
    estate.do("lift-1 entrap")
    return machine.wait_alarm(LIFT, "unacked")


def still_open(machine, trapped):
    alarm = machine.alarm(LIFT)
    return all(alarm[key] == trapped[key] for key in ("state", "since", "count", "priority"))


def armed_again(machine, pid, limit):
    """Waits until another process than pid answers; returns how long that took."""
    began = time.monotonic()
    until(lambda: machine.main_pid() not in (0, pid) and machine.answers(), "estated answers again", limit)
    return time.monotonic() - began


# ---- the unit itself ----

def test_the_units_are_well_formed(machine):
    done = machine.run("systemd-analyze", "verify", "/usr/lib/systemd/system/estated.service",
                       "/usr/lib/systemd/system/estated.socket", check=False)
    assert done.returncode == 0 and done.stdout + done.stderr == ""


def exposure(machine):
    out = machine.run("systemd-analyze", "security", "estated", "--no-pager").stdout
    return float(re.search(r"Overall exposure level for estated.service: ([\d.]+)", out)[1])


def test_its_exposure_is_at_most_one_and_a_half(machine):
    assert exposure(machine) <= 1.5


def test_an_installed_box_with_the_shipped_configuration_runs(machine):
    machine.run("systemctl", "enable", "--now", "estated")
    assert machine.state() == "active"
    assert machine.run("systemctl", "is-enabled", "estated").stdout.strip() == "enabled"
    assert machine.path("/etc/systemd/system/multi-user.target.wants/estated.service").is_symlink()
    machine.ctl("status")


# ---- ready and status ----

def test_it_is_active_only_when_everything_stands(machine, estate):
    """The gate stands before the program, in the same process: were the unit active for a running process, it would be."""
    drop_in = "/run/systemd/system/estated.service.d/gate.conf"
    machine.run("mkfifo", "-m", "644", "/run/gate")
    machine.write(drop_in, "[Service]\nExecStart=\nExecStart=/bin/sh -c 'read line </run/gate; "
                           f"exec /usr/sbin/estated -c {CONFIGURATION}'\n")
    try:
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "stop", "estated")
        machine.run("systemctl", "start", "--no-block", "estated")
        until(machine.main_pid, "the main process is there")
        assert machine.state() == "activating"
        machine.path("/run/gate").write_text("open\n")
        until(lambda: machine.state() == "active", "the unit is active")
        machine.ctl("status")  # at once, without a second try
    finally:
        machine.run("rm", "-f", "/run/gate", drop_in)
        machine.run("systemctl", "daemon-reload")
    for _ in range(5):
        machine.run("systemctl", "restart", "estated")
        machine.ctl("status")


@contextlib.contextmanager
def no_store(machine):
    """Something that is no file stands where it should be. Only while the daemon does not run."""
    machine.run("mv", "/var/lib/estated/state.db", "/var/lib/estated/kept.db")
    machine.run("mkdir", "/var/lib/estated/state.db")
    try:
        yield
    finally:
        machine.run("sh", "-ec", "rmdir /var/lib/estated/state.db; mv /var/lib/estated/kept.db /var/lib/estated/state.db")


def test_it_is_not_active_while_its_store_cannot_be_opened(machine, estate):
    machine.run("systemctl", "stop", "estated")
    with no_store(machine):
        assert machine.run("systemctl", "start", "estated", check=False).returncode != 0
        assert machine.state() != "active"
        machine.run("systemctl", "stop", "estated")
    machine.run("systemctl", "start", "estated")


def test_its_status_says_how_many_points_and_alarms(machine, trapped):
    text = until(lambda: re.fullmatch(r"(\d+) points, (\d+) alarms? open", machine.show("StatusText")["StatusText"]),
                 "a status text with points and alarms")
    assert int(text[1]) == len(machine.json("points"))
    until(lambda: re.search(r"[1-9]\d* alarms? open", machine.show("StatusText")["StatusText"]), "the open alarm")


# ---- who it is and what still works behind the walls ----

def test_it_and_its_plugins_are_the_user_estated_without_any_privilege(machine, estate):
    # The daemon is there from the start, both plugins are after their hello.
    def processes():
        out = machine.run("ps", "-o", "user:16=,comm=", "-C", "estated,mqtt-source,mqtt-uplink", check=False).stdout
        return sorted(line.split() for line in out.splitlines())
    expected = [["estated", "estated"], ["estated", "mqtt-source"], ["estated", "mqtt-uplink"]]
    until(lambda: processes() == expected, f"the processes {expected}")
    status = machine.run("cat", f"/proc/{machine.main_pid()}/status").stdout
    assert re.search(r"^CapEff:\s0+$", status, re.M) and re.search(r"^CapBnd:\s0+$", status, re.M)
    assert re.search(r"^NoNewPrivs:\s1$", status, re.M) and re.search(r"^Seccomp:\s2$", status, re.M)


def test_a_serial_line_and_both_plugins_work(machine, estate):
    assert machine.wait_good("tank-1.level")["value"] > 0
    until(lambda: all(p["state"] == "up" for p in machine.json("plugins")), "both plugins up")
    estate.do("sos-1204 press")
    until(lambda: machine.alarm("sos/sos-1204"), "the button's alarm")
    machine.ctl("ack", "sos/sos-1204", "--note", "test")
    machine.ctl("close", "sos/sos-1204", "--outcome", "test")


def test_no_measure_against_plugins_is_lacking_behind_the_unit(machine, estate):
    assert not [text for text in machine.said() if "Landlock" in text or "seccomp" in text or "nobody" in text]


def test_only_root_and_the_group_may_use_it(machine, estate):
    for name, groups in (("technician", ["-G", "estated"]), ("stranger", [])):
        machine.run("useradd", *groups, name)
    assert machine.run("runuser", "-u", "technician", "--", "estatectl", "alarms", check=False).returncode == 0
    assert machine.run("runuser", "-u", "stranger", "--", "estatectl", "alarms", check=False).returncode != 0
    assert machine.run("stat", "-c", "%U:%a", "/var/lib/estated").stdout.strip() == "estated:700"
    assert machine.run("stat", "-c", "%U:%G:%a", "/run/estated/api.sock").stdout.strip() == "estated:estated:660"


# ---- the API's socket, kept by systemd ----

@pytest.fixture
def socket_unit(machine, estate):
    machine.run("systemctl", "stop", "estated")
    machine.run("systemctl", "enable", "--now", "estated.socket")
    machine.run("systemctl", "start", "estated")
    yield "/run/estated/api.sock"
    machine.run("systemctl", "stop", "estated")
    machine.run("systemctl", "disable", "--now", "estated.socket")
    machine.run("systemctl", "start", "estated")


def waiting_client(machine, path, *words):
    """One that is connected; nobody has taken it in yet."""
    def sockets():
        return sum(line.split()[-1] == path for line in machine.run("cat", "/proc/net/unix").stdout.splitlines())
    before = sockets()
    client = machine.start("estatectl", *words)
    until(lambda: sockets() > before or client.poll() is not None, "the client is connected")
    assert client.poll() is None, client.communicate()
    return client


def test_a_client_waits_while_the_daemon_is_started_anew(machine, socket_unit, trapped):
    assert machine.run("stat", "-c", "%U:%G:%a", socket_unit).stdout.strip() == "estated:estated:660"
    assert machine.run("stat", "-c", "%U:%G:%a", "/run/estated").stdout.strip() == "estated:estated:755"
    machine.run("mkfifo", "-m", "644", "/run/gate")
    machine.drop_in("gate", "[Service]\nExecStart=\nExecStart=/bin/sh -c 'read line </run/gate; "
                            f"exec /usr/sbin/estated -c {CONFIGURATION}'\n")
    try:
        machine.run("systemctl", "restart", "--no-block", "estated")
        until(lambda: machine.main_pid() and machine.state() == "activating", "it stands before the gate")
        client = waiting_client(machine, socket_unit, "alarms")
        machine.path("/run/gate").write_text("open\n")
        out, err = client.communicate(timeout=60)
        assert client.returncode == 0 and LIFT in out, err
    finally:
        machine.run("rm", "-f", "/run/gate")
        machine.drop_in("gate", None)
    pid = machine.main_pid()
    machine.run("kill", "-KILL", pid)
    assert armed_again(machine, pid, 10) <= ARMED_S
    assert still_open(machine, trapped)


def test_the_socket_outlives_a_daemon_that_cannot_start(machine, socket_unit, trapped):
    machine.run("systemctl", "stop", "estated")
    with no_store(machine):
        client = waiting_client(machine, socket_unit, "alarms")  # and by that it is started
        before = machine.restarts()
        until(lambda: machine.restarts() >= before + 4, "four more tries")
        assert machine.state("estated.socket") == "active"
    out, err = client.communicate(timeout=60)
    assert client.returncode == 0 and LIFT in out, err


def test_who_may_use_the_socket_of_the_unit(machine, socket_unit):
    for name, groups in (("member", ["-G", "estated"]), ("passer-by", [])):
        machine.run("useradd", *groups, name)
    assert machine.run("runuser", "-u", "member", "--", "estatectl", "alarms", check=False).returncode == 0
    done = machine.run("runuser", "-u", "member", "--", "estatectl", "clock", "set", "2035-01-01", check=False)
    assert done.returncode == 1 and "only root may" in done.stderr
    assert machine.run("runuser", "-u", "passer-by", "--", "estatectl", "alarms", check=False).returncode != 0


def test_with_and_without_the_socket_unit_it_is_the_same_service(machine, estate, socket_unit):
    machine.run("systemctl", "stop", "estated")
    machine.ctl("status")  # who connects starts it
    assert machine.state() == "active"
    machine.run("systemctl", "stop", "estated", "estated.socket")
    assert not machine.path(socket_unit).exists()
    machine.run("systemctl", "start", "estated")
    machine.ctl("status")
    machine.run("systemctl", "stop", "estated")
    assert not machine.path(socket_unit).exists() and machine.path("/run/estated").is_dir()
    machine.run("systemctl", "start", "estated.socket", "estated")
    machine.ctl("status")


# ---- secrets ----

BROKER = """listener 1884 127.0.0.1
allow_anonymous false
password_file /run/broker/users
"""
UPLINK = """plugins: ( { id = "city"; program = "mqtt-uplink";
  options: { url = "mqtt://127.0.0.1:1884"; username = "estate"; password_credential = "city-password"; }; } );
"""
CREDENTIAL = "/etc/estated/credentials/city-password"


@pytest.fixture
def uplink(machine, estate):
    """A broker with a password, and an uplink whose credential nobody has put anywhere."""
    machine.write("/run/broker/mosquitto.conf", BROKER)
    machine.run("mosquitto_passwd", "-b", "-c", "/run/broker/users", "estate", "geheim 密码")
    machine.run("chown", "-R", "mosquitto:", "/run/broker")
    machine.run("systemd-run", "--quiet", "--collect", "--unit=broker", "mosquitto", "-c", "/run/broker/mosquitto.conf")
    machine.write("/etc/estated/conf.d/city.conf", UPLINK)
    machine.run("systemctl", "restart", "estated")
    yield
    machine.run("rm", "-f", "/etc/estated/conf.d/city.conf", CREDENTIAL, "/etc/credstore/city-password")
    machine.drop_in("credential", None)
    machine.run("systemctl", "stop", "broker")
    machine.run("systemctl", "restart", "estated")


def plugin(machine, name):
    return next(p for p in machine.json("plugins") if p["plugin"] == name)


def delivered(machine, name):
    return sum(row["delivered"] for row in machine.json("outbox") if row["uplink"] == name)


def press(machine, estate):
    """A local alarm, from the button to its end."""
    estate.do("sos-1204 press")
    machine.wait_alarm("sos/sos-1204", "unacked")
    machine.ctl("ack", "sos/sos-1204", "--note", "test")
    machine.ctl("close", "sos/sos-1204", "--outcome", "test")


def put_secret(machine, text):
    machine.write("/run/secret", text)
    machine.run("install", "-o", "estated", "-m", "400", "/run/secret", CREDENTIAL)
    machine.run("rm", "/run/secret")


def test_a_missing_credential_is_the_plugins_fault_alone(machine, estate, trapped, uplink):
    assert machine.run("stat", "-c", "%U:%G:%a", "/etc/estated/credentials").stdout.strip() == "estated:root:700"
    assert machine.state() == "active"
    alarm = machine.wait_alarm("supervision/city", "unacked")
    for part in ("credential 'city-password' is missing", f"install -o estated -m 400 FILE {CREDENTIAL}"):
        assert part in plugin(machine, "city")["text"] and part in alarm["text"]["en"]
    until(lambda: plugin(machine, "zigbee")["state"] == "up", "the other plugin is up")
    press(machine, estate)
    assert still_open(machine, trapped)

    # Put there while everything runs: the next try finds it.
    pid = machine.main_pid()
    put_secret(machine, "falsch\n")
    until(lambda: "not authorised" in plugin(machine, "city")["text"], "the broker refuses the wrong one", 90)
    put_secret(machine, "geheim 密码\n")
    until(lambda: plugin(machine, "city")["state"] == "up" and delivered(machine, "city") > 0, "it delivers", 90)
    machine.wait_alarm("supervision/city", "rtn_unacked")
    assert machine.main_pid() == pid and still_open(machine, trapped)
    machine.ctl("ack", "supervision/city", "--note", "test")


def test_a_secret_that_systemd_keeps_is_found_and_gates_nothing_when_it_is_gone(machine, estate, trapped, uplink):
    machine.run("install", "-d", "-m", "700", "/etc/credstore")
    machine.write("/etc/credstore/city-password", "geheim 密码\n")
    machine.run("chmod", "600", "/etc/credstore/city-password")
    machine.drop_in("credential", "[Service]\nLoadCredential=city-password\n")
    machine.run("systemctl", "restart", "estated")
    before = delivered(machine, "city")
    press(machine, estate)
    until(lambda: plugin(machine, "city")["state"] == "up" and delivered(machine, "city") > before, "it delivers", 90)
    machine.run("rm", "/etc/credstore/city-password")
    machine.run("systemctl", "restart", "estated")
    assert machine.state() == "active" and still_open(machine, trapped)
    until(lambda: "credential 'city-password' is missing" in plugin(machine, "city")["text"], "it is told")
    press(machine, estate)


# ---- a serial adapter that is plugged in later ----

LATE = """buses: ( { id = "late"; type = "rtu"; port = "/dev/serial/by-id/usb-late-port0"; baud = 9600; parity = "none"; } );
devices: ( { id = "tank-2"; place = "b3/pump-room"; bus = "late"; unit = 2; profile = "tank-generic"; } );
"""
LATE_LINE = """name = "late"; seed = 1;
slaves: ( { id = "riser-3"; type = "rtu"; link = "riser-3"; baud = 9600; paced = true; turnaround = "5ms";
  units: ( { unit = 2; model = "tank"; name = "tank-2"; } ); } );
"""


def test_a_serial_port_that_is_plugged_in_later_is_read_from_then_on(machine, estate, trapped):
    machine.write("/run/late.conf", LATE_LINE)
    line = Simulator(machine, "late", "/run/late.conf", [])
    machine.write("/etc/estated/conf.d/late.conf", LATE)
    try:
        machine.run("systemctl", "restart", "estated")
        assert machine.state() == "active"
        until(lambda: machine.alarm("supervision/late"), "the bus that is not there is an alarm", 60)
        assert machine.point("tank-2.level")["quality"] == "lost"
        machine.wait_good("tank-1.level")  # the line beside it
        pid = machine.main_pid()
        for _ in range(2):
            machine.run("mkdir", "-p", "/dev/serial/by-id")
            machine.run("ln", "-s", line.riser, "/dev/serial/by-id/usb-late-port0")
            until(lambda: machine.point("tank-2.level")["quality"] == "good", "its points are read", 90)  # tried each 30 s
            assert machine.point("tank-2.level")["value"] > 0
            # Pulled out: the device goes, and the name with it.
            machine.run("rm", "/dev/serial/by-id/usb-late-port0")
            line.stop()
            until(lambda: machine.point("tank-2.level")["quality"] == "lost", "its points are lost", 60)
            line.start()
        assert machine.main_pid() == pid and still_open(machine, trapped)
    finally:
        line.stop()
        machine.run("rm", "-rf", "/dev/serial", "/etc/estated/conf.d/late.conf")
        machine.run("systemctl", "restart", "estated")


# ---- the clock ----

OWN_CLOCK = ["LD_PRELOAD=/usr/local/lib/own_clock.so", "OWN_CLOCK=/run/own-clock"]


@pytest.fixture
def own_clock(machine, estate):
    machine.compile("own_clock.c", "/usr/local/lib/own_clock.so", "-shared", "-fPIC")
    machine.path("/run/own-clock").write_bytes(bytes(8))
    machine.drop_in("clock", f"[Service]\nEnvironment={' '.join(OWN_CLOCK)}\n")
    machine.run("systemctl", "restart", "estated")
    yield
    machine.drop_in("clock", None)
    machine.run("systemctl", "restart", "estated")


def set_clock(machine, wall_s):
    text = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(wall_s))
    return machine.run("env", *OWN_CLOCK, "estatectl", "clock", "set", text, check=False)


def test_root_sets_the_clock_of_a_service_that_may_not(machine, trapped, own_clock):
    cursor = machine.cursor()
    assert machine.json("clock")["steps"] == 0
    done = set_clock(machine, time.time() + 3600)
    assert done.returncode == 0, done.stderr
    told = machine.json("clock")
    assert told["steps"] == 1 and abs(told["step_s"] - 3600) < 5 and told["quality"] == "restored"
    assert set_clock(machine, time.time()).returncode == 0  # and back: later cases live by this clock
    told = machine.json("clock")
    assert told["steps"] == 2 and abs(told["step_s"] + 3600) < 5
    said = [text for text in machine.said(cursor) if text.startswith("clock: stepped by ")]
    assert len(said) == 2 and all("set by root" in text for text in said), said
    # Written down with who it was.
    def rows():
        for name in ("state.db", "state.db-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(machine.path(f"/var/lib/estated/{name}"), machine.room / name)
        with sqlite3.connect(machine.room / "state.db") as db:
            return [who for who, in db.execute("SELECT who FROM clockmap WHERE step != 0 ORDER BY id DESC LIMIT 2")]
    until(lambda: rows() == ["root", "root"], "both steps are stored with their person")
    assert still_open(machine, trapped)


def test_what_the_unit_lets_be_asked_of_the_clock(machine, estate):
    """ProtectClock refuses even the question; the drop-in of systemd/README.md allows it where timesyncd is not the one."""
    machine.compile("ask_clock.c", "/usr/local/bin/ask-clock")
    asking = "ExecStartPre=/bin/sh -c '/usr/local/bin/ask-clock; echo $? >/var/lib/estated/asked'\n"
    allowing = re.search(r"(?m)^    (ProtectClock=no)\n    (SystemCallFilter=.*)$", README)
    told = float(re.search(r"the exposure is ([\d.]+) then", README)[1])
    try:
        for more, error in (("", errno.EPERM), ("\n".join(allowing.groups()) + "\n", 0)):
            machine.drop_in("ask", f"[Service]\n{asking}{more}")
            machine.run("systemctl", "restart", "estated")
            assert int(machine.read("/var/lib/estated/asked")) == error
        assert exposure(machine) == told
    finally:
        machine.drop_in("ask", None)
        machine.run("rm", "-f", "/var/lib/estated/asked")
        machine.run("systemctl", "restart", "estated")


# ---- faults ----

def test_a_killed_daemon_is_armed_again_with_its_alarm_within_three_seconds(machine, trapped):
    pid, before = machine.main_pid(), machine.restarts()
    machine.run("kill", "-KILL", pid)
    assert armed_again(machine, pid, 10) <= ARMED_S
    assert still_open(machine, trapped)
    assert machine.restarts() == before + 1


def test_a_hang_is_found_by_the_watchdog(machine, trapped):
    pid, cursor = machine.main_pid(), machine.cursor()
    machine.run("kill", "-STOP", pid)
    assert armed_again(machine, pid, 30) <= WATCHDOG_S + 1 + ARMED_S
    assert still_open(machine, trapped)
    assert any("Watchdog timeout" in e["MESSAGE"] for e in machine.journal(cursor))


def test_a_store_thread_that_stands_still_is_found_by_the_watchdog(machine, trapped):
    pid, cursor = machine.main_pid(), machine.cursor()
    with machine.held_thread("store"):
        took = armed_again(machine, pid, 40)
    # The loop itself still runs and withholds its word: it may have given it just before.
    assert took <= 2 * WATCHDOG_S + 1 + ARMED_S
    assert still_open(machine, trapped)
    assert any("Watchdog timeout" in e["MESSAGE"] for e in machine.journal(cursor))


def wrong(text):
    """A mistake in the line of lift-1, and what is said of it."""
    lines = text.splitlines()
    number = next(i for i, line in enumerate(lines) if "unit = 247" in line)
    lines[number] = lines[number].replace("unit = 247", "unit = 300")
    said = f"configuration: {CONFIGURATION}:{number + 1}: error: device 'lift-1': unit = 300: expected 1..247"
    return "\n".join(lines) + "\n", said


def test_a_wrong_configuration_is_named_by_line_and_the_last_good_one_watches_on(machine, estate, trapped):
    cursor, (text, said) = machine.cursor(), wrong(estate.text)
    machine.write(CONFIGURATION, text)
    try:
        machine.run("systemctl", "restart", "estated")
        assert machine.state() == "active" and still_open(machine, trapped)
        assert any(e["MESSAGE"].startswith(said) for e in machine.journal(cursor))
        machine.wait_alarm("supervision/configuration", "unacked")
        machine.wait_good("lift-1.floor")
    finally:
        machine.write(CONFIGURATION, estate.text)
    machine.run("systemctl", "reload", "estated")
    machine.wait_alarm("supervision/configuration", "rtn_unacked")
    machine.ctl("ack", "supervision/configuration", "--note", "test")
    assert still_open(machine, trapped)


def test_where_there_is_no_last_good_configuration_it_is_tried_again_until_it_is_right(machine, estate, trapped):
    cursor, (text, said) = machine.cursor(), wrong(estate.text)
    machine.run("systemctl", "stop", "estated")
    machine.run("rm", "-r", "/var/lib/estated/config")
    machine.write(CONFIGURATION, text)
    try:
        assert machine.run("systemctl", "start", "estated", check=False).returncode != 0
        before = machine.restarts()
        until(lambda: machine.restarts() >= before + 3, "three more tries")
        assert machine.state() != "active"
        assert any(e["MESSAGE"].startswith(said) for e in machine.journal(cursor))
    finally:
        machine.write(CONFIGURATION, estate.text)
    until(machine.answers, "estated answers without being started by hand")
    assert still_open(machine, trapped)


def test_it_stops_in_time_and_leaves_nothing_behind(machine, estate):
    machine.wait_good("lift-1.floor")
    began = time.monotonic()
    machine.run("systemctl", "stop", "estated")
    took = time.monotonic() - began
    shown = machine.show("Result", "ExecMainStatus", "ActiveState")
    left = machine.run("pgrep", "-u", "estated", "-l", check=False).stdout.split()
    machine.run("systemctl", "start", "estated")
    assert shown == {"Result": "success", "ExecMainStatus": "0", "ActiveState": "inactive"}
    assert took < 10  # TimeoutStopSec is 15 s
    assert "mqtt-source" not in left and "mqtt-uplink" not in left and "estated" not in left


def test_the_doctor_finds_a_healthy_service_well_and_wakes_no_stopped_one(machine, estate, socket_unit):
    machine.wait_good("lift-1.floor")
    machine.wait_good("tank-1.level")
    until(lambda: all(p["state"] == "up" for p in machine.json("plugins")), "both plugins up")
    well = json.loads(machine.run("estatectl", "-f", "json", "doctor", check=False).stdout)
    assert {"service", "socket", "daemon", "store", "bus", "plugin"} <= {f["check"] for f in well}
    # The simulated line is a pseudo terminal, which the unit rightly keeps from estated's own hands.
    assert [f for f in well if f["level"] == "fault" and f["check"] != "serial"] == []
    machine.run("systemctl", "stop", "estated")
    try:
        assert machine.run("systemctl", "is-active", "estated.socket").stdout.strip() == "active"
        for command in (["estatectl", "doctor"], ["estated", "--doctor"]):
            ill = machine.run(*command, check=False)
            assert ill.returncode == 1, ill.stdout
            # A connection to the socket would have started it.
            assert machine.show("ActiveState") == {"ActiveState": "inactive"}
            assert machine.run("systemctl", "list-jobs", "--no-legend").stdout.strip() == ""
    finally:
        machine.run("systemctl", "start", "estated")
    machine.wait_good("lift-1.floor")


def test_the_journal_has_edges_and_no_repeats(machine, estate):
    def timeouts():
        return sum(b["timeouts"] for b in machine.json("buses"))
    machine.wait_good("lift-1.floor")
    machine.wait_good("tank-1.level")
    cursor, before = machine.cursor(), timeouts()
    for slave in ("gw-lifts", "riser-3"):
        estate.do(f"fault {slave} mute")
    try:
        until(lambda: timeouts() >= before + 20, "twenty more polls without an answer", 60)
        away = machine.said(cursor)
    finally:
        for slave in ("gw-lifts", "riser-3"):
            estate.do(f"fault {slave} ok")
    machine.wait_good("lift-1.floor", AGAIN)
    machine.wait_good("tank-1.level", AGAIN)
    back = machine.said(cursor)[len(away):]
    assert any("gw-lifts" in text for text in away) and any("riser-3" in text for text in away), away
    assert len(set(away)) == len(away) <= 8, away  # two buses, six units
    assert any("gw-lifts" in text and "back" in text for text in back), back
    assert any("riser-3" in text and "back" in text for text in back), back


def test_a_line_of_the_journal_says_what_it_is_about_and_the_catalog_what_to_do(machine, estate):
    """MESSAGE_ID and fields as journald keeps them; the words that journalctl -x shows beside them, in the reader's language."""
    machine.wait_good("lift-1.floor")
    cursor = machine.cursor()

    def event(name):
        return until(lambda: next((e for e in machine.journal(cursor) if e.get("ESTATE_EVENT") == name), None), name, 90)
    estate.do("fault gw-lifts mute")
    try:
        lost = event("bus-lost")
    finally:
        estate.do("fault gw-lifts ok")
    back = event("bus-back")
    assert lost["ESTATE_BUS"] == back["ESTATE_BUS"] == "gw-lifts" and lost["ESTATE_ROOM"] == "field"
    assert lost["PRIORITY"] == "4" and lost["_COMM"] == "estated" and lost["SYSLOG_IDENTIFIER"] == "estated"
    assert lost["CODE_FILE"].startswith("daemon/field/") and re.fullmatch("[0-9a-f]{32}", lost["MESSAGE_ID"])
    machine.run("journalctl", "--update-catalog")
    # Not --after-cursor: with a match it passes over the first one.
    shown = machine.run("journalctl", "--no-pager", "-x", "-u", "estated", "-n", "1",
                        f"MESSAGE_ID={lost['MESSAGE_ID']}").stdout
    assert "A bus does not answer" in shown and "reached by bus gw-lifts" in shown and "man:estatectl(1)" in shown
