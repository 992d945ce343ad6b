"""Every case of every shipped rule (tests/case/rules), through the replay, with the daemon killed and started between every two
lines: not one transition is missing, double, other or at another time."""

import datetime
import pathlib
import re

import pytest

from pace import PREFIX
from recording import Recording

CASES = pathlib.Path(__file__).parents[1] / "case/rules"
BEGIN = datetime.datetime.fromisoformat("2026-03-01T08:00:00+08:00")
UNITS = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000}
HEAD = 'estate: { id = "demo"; name = "demo"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b3"; units = ( "u1" ); } );\n'


def classes():
    """{class: [point, …]}"""
    text = re.sub(r"#.*$", "", (PREFIX / "share/estated/classes.conf").read_text(), flags=re.M)
    parts = re.split(r'\bid = "([a-z_]+)";', text)[1:]
    return {name: re.findall(r'\{\s*name = "([a-z0-9_]+)"', points) for name, points in zip(parts[::2], parts[1::2])}


def at(duration):
    ms = sum(int(n) * UNITS[unit] for n, unit in re.findall(r"(\d+)(ms|s|m|h|d)", duration))
    return (BEGIN + datetime.timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


class Case:
    def __init__(self, name):
        self.name, self.devices, self.lines, self.end, self.wanted = name, [], [], None, 0

    def device(self, name, kind, lacks):
        points = ", ".join(f'{{ name = "{p}"; }}' for p in classes()[kind] if p not in lacks)
        self.devices.append((f'{{ id = "make-of-{name}"; class = "{kind}"; points: ( {points} ); }}',
                             f'{{ id = "{name}"; place = "b3/u1"; profile = "make-of-{name}"; }}'))

    def line(self, words):
        t, what, *rest = words
        if what in ("ack", "reset"):
            verb = {"verb": "ack"} if what == "ack" else {"verb": "close", "outcome": "real"}
            self.lines.append({"t": at(t), "command": {**verb, "alarm": rest[0]}})
        elif "." in what:
            device, point = what.split(".")
            value = {"true": True, "false": False, "event": True}.get(rest[0], rest[0])
            value = float(value) if isinstance(value, str) and re.fullmatch(r"-?[\d.]+", value) else value
            self.lines.append({"t": at(t), "device": device, "points": {point: value}})
            if len(rest) > 1:
                self.lines.append({"t": at(t), "device": device, "point": point, "quality": rest[1]})
        elif what not in ("says", "priority"):
            self.lines.append({"t": at(t), "device": what, "quality": rest[0]})

    def configuration(self):
        profiles, devices = zip(*self.devices)
        return f"{HEAD}profiles: ( {', '.join(profiles)} );\ndevices: ( {', '.join(devices)} );\n"


def read(path):
    cases = []
    for text in path.read_text().splitlines():
        words = text.split()
        if text.startswith("case "):
            cases.append(Case(text[5:]))
        elif text.startswith("= "):
            cases[-1].wanted += 1
        elif text.startswith("device "):
            cases[-1].device(words[1], words[2], words[4:])
        elif text.startswith("end "):
            cases[-1].end = at(words[1])
        elif words and not text.startswith("#"):
            cases[-1].line(words)
    return cases


@pytest.mark.parametrize("path", sorted(CASES.glob("*.case")), ids=lambda p: p.stem)
def test_a_kill_between_every_two_lines_changes_no_case(tmp_path, path):
    seen = 0
    for case in read(path):
        r = Recording(tmp_path, case.configuration())
        whole = r.play(until=case.end, lines=case.lines)
        assert len([t for t in whole.transitions if t["state"] != "suppressed"]) >= bool(case.wanted), case.name
        killed = [line for n in case.lines for line in (n, {"t": n["t"], "restart": True})]
        assert r.play(until=case.end, lines=killed).moves() == whole.moves(), case.name
        seen += len(whole.transitions)
    assert seen >= 10
