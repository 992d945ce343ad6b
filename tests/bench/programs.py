"""The programs that are measured: ours, and the peer beside it, both made from one description of the work.

    work = Work([Bus("gw", port=1502, units=(1, 2))], addresses=range(100), period=1.0)
    with Ours(tools, folder, work) as program: ...
    with Peer(tools, folder, work) as program: ...

program.pid is the process to look at; program.published() is every value it has given away so far, as (device, address, value,
time); program.fresh(age) counts the points that have a good value not older than age.
"""
import collections
import http.client
import json
import math
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

HEAD = 'estate: { id = "bench"; name = "bench"; timezone = "Asia/Shanghai"; };\nplaces: ( { id = "b1"; name = "1"; } );\n'
PEER = shutil.which("collectd", path=os.environ.get("PATH", "") + ":/usr/sbin")
PEER_PLUGINS = [pathlib.Path("/usr/lib/collectd"), *pathlib.Path("/usr/lib").glob("*/collectd")]


class Bus:
    """A gateway (port) or a serial line (path). Devices are named BUS-UNIT."""

    def __init__(self, id, port=None, path=None, units=(1,), baud=9600):
        self.id, self.port, self.path, self.units, self.baud = id, port, path, tuple(units), baud


class Work:
    def __init__(self, buses, addresses, period, timeout=0.5, late_bound=None):
        self.buses, self.addresses, self.period = buses, list(addresses), period
        self.timeout, self.late_bound = timeout, late_bound
        self.points = sum(len(b.units) for b in buses) * len(self.addresses)


def ms(seconds):
    return f'"{round(seconds * 1000)}ms"'


class Ours:
    name = "estated"

    def __init__(self, tools, folder, work, observed=False):
        self.work, self.observed, self.seen, self.stream = work, observed, [], None
        self.folder = pathlib.Path(folder)
        self.estate = tools.Estate(folder, self.configuration())

    def configuration(self):
        w = self.work
        buses = []
        for b in w.buses:
            where = f'type = "tcp"; host = "127.0.0.1"; port = {b.port};' if b.path is None else \
                    f'type = "rtu"; port = "{b.path}"; baud = {b.baud};'
            buses.append(f'{{ id = "{b.id}"; {where} timeout = {ms(w.timeout)}; }}')
        late = f"late_bound = {ms(w.late_bound)};" if w.late_bound else ""
        devices = [f'{{ id = "{b.id}-{u}"; place = "b1/x"; bus = "{b.id}"; unit = {u}; profile = "t"; {late} }}'
                   for b in w.buses for u in b.units]
        names = [f'{{ name = "p{a}"; type = "number"; }}' for a in w.addresses]
        points = [f'{{ name = "p{a}"; at = "holding:{a}"; }}' for a in w.addresses]
        return (HEAD + f'buses: ( {", ".join(buses)} );\nclasses: ( {{ id = "bench"; points: ( {", ".join(names)} ); }} );\n'
                f'profiles: ( {{ id = "t"; class = "bench"; period = {ms(w.period)}; points: ( {", ".join(points)} ); }} );\n'
                f'devices: ( {", ".join(devices)} );\n')

    def __enter__(self):
        self.estate.start()
        self.pid = self.estate.process.pid
        if self.observed:
            threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        if self.stream:
            self.stream.shutdown(socket.SHUT_RDWR)
        self.estate.stop()

    def _listen(self):
        """Every change of every point, from the stream."""
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.connect(str(self.estate.socket))
        connection = http.client.HTTPConnection("estated")
        connection.sock = self.stream
        connection.request("GET", "/v1/stream")
        event = ""
        for line in connection.getresponse():
            word, _, rest = line.decode().strip().partition(": ")
            if word == "event":
                event = rest
            elif word == "data" and event == "point":
                self._note(json.loads(rest))
            elif word == "data" and event == "gap":
                raise SystemExit("the observer missed something: the figure would be worthless")

    def _note(self, p):
        if p["value"] is not None:
            device, _, point = p["point"].partition(".")
            self.seen.append((device, int(point[1:]), p["value"], time.time()))

    def reload(self):
        """Every unit is another device from now on: all plans are made anew."""
        text = self.estate.conf.read_text()
        changed = text.replace('place = "b1/x"', 'place = "b1/y"')
        self.estate.conf.write_text(changed if changed != text else text.replace('place = "b1/y"', 'place = "b1/x"'))
        self.estate.ctl("config", "reload")

    def published(self):
        return list(self.seen)

    def fresh(self, age):
        return sum(p["quality"] == "good" for p in self.estate.json("points"))


class Peer:
    """Debian's collectd with its modbus plugin, without a network plugin. What it publishes is read from its csv plugin; where its
    CPU and memory are measured it writes nothing."""
    name = "collectd"

    def __init__(self, tools, folder, work, observed=False, persistent=True):
        self.work, self.folder, self.observed, self.persistent = work, pathlib.Path(folder) / "peer", observed, persistent
        self.process = None

    @staticmethod
    def missing():
        if not PEER:
            return "not installed (Debian: collectd-core)"
        return None if any((d / "modbus.so").exists() for d in PEER_PLUGINS) else "its modbus plugin is not there"

    def configuration(self):
        w = self.work
        text = [f'Hostname "peer"\nFQDNLookup false\nBaseDir "{self.folder}"\nPIDFile "{self.folder}/pid"\n'
                f'TypesDB "/usr/share/collectd/types.db"\nAutoLoadPlugin false\nInterval {w.period}\n'
                f'ReadThreads {min(max(5, len(w.buses)), 128)}\n'
                + (f"MaxReadInterval {w.period}\n" if self.persistent else "")
                + f'LoadPlugin logfile\n<Plugin logfile>\n  LogLevel warning\n  File "{self.folder}/log"\n</Plugin>\n']
        if self.observed:
            text.append(f'LoadPlugin csv\n<Plugin csv>\n  DataDir "{self.folder}/csv"\n  StoreRates false\n</Plugin>\n')
        text.append("LoadPlugin modbus\n<Plugin modbus>\n")
        for a in w.addresses:
            text.append(f'  <Data "p{a}">\n    RegisterBase {a}\n    RegisterType Uint16\n    RegisterCmd ReadHolding\n'
                        f'    Type gauge\n    Instance "p{a}"\n  </Data>\n')
        collect = "".join(f'      Collect "p{a}"\n' for a in w.addresses)
        for b in w.buses:
            where = f'Address "127.0.0.1"\n    Port "{b.port}"' if b.path is None else f'Device "{b.path}"\n    Baudrate {b.baud}'
            slaves = "".join(f'    <Slave {u}>\n      Instance "{u}"\n{collect}    </Slave>\n' for u in b.units)
            text.append(f'  <Host "{b.id}">\n    {where}\n    Interval {w.period}\n{slaves}  </Host>\n')
        return "".join(text) + "</Plugin>\n"

    def __enter__(self):
        self.folder.mkdir()
        (self.folder / "collectd.conf").write_text(self.configuration())
        self.process = subprocess.Popen([PEER, "-f", "-C", self.folder / "collectd.conf"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)  # it waits for its readers, and those for their timeouts
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _rows(self):
        for file in (self.folder / "csv").glob("*/modbus-*/gauge-p*"):
            device = f"{file.parent.parent.name}-{file.parent.name.removeprefix('modbus-')}"
            address = int(file.name.removeprefix("gauge-p").partition("-")[0])
            for line in file.read_text().splitlines()[1:]:
                at, _, value = line.partition(",")
                if value and not math.isnan(float(value)):
                    yield device, address, float(value), float(at)

    def published(self):
        return list(self._rows())

    def fresh(self, age):
        newest = collections.defaultdict(float)
        for device, address, _, at in self._rows():
            newest[device, address] = max(newest[device, address], at)
        return sum(at > time.time() - age for at in newest.values())


def processor_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
