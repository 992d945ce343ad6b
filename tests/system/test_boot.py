"""estated as a service of a booted Debian 12: what systemd is told, and what it does about a hang, a crash, a mistake.

Needs root, debootstrap and systemd-nspawn; skipped with the reason where they are not there. See README.md beside.
"""

import re
import time

import pytest

import machine as machines
from machine import Machine, Simulator, until

WATCHDOG_S = 4
ARMED_S = 3.0  # from a crash to the alarm being guarded again
LIFT = "lift-trapped/lift-1"
SHIPPED = "/usr/share/estated/sim/demo-estate.conf"
CONFIGURATION = "/etc/estated/estated.conf"


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
    for key, value in {"GATEWAY_PORT": "5020", "RISER_PATH": "/run/sim/riser-3", "BROKER_PORT": "1883"}.items():
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

def test_the_unit_is_well_formed(machine):
    done = machine.run("systemd-analyze", "verify", "/usr/lib/systemd/system/estated.service", check=False)
    assert done.returncode == 0 and done.stdout + done.stderr == ""


def test_its_exposure_is_at_most_one_and_a_half(machine):
    out = machine.run("systemd-analyze", "security", "estated", "--no-pager").stdout
    assert float(re.search(r"Overall exposure level for estated.service: ([\d.]+)", out)[1]) <= 1.5


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


def test_it_is_not_active_while_its_store_cannot_be_opened(machine, estate):
    machine.run("systemctl", "stop", "estated")
    machine.run("mv", "/var/lib/estated/state.db", "/var/lib/estated/kept.db")
    machine.run("mkdir", "/var/lib/estated/state.db")
    try:
        assert machine.run("systemctl", "start", "estated", check=False).returncode != 0
        assert machine.state() != "active"
    finally:
        machine.run("systemctl", "stop", "estated")
        machine.run("rmdir", "/var/lib/estated/state.db")
        machine.run("mv", "/var/lib/estated/kept.db", "/var/lib/estated/state.db")
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


def test_a_wrong_configuration_is_named_by_line_and_tried_again_until_it_is_right(machine, estate, trapped):
    cursor, lines = machine.cursor(), estate.text.splitlines()
    number = next(i for i, line in enumerate(lines) if "unit = 247" in line)
    lines[number] = lines[number].replace("unit = 247", "unit = 300")
    machine.write(CONFIGURATION, "\n".join(lines) + "\n")
    try:
        assert machine.run("systemctl", "restart", "estated", check=False).returncode != 0
        before = machine.restarts()
        until(lambda: machine.restarts() >= before + 3, "three more tries")
        assert machine.state() != "active"
        expected = f"{CONFIGURATION}:{number + 1}: error: device 'lift-1': unit = 300: expected 1..247"
        assert any(e["MESSAGE"].startswith(expected) for e in machine.journal(cursor))
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
    machine.wait_good("lift-1.floor")
    machine.wait_good("tank-1.level")
    back = machine.said(cursor)[len(away):]
    assert any("gw-lifts" in text for text in away) and any("riser-3" in text for text in away), away
    assert len(set(away)) == len(away) <= 8, away  # two buses, six units
    assert any("gw-lifts" in text and "back" in text for text in back), back
    assert any("riser-3" in text and "back" in text for text in back), back
