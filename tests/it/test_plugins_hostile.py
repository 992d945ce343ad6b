"""A plugin that attacks the box: each thing that it tries is refused, and alarms of another plugin come as before."""

import os
import pathlib
import re
import time

import pytest

from estate import Estate, until
from pace import SANITIZER, SLOW
from puppet import Puppet
from rights import needs_root

# The plugin user's processes are used up meanwhile.
pytestmark = pytest.mark.alone

CONFIGURATION = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
plugins: ( {{ id = "rogue"; program = "{rogue}"; options: {{ state = "{state}"; socket = "{socket}"; what = "{what}"; }}; }},
           {{ id = "good"; program = "{good}"; }} );
classes: ( {{ id = "probe"; points: ( {{ name = "on"; type = "bool"; }} ); }} );
devices: ( {{ id = "r1"; place = "b1"; plugin = "rogue"; address = "r"; class = "probe"; }},
           {{ id = "g1"; place = "b1"; plugin = "good"; address = "g"; class = "probe"; }} );
rules: ( {{ id = "alarm"; class = "probe"; when = "on"; priority = 1; }} );
'''

# Says in the log what came of each attempt, and goes on as if nothing had been.
ROGUE = '''#!/usr/bin/python3 -SEs
import errno, json, os, signal, socket, sys, threading, time
options = json.loads(sys.stdin.readline())["options"]
def say(**m):
    sys.stdout.write(json.dumps(m) + "\\n")
    sys.stdout.flush()
def tried(name, f):
    try:
        result = "done " + str(f())
    except OSError as e:
        result = "refused " + errno.errorcode[e.errno]
    except MemoryError:
        result = "refused ENOMEM"
    sys.stderr.write("<6>tried " + name + ": " + result + "\\n")
    sys.stderr.flush()
def bomb():
    global children
    children = 0
    while children < 4000:
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
        children += 1
    return children
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(options["socket"])
def pair():
    a, b = socket.socketpair()
    a.connect(options["socket"])
def memory():
    return len(bytearray(1 << 30))
def files(name):
    return open(os.path.join(options["state"], name), "rb").read(16)
def escape():
    if os.fork() == 0:
        os.setsid()
    return "in a session of its own"
def flood():
    end = time.monotonic() + 3
    n = 0
    while time.monotonic() < end:
        for _ in range(200):
            sys.stdout.write('{"type":"sample","device":"r1","fields":{"on":false}}\\n')
        n += 200
    sys.stdout.flush()
    return n
daemon = os.getppid()
ATTACKS = {
    "kill": lambda: os.kill(daemon, 9),
    "kill group": lambda: os.killpg(os.getpgid(daemon), 9),
    "kill everybody": lambda: os.kill(-1, 9),
    "api.sock": connect,
    "api.sock by a pair": pair,
    "state.db": lambda: files("state.db"),
    "list state": lambda: os.listdir(options["state"]),
    "remove state.db": lambda: os.unlink(os.path.join(options["state"], "state.db")),
    "environment of the daemon": lambda: open("/proc/%d/environ" % daemon, "rb").read(),
    "memory of the daemon": lambda: open("/proc/%d/mem" % daemon, "r+b").read(1),
    "session": os.setsid,
    "memory": memory,
    "fork": bomb,
    "flood": flood,
}
say(type="ready", name="rogue", version="1", roles=["source"])
say(type="healthy")
for name in options["what"].split(","):
    tried(name, ATTACKS[name])
sys.stderr.write("<6>tried all\\n")
sys.stderr.flush()
for line in sys.stdin:
    m = json.loads(line)
    if m["type"] == "ping":
        say(type="pong", id=m["id"])
    elif m["type"] == "stop":
        os._exit(0)
'''


class Attacked:
    def __init__(self, what):
        self.good = Puppet()
        self.directory = pathlib.Path(self.good.directory) / "box"  # open to the rogue's user, but for what is the daemon's own
        self.directory.mkdir(mode=0o755)
        path = pathlib.Path(self.good.directory) / "rogue"
        path.write_text(ROGUE)
        path.chmod(0o755)
        self.estate = Estate(self.directory, CONFIGURATION.format(
            rogue=path, good=self.good.program, state=self.directory / "state", socket=self.directory / "run/api.sock",
            what=",".join(what)))
        self.n = 0

    def __enter__(self):
        self.estate.start()
        self.life = self.good.life().ready("source")
        return self

    def results(self):
        until(lambda: "tried all" in self.estate.log, "all was tried", limit=60 * SLOW)
        return dict(re.findall(r"tried ([^:\n]+): (.*)", self.estate.log))

    def alarm_comes(self):
        """From the reading to `stored`; the alarm is there then."""
        self.n += 1
        began = time.monotonic()
        self.life.sample("g1", id=f"s{self.n}", on=self.n % 2 == 1)
        self.life.wait("stored", id=f"s{self.n}")
        return time.monotonic() - began

    def __exit__(self, *_):
        try:
            self.estate.__exit__()
        finally:
            self.good.__exit__()


def test_what_a_plugin_tries_on_the_daemon_is_refused():
    what = ["kill", "kill group", "kill everybody", "api.sock", "api.sock by a pair", "state.db", "list state", "remove state.db",
            "environment of the daemon", "memory of the daemon", "session"]
    with Attacked(what) as box:
        results = box.results()
        assert set(results) == set(what)
        assert {name: r for name, r in results.items() if not r.startswith("refused ")} == {}, results
        assert all(results[n] == "refused EPERM" for n in ("kill", "kill group", "kill everybody", "api.sock", "session"))
        assert results["list state"] in ("refused EACCES", "refused EPERM")
        box.alarm_comes()
        assert box.estate.alarm("alarm/g1")["state"] == "unacked" and box.estate.process.poll() is None
        rows = {p["plugin"]: p for p in box.estate.json("plugins")}
        assert rows["rogue"]["state"] == rows["good"]["state"] == "up"


def test_a_gigabyte_of_memory_is_refused():
    with Attacked(["memory"]) as box:
        if not SANITIZER:  # whose shadow is larger than the limit, so there is none
            assert box.results()["memory"] == "refused ENOMEM"
        assert box.alarm_comes() < 5 * SLOW


@needs_root  # the limit counts by user: as ourselves the unit's TasksMax stands
def test_a_fork_bomb_ends_at_the_limit_and_with_the_plugin():
    with Attacked(["fork"]) as box:
        pid = next(p["pid"] for p in box.estate.json("plugins") if p["plugin"] == "rogue")
        assert box.results()["fork"] == "refused EAGAIN"
        took = [box.alarm_comes() for _ in range(20)]
        assert sorted(took)[len(took) // 2] < 1 * SLOW
        group = [p for p in pathlib.Path("/proc").glob("[0-9]*/stat") if stat_group(p) == pid]
        assert 10 < len(group) <= 513
        os.kill(pid, 9)
        until(lambda: not [p for p in pathlib.Path("/proc").glob("[0-9]*/stat") if stat_group(p) == pid], "the whole group has ended")
        until(lambda: any(a["alarm"] == "supervision/rogue" for a in box.estate.json("alarms", "--all")), "it is named")
        box.alarm_comes()


def stat_group(path):
    try:
        return int(path.read_text(errors="replace").rsplit(")", 1)[1].split()[2])
    except (OSError, IndexError):
        return None


def test_a_flood_is_slowed_down_and_named_and_holds_no_alarm():
    with Attacked(["flood"]) as box:
        took = [box.alarm_comes() for _ in range(30)]
        assert sorted(took)[len(took) // 2] < 1 * SLOW
        box.results()
        row = next(p for p in box.estate.json("plugins") if p["plugin"] == "rogue")
        assert row["throttled"] > 0 and row["state"] == "up"
