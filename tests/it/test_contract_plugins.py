"""Plugins of the test's own: what is promised holds, and whatever one does, it harms only itself."""

import json
import os
import pathlib
import signal
import stat
import time

import pytest

from estate import Estate, until
from puppet import Puppet

HEAD = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "src"; program = "{a}"; max_age = "{age}"; options: {{ url = "x"; n = 3; deep: {{ list = ( 1, 2 ); }}; }}; }},
           {{ id = "two"; program = "{b}"; }} {more} );
classes: ( {{ id = "probe"; points: ( {{ name = "x"; type = "number"; }}, {{ name = "on"; type = "bool"; }},
    {{ name = "hit"; type = "event"; }} ); }} );
profiles: ( {{ id = "json"; class = "probe"; points: ( {{ name = "x"; at = "state.value"; scale = 0.1; }},
    {{ name = "on"; at = "contact"; invert = true; }}, {{ name = "hit"; at = "action"; equals = "emergency"; event = true; }} ); }} );
devices: ( {{ id = "p1"; place = "b1/x"; plugin = "src"; address = "0xA1"; class = "probe"; }},
           {{ id = "j1"; place = "b1/x"; plugin = "src"; address = "0xA2"; profile = "json"; }},
           {{ id = "p2"; place = "b1/x"; plugin = "two"; address = "B"; class = "probe"; }} );
rules: ( {{ id = "high"; class = "probe"; when = "x > 90"; }}, {{ id = "hits"; class = "probe"; when = "hit"; }} );
'''


class Two:
    def __init__(self, directory, age="45s", more=""):
        self.a, self.b = Puppet(), Puppet()
        self.estate = Estate(directory, HEAD.format(a=self.a.program, b=self.b.program, age=age, more=more))

    def __enter__(self):
        self.estate.start()
        self.one, self.two = self.a.life().ready("source"), self.b.life().ready("source")
        self.two.sample("p2", id="first", x=1)
        self.two.wait("stored")
        return self

    def row(self, name="src"):
        return next(p for p in self.estate.json("plugins") if p["plugin"] == name)

    def other_is_untouched(self):
        n = f"u{time.monotonic_ns()}"
        began = time.monotonic()
        self.two.sample("p2", id=n, x=2)
        self.two.wait("stored", id=n)
        assert time.monotonic() - began < 2
        assert self.row("two")["restarts"] == 0 and self.estate.point("p2.x")["quality"] == "good"

    def supervision(self):
        return [a for a in self.estate.json("alarms", "--all") if a["rule"] == "supervision" and a["asset"] == "src"]

    def __exit__(self, *_):
        try:
            self.estate.__exit__()
        finally:
            self.a.__exit__()
            self.b.__exit__()


@pytest.fixture
def two(tmp_path):
    with Two(tmp_path) as t:
        yield t


def test_hello_says_what_the_configuration_says(two):
    h = two.one.hello
    assert h["protocol"] == 1 and h["instance"] == "src" and h["options"] == {"url": "x", "n": 3, "deep": {"list": [1, 2]}}
    assert {(d["id"], d["address"]) for d in h["devices"]} == {("p1", "0xA1"), ("j1", "0xA2")}


def test_samples_become_points_and_stored_comes_for_each_id(two):
    two.one.sample("p1", id="88", x=12.5, on=True)
    two.one.sample("j1", id="89", **{"state": {"value": 235}, "contact": True})
    assert [two.one.wait("stored")["id"] for _ in range(2)] == ["88", "89"]
    shown = {p["point"]: p for p in two.estate.json("points")}
    assert shown["p1.x"]["value"] == 12.5 and shown["p1.on"]["value"] is True and shown["p1.x"]["quality"] == "good"
    assert shown["j1.on"]["value"] is False
    two.one.sample("j1", id="90", **{"state.value": 236})
    two.one.wait("stored", id="90")
    assert two.estate.point("j1.x")["value"] == pytest.approx(23.6)
    two.one.sample("p1", x=1)  # no id: no answer
    two.one.sample("p1", id="91", x=2)
    assert two.one.wait("stored")["id"] == "91"


def test_events_by_equals(two):
    for n, fields in enumerate([{"action": ""}, {"action": "single"}, {"battery": 3}, {"action": "emergency"}]):
        two.one.sample("j1", id=f"e{n}", **fields)
        two.one.wait("stored", id=f"e{n}")
        assert bool(two.estate.alarm("hits/j1")) == (n == 3)


def test_a_time_in_the_sample_is_the_time_of_the_point(two):
    at = time.time() - 100
    two.one.sample("p1", id="t", at=at, x=3)
    two.one.wait("stored")
    import datetime
    shown = datetime.datetime.fromisoformat(two.estate.point("p1.x")["at"])
    assert abs(shown.timestamp() - at) < 0.01


def test_a_stored_sample_survives_kill_9_right_after_it(tmp_path):
    with Two(tmp_path) as two:
        for n in range(8):
            two.one.sample("p1", id=f"k{n}", hit=True)
            two.one.wait("stored", id=f"k{n}")
            two.estate.kill()
            two.estate.start()
            two.one, two.two = two.a.life().ready("source"), two.b.life().ready("source")
            assert two.estate.alarm("hits/p1")["count"] == n + 1


def test_the_plugin_may_send_again_what_was_not_stored_and_the_same_id_counts_once(tmp_path):
    with Two(tmp_path) as two:
        two.one.sample("p1", id="same", hit=True)
        two.one.wait("stored", id="same")
        two.one.sample("p1", id="same", hit=True)
        two.one.sample("p1", id="next", hit=True)
        two.one.wait("stored", id="next")
        assert two.estate.alarm("hits/p1")["count"] in (2, 3)  # "may drop a second sample of the same id"


def died(two, quality="lost"):
    """After whatever was done to src: lost, restarted, good again, one alarm, the other one untouched."""
    two.one.wait_end()
    two.other_is_untouched()
    p = two.estate.point("p1.x")
    life = two.a.life()
    assert p["quality"] == quality and p["value"] == 7
    assert life.pid != two.one.pid
    life.ready("source")
    two.one = life
    life.sample("p1", id="back", x=8)
    life.wait("stored", id="back")
    assert two.estate.wait_quality("p1.x", "good")["value"] == 8
    assert two.row()["restarts"] >= 1
    assert len(two.supervision()) == 1


def arm(two):
    two.one.sample("p1", id="seven", x=7)
    two.one.wait("stored", id="seven")


def test_an_exit_is_seen_and_it_is_started_again(two):
    arm(two)
    two.one.end()
    died(two)
    two.one.end()  # a second time: later than the first, still one alarm
    two.one.wait_end()
    two.one = two.a.life().ready("source")
    until(lambda: two.row()["state"] == "up", "up again")
    assert len(two.supervision()) == 1 and two.supervision()[0]["count"] <= 3


def test_a_crash(two):
    arm(two)
    two.one.kill()
    died(two)


@pytest.mark.parametrize("line", [
    b"this is not JSON\n", b"[1,2]\n", b'{"type":"sample"\n', b'{"no":"type"}\n', b"\xff\xfe\xfd\n", b'{"type":"sample","device":7}\n',
    b'{"type":"sample","device":"p1","fields":3}\n', b'{"type":"sample","device":"p1","fields":{"x":1},"id":{}}\n',
    b'{"type":"pong","type":"pong","id":1}\n', b'\0\0\0\n', b'{"type":"fault","text":"' + b"x" * 70000 + b'"}\n', b"x" * 66000,
    b'{"type":"sample","device":"p1","fields":{"x":' + b"[" * 30000 + b'}}\n', b"\n",
], ids=lambda line: line[:16].decode(errors="replace").strip() or "empty")
def test_a_bad_line(two, line):
    arm(two)
    two.one.send_raw(line)
    if line == b"\n":  # an empty line is no JSON object either; forgiven or not, nobody else is harmed
        two.other_is_untouched()
        return
    died(two)


def test_a_hang_is_found_within_max_age(tmp_path):
    with Two(tmp_path, age="3s") as two:
        arm(two)
        two.one.mute = True
        os.kill(two.one.pid, signal.SIGSTOP)
        began = time.monotonic()
        two.estate.wait_quality("p1.x", "lost", limit=6)
        assert time.monotonic() - began < 5
        died(two)
        two.other_is_untouched()


def test_one_that_answers_pings_lives_on(tmp_path):
    with Two(tmp_path, age="3s") as two:
        arm(two)
        two.one.wait("ping")
        two.one.wait("ping", limit=3)
        two.one.wait("ping", limit=3)
        two.one.wait("ping", limit=3)
        two.one.wait("ping", limit=3)
        assert two.row()["restarts"] == 0 and two.estate.point("p1.x")["quality"] == "good"


def test_no_ready_within_ten_seconds(tmp_path):
    with Puppet() as a, Puppet() as b:
        with Estate(tmp_path, HEAD.format(a=a.program, b=b.program, age="45s", more="")) as estate:
            began = time.monotonic()
            first = a.life()
            b.life().ready("source")
            first.mute = True
            first.wait_end(limit=14)
            assert 9 < time.monotonic() - began < 14
            a.life().ready("source")
            until(lambda: all(p["state"] == "up" for p in estate.json("plugins")), "both up")


def test_a_flood_harms_nobody(two):
    arm(two)
    line = json.dumps({"type": "sample", "device": "p1", "fields": {"x": 7, "pad": "y" * 2000}}).encode() + b"\n"
    import threading
    ended = threading.Event()

    def flood():
        while not ended.is_set():
            two.one.send_raw(line * 20)
    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    try:
        slowest = 0
        for n in range(30):
            began = time.monotonic()
            two.two.sample("p2", id=f"f{n}", hit=True)
            two.two.wait("stored", id=f"f{n}", limit=5)
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 1.0, f"{slowest:.3f} s for an event of another plugin during the flood"
        assert two.estate.run_ctl("status").returncode == 0
        with open(f"/proc/{two.estate.process.pid}/status") as f:
            assert int(next(line.split()[1] for line in f if line.startswith("VmRSS"))) < 400_000  # with sanitizers
    finally:
        ended.set()
        thread.join(30)
    assert two.row("two")["restarts"] == 0


def test_unknown_types_and_keys_are_ignored(two):
    arm(two)
    two.one.send(type="weather", rain=True)
    two.one.send_raw(b'{"type":"sample","device":"p1","fields":{"x":5,"unheard":{"of":[1]}},"id":"u","colour":"red"}\n')
    two.one.wait("stored", id="u")
    assert two.estate.point("p1.x")["value"] == 5
    two.one.sample("no-such-device", id="v", x=1)
    two.one.sample("p2", id="w", x=77)  # a device of another plugin
    two.one.sample("p1", id="z", x=6)
    two.one.wait("stored", id="z")
    assert two.estate.point("p2.x")["value"] == 1
    assert two.row()["restarts"] == 0


def test_stale_and_fault_and_healthy(two):
    arm(two)
    two.one.send(type="stale", device="p1")
    two.estate.wait_quality("p1.x", "stale")
    two.one.sample("p1", id="s", x=9)
    two.one.wait("stored", id="s")
    assert two.estate.point("p1.x")["quality"] == "good"
    two.one.send(type="fault", text="no broker at 192.0.2.1")
    p = two.estate.wait_quality("p1.x", "lost")
    assert p["value"] == 9
    assert "no broker at 192.0.2.1" in two.row()["text"] and two.row()["restarts"] == 0
    two.one.send(type="healthy")
    two.one.sample("p1", id="h", x=10)
    two.one.wait("stored", id="h")
    assert two.estate.point("p1.x")["quality"] == "good"


def test_notifier_and_command_roles_are_accepted(tmp_path):
    with Puppet() as n, Two(tmp_path, more=f', {{ id = "teller"; program = "{n.program}"; }}') as two:
        n.life().ready("notifier", "command")
        until(lambda: two.row("teller")["state"] == "up", "the notifier is up")
        assert {"notifier", "command"} <= set(two.row("teller")["roles"].replace(",", " ").split())


def test_an_unknown_role_or_no_ready_shape_is_a_bad_line(two):
    arm(two)
    two.one.end()
    two.one.wait_end()
    two.a.life().send(type="ready", name="x", version="1", roles="source")
    life = two.a.life()
    life.ready("source")
    until(lambda: two.row()["state"] == "up", "up again")
    two.other_is_untouched()


def test_stop_is_sent_at_the_end_and_a_stubborn_plugin_is_killed(tmp_path):
    with Two(tmp_path) as two:
        two.one.mute = True  # does not obey
        began = time.monotonic()
        assert two.estate.stop() == 0
        assert time.monotonic() - began < 8
        assert two.one.all("stop") and two.two.all("stop")
        two.one.wait_end()


def test_kill_9_of_the_daemon_ends_its_plugins(tmp_path):
    with Two(tmp_path) as two:
        two.one.mute = two.two.mute = True
        os.kill(two.one.pid, 0)
        two.estate.kill()
        two.one.wait_end(5)
        two.two.wait_end(5)


def test_the_log_of_a_plugin_reaches_the_daemon_s_with_its_level(tmp_path):
    with Puppet() as b:
        path = pathlib.Path(b.directory) / "talker"
        path.write_text('#!/bin/sh\nread hello\necho "<3>the antenna is broken" >&2\n'
                        'echo \'{"type":"ready","name":"t","version":"1","roles":["source"]}\'\nwhile read l; do :; done\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        with Estate(tmp_path, HEAD.format(a=path, b=b.program, age="45s", more="")) as estate:
            until(lambda: "the antenna is broken" in estate.log, "the plugin's line in the log")
            line = next(l for l in estate.log.splitlines() if "the antenna is broken" in l)
            assert "src" in line and "<3>" not in line


def test_a_program_that_is_not_there_does_not_stop_the_estate(tmp_path):
    with Puppet() as b:
        with Estate(tmp_path, HEAD.format(a="/no/such/program", b=b.program, age="45s", more="")) as estate:
            life = b.life().ready("source")
            life.sample("p2", id="1", x=95)
            life.wait("stored")
            assert estate.alarm("high/p2")["state"] == "unacked"
            row = next(p for p in estate.json("plugins") if p["plugin"] == "src")
            assert row["state"] != "up"
            until(lambda: [a for a in estate.json("alarms") if a["alarm"] == "supervision/src"], "its alarm")


def test_a_plugin_cannot_reach_the_daemon_or_its_files(tmp_path):
    """No AF_UNIX socket, no signal to the daemon."""
    with Puppet() as b:
        path = pathlib.Path(b.directory) / "rogue"
        path.write_text('''#!/usr/bin/python3 -SEs
import json, os, socket, sys
hello = sys.stdin.readline()
tried = []
def attempt(name, f):
    try:
        f()
        tried.append(name + ":done")
    except OSError as e:
        tried.append(name + ":" + str(e.errno))
attempt("unix", lambda: socket.socket(socket.AF_UNIX))
attempt("kill", lambda: os.kill(os.getppid(), 9))
attempt("pair", lambda: socket.socketpair())
attempt("tcp", lambda: socket.socket(socket.AF_INET))
print(json.dumps({"type": "ready", "name": " ".join(tried), "version": "1", "roles": ["source"]}), flush=True)
for l in sys.stdin:
    pass
''')
        path.chmod(0o755)
        with Estate(tmp_path, HEAD.format(a=path, b=b.program, age="45s", more="")) as estate:
            row = until(lambda: next((p for p in estate.json("plugins") if p["plugin"] == "src" and p["name"]), None), "ready")
            tried = dict(t.split(":") for t in row["name"].split())
            assert tried["pair"] == "done" and tried["tcp"] == "done"
            assert tried["unix"] != "done" and tried["kill"] != "done"
            assert estate.process.poll() is None
