#!/usr/bin/python3
"""What the page costs, and how quick it is: 2,000 devices, 500 open alarms, 50 open pages.

    make bench-page [MINUTES=60]
    tests/bench/desks.py --prefix DIR [--minutes N] [--pages N] [--only paint frames many heap open]

paint   a slow phone (processor 4x slower, 400 kbit/s, 400 ms there and back) opens the page: bytes, and the time to each picture
frames  a wall while 500 alarms come within a minute: how long it stood still
many    2,000 homes, 2,000 entries of the register, 190 users: how long the page stood still while a list came, was scrolled, searched
heap    a page that stays open: its memory after 5,000 to 40,000 events, and somebody who goes from page to page meanwhile
open    50 pages are open: they read lists as the page does, come back now and then, hear 20 changes a second and an alarm every 10 s;
        beside them one that never reads. Memory of daemon and gate by the minute, press to page beside it
Nothing is asserted: it reports.
"""
import argparse
import os
import pathlib
import re
import selectors
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "it"))

LISTS = ("/v1/session", "/v1/status", "/v1/alarms", "/v1/devices?limit=1000", "/v1/points?limit=1000", "/v1/modes")
PAGES = 50


def resident_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


class Pages:
    """Streams of many pages, read in one thread; what they say is looked through for one text and forgotten."""

    def __init__(self, gate):
        self.gate, self.selector = gate, selectors.DefaultSelector()
        self.ending, self.lock = threading.Event(), threading.Lock()
        self.sought, self.found, self.bytes, self.ended = b"\0", [], 0, 0
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def open(self, token, query="", reads=True):
        connection = self.gate.connect()
        connection.sendall(f"GET /v1/stream{query} HTTP/1.1\r\nHost: 127.0.0.1:{self.gate.port}\r\n"
                           f"Cookie: {self.gate.cookie}={token}\r\n\r\n".encode())
        connection.setblocking(False)
        if reads:
            with self.lock:
                self.selector.register(connection, selectors.EVENT_READ)
        return connection

    def close(self, connection):
        with self.lock:
            try:
                self.selector.unregister(connection)
            except KeyError:
                pass
            connection.close()

    def read(self):
        while not self.ending.is_set():
            with self.lock:
                ready = [key.fileobj for key, _ in self.selector.select(0)] if self.selector.get_map() else []
                for connection in ready:
                    try:
                        piece = connection.recv(262144)
                    except OSError:
                        piece = b""
                    if not piece:
                        self.ended += 1
                        self.selector.unregister(connection)
                    self.bytes += len(piece)
                    if self.sought in piece:
                        self.found.append(time.monotonic())
            time.sleep(0.001)

    def seek(self, text):
        with self.lock:
            self.sought, self.found = text.encode(), []


class Changes(threading.Thread):
    """What goes on in an estate: 20 values a second, and a tank that is too full every 10 s."""

    def __init__(self, site, devices):
        super().__init__(daemon=True)
        self.site, self.devices, self.ending = site, devices, threading.Event()

    def run(self):
        number = 0
        while not self.ending.wait(0.05):
            number += 1
            self.site.life.sample(self.devices[number % len(self.devices)], level=number % 80)
            if number % 200 == 0:
                self.site.life.sample("tank-0", level=95 if number % 400 else 10)


def press(site, pages):
    """A press is heard by somebody; ms, or None: nobody is there."""
    pages.seek('"point":"sos-0.pressed"')
    began = time.monotonic()
    site.life.sample("sos-0", pressed=True)
    while pages.selector.get_map() and not pages.found and time.monotonic() - began < 10:
        time.sleep(0.0005)
    return (pages.found[0] - began) * 1000 if pages.found else None


def middle(values, part=0.5):
    return sorted(values)[int(len(values) * part)] if values else float("nan")


def open_pages(site, gate, minutes, count):
    from page import PASSWORD
    from test_gate_estated import Browser
    roles = ("operator", "viewer", "care", "technician", "admin")
    desks = []
    for n in range(max(count, 1)):
        desk = Browser(gate)
        assert desk.login(roles[n % len(roles)], PASSWORD) == 200
        desks.append(desk)
    pages = Pages(gate)
    for desk in desks:
        for path in LISTS:
            desk.ask("GET", path)
        desk.stream = pages.open(desk.token, "?page=1") if count else None
    mute = pages.open(desks[0].token, "?page=1", reads=False) if count else None
    changes = Changes(site, [f"tank-{n}" for n in range(1, 400)])
    changes.start()
    began, took = time.monotonic(), []
    print(f"  {'minute':>8}{'daemon kB':>12}{'gate kB':>10}{'press to page, ms: p50':>26}{'p99':>8}   streams cut", flush=True)
    for minute in range(minutes + 1):
        took = []
        if minute:
            while time.monotonic() - began < 60 * minute:
                ms = press(site, pages)
                if ms is not None:
                    took.append(ms)
                time.sleep(0.5)
            for desk in desks[minute % 5::5] if count else []:  # somebody loads his page anew
                pages.close(desk.stream)
                for path in LISTS:
                    desk.ask("GET", path)
                desk.stream = pages.open(desk.token, "?page=1")
            if mute:
                pages.close(mute)
                mute = pages.open(desks[0].token, "?page=1", reads=False)
            for desk in desks:
                desk.ask("GET", "/v1/status")  # somebody is there
        print(f"  {minute:>8}{resident_kb(site.estate.process.pid):>12}{resident_kb(gate.process.pid):>10}"
              f"{middle(took):>26.1f}{middle(took, 0.99):>8.1f}   {pages.ended}", flush=True)
    changes.ending.set()
    changes.join()
    pages.ending.set()


def picture(site, story, acts=None, **words):
    """A story of tests/web that reports by what it writes on stderr."""
    print(site.tell(story, acts, **words).rstrip(), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--pages", type=int, default=PAGES, help="0: what the daemon takes without any")
    parser.add_argument("--only", nargs="*", default=["paint", "frames", "many", "heap", "open"])
    given = parser.parse_args()
    os.environ["ESTATE_PREFIX"] = given.prefix
    from crowded import changes, crowd_of, employ, fill, raise_alarms, register
    from page import Desk
    with tempfile.TemporaryDirectory() as folder, Desk(folder, crowd_of()) as site:
        fill(site)
        site.add("admin", "admin", None)
        site.add("operator", "operator", None)
        if "paint" in given.only:
            picture(site, "paint")
        if "frames" in given.only:
            picture(site, "load", {"alarms": lambda: raise_alarms(site)})
        else:
            raise_alarms(site)
        if "many" in given.only:
            register(site)
            employ(site, 190)
            picture(site, "many", USERS="190")
        if "heap" in given.only:
            picture(site, "heap", {"events": changes(site, 5000)}, ROUNDS="7", LIMIT_MB="16")
        if "open" in given.only:
            open_pages(site, site.gate, given.minutes, given.pages)


if __name__ == "__main__":
    main()
