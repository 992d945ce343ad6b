"""Rules that look back (count, changed, rate, avg, min, max, age) know after a kill what they knew before."""

import random
import time

import pytest

from estate import Estate, until
from puppet import Fed, Puppet
from recording import Recording, estate

PROBE = """classes: ( { id = "probe"; points: ( { name = "x"; type = "number"; }, { name = "b"; type = "bool"; }, { name = "e"; type = "event"; } ); } );
rules: (
  { id = "thrice"; class = "probe"; when = "count(e, 5m) >= 3"; },
  { id = "burst"; class = "probe"; when = "count(b, 20s) >= 2"; times = 2; within = "1h"; },
  { id = "still"; class = "probe"; when = "!changed(x, 40s)"; for = "3s"; },
  { id = "moved"; class = "probe"; when = "changed(b, 5s) && count(e, 15s) == 0"; },
  { id = "rising"; class = "probe"; when = "rate(x, 32s) > 0.5"; },
  { id = "falling"; class = "probe"; when = "rate(x, 32s) < -0.5"; off_for = "10s"; },
  { id = "mean"; class = "probe"; when = "avg(x, 1m) > 60"; hysteresis = 5; },
  { id = "low"; class = "probe"; when = "min(x, 30s) < 20"; },
  { id = "top"; class = "probe"; when = "max(x, 1m) >= 95"; realarm = "30s"; },
  { id = "long-ago"; class = "probe"; when = "age(e) > 45s"; },
  { id = "just-now"; class = "probe"; when = "age(e) < 5s && b"; },
  { id = "excused"; class = "probe"; when = "x > 80"; suppressed_when = "changed(b, 20s)"; }
);
"""
RULES = [line.split('"')[1] for line in PROBE.splitlines() if line.startswith("  { id")]


# ---- replay

def scenario(directory, seed, count=60):
    """Readings of two probes, some lost and back, with pauses that windows end in."""
    dice, at, values = random.Random(seed), 0.0, {}
    r = Recording(directory, estate({"p1": "probe", "p2": "probe"}, PROBE))
    for _ in range(count):
        at += dice.choice((0.2, 1, 3, 7, 16, 33, 75))
        t, device = time.strftime("2026-03-01T08:%M:%S", time.gmtime(at)) + f".{int(at * 1000) % 1000:03}", dice.choice(("p1", "p2"))
        if at >= 3500:
            break
        kind = dice.randrange(10)
        if kind < 5:
            values[device] = max(0, min(100, values.get(device, 50) + dice.choice((-60, -25, -3, 3, 25, 60))))
            r.add(t=t, device=device, fields={"x": values[device]})
        elif kind < 7:
            values[device + "b"] = not values.get(device + "b")
            r.add(t=t, device=device, fields={"b": values[device + "b"]})
        elif kind < 9:
            r.add(t=t, device=device, fields={"e": True})
        else:
            r.quality(t, "lost", device)
            r.quality(t, "good", device) if dice.random() < 0.5 else None
    return r


@pytest.mark.parametrize("seed", range(4))
def test_a_restart_between_every_two_events_moves_nothing(tmp_path, seed):
    r = scenario(tmp_path, seed)
    whole = r.play(until="10:00:00").moves()
    assert len({alarm.split("/")[0] for _, alarm, *_ in whole}) >= 8, "the rules have something to say"
    restarted = [line for event in r.lines for line in (event, {"t": event["t"], "restart": True})]
    assert r.play(until="10:00:00", lines=restarted).moves() == whole
    for at in range(0, len(r.lines), 3):
        once = [*r.lines[:at + 1], {"t": r.lines[at]["t"], "restart": True}, *r.lines[at + 1:]]
        assert r.play(until="10:00:00", lines=once).moves() == whole, f"restart after line {at + 1}"


def test_every_function_has_its_say(tmp_path):
    said = set()
    for seed in range(4):
        said |= {t["alarm"].split("/")[0] for t in scenario(tmp_path, seed).play(until="10:00:00").transitions}
    assert said >= set(RULES)


def test_a_door_forced_after_a_restart_is_told_and_one_that_was_opened_by_right_is_not(tmp_path):
    r = Recording(tmp_path, estate({"d1": "door", "d2": "door"}))
    for door in ("d1", "d2"):
        r.at("08:00:00", door, open=False, granted=True)
    r.at("08:00:50", "d2", granted=True).at("08:00:55", restart=True)
    r.at("08:00:57", "d1", open=True).at("08:00:57", "d2", open=True)
    result = r.play(until="08:01:30")
    assert result.states("door-forced/d1")[0] == "unacked" and result.states("door-forced/d2") == []


# ---- a daemon that is killed

def configuration(program):
    devices = ", ".join(f'{{ id = "p{n}"; place = "b1/u1"; plugin = "src"; address = "p{n}"; class = "probe"; }}' for n in range(3))
    return ('estate: { id = "demo"; name = "demo"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; } );\n'
            f'plugins: ( {{ id = "src"; program = "{program}"; }} );\ndevices: ( {devices} );\n' + PROBE)


class Site(Fed):
    """A daemon and what it hears, told and stored."""

    def __init__(self, directory):
        self.source = Puppet().__enter__()
        self.estate = Estate(directory, configuration(self.source.program))
        self.file = self.estate.run / "windows"

    def __enter__(self):
        self.start()
        return self


def test_a_kill_between_every_two_events_loses_no_count(tmp_path):
    with Site(tmp_path) as site:
        site.say("p0", x=50, b=False, e=True)
        site.kill()
        site.say("p0", e=True)
        assert site.estate.alarm("thrice/p0") is None
        site.kill()
        site.estate.wait_quality("p0.x", "good")
        site.say("p0", e=True)
        assert site.estate.wait_alarm("thrice/p0", "unacked")["count"] == 1
        assert site.file.stat().st_mode & 0o777 == 0o600 and not site.file.with_name("windows.new").exists()


def told(site, what):
    """What the daemon said of its file since the last time."""
    lines = [line for line in site.estate.log.splitlines() if "/windows: " in line]
    new, site.told = lines[getattr(site, "told", 0):], len(lines)
    assert all(what in line for line in new), new
    return len(new)


@pytest.mark.parametrize("harm, words", [
    (lambda b: b"no such thing", "damaged, or not ours"),
    (lambda b: b[:len(b) // 2], "damaged, or not ours"),
    (lambda b: b[:8] + b"\x63" + b[9:], "another version"),
    (lambda b: b[:200] + bytes(x ^ 0x55 for x in b[200:]), "damaged and begin"),
    (lambda b: b"", None)])
def test_a_damaged_file_is_said_in_one_line_and_begun_anew(tmp_path, harm, words):
    with Site(tmp_path) as site:
        site.say("p0", x=50, e=True)
        site.say("p0", e=True)
        site.estate.kill()
        site.file.write_bytes(harm(site.file.read_bytes()))
        site.start()
        assert told(site, words or "-") == (words is not None)
        site.say("p0", e=True)
        assert site.estate.alarm("thrice/p0") is None
        site.say("p0", e=True)
        site.kill()
        site.say("p0", e=True)
        site.estate.wait_alarm("thrice/p0", "unacked")
        assert told(site, "-") == 0


def test_reloads_carry_it_over_and_the_file_does_not_grow(tmp_path):
    with Site(tmp_path) as site:
        site.say("p0", x=50, e=True)
        sizes = set()
        for n in range(6):
            site.estate.conf.write_text(configuration(site.source.program).replace("x > 80", f"x > {81 + n}"))
            site.estate.ctl("config", "reload")
            sizes.add(site.file.stat().st_size)
        assert len(sizes) == 1 and not site.file.with_name("windows.new").exists()
        site.say("p0", e=True)
        site.estate.conf.write_text(configuration(site.source.program).replace("devices: (", 'devices: ( { id = "a0"; place = "b1/u1"; class = "probe"; },'))
        site.estate.ctl("config", "reload")
        assert site.file.stat().st_size > max(sizes)
        site.kill()
        site.say("p0", e=True)
        site.estate.wait_alarm("thrice/p0", "unacked")


def test_without_a_folder_that_can_be_written_it_runs_and_says_so(tmp_path):
    with Site(tmp_path) as site:
        site.estate.stop()
        site.file.unlink()
        site.file.mkdir()
        (site.file / "something").write_text("in the way")
        site.start()
        assert told(site, "") >= 1
        for _ in range(3):
            site.say("p0", x=50, e=True)
        site.estate.wait_alarm("thrice/p0", "unacked")
        until(lambda: not site.file.with_name("windows.new").exists(), "nothing is left beside it")
