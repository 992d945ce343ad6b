"""Every shipped profile of registers, end to end: tests/case/profile says what a make has in its registers and what its points
must be; here a simulated device has those registers, and estated reads it over TCP."""

import pathlib

import simulator
from estate import Estate, until

CASES = pathlib.Path(__file__).parent.parent / "case" / "profile"
KEYS = {"coil": "coils", "discrete": "discrete", "input": "input", "holding": "holding"}


class Block:
    """One device: its registers, and what its points must be."""

    def __init__(self, where, profile):
        self.where, self.profile, self.rows, self.points = where, profile, {}, {}

    def add(self, word, rest):
        if word == "point":
            name, value = rest.split(" ", 1)
            self.points[name] = value
        else:
            address, values = rest.split(":", 1)
            self.rows.setdefault(word, []).append((int(address), [int(v, 16) for v in values.split()]))

    def unit(self, number):
        tables = [f'{KEYS[table]}: ( {", ".join("(%d, %s)" % (a, ", ".join(map(str, v))) for a, v in rows)} );'
                  for table, rows in self.rows.items()]
        return f'{{ unit = {number}; model = "registers"; {" ".join(tables)} }}'


def blocks():
    found = []
    for path in sorted(CASES.glob("*.case")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            word, _, rest = line.strip().partition(" ")
            if not word or word.startswith("#"):
                continue
            if word == "profile":
                found.append(Block(f"{path.name}:{number}", rest))
            else:
                found[-1].add(word, rest)
    return found


def shown(point):
    """As the case files write it."""
    if point["quality"] != "good":
        return point["quality"]
    value = point["value"]
    if value is True or value is False:
        return str(value).lower()
    return "(empty)" if value == "" else str(value) if isinstance(value, str) else "%.17g" % value


def same(point, expected):
    text = shown(point)
    if point["quality"] == "good" and isinstance(point["value"], (int, float)) and not isinstance(point["value"], bool):
        return expected != "suspect" and float(text) == float(expected)
    return text == expected


def test_every_make_is_shown_as_its_paper_says(tmp_path):
    devices = blocks()
    assert len(devices) > 20
    scenario = ('living = false;\nslaves: ( { id = "gw"; units: (\n' +
                ",\n".join(b.unit(i) for i, b in enumerate(devices, 1)) + " ); } );\n")
    with simulator.Simulator(tmp_path, scenario, "--no-mqtt") as sim:
        configuration = (
            'estate: { id = "t"; };\nplaces: ( { id = "b1"; } );\n'
            f'buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {sim.port("gw")}; timeout = "2s"; }} );\n'
            "devices: (\n" +
            ",\n".join(f'{{ id = "d{i}"; place = "b1"; bus = "gw"; unit = {i}; profile = "{b.profile}"; }}'
                       for i, b in enumerate(devices, 1)) + " );\n")
        with Estate(tmp_path, configuration) as estate:
            wrong = ["nothing was read yet"]

            def all_right():
                now = {p["point"]: p for p in estate.json("points")}
                wrong[:] = [f"{b.where}: {b.profile}: {name} is {shown(now[f'd{i}.{name}'])}, expected {value}"
                            for i, b in enumerate(devices, 1) for name, value in b.points.items()
                            if not same(now[f"d{i}.{name}"], value)]
                return not wrong

            try:
                until(all_right, "all points are as written")
            except AssertionError:
                raise AssertionError("\n".join(wrong[:20]) + "\n" + estate.log[-2000:]) from None
