#!/usr/bin/python3
"""The demo: a real broker, a simulated estate and estated, from the wire to the alarm to the broker.

Starts mosquitto, estate-sim and estated on free loopback ports, lets a lift stop between floors and an old person press
the button, shows who is told, acknowledges with estatectl, and ends everything it started. Nothing here is pretended:
every figure is read from the broker or from the daemon.
"""
import argparse
import json
import os
import pathlib
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import paho.mqtt.client as paho

HERE = pathlib.Path(__file__).resolve().parent
SOS, LIFT = "sos/sos-1204", "lift-trapped/lift-1"
SOS_ADDRESS = "0x00158d0001a2b3c4"


def rule_of(alarm):
    """The receiver knows a home and its devices by pseudonyms; the rule's name leaves as it is."""
    return alarm.split("/")[0]


class Failed(Exception):
    """The demo cannot show what it should."""


def seconds(text):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m)?", text)
    if not match:
        raise argparse.ArgumentTypeError(f"'{text}': expected a duration like 60s or 2m")
    return float(match[1]) * (60 if match[2] == "m" else 1)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


ZH = next((os.environ[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(k)), "").startswith("zh")


def say(what, text):
    print(f"{time.strftime('%H:%M:%S')}  {what:<9} {text}", flush=True)


def tell(en, zh):
    """What happens now, in the reader's language."""
    print(f"\n--- {zh if ZH else en}", flush=True)


class Programs:
    """What was started, ended in reverse order."""

    def __init__(self):
        self.started = []

    def start(self, name, command, **options):
        process = subprocess.Popen([str(c) for c in command], **options)
        self.started.append((name, process))
        return process

    def end(self):
        for name, process in reversed(self.started):
            if process.poll() is None:
                process.terminate()
        for name, process in reversed(self.started):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                say("demo", f"{name} had to be killed")
        self.started.clear()


class Broker:
    """Real mosquitto, and a subscriber that sees what a care platform would see."""

    def __init__(self, programs, folder):
        self.port = free_port()
        self.lock = threading.Condition()
        self.alarms, self.sos_sent, self.sos_seen = [], None, None
        conf = folder / "mosquitto.conf"
        user = pwd.getpwuid(os.getuid()).pw_name
        conf.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser {user}\n"
                        "log_type error\n")
        program = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if not program:
            raise Failed("mosquitto is not installed: expected Debian's package mosquitto")
        programs.start("mosquitto", [program, "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.client = paho.Client()
        self.client.on_connect = lambda client, *_: client.subscribe([("estate/v1/#", 1), ("zigbee2mqtt/+", 1)])
        self.client.on_message = self.on_message
        limit = time.monotonic() + 10
        while True:
            try:
                self.client.connect("127.0.0.1", self.port)
                break
            except OSError:
                if time.monotonic() > limit:
                    raise Failed("mosquitto does not answer within 10 s")
                time.sleep(0.02)  # until it listens
        self.client.loop_start()

    def on_message(self, client, userdata, message):
        now = time.monotonic()
        try:
            body = json.loads(message.payload)
        except ValueError:
            return
        with self.lock:
            if message.topic.startswith("zigbee2mqtt/") and isinstance(body, dict) \
                    and body.get("action") == "emergency" and self.sos_sent is None:
                self.sos_sent = now
            if message.topic.endswith("/alarm"):
                self.alarms.append(body)
                if rule_of(body["alarm"]) == rule_of(SOS) and self.sos_seen is None:
                    self.sos_seen = now
                say("broker", f"has alarm message {body['seq']}: {body['alarm']} {body['state']}")
            self.lock.notify_all()

    def wait_alarm(self, alarm, states, limit=30):
        def there():
            return any(rule_of(a["alarm"]) == rule_of(alarm) and a["state"] in states for a in self.alarms)
        with self.lock:
            if not self.lock.wait_for(there, limit):
                raise Failed(f"{alarm}: expected {' or '.join(states)} at the broker within {limit} s")


class Simulator:
    """estate-sim, commanded by lines."""

    def __init__(self, programs, prefix, folder, broker):
        self.process = programs.start(
            "estate-sim",
            [prefix / "bin/estate-sim", prefix / "share/estated/sim/demo.conf", "--dir", folder, "--mqtt-port",
             broker.port, "--no-timeline", "--exit-on-eof"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            ready = json.loads(line)
            if ready.get("ready"):
                break
        else:
            raise Failed("estate-sim ended before it was ready")
        self.slaves = ready["slaves"]
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get("ok") is False:
                say("sim", answer.get("error", line.strip()))

    def do(self, command):
        say("sim", command)
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()


class Daemon:
    def __init__(self, programs, prefix, folder, broker, simulator):
        self.prefix, self.socket = prefix, folder / "run/api.sock"
        conf = folder / "estated.conf"
        text = (prefix / "share/estated/sim/demo-estate.conf").read_text()
        values = {
            "GATEWAY_PORT": simulator.slaves["gw-lifts"]["port"],
            "RISER_PATH": simulator.slaves["riser-3"]["path"],
            "BROKER_PORT": broker.port,
        }
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        conf.write_text(text)
        (folder / "run").mkdir()
        self.log = open(folder / "estated.log", "wb")
        self.began = time.monotonic()
        self.process = programs.start(
            "estated", [prefix / "sbin/estated", "-c", conf, "--state-dir", folder / "state", "--runtime-dir",
                        folder / "run"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.watch = None
        self.programs = programs

    def ctl(self, *arguments, check=True, given=None):
        command = [str(self.prefix / "bin/estatectl"), "--socket", str(self.socket), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=40, input=given)
        if check and done.returncode:
            raise Failed(f"estatectl {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.ctl("-f", "json", *arguments))

    def follow(self):
        """Shows every alarm as the daemon tells it on its live stream."""
        self.watch = self.programs.start(
            "estatectl watch", [self.prefix / "bin/estatectl", "--socket", self.socket, "-f", "json", "watch"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        threading.Thread(target=self.show, daemon=True).start()

    def show(self):
        for line in self.watch.stdout:
            event = json.loads(line)
            alarm = event.get("data", event)
            if "alarm" in alarm and "state" in alarm:
                text = (alarm.get("text") or {}).get("zh" if ZH else "en", "")
                say("ALARM", f"priority {alarm['priority']}, {alarm['state']}: {alarm['alarm']}"
                             + (f"\n{'':20}{text}" if alarm["state"] == "unacked" else ""))


class Page:
    """The control room in a browser, where it was built: estated-web on a free port, a user with a password of this demo
    alone, and two homes with somebody to look after."""
    USER = "demo"
    RESIDENTS = ("1204", "独居;高龄"), ("0501", "独居")

    def __init__(self, programs, daemon, folder):
        self.programs, self.daemon, self.folder = programs, daemon, folder
        self.password = secrets.token_hex(6)
        self.url = f"http://127.0.0.1:{free_port()}/"

    def built(self):
        return (self.daemon.prefix / "share/estated/web/index.html").exists()

    def start(self):
        for home, categories in self.RESIDENTS:
            self.daemon.ctl("residents", "add", f"r-{home}", f"place=b3/u1/{home}", f"name=住户 {home}", f"categories={categories}")
        self.daemon.ctl("users", "add", self.USER, "--role", "admin", given=self.password + "\n")
        with open(self.folder / "estated-web.log", "wb") as log:
            self.programs.start("estated-web", [self.daemon.prefix / "sbin/estated-web", "--socket", self.daemon.socket, "--listen",
                                                self.url[len("http://"):-1]], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        limit = time.monotonic() + 10
        while True:
            try:
                with urllib.request.urlopen(self.url, timeout=5) as answer:
                    answer.read()
                return
            except OSError as problem:
                if time.monotonic() > limit:
                    raise Failed(f"{self.url}: expected the page within 10 s: {problem}") from problem
                time.sleep(0.05)  # until it listens


def alive(daemon):
    points = daemon.json("points")
    good = sum(1 for p in points if p["quality"] == "good")
    return good, len(points)


def show_points(daemon, names):
    good, total = alive(daemon)
    say("points", f"{good} of {total} are alive; the others are of sensors that speak when something happens")
    points = {p["point"]: p for p in daemon.json("points")}
    for name in names:
        p = points[name]
        value = json.dumps(p["value"], ensure_ascii=False) + (f" {p['unit']}" if p.get("unit") else "")
        say("point", f"{name:<20} {value:>8}  {p['quality']}")


def story(daemon, simulator, broker, until):
    """The lift and the button. Raises Failed when something that should happen does not."""
    tell("points come alive: two lifts, a pump room and a door on Modbus, three homes by radio",
         "测点逐个上线：Modbus 上的两部电梯、水泵房和单元门，无线的三户")
    daemon.ctl("wait", "--for", "30s")
    for command in ("home-1204 move kitchen", "home-0302 move living"):
        simulator.do(command)
    pause(until, daemon.began + 6)
    show_points(daemon, ("lift-1.floor", "lift-1.occupied", "tank-1.level", "motion-1204.motion"))

    tell("a lift stops between floors with somebody inside", "电梯载人停在楼层之间")
    simulator.do("lift-1 entrap")
    broker.wait_alarm(LIFT, ["unacked"])
    pause(until, daemon.began + 12)
    tell("somebody who lives alone presses the help button; the broker knows the home by a pseudonym only",
         "独居住户按下求助按钮；服务器只知道这户的化名")
    simulator.do("sos-1204 press")
    broker.wait_alarm(SOS, ["unacked", "rtn_unacked"])
    pause(until, daemon.began + 15)
    tell("the control room says that somebody is on the way", "值班室确认，人已出发")
    for alarm in (LIFT, SOS):
        say("estatectl", f"ack {alarm} --note 'on the way'")
        daemon.ctl("ack", alarm, "--note", "on the way")
    broker.wait_alarm(LIFT, ["acked"])
    pause(until, daemon.began + 18)
    tell("the lift is free again; a person closes both", "电梯恢复；由人关闭两条报警")
    simulator.do("lift-1 release")
    for alarm in (LIFT, SOS):
        settle(daemon, broker, alarm)


def settle(daemon, broker, alarm):
    """The condition ends by itself, or a person closes what latches."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        state = next((a["state"] for a in daemon.json("alarms", "--all") if a["alarm"] == alarm), "normal")
        if state == "latched":
            say("estatectl", f"close {alarm} --outcome test")
            daemon.ctl("close", alarm, "--outcome", "test")
        if state == "normal":
            broker.wait_alarm(alarm, ["normal"])
            return
        time.sleep(0.1)  # until the daemon has seen the wire
    raise Failed(f"{alarm}: expected normal within 20 s, is {state}")


def pause(until, moment):
    """Time for a reader; shortened when the demo is short."""
    wait = min(moment, until) - time.monotonic()
    if wait > 0:
        time.sleep(wait)


def figures(daemon, broker):
    status = daemon.json("status")
    counters = status.get("counters", status)
    latency = None
    if broker.sos_sent is not None and broker.sos_seen is not None:
        latency = round((broker.sos_seen - broker.sos_sent) * 1000, 1)
    return {
        "points": alive(daemon)[0],
        "samples": counters["samples"],
        "alarms_raised": counters["alarms_raised"],
        "alarms_delivered": len({(a["lane"], a["seq"]) for a in broker.alarms}),
        "sos_latency_ms": latency,
    }


def report(result):
    words = {
        "points": "points alive", "samples": "samples taken", "alarms_raised": "alarms raised",
        "alarms_delivered": "alarm messages at the broker", "sos_latency_ms": "SOS message in to alarm message out, ms",
    }
    print()
    for key, word in words.items():
        print(f"  {word:<42}{result[key]!s:>10}")
    print()


def show_page(page):
    if not page.built():
        say("page", "not built: that takes npm")
        return
    page.start()
    say("page", f"{page.url}  user {page.USER}, password {page.password}")


def run(arguments, programs, folder):
    broker = Broker(programs, folder)
    simulator = Simulator(programs, arguments.prefix, folder, broker)
    daemon = Daemon(programs, arguments.prefix, folder, broker, simulator)
    until = daemon.began + arguments.length if arguments.length else float("inf")
    say("demo", f"a simulated estate, a broker on 127.0.0.1:{broker.port}, and estated with {daemon.socket}")
    for _ in range(200):
        if daemon.socket.exists() or daemon.process.poll() is not None:
            break
        time.sleep(0.05)  # until the socket is there
    try:
        show_page(Page(programs, daemon, folder))
        daemon.follow()
        story(daemon, simulator, broker, until)
        result = figures(daemon, broker)
        tell("that was it; all of it runs on" + ("" if arguments.length else " until Ctrl-C"),
             "演示结束；一切继续运行" + ("" if arguments.length else "，按 Ctrl-C 全部结束"))
        if not arguments.length:
            command = f"{arguments.prefix}/bin/estatectl --socket {daemon.socket}"
            for words in ("", " points 'lift-1.*'", " why tank-1.level", " homes", " watch"):
                say("try", command + words)
        while time.monotonic() < until:
            if daemon.process.poll() is not None:
                raise Failed(f"estated ended with {daemon.process.returncode}")
            time.sleep(min(1.0, max(0.0, until - time.monotonic())))
        result = figures(daemon, broker)
    except (Failed, subprocess.TimeoutExpired) as problem:
        tail = (folder / "estated.log").read_text(errors="replace").splitlines()[-15:]
        print("\n".join(tail), file=sys.stderr)
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    report(result)
    print(json.dumps(result))
    happened = (result["points"] > 0 and result["samples"] > 0 and result["alarms_raised"] >= 2
                and result["alarms_delivered"] >= 6 and result["sos_latency_ms"] is not None)
    return 0 if happened else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", type=pathlib.Path, required=True, help="where estated is installed")
    parser.add_argument("--for", dest="length", type=seconds, default=None, metavar="60s",
                        help="run unattended for so long, counted from the daemon's start; else until Ctrl-C")
    arguments = parser.parse_args()
    if arguments.length is not None and arguments.length < 25:
        parser.error("--for: the story takes 25 s: expected 25s or more")
    sys.stdout.reconfigure(errors="replace", line_buffering=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    programs = Programs()
    with tempfile.TemporaryDirectory(prefix="estated-demo-") as name:
        try:
            return run(arguments, programs, pathlib.Path(name))
        except KeyboardInterrupt:
            say("demo", "ending everything")
            return 0 if arguments.length is None else 1
        except Failed as problem:
            print(f"demo: {problem}", file=sys.stderr)
            return 1
        finally:
            programs.end()


if __name__ == "__main__":
    sys.exit(main())
