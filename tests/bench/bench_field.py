#!/usr/bin/python3
"""The field engine's figures in one table: ours, and Debian's collectd beside it where it can do the job, against the same slaves.

    make bench-field                all rows
    tests/bench/bench_field.py --prefix DIR [--only NAME ...] [--seconds N] [--runs N] [--late N] [--no-peer]

Who judges is the slave (what it was asked, when) or what the program published, never the program's own counters.
"""
import argparse
import collections
import json
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from programs import Bus, Ours, Peer, Work, processor_s, rss_mb

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "it"))

LIE = 0xC000       # every lie is larger, every true value smaller
SETTLE_S = 3
Row = collections.namedtuple("Row", "name unit goal held")
held_below = lambda limit: lambda v: v <= limit  # noqa: E731
held_above = lambda limit: lambda v: v >= limit  # noqa: E731

DENSE = Row("requests a cycle, 100 registers in a row", "", "<= 1", held_below(1.05))
SPARSE = Row("requests a cycle, 100 values on every third register", "", "<= 3", held_below(3.05))
MUTE_TCP = Row("polls of the healthy units, one of three mute, TCP", "%", ">= 98", held_above(98))
MUTE_RTU = Row("polls of the healthy units, one of three mute, RTU", "%", ">= 98", held_above(98))
ILLEGAL = Row("good points of twenty, one register illegal", "", "19", held_above(19))
RECONNECTS = Row("reconnects for it", "", "0", held_below(0))
WRONG = {"crc": Row("wrong values published, bad CRC, RTU", "", "0", held_below(0)),
         "tid": Row("wrong values published, wrong transaction id, TCP", "", "0", held_below(0)),
         "unit-tcp": Row("wrong values published, wrong unit, TCP", "", "0", held_below(0)),
         "unit-rtu": Row("wrong values published, wrong unit, RTU", "", "0", held_below(0)),
         "late-tcp": Row("wrong values published, late answers, TCP", "", "0", held_below(0)),
         "late-rtu": Row("wrong values published, late answers, RTU", "", "0", held_below(0))}
EFFICIENCY = Row("time of a 9,600 Bd line used, of what is possible", "%", ">= 95", held_above(95))
EARLY = Row("requests before 3.5 characters of silence", "%", "0", held_below(0))
VALUES = Row("values a second on that line, 20 registers in a row", "/s", "", None)
SMALL_CPU = Row("CPU, 1,000 points at 1 s", "%", "<= 1", held_below(1))
SMALL_RSS = Row("VmRSS, the same", "MB", "<= 12", held_below(12))
BIG_CPU = Row("CPU, 102,400 points at 1 s on 256 buses", "%", "<= 30", held_below(30))
BIG_RSS = Row("VmRSS, the same", "MB", "<= 64", held_below(64))
BIG_RELOADED = Row("VmRSS after three reloads of it", "MB", "<= 64", held_below(64))
BIG_RATE = Row("points read a second, the same", "/s", ">= 102000", held_above(102000))


def registers(unit, text):
    return f'{{ unit = {unit}; model = "registers"; {text} }}'


def scenario(units, kind="tcp", repeat=1):
    return f'slaves: ( {{ id = "gw"; type = "{kind}"; port = 0; repeat = {repeat}; units: ( {", ".join(units)} ); }} );\n'


def polls(simulator, units):
    counted = simulator.stats("gw")["units"]
    return sum(counted[str(u)]["requests"] for u in units)


def rate(count, seconds):
    """How much count() grows a second."""
    before, began = count(), time.monotonic()
    time.sleep(seconds)
    return (count() - before) / (time.monotonic() - began)


class Bench:
    def __init__(self, tools, seconds, late):
        self.tools, self.seconds, self.late = tools, seconds, late
        self.notes = []

    # ---- counts ----

    def requests(self, program, folder, step, row):
        with self.tools.Simulator(folder, scenario([registers(1, "holding: ( { at = 0; count = 400; value = 7; } );")])) as sim:
            work = Work([Bus("gw", port=sim.port("gw"))], range(0, 100 * step, step), 1.0)
            with program(self.tools, folder, work):
                time.sleep(SETTLE_S)
                yield row, rate(lambda: polls(sim, [1]), self.seconds)

    def dense(self, program, folder):
        yield from self.requests(program, folder, 1, DENSE)

    def sparse(self, program, folder):
        yield from self.requests(program, folder, 3, SPARSE)

    def mute_on(self, program, folder, kind, row):
        units = [registers(u, "holding: ( { at = 0; count = 10; value = 7; } );") for u in (1, 2, 3)]
        with self.tools.Simulator(folder, scenario(units, kind)) as sim:
            bus = Bus("gw", port=sim.port("gw"), units=(1, 2, 3)) if kind == "tcp" else \
                Bus("gw", path=sim.path("gw"), units=(1, 2, 3), baud=115200)
            with program(self.tools, folder, Work([bus], [0], 0.1)):
                time.sleep(SETTLE_S)
                seconds = max(self.seconds, 10)  # 200 polls: one more or less at the ends must not matter
                healthy = rate(lambda: polls(sim, [1, 2]), seconds)
                sim.do("fault gw:3 mute")
                time.sleep(SETTLE_S)
                yield row, 100 * rate(lambda: polls(sim, [1, 2]), seconds) / healthy if healthy else 0.0

    def mute(self, program, folder):
        yield from self.mute_on(program, folder, "tcp", MUTE_TCP)

    def mute_rtu(self, program, folder):
        yield from self.mute_on(program, folder, "rtu", MUTE_RTU)

    def illegal(self, program, folder):
        unit = registers(1, 'holding: ( { at = 0; count = 20; value = 7; } ); illegal: ( ("holding", 7) );')
        with self.tools.Simulator(folder, scenario([unit])) as sim:
            work = Work([Bus("gw", port=sim.port("gw"))], range(20), 1.0)
            with program(self.tools, folder, work, observed=True) as running:
                time.sleep(max(self.seconds, 2 * SETTLE_S))
                yield ILLEGAL, running.fresh(2.5)
                yield RECONNECTS, sim.stats("gw")["accepted"] - 1

    # ---- lies ----

    def lies(self, program, folder, kind, slaves, lies):
        """Every third answer is a lie. Whatever was published and never stood in its register is wrong."""
        wire, late, told, witnesses = self.tools.wire, kind.startswith("late"), [], []
        lie = {"crc": wire.Fault(bad_crc=True), "tid": wire.Fault(tid=1), "unit": wire.Fault(unit=1)}.get(kind.partition("-")[0])
        addresses = [0, 300, 600, 900]  # too far apart for one request: all have the same shape
        canary = 1200                   # a register that changes with every request: published or not?

        def is_lie(r):
            return r.number % 3 == 2

        def value(unit, address, r):
            if address == canary:
                witnesses.append(r)
                return r.number % 10000
            return LIE + address if is_lie(r) and not late else 20000 + address

        def fault(r):
            if not is_lie(r):
                return None
            told.append(r)
            return wire.Fault(late=0.52 + r.number * 37 % 330 / 1000) if late else lie
        rtu = kind == "crc" or kind.endswith("rtu")
        fleet = [(wire.RtuSlave if rtu else wire.TcpSlave)(value, fault).start() for _ in range(slaves)]
        try:
            buses = [Bus(f"b{i}", path=s.port, units=(5,), baud=115200) if rtu else Bus(f"b{i}", port=s.port, units=(5,))
                     for i, s in enumerate(fleet)]
            work = Work(buses, addresses + [canary], 0.15, timeout=0.5)
            with program(self.tools, folder, work, observed=True) as running:
                end = time.monotonic() + max(self.seconds, 20 if not late else lies / 40)
                while len(told) < lies and time.monotonic() < end:
                    time.sleep(0.2)
                time.sleep(1)
                honest = [r.number % 10000 for r in witnesses if not is_lie(r)]
                yield from self.judged(kind, running.published(), canary, (told, honest))
        finally:
            for s in fleet:
                s.stop()

    def judged(self, kind, published, canary, counted):
        told, honest = counted
        latest = max((r.late for r in told), default=0)
        wrong = sum(value != 20000 + address for _, address, value, _ in published if address != canary)
        numbers = set(honest)
        witnessed = len({(device, value) for device, address, value, _ in published if address == canary and value in numbers})
        if witnessed < len(honest) / 2:
            raise SystemExit(f"{kind}: the observer saw only {witnessed} of {len(honest)} values of a register that always changes")
        self.notes.append(f"{kind}: {len(told)} lies told" + (f", the latest after {latest:.2f} s" if latest else "")
                          + f"; the observer saw {witnessed} of {len(honest)} values that stood for one poll only")
        yield WRONG[kind], wrong

    # ---- the line ----

    def line(self, program, folder):
        line = subprocess.Popen([sys.executable, HERE / "line.py", "9600"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def count():
            print(file=line.stdin, flush=True)
            return json.loads(line.stdout.readline())
        try:
            bus = Bus("line", path=line.stdout.readline().strip(), units=(1, 2, 3, 4))  # something is always due
            with program(self.tools, folder, Work([bus], range(20), 0.05)):
                time.sleep(SETTLE_S)
                a = count()
                time.sleep(2 * self.seconds)
                b = count()
            took = b["began"] - a["began"]
            n = b["requests"] - a["requests"]
            yield EFFICIENCY, 100 * (b["limit_s"] - a["limit_s"]) / took if took else 0.0
            yield EARLY, 100 * (b["too_early"] - a["too_early"]) / n if n else 0.0
            yield VALUES, (b["registers"] - a["registers"]) / took if took else 0.0
            self.notes.append(f"line: {n} transactions; the line itself came late by {100 * (b['late_s'] - a['late_s']) / took:.2f} % "
                              "of the time, which counts against the program")
        finally:
            line.stdin.close()
            line.wait()

    # ---- load ----

    def load(self, program, folder, buses, units, rows, reloaded=None):
        """Half of the points change every second. Nothing but the program is in its figure; the slaves' own share is noted."""
        memory = ("holding: ( { at = 0; count = 50; value = 7; }, "
                  "{ at = 50; count = 50; random = (0, 1000); period = \"1s\"; } );")
        with self.tools.Simulator(folder, scenario([registers(u, memory) for u in range(1, units + 1)], repeat=buses)) as sim:
            def requests():
                return sum(s["requests"] for s in sim.do("stats")["slaves"].values())
            work = Work([Bus(f"b{i}", port=sim.port("gw" if buses == 1 else f"gw-{i}"), units=range(1, units + 1))
                         for i in range(buses)], range(100), 1.0)
            with program(self.tools, folder, work) as running:
                time.sleep(2 * SETTLE_S)
                before, asked, began = [processor_s(p) for p in (running.pid, sim.pid)], requests(), time.monotonic()
                time.sleep(max(self.seconds, 10))
                asked, took = requests() - asked, time.monotonic() - began
                ours, slaves = [100 * (processor_s(p) - b) / took for p, b in zip((running.pid, sim.pid), before)]
                per_request = 1 if program is Peer else 100
                measured = [ours, rss_mb(running.pid), asked * per_request / took]
                yield from zip(rows, measured)
                if reloaded and hasattr(running, "reload"):
                    for _ in range(3):
                        running.reload()
                        time.sleep(SETTLE_S)
                    yield reloaded, rss_mb(running.pid)
                self.notes.append(f"{work.points} points: {asked / took:.0f} requests a second, "
                                  f"{measured[2]:.0f} points a second; the slaves took {slaves:.1f} % of a core")

    def small(self, program, folder):
        yield from self.load(program, folder, 1, 10, (SMALL_CPU, SMALL_RSS))

    def big(self, program, folder):
        yield from self.load(program, folder, 256, 4, (BIG_CPU, BIG_RSS, BIG_RATE), BIG_RELOADED)

    def bad_crc(self, program, folder):
        yield from self.lies(program, folder, "crc", 20, 500)

    def wrong_tid(self, program, folder):
        yield from self.lies(program, folder, "tid", 20, 500)

    def wrong_unit(self, program, folder):
        yield from self.lies(program, folder, "unit-tcp", 20, 500)

    def wrong_unit_rtu(self, program, folder):
        yield from self.lies(program, folder, "unit-rtu", 20, 500)

    def late_tcp(self, program, folder):
        yield from self.lies(program, folder, "late-tcp", 100, self.late)

    def late_rtu(self, program, folder):
        yield from self.lies(program, folder, "late-rtu", 100, self.late)


BENCHES = ("dense", "sparse", "mute", "mute_rtu", "illegal", "bad_crc", "wrong_tid", "wrong_unit", "wrong_unit_rtu", "late_tcp",
           "late_rtu", "line", "small", "big")
# Counts, and ratios of counts: a second run would only say the same. Two of them are long.
ONCE = ("dense", "sparse", "mute", "mute_rtu", "illegal", "bad_crc", "wrong_tid", "wrong_unit", "wrong_unit_rtu", "late_tcp", "late_rtu")


def run_one(bench, name, program):
    with tempfile.TemporaryDirectory(prefix="estated-bench-") as folder:
        return list(getattr(bench, name)(program, pathlib.Path(folder)))


def measure(bench, name, programs, runs):
    """{row: {program: [figure of every run]}}, the programs in turn."""
    figures = collections.defaultdict(lambda: collections.defaultdict(list))
    for _ in range(1 if name in ONCE else runs):
        for program in programs:
            noted = len(bench.notes)
            for row, figure in run_one(bench, name, program):
                figures[row][program.name].append(figure)
            bench.notes[noted:] = [f"{program.name}: {n}" for n in bench.notes[noted:]]
    return figures


def text_of(values, unit):
    if not values:
        return "-"
    text = [f"{v:.0f}" if v == int(v) or v >= 1000 else f"{v:.2f}" if v < 10 else f"{v:.1f}"
            for v in (statistics.median(values), min(values), max(values))]
    spread = f" ({text[1]}..{text[2]})" if text[1] != text[2] else ""
    return f"{text[0]}{'' if unit == '/s' else ' ' if unit else ''}{unit}{spread}"


def show(figures):
    missed = 0
    for row, of in figures.items():
        # What must never happen must not in any run; of the rest the median counts.
        held = row.held is None or row.held(max(of[Ours.name]) if row.goal == "0" else statistics.median(of[Ours.name]))
        missed += not held
        verdict = "" if row.held is None else "held" if held else "MISSED"
        print(f"  {row.name:<53}{row.goal:>10}  {text_of(of[Ours.name], row.unit):<27}"
              f"{text_of(of[Peer.name], row.unit):<28}{verdict}", flush=True)
    return missed


def machine():
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release().split('-')[0]}"


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", required=True, help="where estated is installed (make install)")
    parser.add_argument("--only", nargs="+", choices=BENCHES, default=BENCHES)
    parser.add_argument("--seconds", type=float, default=10, help="length of each measurement (default 10)")
    parser.add_argument("--runs", type=int, default=3, help="runs of what is time; what is counted runs once (default 3)")
    parser.add_argument("--late", type=int, default=10000, help="late answers to give (default 10,000)")
    parser.add_argument("--no-peer", action="store_true", help="ours alone")
    arguments = parser.parse_args()
    if not (pathlib.Path(arguments.prefix) / "sbin/estated").exists():
        parser.error(f"--prefix {arguments.prefix}: no sbin/estated there: run make install first")
    return arguments


def main():
    arguments = parse()
    os.environ["ESTATE_PREFIX"] = arguments.prefix
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends with it
    without = "not wanted" if arguments.no_peer else Peer.missing()

    class Tools:
        import wire
        from estate import Estate
        from simulator import Simulator
    print(f"{machine()}; median (least..most) of {arguments.runs} runs, {arguments.seconds:g} s or more each"
          + (f"; collectd: {without}" if without else "") + "\n")
    for kind in ("late-tcp", "late-rtu"):
        WRONG[kind] = WRONG[kind]._replace(name=WRONG[kind].name.replace("late", f"{arguments.late:,} late"))
    print(f"  {'figure':<53}{'goal':>10}  {Ours.name:<27}{Peer.name:<28}\n", flush=True)
    bench = Bench(Tools, arguments.seconds, arguments.late)
    missed = 0
    for name in arguments.only:
        missed += show(measure(bench, name, (Ours,) if without else (Ours, Peer), arguments.runs))
    print("\n" + "\n".join(f"  {n}" for n in bench.notes))
    print(f"\n{missed} goals missed" if missed else "\nevery goal held")


if __name__ == "__main__":
    main()
