"""Live and replay agree: the same readings, commands, losses and restart, once through a running daemon in real time and once
through estated --replay, give the same transitions.

What is compared is what the daemon has written down of itself (the audit: every transition, with its time to the millisecond)
with the replay's output, alarm by alarm and line by line: state, priority, stage, test. Of rules without a delay the time is
compared too, exactly: it is that of the reading. A delay is real time here and virtual time there: the daemon counts it from
the moment in which a reading arrives, so it may end later by what this machine took to bring it (the bound is LIMIT).
"""

import datetime
import itertools
import json
import random
import subprocess
import time

from estate import Estate, until
from pace import LIMIT
from puppet import Puppet
from recording import Recording, Result
from wallclock import WallClock

PROBES = 40
RULES = """classes: ( { id = "probe"; points: ( { name = "x"; type = "number"; }, { name = "b"; type = "bool"; }, { name = "e"; type = "event"; }, { name = "held"; type = "bool"; } ); } );
rules: (
  { id = "now"; class = "probe"; when = "x > 90"; hysteresis = 2; priority = 3; },
  { id = "latch"; class = "probe"; when = "b && x > 50"; latch = true; priority = 2; },
  { id = "press"; class = "probe"; when = "e"; priority = 2; },
  { id = "often"; class = "probe"; when = "x < 10"; times = 3; within = "1h"; priority = 4; },
  { id = "long"; class = "probe"; when = "held"; for = "15s"; priority = 2; },
  { id = "quiet"; class = "probe"; when = "x > 80"; priority = 3; inhibited_by = ( "long" ); }
);
"""


def configuration(program):
    devices = ", ".join(f'{{ id = "p{n}"; place = "b1/u1"; plugin = "src"; address = "p{n}"; class = "probe"; }}' for n in range(PROBES))
    return ('estate: { id = "demo"; name = "demo"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; } );\n'
            f'plugins: ( {{ id = "src"; program = "{program}"; }} );\ndevices: ( {devices} );\n{RULES}')


class Feed:
    """Says everything twice: to the daemon now, and to the recording."""

    def __init__(self, recording):
        self.recording, self.life, self.number, self.at = recording, None, 0, 0.0

    def moment(self):
        """A time behind all others, not ahead of the clock."""
        until(lambda: time.time() > self.at + 0.001, "the clock is past what was said")
        self.at = time.time()
        return self.at

    def readings(self, readings):
        """[(device, fields)], 10 µs apart, sent at once."""
        self.moment()
        until(lambda: time.time() > self.at + len(readings) * 1e-5, "they lie behind us")
        lines = []
        for device, fields in readings:
            self.at += 1e-5
            at = round(self.at, 5)
            lines.append(json.dumps({"type": "sample", "device": device, "fields": fields, "at": at}))
            self.recording.add(t=at, device=device, fields=fields)
        self.life.send_raw(("\n".join(lines) + "\n").encode())

    def settled(self, device, **fields):
        """Everything before it is stored."""
        self.number += 1
        at = round(self.moment(), 5)
        self.life.sample(device, id=str(self.number), at=at, **fields)
        self.recording.add(t=at, device=device, fields=fields)
        self.life.wait("stored", id=str(self.number), limit=4 * LIMIT)


def mixed(dice, count):
    """Three readings a message. Most say nothing new: each transition is a commit."""
    def fields():
        x = dice.uniform(12, 78) if dice.random() < 0.98 else dice.uniform(0, 100)
        return {"x": round(x, 1), "b": dice.random() < 0.01, "held": False, **({"unknown": 1} if dice.random() < 0.1 else {})}
    return [(f"p{dice.randrange(PROBES - 2)}", fields()) for _ in range(count)]


def ask(estate, path):
    done = subprocess.run(["curl", "-sS", "--unix-socket", estate.socket, f"http://x{path}"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def audited(estate):
    """The transitions that the daemon has written down, oldest first."""
    rows, looked, head = [], -1, 0
    while looked < head:
        answer = ask(estate, f"/v1/audit/chain?after={max(looked, 0)}")
        assert answer["looked"] > looked
        rows += [json.loads(row) for row in answer["rows"]]
        looked, head = answer["looked"], answer["head"]["n"]
    return [row for row in rows if row["kind"] == "alarm"]


def tell(estate, feed, verb, alarm, **keys):
    """A command in the daemon and, with the time that it has written down for it, in the recording."""
    words = [w for key, value in keys.items() for w in (f"--{key}", value)]
    estate.ctl(verb, alarm, *words)
    story = ask(estate, f"/v1/alarms/{alarm}/story")["story"]
    at = story[-1]["at"]
    feed.recording.add(t=at, command={"verb": verb, "alarm": alarm, "who": story[-1]["who"], **keys})
    feed.moment()


def compare(live, replayed):
    key = [(r["what"], r["detail"]["state"], r["detail"]["priority"], r["detail"]["stage"], r["detail"].get("test", False)) for r in live]
    other = [(t["alarm"], t["state"], t["priority"], t["stage"], t.get("test", False)) for t in replayed.transitions]
    for alarm in sorted({k[0] for k in key} | {k[0] for k in other}):
        assert [k for k in key if k[0] == alarm] == [k for k in other if k[0] == alarm], alarm
    at_once = ("now/", "press/", "often/")
    times = [(r["what"], r["time"]) for r in live if r["what"].startswith(at_once) and not r["who"]]
    assert sorted(times) == sorted((t["alarm"], t["t"]) for t, k in zip(replayed.transitions, other)
                                   if t["alarm"].startswith(at_once) and t["t"] in {at for _, at in times})
    assert len(key) == len(other)


def test_a_hundred_thousand_readings_live_and_replayed_are_the_same_alarms(tmp_path):
    dice = random.Random(11)
    with Puppet() as source:
        recording = Recording(tmp_path, configuration(source.program))
        feed = Feed(recording)
        with Estate(tmp_path, configuration(source.program)) as estate:
            feed.life = source.life().ready("source")
            feed.readings(mixed(dice, 20000))
            feed.settled("p38", x=50)
            feed.readings([(f"p{dice.randrange(4)}", {"e": dice.random() < 0.5}) for _ in range(2000)])
            feed.readings([("p39", {"x": 85, "held": n % 2 == 1}) for n in range(2000)])  # it chatters, then it holds
            feed.settled("p38", x=51)
            feed.life.send(type="stale", device="p1")
            recording.add(t=round(feed.moment(), 5), device="p1", quality="stale")
            feed.settled("p38", x=52)
            estate.wait_alarm("long/p39", "unacked", limit=4 * LIMIT)
            until(lambda: estate.alarm("quiet/p39")["state"] == "suppressed", "it is explained")
            raised = [a["alarm"] for a in estate.json("alarms") if a["state"] == "unacked"]
            tell(estate, feed, "ack", "long/p39", note="seen")
            for alarm in raised[:6]:
                if alarm != "long/p39":
                    tell(estate, feed, "ack", alarm, note="seen")
            tell(estate, feed, "shelve", raised[-1], **{"for": "1h", "reason": "noise"})
            feed.settled("p38", x=53)
            estate.kill()
            recording.add(t=round(feed.moment(), 5), restart=True)
            estate.start()
            feed.life = source.life().ready("source")
            estate.wait_quality("p38.x", "good")
            feed.readings(mixed(dice, 14000))
            feed.settled("p38", x=54)
            tell(estate, feed, "unshelve", raised[-1])
            feed.readings([("p39", {"x": 10, "held": False})])
            feed.settled("p38", x=55)
            live = audited(estate)
        done = recording.run("--operator", "none")
        assert done.returncode == 0, done.stderr
        replayed = Result(done)
        assert replayed.summary["readings"] >= 100000 and replayed.summary["refused"] == 0 and len(live) > 500, replayed.summary
        compare(live, replayed)


def test_what_a_live_box_has_recorded_replays_as_it_was(tmp_path):
    with Puppet() as source:
        with Estate(tmp_path, configuration(source.program)) as estate:
            life = source.life().ready("source")
            for n, fields in enumerate([{"x": 50, "b": False}, {"x": 95}, {"x": 20}, {"b": True}, {"x": 60}, {"e": True}, {"x": 91, "unknown": 3}]):
                at = time.time()
                life.sample("p1", id=str(n), **fields)
                life.wait("stored", id=str(n))
                until(lambda: time.time() > at + 0.005, "the next one has a millisecond of its own")
            estate.ctl("ack", "latch/p1", "--note", "seen")
            estate.ctl("shelve", "now/p1", "--for", "1h", "--reason", "noise")
            estate.ctl("out-of-service", "p2", "--for", "2h", "--reason", "repair")
            assert estate.stop() == 0  # a kill would cost the history its last minute
            estate.start()
            life = source.life().ready("source")
            life.sample("p1", id="a", x=10)
            life.wait("stored", id="a")
            estate.ctl("unshelve", "now/p1")
            live = audited(estate)
            out = tmp_path / "recorded.ndjson"
            estate.ctl("record", "--since", "1h", "--out", out)
            assert estate.ctl("record", "--since", "1h") == out.read_text() and estate.run_ctl("record").returncode == 2
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)
        assert {line["command"]["verb"] for line in lines if "command" in line} == {"ack", "shelve", "out-of-service", "unshelve"}
        assert sum("restart" in line for line in lines) == 2  # the first start, and the one after the kill
        assert {"x": 50, "b": False} in [line.get("fields") for line in lines]
        recording = Recording(tmp_path, configuration(source.program))
        done = recording.run("--operator", "none", text=out.read_text())
        assert done.returncode == 0 and not Result(done).summary["refused"], done.stderr
        compare(live, Result(done))


DOOR = """estate: { id = "demo"; name = "demo"; timezone = "Asia/Shanghai"; };
places: ( { id = "b1"; } );
plugins: ( { id = "src"; program = "%s"; } );
profiles: ( { id = "d"; class = "door"; points: ( { name = "granted"; at = "action"; equals = "let-in"; event = true; },
    { name = "held"; }, { name = "open"; at = "open"; invert = true; } ); } );
devices: ( { id = "d1"; place = "b1/u1"; plugin = "src"; address = "1"; profile = "d"; } );
"""


def test_what_was_one_moment_is_one_line_of_the_recording(tmp_path):
    """`open` stands in the messages the other way round, so it can only be told as a point; what is bad has a line of its own."""
    with Puppet() as source, Estate(tmp_path, DOOR % source.program) as estate:
        life = source.life().ready("source")
        for n, fields in enumerate([{"open": True}, {"open": False, "action": "let-in", "held": "perhaps"}]):
            at = time.time()
            life.sample("d1", id=str(n), **fields)
            life.wait("stored", id=str(n))
            until(lambda: time.time() > at + 0.005, "the next one has a millisecond of its own")
        lines = [json.loads(line) for line in estate.ctl("record", "--since", "1h").splitlines()]
    told = [{k: v for k, v in line.items() if k not in ("t", "device")} for line in lines if line.get("device") == "d1"]
    assert [line for line in told if "quality" not in line] == [{"points": {"open": False}}, {"points": {"granted": True, "open": True}}], told
    assert {"point": "held", "quality": "bad"} in told


def test_a_recording_of_a_box_whose_clock_was_set_back_replays_as_it_was(tmp_path):
    """The same times twice and thrice: each sample goes where it was, the steps stand between them."""
    clock = WallClock(tmp_path, 0)
    with Puppet() as source, Estate(tmp_path, configuration(source.program), environment=clock.environment) as estate:
        def say(**fields):
            at = time.time()
            number[0] += 1
            life.sample("p1", id=str(number[0]), **fields)
            life.wait("stored", id=str(number[0]), limit=4 * LIMIT)
            until(lambda: time.time() > at + 0.005, "the next one has a millisecond of its own")

        def set_clock(offset, steps):
            clock.move(offset)
            until(lambda: estate.json("clock")["steps"] == steps, "the step is noticed")

        number, life = [0], source.life().ready("source")
        for x in (50, 95, 20):
            say(x=x)
        estate.ctl("ack", "now/p1", "--note", "seen")
        set_clock(-2, 1)  # what follows lies among what was
        for x in (91, 40, 93):
            say(x=x)
        estate.ctl("ack", "now/p1", "--note", "seen again")
        set_clock(-5, 2)
        say(x=30)
        say(b=True)
        say(x=60)
        assert estate.stop() == 0
        estate.start()
        life = source.life().ready("source")
        for x in (99, 31):
            say(x=x)
        set_clock(-3600, 1)  # counted since the start
        say(x=96)
        live = audited(estate)
        out = tmp_path / "recorded.ndjson"
        estate.ctl("record", "--since", "5h", "--out", out)
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    steps = [n for n, line in enumerate(lines) if "clock_step" in line]
    assert [round(lines[n]["clock_step"]) for n in steps] == [-2, -3, -3595]
    times = [datetime.datetime.fromisoformat(line["t"]) for line in lines]
    assert [n for n in range(1, len(lines)) if times[n] < times[n - 1]] == [n + 1 for n in steps]
    values = [line["fields"]["x"] for line in lines if "x" in line.get("fields", {})]
    assert [x for x, _ in itertools.groupby(values)] == [50, 95, 20, 91, 40, 93, 30, 60, 99, 31, 96]
    assert not any("lap" in line for line in lines)
    recording = Recording(tmp_path, configuration(source.program))
    done = recording.run("--operator", "none", text=out.read_text())
    assert done.returncode == 0 and not Result(done).summary["refused"] and Result(done).summary["clock_steps"] == 3, done.stderr
    compare(live, Result(done))
    assert recording.run("--operator", "none", text=out.read_text()).stdout == done.stdout
