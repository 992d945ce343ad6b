#!/usr/bin/python3
"""How long an alarm takes to the page, with nobody else there, beside 500 clients that say nothing or let headers drip, and while
passwords are guessed from as many addresses as one likes (Argon2id, as fast as the gate takes them).

    make bench-gate
    tests/bench/crowd.py --prefix DIR [--presses N] [--clients N]

From the press (a plugin's sample) to the line of estatectl watch (the daemon's own stream) and to a page behind estated-web. Nothing
is asserted: it reports.
"""
import argparse
import collections
import http.client
import json
import os
import pathlib
import resource
import socket
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "it"))


def drip(clients, ending):
    """A byte a second of each, as long as they are there."""
    while not ending.wait(1):
        for client in clients:
            try:
                client.send(b"x", socket.MSG_DONTWAIT)
            except OSError:
                pass


class Crowd:
    """As many as the gate lets in, and who is shut out knocks again."""

    def __init__(self, gate, count):
        self.gate, self.ending = gate, threading.Event()
        self.clients = [self.connect(i) for i in range(count)]
        self.threads = [threading.Thread(target=f, daemon=True) for f in (lambda: drip(self.clients, self.ending), self.renew)]
        for thread in self.threads:
            thread.start()

    def connect(self, number):
        client = socket.create_connection(("127.0.0.1", self.gate.port))
        if number % 2:
            try:
                client.sendall(b"GET / HTTP/1.1\r\nX: ")
            except OSError:
                pass
        return client

    def renew(self):
        while not self.ending.wait(0.5):
            for i, client in enumerate(self.clients):
                try:
                    gone = client.recv(1, socket.MSG_DONTWAIT) == b""
                except BlockingIOError:
                    gone = False
                except OSError:
                    gone = True
                if gone:
                    client.close()
                    self.clients[i] = self.connect(i)

    def close(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()
        for client in self.clients:
            client.close()


class Guessers:
    """Each try from another address (127.0.0.0/8 is ours), of another name, so that no throttle spares us the hash."""

    def __init__(self, gate, count):
        self.gate, self.ending, self.answers = gate, threading.Event(), collections.Counter()
        self.threads = [threading.Thread(target=self.guess, args=(n,), daemon=True) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def guess(self, number):
        tries = 0
        while not self.ending.is_set():
            tries += 1
            source = f"127.{number + 1}.{tries >> 8 & 255}.{(tries & 255) or 1}"
            try:
                c = http.client.HTTPConnection("127.0.0.1", self.gate.port, timeout=30, source_address=(source, 0))
                c.request("POST", "/v1/login", json.dumps({"user": f"user-{number}-{tries}", "password": "a guess of somebody"}))
                self.answers[c.getresponse().status] += 1
                c.close()
            except OSError:
                self.answers["refused"] += 1

    def close(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()


def presses(site, stream, count):
    """Milliseconds to the page, sorted."""
    took = []
    for _ in range(count):
        seen, began = stream.text.count(b'"point":"sos-41.pressed"'), time.monotonic()
        site.life.sample("sos-41", pressed=True)
        while stream.text.count(b'"point":"sos-41.pressed"') == seen:
            time.sleep(0.0005)
        took.append((time.monotonic() - began) * 1000)
        time.sleep(0.02)
    return sorted(took)


def report(name, took, note=""):
    print(f"  {name:<34}{took[len(took) // 2]:9.1f}{took[int(len(took) * 0.99)]:9.1f}{took[-1]:9.1f}   {note}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--presses", type=int, default=300)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--guessers", type=int, default=8)
    given = parser.parse_args()
    os.environ["ESTATE_PREFIX"] = given.prefix
    from gate import Gate, Stream
    from hands import Fed
    from test_gate_estated import Browser
    from test_users import CONFIGURATION, add
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.TemporaryDirectory() as folder, Fed(folder, CONFIGURATION) as site, Gate(folder, site.estate.socket) as gate:
        add(site.estate, "night-desk", "operator")
        desk = Browser(gate)
        desk.login("night-desk")
        with Stream(gate, desk.token) as stream:
            stream.wait("retry: 2000")
            print(f"  press to page, ms, {given.presses} presses{'p50':>6}{'p99':>9}{'most':>9}")
            report("nobody else", presses(site, stream, given.presses))
            lines, began = gate.log.count("\n"), time.monotonic()
            crowd = Crowd(gate, given.clients)
            took = presses(site, stream, given.presses)
            seconds = time.monotonic() - began
            report(f"beside {given.clients} hostile clients", took,
                   f"{(gate.log.count(chr(10)) - lines) / seconds:.2f} lines of log a second")
            crowd.close()
            began, guessers = time.monotonic(), Guessers(gate, given.guessers)
            took = presses(site, stream, given.presses)
            known = Browser(gate)  # at the desk where he always is
            asked = time.monotonic()
            status = known.login("night-desk")
            asked = time.monotonic() - asked
            seconds = time.monotonic() - began
            guessers.close()
            hashed, busy = guessers.answers[401], guessers.answers[503]
            report(f"while {given.guessers} guess passwords", took,
                   f"{hashed / seconds:.0f} hashes a second, {busy / seconds:.0f} told to come later; a true login: {status} after {asked:.2f} s")


if __name__ == "__main__":
    main()
