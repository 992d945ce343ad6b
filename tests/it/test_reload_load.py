"""Reloads under load: two hundred buses that answer, buttons that are pressed, and the configuration changes all the time."""

import os
import pathlib
import re
import threading
import time

import pytest

from estate import Estate, until
from pace import SANITIZER
from puppet import Puppet
from simulator import Simulator
from test_reload import reload

BUSES, UNITS = 200, 2
CHANGING = 10  # the last of them: their rows change with every reload
BUTTONS = 40   # buttons on registers, one on each of the first buses
PERIOD = 0.5
SOS = 300      # buttons behind the plugin

UNIT = '{ unit = %d; model = "registers"; holding: ( { at = 0; count = 8; random = (0, 100); period = "1s"; }, (8, 0) ); }'
SCENARIO = ('slaves: ( { id = "s"; type = "tcp"; port = 0; repeat = %d; units: ( %s ); } );\n'
            % (BUSES, ", ".join(UNIT % u for u in range(1, UNITS + 1))))


def configuration(sim, src, n):
    """Unchanged buses carry devices that change; the last buses change themselves, and every third time are not there."""
    buses, devices = [], []
    for i in range(BUSES):
        changing = i >= BUSES - CHANGING
        if changing and n % 3 == 2:
            continue
        more = 'standby = "127.0.0.2"; ' if changing and n % 2 else ""
        buses.append(f'{{ id = "g{i}"; type = "tcp"; host = "127.0.0.1"; port = {sim.port(f"s-{i}")}; timeout = "1500ms"; {more}}}')
        for u in range(1, UNITS + 1):
            if u == 2 and (i + n) % 5 == 0:
                continue  # it comes and goes on a bus that stays
            profile = "m" if u == 1 else f"m{n % 2}"
            devices.append(f'{{ id = "d{i}-{u}"; place = "b1/x"; bus = "g{i}"; unit = {u}; profile = "{profile}"; }}')
        if i < BUTTONS:
            devices.append(f'{{ id = "button-{i}"; place = "b1/b{i}"; bus = "g{i}"; unit = 1; profile = "button"; }}')
    for i in range(SOS):
        devices.append(f'{{ id = "sos-{i}"; place = "b1/u1/{i + 100}"; plugin = "src"; address = "A{i}"; class = "sos"; }}')
    points = ", ".join(f'{{ name = "p{i}"; at = "holding:{i}"; period = "{int(PERIOD * 1000)}ms"; }}' for i in range(8))
    names = ", ".join(f'{{ name = "p{i}"; type = "number"; }}' for i in range(8))
    profiles = ", ".join(f'{{ id = "{p}"; class = "bench"; points: ( {points} ); }}' for p in ("m", "m0", "m1"))
    return f'''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
classes: ( {{ id = "bench"; points: ( {names} ); }} );
profiles: ( {profiles}, {{ id = "button"; class = "sos"; points: ( {{ name = "pressed"; at = "holding:8.0"; event = true; period = "200ms"; }} ); }} );
plugins: ( {{ id = "src"; program = "{src.program}"; }} );
buses: ( {", ".join(buses)} );
devices: ( {", ".join(devices)} );
rules: ( {{ id = "high"; class = "bench"; when = "p0 > {200 + n}"; }}, {{ id = "r{n % 7}"; class = "bench"; when = "p1 > 300"; for = "{n + 1}s"; }} );
'''


def memory_kb(estate):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{estate.process.pid}/status").read_text())[1])


def waited_s(estate):
    """How long the main thread was ready to run and had no processor: a loaded machine, not the daemon."""
    pid = estate.process.pid
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1]) / 1e9


def descriptors(estate):
    return len(os.listdir(f"/proc/{estate.process.pid}/fd"))


def turns(sim, slave, unit, since):
    return [r["at"] for r in sim.requests(slave, 512) if r["unit"] == unit and r["first"] == 0 and r["at"] >= since]


def longest_gap(at):
    return max(b - a for a, b in zip(at, at[1:]))


def shift(at):
    """How far the places of turns in their period have moved, from the first third to the last. A loaded machine makes a turn
    late, but not all of them, and none early: the least late one stands where it belongs."""
    def place(some):
        return min((t - at[0] + PERIOD / 2) % PERIOD for t in some)
    third = len(at) // 3
    return abs(place(at[-third:]) - place(at[:third]))


@pytest.fixture
def src():
    with Puppet() as p:
        yield p


@pytest.mark.alone  # gaps on the wire are measured
def test_thirty_reloads_lose_no_alarm_no_connection_and_no_sample(tmp_path, src, capsys):
    with Simulator(tmp_path, SCENARIO) as sim, Estate(tmp_path, configuration(sim, src, 0)) as estate:
        life = src.life().ready("source")
        until(lambda: all(b["state"] == "up" for b in estate.json("buses")), "every bus is up", limit=60)
        # The first turns of a bus find its place in the period.
        until(lambda: all(b["requests"] >= 5 * UNITS for b in estate.json("buses")), "the turns are in their places")
        stop = threading.Event()
        pressed = []

        def press():
            """A button behind the plugin, all the time; every tenth time one on a register too, and held: pressed once."""
            i = 0
            while not stop.wait(0.02) and i < SOS:
                life.sample(f"sos-{i}", id=str(i), pressed=True)
                pressed.append(f"sos/sos-{i}")
                if i % 7 == 0 and i // 7 < BUTTONS:
                    sim.do(f"set s-{i // 7}:1 holding 8 1")
                    pressed.append(f"sos/button-{i // 7}")
                i += 1
        thread = threading.Thread(target=press)
        thread.start()
        took, starved_s, since = [], waited_s(estate), sim.requests("s-0", 1)[-1]["at"]
        try:
            for n in range(1, 31):
                began = time.monotonic()
                status, answer = reload(estate, configuration(sim, src, n))
                took.append(time.monotonic() - began)
                assert status == 200, answer
        finally:
            thread.join(60)
            stop.set()
        assert len(pressed) > 200, "too few alarms to prove anything"
        life.wait("stored", id=str(SOS - 1))
        raised = {}

        def all_raised():
            raised.update({a["alarm"]: a for a in estate.json("alarms", "--all")})
            return not [p for p in pressed if p not in raised]
        until(all_raised, "every alarm")
        assert all(raised[p]["state"] == "unacked" for p in pressed)
        # Held through all these reloads, each button was pressed once.
        assert {raised[p]["count"] for p in pressed} == {1}
        # As the slaves saw it: one connection was ever accepted, and it is open.
        assert {(s["accepted"], s["connections"]) for s in (sim.stats(f"s-{i}") for i in range(BUSES - CHANGING))} == {(1, 1)}
        assert {b["connects"] for b in estate.json("buses")[:BUSES - CHANGING]} == {1}
        asked = [turns(sim, f"s-{i}", 1, since) for i in range(BUSES - CHANGING)]
        gaps, shifts = [longest_gap(at) for at in asked], sorted(shift(at) for at in asked)
        # A reload makes no gap: turns go on as they were. (A loaded machine is late by itself, but misses none.)
        assert max(gaps) < 2 * PERIOD, "a sample is missing on a bus that did not change"
        assert shifts[len(shifts) * 9 // 10] < 0.3 * PERIOD, "turns are shifted by a reload"
        slow, starved_s = estate.json("status")["counters"]["slow_turns"], waited_s(estate) - starved_s
        with capsys.disabled():
            print(f"\n  30 reloads: {min(took) * 1000:.0f}..{max(took) * 1000:.0f} ms each, {len(pressed)} alarms, longest gap "
                  f"{max(gaps) * 1000:.0f} ms at a period of {PERIOD * 1000:.0f} ms, of nine in ten {sorted(gaps)[len(gaps) * 9 // 10] * 1000:.0f} ms, "
                  f"their turns moved by {shifts[len(shifts) * 9 // 10] * 1000:.0f} ms, slow turns {slow}, "
                  f"{starved_s * 1000:.0f} ms without a processor")
        if not SANITIZER:  # a turn of 20 ms that took 50 was without a processor for the rest
            assert slow <= starved_s / 0.03, f"the loop was held up:\n{estate.log[-2000:]}"


def test_two_hundred_reloads_leave_memory_and_descriptors_as_they_were(tmp_path, src, capsys):
    """Devices, rules, buses and plugins come and go; names are new each time."""
    def text(n):
        return f'''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
classes: ( {{ id = "probe"; points: ( {{ name = "x"; type = "number"; }} ); }} );
plugins: ( {{ id = "src"; program = "{src.program}"; }}, {{ id = "up-{n}"; program = "mqtt-uplink"; options: {{ url = "mqtt://127.0.0.1:9"; }}; }} );
buses: ( {{ id = "fix"; type = "tcp"; host = "127.0.0.1"; port = 9; }}, {{ id = "bus-{n}"; type = "tcp"; host = "127.0.0.1"; port = 9; }} );
devices: ( {", ".join(f'{{ id = "p{n}-{i}"; place = "b1/x"; class = "probe"; }}' for i in range(200))} );
rules: ( {{ id = "r{n}"; class = "probe"; when = "x > {n}"; }} );
'''
    with Estate(tmp_path, text(0)) as estate:
        src.life().ready("source")
        # Each leaves an uplink and a bus behind; plugins on their way out hold back a reload only when thirty are.
        sizes, least_kb, fds = [], 1 << 30, descriptors(estate)
        for n in range(1, 201):
            until(lambda n=n: reload(estate, text(n))[0] == 200, "a reload")
            # How much it has freed of the last configuration when we look is chance: the least of twenty reloads is not.
            least_kb = min(memory_kb(estate), least_kb if n not in (41, 181) else 1 << 30)
            if n in (60, 200):
                until(lambda: descriptors(estate) <= fds + 2, f"what is on its way out has gone, to {fds} descriptors")
                sizes.append(least_kb)
        with capsys.disabled():
            print(f"\n  up to the 60th and the 200th reload: least VmRSS {sizes} kB, descriptors {fds} at first, {descriptors(estate)} now")
        kb_60, kb_200 = sizes
        assert kb_200 < kb_60 * 1.1 + 512
