#!/usr/bin/python3
"""The outbox after a long outage: how fast it drains, and how long an SOS takes beside it.

    tests/bench/outbox.py --prefix DIR [--rows 100000] [--presses 200]       (make bench-store runs it too)

A day's backlog of telemetry lies in state.db; estated starts with a real mosquitto on loopback. While it drains, buttons are
pressed one after another: from the reading that the daemon gets to the page's stream, and to the receiver behind the broker.
Nothing is asserted: it reports. Times are of this machine.
"""
import argparse
import json
import os
import pathlib
import socket
import statistics
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "it"))

HEAD = '''
estate: {{ id = "t"; name = "测试"; timezone = "Asia/Shanghai"; }};
places: ( {{ id = "b1"; name = "1栋"; }} );
outbox: {{ rate = {rate}; }};
plugins: ( {{ id = "src"; program = "{source}"; }},
           {{ id = "cloud"; program = "mqtt-uplink"; options: {{ url = "{url}"; ack = "broker"; }}; }} );
devices: ( {devices} );
'''


def row(name, figure, unit, goal=""):
    print(f"  {name:<70}{figure:>22} {unit:<6} {goal}", flush=True)


class Page:
    """Reads the daemon's stream as the control room's page does; notes when each alarm came."""

    def __init__(self, path):
        self.seen, self.changed = {}, threading.Condition()
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(str(path))
        self.connection.sendall(b"GET /v1/stream?match=sos/* HTTP/1.1\r\nHost: bench\r\n\r\n")
        self.stream = self.connection.makefile("rb")
        while self.stream.readline().strip():  # its head: from now on it is told
            pass
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.stream:
            now = time.monotonic()
            if line.startswith(b"data: {") and b'"alarm"' in line:
                try:
                    alarm = json.loads(line[6:]).get("alarm")
                except ValueError:
                    continue
                with self.changed:
                    self.seen.setdefault(alarm, now)
                    self.changed.notify_all()


def wait(changed, seen, alarm, limit=60):
    with changed:
        if not changed.wait_for(lambda: alarm in seen, limit):
            sys.exit(f"{alarm} did not arrive within {limit} s")
        return seen[alarm]


def receiver(broker):
    """When each alarm reached a subscriber of the broker, and how many messages of lane data did."""
    import paho.mqtt.client as paho
    seen, changed, count, ready = {}, threading.Condition(), [0], threading.Event()

    def on_message(client, userdata, message):
        now = time.monotonic()
        if message.topic.endswith("/alarm"):
            with changed:
                seen.setdefault(json.loads(message.payload)["alarm"], now)
                changed.notify_all()
        else:
            count[0] += 1
    client = paho.Client()
    client.on_connect = lambda c, *_: c.subscribe("estate/v1/t/#", 0)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = on_message
    client.connect("127.0.0.1", broker.port)
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.loop_start()
    ready.wait(20)
    return client, seen, changed, count


def tell(name, times):
    times = sorted(t * 1000 for t in times)
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    row(f"{name}: p50 / p99 / max", f"{statistics.median(times):.1f} / {p99:.1f} / {times[-1]:.1f}", "ms", "p99 <= 100")


def run(tools, rows, presses, rate):
    with tempfile.TemporaryDirectory(prefix="bench-outbox-") as folder, tools.Puppet() as source, \
            tools.Broker(pathlib.Path(folder), config="set_tcp_nodelay true") as broker:
        devices = ", ".join(f'{{ id = "s{i}"; place = "b1"; plugin = "src"; address = "s{i}"; class = "sos"; }}' for i in range(2 * presses))
        estate = tools.Estate(folder, HEAD.format(rate=rate, source=source.program, url=broker.url, devices=devices))
        with estate:
            source.life().ready("source")
        tools.fill(estate.state, "cloud", rows)
        client, seen, changed, count = receiver(broker)
        began = time.monotonic()
        with estate:
            life = source.life().ready("source")
            page = Page(estate.socket)
            beside, behind, up = [], [], []

            def press(i, to_page, to_up):
                start = time.monotonic()
                life.sample(f"s{i}", pressed=True)
                to_page.append(wait(page.changed, page.seen, f"sos/s{i}") - start)
                to_up.append(wait(changed, seen, f"sos/s{i}") - start)

            for i in range(presses):
                press(i, beside, up)
            during, at = count[0], time.monotonic()
            left = next(r["pending"] for r in estate.json("outbox") if r["lane"] == "data")
            tools.until(lambda: next(r["pending"] for r in estate.json("outbox") if r["lane"] == "data") == 0, "drained", 3600)
            took = time.monotonic() - began
            quiet_up = []
            for i in range(presses, 2 * presses):
                press(i, behind, quiet_up)
            name = f"rate = {rate}" if rate else "rate = 0 (no limit)"
            row(f"{name}: {rows} rows drained in", f"{took:.1f}", "s")
            row(f"{name}: drained on average", f"{rows / took:.0f}", "msg/s")
            row(f"{name}: still waiting after the last press beside it ({at - began:.1f} s, {during} out)", f"{left}", "rows")
            tell(f"{name}: SOS to the page, while it drains", beside)
            tell(f"{name}: SOS to the receiver, while it drains", up)
            tell(f"{name}: SOS to the page, when all is quiet", behind)
            tell(f"{name}: SOS to the receiver, when all is quiet", quiet_up)
        client.disconnect()
        client.loop_stop()


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--prefix", required=True)
    options.add_argument("--rows", type=int, default=100000)
    options.add_argument("--presses", type=int, default=200)
    options.add_argument("--rates", type=int, nargs="*", default=[0, 2000])
    given = options.parse_args()
    os.environ["ESTATE_PREFIX"] = given.prefix

    class Tools:
        pass
    from backlog import fill
    from broker import Broker
    from estate import Estate, until
    from puppet import Puppet
    Tools.fill, Tools.Broker, Tools.Estate, Tools.until, Tools.Puppet = staticmethod(fill), Broker, Estate, staticmethod(until), Puppet
    print(f"outbox: {given.rows} messages of 300 bytes wait, mosquitto on loopback, {given.presses} buttons one after another")
    for rate in given.rates:
        run(Tools, given.rows, given.presses, rate)


if __name__ == "__main__":
    main()
