"""Recordings for estated --replay: their lines, the run, and what came of it.

    r = Recording(tmp_path, CONFIGURATION)
    r.at("08:00:00", "tank-1", level=95)
    r.at("08:01:00", restart=True)
    assert r.play(until="09:00:00").states("tank-high/tank-1") == ["unacked", …]
"""

import datetime
import json
import subprocess

from pace import PREFIX

DAY = "2026-03-01T"


def estate(devices, more=""):
    """A configuration: devices as {id: class}, or {id: (class, "further = keys;")}."""
    rows = []
    for name, kind in devices.items():
        kind, keys = kind if isinstance(kind, tuple) else (kind, "")
        rows.append(f'{{ id = "{name}"; class = "{kind}"; {keys} {"" if "place" in keys else "place = " + chr(34) + "b1/u1" + chr(34) + ";"} }}')
    return ('estate: { id = "demo"; name = "demo"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; }, { id = "b2"; } );\n'
            f'devices: (\n  {(","+chr(10)+"  ").join(rows)}\n);\n{more}\n')


def stamp(t):
    """Times of one day are written as 08:00:00; later days as they are."""
    return DAY + t if isinstance(t, str) and len(t) >= 8 and t[2] == ":" else t


class Result:
    def __init__(self, done):
        self.status, self.text, self.errors = done.returncode, done.stdout, done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.transitions = [line for line in lines if "alarm" in line]
        self.summary = lines[-1]["summary"] if lines else None

    def of(self, alarm):
        return [t for t in self.transitions if t["alarm"] == alarm]

    def states(self, alarm):
        return [t["state"] for t in self.of(alarm)]

    def story(self, alarm):
        """[("08:00:05.000", "unacked"), …] of times within a day."""
        return [(t["t"][11:23], t["state"]) for t in self.of(alarm)]

    def moves(self):
        """What happened, but for the order within one moment and the words."""
        return sorted((t["t"], t["alarm"], t["state"], t["priority"], t["stage"], t.get("test", False)) for t in self.transitions)


class Recording:
    def __init__(self, directory, configuration):
        self.conf = directory / "estated.conf"
        self.conf.write_text(configuration)
        self.path = directory / "recording.ndjson"
        self.lines = []

    def add(self, **line):
        self.lines.append(line)
        return self

    def at(self, t, device=None, **fields):
        """A reading; or, without a device, another kind of line."""
        if device is None:
            return self.add(t=stamp(t), **fields)
        return self.add(t=stamp(t), device=device, fields=fields)

    def quality(self, t, quality, device=None, **what):
        return self.add(t=stamp(t), quality=quality, **({"device": device} if device else {}), **what)

    def command(self, t, verb, alarm=None, **keys):
        if "length" in keys:
            keys["for"] = keys.pop("length")
        return self.add(t=stamp(t), command={"verb": verb, **({"alarm": alarm} if alarm else {}), **keys})

    def run(self, *arguments, lines=None, text=None):
        if text is None:
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (self.lines if lines is None else lines))
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return subprocess.run([PREFIX / "sbin/estated", "--replay", self.path, "-c", self.conf, *map(str, arguments)],
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, cwd=self.conf.parent)

    def play(self, *arguments, until=None, operator="none", lines=None):
        words = ["--operator", operator, *arguments]
        done = self.run(*words, *(["--until", stamp(until)] if until else []), lines=lines)
        assert done.returncode == 0, done.stderr
        return Result(done)


def seconds(t, offset):
    """"08:00:00" and so many seconds later, as "08:00:05.500"."""
    moment = datetime.datetime.fromisoformat(DAY + t) + datetime.timedelta(seconds=offset)
    return moment.isoformat(timespec="milliseconds")[11:]
