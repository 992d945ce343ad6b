"""The estate, its things over time and the month on the page: of an estate that has been lived in for some days, told as stories in Chromium."""

import datetime
import subprocess

import pytest

from estate import Estate, until
from page import STORIES, Desk
from wallclock import WallClock

HOUR_S, STEP_S = 3600, 900
DAYS = 4  # lived: time before the daemon was built is none that it believes, so it goes forward
END_S = DAYS * 24 * HOUR_S
FLATS = [f"{unit}/{floor}0{flat}" for unit in ("u1", "u2") for floor in (1, 2, 5, 12, 18) for flat in (1, 2)]


def configuration():
    rows = [f'{{ id = "lift-{n}"; name = "{n}# 电梯"; place = "b1/u{n}"; class = "lift"; plugin = "source"; }}' for n in (1, 2)]
    rows += ['{ id = "lift-3"; name = "3# 电梯"; place = "b2/u1"; class = "lift"; plugin = "source"; }',
             '{ id = "tank-1"; name = "生活水箱"; place = "b1/pump-room"; class = "tank"; plugin = "source"; }',
             '{ id = "pump-1"; name = "生活泵 1"; place = "b1/pump-room"; class = "pump"; plugin = "source"; }',
             '{ id = "gate-1"; name = "南门"; place = "gate"; class = "door"; plugin = "source"; }',
             '{ id = "sos-b2"; name = "求助按钮"; place = "b2/u1/301"; room = "bedroom"; class = "sos"; plugin = "source"; }']
    for n, flat in enumerate(FLATS):
        rows.append(f'{{ id = "motion-{n}"; name = "客厅 {flat}"; place = "b1/{flat}"; room = "living"; class = "motion"; plugin = "source"; }}')
    rows.append('{ id = "motion-east"; name = "客厅"; place = "b2/u1/east"; room = "living"; class = "motion"; plugin = "source"; }')
    rows.append('{ id = "sos-1"; name = "床头求助按钮"; place = "b1/u1/101"; room = "bedroom"; class = "sos"; plugin = "source"; }')
    text = ('estate: { id = "t"; name = "示范小区"; timezone = "Asia/Shanghai"; };\n'
            'places: ( { id = "b1"; name = "1栋"; floors = 18; units = ( "u1", "u2" ); }, { id = "b2"; name = "2栋"; }, { id = "gate"; name = "南门岗"; } );\n'
            'plugins: ( { id = "source"; program = "SOURCE"; } );\ndevices: (\n' + ",\n".join(rows) + "\n);\n")
    return text.replace("{", "{{").replace("}", "}}").replace("SOURCE", "{source}")


class Lived(Desk):
    """Time goes by in steps: the daemon's clock is moved on, and it is told what was then."""

    def __init__(self, directory):
        super().__init__(directory, configuration())
        conf = self.estate.conf.read_text()
        self.clock = WallClock(directory, 0)
        self.estate = Estate(directory, conf, environment=self.clock.environment)

    def ride(self, n, floor):
        self.say(f"lift-{n}", floor=floor, moving=False, door_open=True, occupied=False, direction="none", in_service=True, power=True, fault=False,
                 trapped=False, inspection=False, load=0)

    def day(self, back):
        """So many days before today, as the estate has it."""
        today = datetime.date.fromisoformat(self.estate.json("status")["time"][:10])
        return (today - datetime.timedelta(days=back)).isoformat()

    def answer(self, alarm, ack_s, arrive_s, offset):
        """People acknowledge so long after it was told, arrive, and close it."""
        until(lambda: any(a["alarm"] == alarm and a["state"] == "unacked" for a in self.estate.json("alarms")), alarm)
        self.clock.move(offset + ack_s)
        self.estate.ctl("ack", alarm)
        self.clock.move(offset + arrive_s)
        self.estate.ctl("arrive", alarm)
        self.estate.ctl("close", alarm, "--outcome", "real")

    def live(self):
        floor = 1
        for back in range(END_S, 0, -STEP_S):
            self.clock.move(END_S - back)
            floor = (floor * 7 + 3) % 18 + 1
            for n in (1, 2, 3):
                self.ride(n, (floor * n) % 18 + 1)
            self.say("tank-1", level=round(60 + 25 * ((back // STEP_S) % 12 - 6) / 6, 1))
            self.say("pump-1", run=(back // STEP_S) % 12 < 6, fault=False)
            if back == 30 * HOUR_S:
                self.say("lift-2", in_service=False)
            if back == 3 * HOUR_S:
                self.say("lift-1", fault=True)  # until the next step
            if back == 24 * HOUR_S:
                for n, press in enumerate([("sos-1", 20, 190), ("sos-b2", 70, 640)]):
                    self.clock.move(END_S - back + 210 * n)
                    self.say(press[0], pressed=True)
                    self.answer(f"sos/{press[0]}", press[1], press[2], END_S - back + 210 * n)
        self.clock.move(END_S)
        for n in (1, 2, 3):
            self.ride(n, 4 + n)
        self.say("lift-1", floor=9, moving=True, door_open=False, direction="up", occupied=True, load=35)
        self.say("tank-1", level=95.5)
        self.say("gate-1", open=False)
        for n in range(len(FLATS)):
            self.say(f"motion-{n}", motion=n % 3 == 0)


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    with Lived(tmp_path_factory.mktemp("lived")) as desk:
        desk.add("admin", "admin", None)
        desk.estate.ctl("residents", "add", "r-1", "place=b1/u1/101", "categories=独居")
        desk.estate.ctl("residents", "add", "r-2", "place=b2/u1/east", "floor=7", "categories=高龄")
        desk.estate.ctl("visits", "done", "b1/u1/101", "--note", "well")
        desk.live()
        yield desk


def clock_words(seconds):
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60}:{seconds % 60:02}"


def availability(lived, lift):
    """Of all days that were lived, from the box's own sums."""
    known = available = 0.0
    for back in range(DAYS + 1):
        for row in lived.estate.json("summary", "--day", lived.day(back)):
            if row["scope"] == "lift" and row["of"] == lift:
                known += row["figures"]["known_s"]
                available += row["figures"]["available_s"]
    share = available / known
    return {"availability": "100 %" if share >= 1 else f"{int(share * 10000) / 100:.2f} %"}


def response(lived):
    rows = lived.estate.json("response")
    return {"rows": [clock_words(r[group]["median"]) for r in rows if r["place"] for group in ("acknowledged", "arrived") if r[group]["count"]]}


def test_what_was_is_seen_on_the_page_and_on_paper(lived):
    acts = {"move": lambda: lived.say("lift-1", floor=12, moving=False, direction="none"),
            "availability": lambda: availability(lived, "lift-2"), "response": lambda: response(lived)}
    lived.tell("figures", acts)


def test_the_page_draws_limits_gaps_floors_and_files_as_they_are():
    done = subprocess.run(["node", STORIES / "logic.mjs"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
