"""The page of a large estate: 2,000 devices with long names, 500 open alarms, 50 open pages; on a slow phone; with nothing to show,
and with nobody who answers."""
import pathlib
import re

import pytest

from crowded import TANKS, changes, crowd_of, employ, fill, raise_alarms, register
from estate import until
from gate import Stream
from page import PASSWORD, Desk
from test_gate_estated import Browser
from test_page import HEAD

MB = 1024  # of kB


@pytest.mark.alone
def test_a_large_estate_is_drawn_and_stays_quick(tmp_path):
    with Desk(tmp_path, crowd_of()) as desk:
        fill(desk)
        print(desk.tell("paint"))
        print(desk.tell("load", {"alarms": lambda: raise_alarms(desk)}))
        desk.tell("looks", WHO="technician", VIEWS="now estate", THEMES="dark", PICTURES="large-")
        browser = Browser(desk.gate)
        assert browser.login("desk", PASSWORD) == 200
        found, after = [], ""
        while after is not None:
            status, headers, rows = browser.ask_whole("GET", f"/v1/alarms?limit=200{after and '&after=' + after}")
            found, after = found + rows, headers["X-Estate-Next"]
        assert status == 200 and len({a["alarm"] for a in found}) == len(found) == TANKS
        status, headers, rows = browser.ask_whole("GET", "/v1/alarms")
        assert len(rows) == TANKS and browser.ask_whole("GET", "/v1/alarms", If_None_Match=headers["ETag"])[0] == 304, "long, and as it was"


@pytest.mark.alone
def test_long_lists_of_people_stay_quick_and_are_searched(tmp_path):
    with Desk(tmp_path, crowd_of()) as desk:
        desk.add("admin", "admin", None)
        register(desk)
        employ(desk, 60)
        fill(desk)
        print(desk.tell("many"))


@pytest.mark.alone
def test_a_page_that_stays_open_keeps_no_more_after_many_events_than_after_some(tmp_path):
    """The hour is tests/bench/desks.py."""
    with Desk(tmp_path, crowd_of()) as desk:
        fill(desk)
        print(desk.tell("heap", {"events": changes(desk, 2000)}))


def resident_kb(process):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text()).group(1))


@pytest.mark.alone
def test_fifty_open_pages_cost_no_more_after_many_changes_than_after_some(tmp_path):
    """The hour is tests/bench/desks.py; here as many changes as it has in five minutes."""
    with Desk(tmp_path, crowd_of()) as desk:
        fill(desk)
        browsers = [Browser(desk.gate) for _ in range(50)]
        for n, browser in enumerate(browsers):
            assert browser.login(("desk", "viewer", "care", "technician")[n % 4], PASSWORD) == 200
        streams = [Stream(desk.gate, browser.token, "?page=1") for browser in browsers]
        try:
            for stream in streams:
                stream.wait("retry: 2000")

            def change(first, count):
                for n in range(first, first + count):
                    desk.life.sample(f"tank-{n % TANKS}", level=(n % 80) + n / 1e6)
                desk.say("tank-0", level=first / 1e3)
                for stream in streams:
                    until(lambda: f'"value":{first / 1e3:g}'.encode() in stream.text, "the last change has come")
                    stream.text = b""
                return resident_kb(desk.estate.process), resident_kb(desk.gate.process)
            change(1000, 2000)
            before = change(9000, 2000)
            after = change(21000, 6000)
            assert not any(stream.ended for stream in streams)
            assert after[0] - before[0] < 4 * MB and after[1] - before[1] < 4 * MB, (before, after)
        finally:
            for stream in streams:
                stream.close()


def test_a_page_with_nothing_to_show_and_nobody_who_answers_says_so_in_words(tmp_path):
    bare = HEAD.replace("{", "{{").replace("}", "}}") + 'plugins: ( {{ id = "source"; program = "{source}"; }} );\n'
    with Desk(tmp_path, bare) as desk:
        desk.tell("looks", WHO="desk", VIEWS="now estate history", THEMES="light", PICTURES="empty-")
        desk.tell("nobody", {"stop": desk.estate.stop})
        desk.estate.start()
