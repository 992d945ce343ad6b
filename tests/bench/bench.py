#!/usr/bin/python3
"""The main job's figures in one table, against estate-sim and a real mosquitto on loopback.

    make bench                      all of them
    tests/bench/bench.py --prefix DIR [--only NAME ...] [--seconds N]

The field engine by itself, beside a peer: bench_field.py (make bench-field).
Counts and ratios where possible; times are of this machine. Nothing is asserted: it reports.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

from programs import HEAD, processor_s, rss_mb

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "it"))


def row(name, figure, unit, goal):
    print(f"  {name:<58}{figure:>12} {unit:<6} {goal}", flush=True)


def registers(unit, text):
    return f'{{ unit = {unit}; model = "registers"; {text} }}'


def one_slave(units):
    return f'slaves: ( {{ id = "gw"; type = "tcp"; port = 0; units: ( {", ".join(units)} ); }} );\n'


def profile(name, points):
    return f'{{ id = "{name}"; class = "bench"; points: ( {", ".join(points)} ); }}'


def configuration(port, profiles, devices, points, extra=""):
    declared = ", ".join(f'{{ name = "p{i}"; type = "number"; }}' for i in range(points))
    return (HEAD + f'buses: ( {{ id = "gw"; type = "tcp"; host = "127.0.0.1"; port = {port}; timeout = "500ms"; }} );\n'
            f'classes: ( {{ id = "bench"; points: ( {declared} ); }} );\n'
            f'profiles: ( {", ".join(profiles)} );\ndevices: ( {", ".join(devices)} );\n{extra}')


def device(name, unit, profile_name):
    return f'{{ id = "{name}"; place = "b1/x"; bus = "gw"; unit = {unit}; profile = "{profile_name}"; }}'


def polls(simulator, unit):
    return simulator.stats("gw")["units"][str(unit)]["requests"]


def sparse(tools, folder, seconds):
    """Requests of one cycle over 100 values on every third register."""
    points = [f'{{ name = "p{i}"; at = "holding:{3 * i}"; period = "1s"; }}' for i in range(100)]
    scenario = one_slave([registers(1, "holding: ( { at = 0; count = 400; value = 7; } );")])
    with tools.Simulator(folder, scenario) as sim:
        text = configuration(sim.port("gw"), [profile("s", points)], [device("d", 1, "s")], 100)
        with tools.Estate(folder, text) as estate:
            estate.wait_quality("d.p99", "good")
            before, began = polls(sim, 1), time.monotonic()
            time.sleep(seconds)
            cycles = time.monotonic() - began
            row("requests per cycle, 100 values on every third register",
                f"{(polls(sim, 1) - before) / cycles:.2f}", "", "goal 3")


def mute(tools, folder, seconds):
    """Polls of two healthy units with the third one mute, against all three healthy."""
    points = ['{ name = "p0"; at = "holding:0"; period = "100ms"; }']
    scenario = one_slave([registers(u, "holding: ( { at = 0; count = 10; value = 7; } );") for u in (1, 2, 3)])
    with tools.Simulator(folder, scenario) as sim:
        text = configuration(sim.port("gw"), [profile("m", points)], [device(f"d{u}", u, "m") for u in (1, 2, 3)], 1)
        with tools.Estate(folder, text) as estate:
            for u in (1, 2, 3):
                estate.wait_quality(f"d{u}.p0", "good")

            def measure():
                before, began = polls(sim, 1) + polls(sim, 2), time.monotonic()
                time.sleep(seconds)
                return (polls(sim, 1) + polls(sim, 2) - before) / (time.monotonic() - began)
            healthy = measure()
            sim.do("fault gw:3 mute")
            estate.wait_quality("d3.p0", "lost")
            muted = measure()
            row("polls of the healthy units, one of three mute", f"{100 * muted / healthy:.1f}", "%", "goal >= 98")


def latency(tools, folder, seconds):
    """SOS message at the broker → alarm message at the broker, both seen by one subscriber."""
    rounds = max(50, int(seconds * 10))
    with tools.Broker(folder, config="set_tcp_nodelay true") as broker:  # else Nagle is measured
        url = broker.url
        text = (HEAD + f'plugins: ( {{ id = "z"; program = "mqtt-source"; options: {{ url = "{url}"; dialect = "zigbee2mqtt"; }}; }},\n'
                f'{{ id = "u"; program = "mqtt-uplink"; options: {{ url = "{url}"; ack = "broker"; }}; }} );\n'
                'devices: ( ' + ", ".join(f'{{ id = "s{i}"; place = "b1/u1/{101 + i}"; plugin = "z"; address = "sos{i}"; '
                                          'profile = "zigbee-sos"; }' for i in range(rounds)) + ' );\n')
        with broker.client("zigbee2mqtt/+", "estate/v1/bench/alarm") as seen, tools.Estate(folder, text) as estate:
            estate.ctl("wait", "--for", "30s")
            times = []
            for i in range(rounds):
                times.append(one_sos(seen, i))
            times.sort()
            row("SOS message in -> delivered message out, p50", f"{statistics.median(times):.1f}", "ms", f"{rounds} presses")
            row("SOS message in -> delivered message out, p99", f"{times[min(rounds - 1, int(rounds * 0.99))]:.1f}", "ms",
                "goal <= 100")


def one_sos(seen, i):
    """The message comes from another client; both stamps are taken when this subscriber gets them."""
    stamps = {}

    def look(message):
        if message.topic == f"zigbee2mqtt/sos{i}":
            stamps.setdefault("in", time.monotonic())
        elif message.topic.endswith("/alarm") and json.loads(message.payload)["asset"] == f"s{i}":
            stamps.setdefault("out", time.monotonic())
    mine, original = len(seen.messages), seen.mqtt.on_message

    def on_message(client, userdata, message):
        look(message)
        original(client, userdata, message)
    seen.mqtt.on_message = on_message
    seen.mqtt.publish(f"zigbee2mqtt/sos{i}", json.dumps({"action": "emergency", "battery": 97}), qos=1)
    seen.wait(lambda messages: "in" in stamps and "out" in stamps and len(messages) > mine)
    seen.mqtt.on_message = original
    return (stamps["out"] - stamps["in"]) * 1000


def thousand(tools, folder, seconds):
    """1,000 points at 1 s, half of them changing every second, history on: the daemon alone."""
    points = [f'{{ name = "p{i}"; at = "holding:{i}"; period = "1s"; }}' for i in range(100)]
    memory = "holding: ( { at = 0; count = 50; value = 7; }, { at = 50; count = 50; random = (0, 1000); period = \"1s\"; } );"
    scenario = one_slave([registers(u, memory) for u in range(1, 11)])
    with tools.Simulator(folder, scenario) as sim:
        text = configuration(sim.port("gw"), [profile("t", points)], [device(f"d{u}", u, "t") for u in range(1, 11)], 100)
        with tools.Estate(folder, text) as estate:
            estate.wait_quality("d10.p99", "good")
            before, began = processor_s(estate.process.pid), time.monotonic()
            time.sleep(max(seconds, 20))
            cpu = 100 * (processor_s(estate.process.pid) - before) / (time.monotonic() - began)
            row("CPU of the daemon, 1,000 points at 1 s, history on", f"{cpu:.2f}", "%", "goal <= 1 of a core")
            row("VmRSS of the daemon, the same", f"{rss_mb(estate.process.pid):.1f}", "MB", "goal <= 12")


BENCHES = {"sparse": sparse, "mute": mute, "latency": latency, "thousand": thousand}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", required=True, help="where estated is installed (make install)")
    parser.add_argument("--only", nargs="+", choices=BENCHES, default=list(BENCHES))
    parser.add_argument("--seconds", type=float, default=10, help="length of each measurement (default 10)")
    arguments = parser.parse_args()
    if not (pathlib.Path(arguments.prefix) / "sbin/estated").exists():
        parser.error(f"--prefix {arguments.prefix}: no sbin/estated there: run make install first")
    os.environ["ESTATE_PREFIX"] = arguments.prefix

    class Tools:
        from broker import Broker
        from estate import Estate
        from simulator import Simulator
    print(f"estated on {os.cpu_count()} cores; each figure over {arguments.seconds:g} s or more\n")
    for name in arguments.only:
        with tempfile.TemporaryDirectory(prefix="estated-bench-") as folder:
            BENCHES[name](Tools, pathlib.Path(folder), arguments.seconds)


if __name__ == "__main__":
    main()
