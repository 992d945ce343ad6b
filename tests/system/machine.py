"""A booted Debian 12 (systemd-nspawn) with estated installed from the tree; it lives as long as the test that made it.

    machine = Machine()                             # prepares (cached), boots, returns when systemd says that it is up
    machine.ctl("status")                           # estatectl inside, as root
    machine.write("/etc/estated/estated.conf", "…")
    machine.end()

Nothing of the prepared folders is changed: the root is an overlay in a mount namespace that dies with the machine.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 20.0  # seconds; for conditions that normally come true much earlier
AGAIN = 90.0  # seconds; what does not answer is asked again after a minute at the latest
CANNOT = 77
PR_SET_PDEATHSIG = 1
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # __WALL: threads too

BOOT = r"""
machine=$1 installed=$2 room=$3
shift 3
mkdir -p "$room/upper" "$room/work" "$room/root" /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
if ! mount -t overlay overlay -o "lowerdir=$installed:$machine,upperdir=$room/upper,workdir=$room/work" "$room/root"; then
	cp -a "$machine/." "$room/root"
	cp -a "$installed/." "$room/root"
fi
exec systemd-nspawn --directory="$room/root" "$@"
"""


class Unavailable(Exception):
    """The machine cannot be had here; the text says why."""


class Broken(Exception):
    """The tree does not build, or the machine does not boot."""


def until(condition, what, limit=LIMIT):
    """Asks again until condition() is true; returns what it returned."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.02)


def prepare():
    if os.getuid() != 0:
        raise Unavailable("needs root, debootstrap and systemd-container: sudo tests/system/run")
    done = subprocess.run([HERE / "prepare.sh"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    words = done.stderr.strip().splitlines() or ["it said nothing"]
    if done.returncode == CANNOT:
        raise Unavailable(words[-1])
    if done.returncode != 0:
        raise Broken(f"prepare.sh ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return done.stdout.split()


def reap(tid):
    with contextlib.suppress(ChildProcessError):
        while os.WIFSTOPPED(os.waitpid(tid, WALL)[1]):
            pass


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Machine:
    def __init__(self):
        base, self.installed = prepare()
        self.room = pathlib.Path(tempfile.mkdtemp(prefix="boot-", dir=pathlib.Path(base).parent))
        self.room.chmod(0o755)
        self.process = None
        try:
            self.boot(base)
        except BaseException:
            self.end()
            raise

    # ---- begin and end ----

    def boot(self, base):
        """Not a sleep: systemd-nspawn passes on that the systemd inside is up, and the number of its process."""
        options = ["--quiet", "--register=no", "--boot", "--private-network", "--notify-ready=yes", "--console=pipe",
                   "--link-journal=no", "--kill-signal=SIGRTMIN+3", "--machine=estated-test", "--resolv-conf=off",
                   "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self "
                   "adjtimex clock_adjtime"]  # what a computer lets its programs do, and a container does not
        if not os.path.isdir("/run/systemd/system"):
            options.append("--keep-unit")
        notify = self.room / "notify"
        self.console = open(self.room / "console.log", "wb")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(str(notify))
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "sh", "-ec", BOOT, "-", base, self.installed,
                 str(self.room), *options], stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console,
                env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(notify)}, preexec_fn=die_with_parent)
            self.leader = self.wait_boot(s)

    def wait_boot(self, s, limit=60):
        end, leader = time.monotonic() + limit, None
        s.settimeout(0.5)
        while time.monotonic() < end:
            try:
                fields = dict(line.split("=", 1) for line in s.recv(4096).decode().splitlines() if "=" in line)
            except TimeoutError:
                if self.process.poll() is not None:
                    raise Unavailable(f"systemd-nspawn ended with {self.process.returncode}: {self.console_text()}")
                continue
            leader = fields.get("X_NSPAWN_LEADER_PID", leader)
            if leader and fields.get("READY") == "1":
                return int(leader)
        raise Broken(f"the machine was not up within {limit} s:\n{self.console_text()}")

    def console_text(self):
        return (self.room / "console.log").read_text(errors="replace")[-2000:]

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()  # an orderly shutdown
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        for folder in (self.room, self.installed):
            shutil.rmtree(folder, ignore_errors=True)

    # ---- inside ----

    def words(self, *command):
        return ["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C", "--", "/usr/bin/env", "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "SYSTEMD_PAGER=cat", *map(str, command)]

    def start(self, *command):
        """Not waited for: the caller does, by communicate()."""
        return subprocess.Popen(self.words(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent)

    def run(self, *command, check=True, limit=40):
        done = subprocess.run(self.words(*command), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=limit)
        if check:
            assert done.returncode == 0, f"{command}: {done.returncode}: {done.stderr or done.stdout}\n{self.tail()}"
        return done

    def path(self, inside):
        return pathlib.Path(f"/proc/{self.leader}/root{inside}")

    def write(self, inside, text):
        """Whole or not at all, as an editor does."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(path.name + ".new")
        new.write_text(text)
        new.rename(path)

    def compile(self, source, inside, *options):
        """A C program of this folder, with the machine's own compiler."""
        shutil.copy(HERE / source, self.path("/run"))
        self.run("gcc", "-O1", "-Wall", "-Werror", *options, "-o", inside, f"/run/{source}")

    def drop_in(self, name, text):
        """A piece of the unit; None takes it away."""
        path = f"/run/systemd/system/estated.service.d/{name}.conf"
        if text is None:
            self.path(path).unlink(missing_ok=True)
        else:
            self.write(path, text)
        self.run("systemctl", "daemon-reload")

    def read(self, inside):
        return self.path(inside).read_text()

    # ---- estated ----

    def ctl(self, *arguments, check=True):
        return self.run("estatectl", *arguments, check=check)

    def json(self, *arguments):
        return json.loads(self.ctl("-f", "json", *arguments).stdout)

    def answers(self):
        return self.ctl("status", check=False).returncode == 0

    def alarm(self, name):
        return next((a for a in self.json("alarms", "--all") if a["alarm"] == name), None)

    def wait_alarm(self, name, state):
        return until(lambda: (lambda a: a if a and a["state"] == state else None)(self.alarm(name)), f"{name} {state}")

    def point(self, name):
        return next((p for p in self.json("points", name)), None)

    def wait_good(self, name, limit=LIMIT):
        return until(lambda: (lambda p: p if p and p["quality"] == "good" else None)(self.point(name)), f"{name} good",
                     limit)

    # ---- the service manager's view ----

    def show(self, *names):
        """Properties of the unit, as text."""
        done = self.run("systemctl", "show", "estated", *(f"--property={n}" for n in names))
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    def state(self, unit="estated"):
        return self.run("systemctl", "show", unit, "--property=ActiveState", "--value").stdout.strip()

    def main_pid(self):
        return int(self.show("MainPID")["MainPID"])

    def restarts(self):
        return int(self.show("NRestarts")["NRestarts"])

    def cursor(self):
        """Where the journal is now; for journal(since=...)."""
        out = self.run("journalctl", "--no-pager", "-n", "0", "--show-cursor").stdout
        return out.split("-- cursor: ", 1)[1].strip()

    def journal(self, since=None, unit="estated"):
        after = ["--after-cursor", since] if since else []
        out = self.run("journalctl", "--no-pager", "-o", "json", "-u", unit, *after).stdout
        return [json.loads(line) for line in out.splitlines()]

    def said(self, since=None):
        """What the daemon itself said, not systemd of it."""
        return [e["MESSAGE"] for e in self.journal(since) if e.get("_COMM") == "estated"]

    def tail(self):
        if not self.process:
            return ""
        return subprocess.run(["nsenter", "-t", str(self.leader), "-m", "-p", "--", "journalctl", "--no-pager", "-n", "30",
                               "-u", "estated"], stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout

    # ---- faults ----

    def outer_pid(self, pid):
        """The number by which the host knows a process inside."""
        namespace = os.readlink(f"/proc/{self.leader}/ns/pid")
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                status = (entry / "status").read_text()
                if os.readlink(entry / "ns/pid") == namespace and f"\nNSpid:\t{entry.name}\t{pid}\n" in status:
                    return int(entry.name)
        raise AssertionError(f"no process {pid} inside")

    @contextlib.contextmanager
    def held_thread(self, name):
        """One thread of the daemon stands still, all others run on."""
        pid = self.outer_pid(self.main_pid())
        threads = {(t / "comm").read_text().strip(): int(t.name) for t in pathlib.Path(f"/proc/{pid}/task").iterdir()}
        libc = ctypes.CDLL(None, use_errno=True)
        libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        libc.ptrace.restype = ctypes.c_long
        tid = threads[name]
        for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
            assert libc.ptrace(request, tid, None, None) == 0, os.strerror(ctypes.get_errno())
        assert os.waitpid(tid, WALL)[0] == tid
        # A dead process stays until its tracer has heard of it: somebody must listen.
        reaper = threading.Thread(target=reap, args=(tid,), daemon=True)
        reaper.start()
        try:
            yield
        finally:
            libc.ptrace(PTRACE_DETACH, tid, None, None)  # fails when it is gone, as it should be
            reaper.join(LIMIT)


class Simulator:
    """estate-sim inside, as a service of its own; the pump room's serial line, riser, is a pseudo terminal.

    scenario: a file inside. Two simulators with homes at one broker would be two Zigbee2MQTTs under one name."""

    def __init__(self, machine, name="sim", scenario="/usr/share/estated/sim/demo.conf",
                 options=("--port", "gw-lifts=5020", "--mqtt-port", "1883")):
        self.machine, self.name = machine, name
        self.words = ["estate-sim", "--dir", f"/run/{name}", "--control", f"/run/{name}/control", "--no-timeline",
                      "--no-living", *options, scenario]
        self.control = machine.path(f"/run/{name}/control")
        self.riser = f"/run/{name}/riser-3"
        self.start()

    def start(self):
        self.machine.run("systemd-run", "--quiet", "--collect", f"--unit=estate-{self.name}", "--property=User=estated",
                         f"--property=RuntimeDirectory={self.name}", *self.words)
        until(lambda: self.machine.path(f"/run/{self.name}/ports.json").exists() and self.control.exists(),
              f"estate-{self.name} is ready")

    def stop(self):
        self.machine.run("systemctl", "stop", f"estate-{self.name}")

    def do(self, command):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(LIMIT)
            s.connect(str(self.control))
            s.sendall(command.encode() + b"\n")
            answer = json.loads(s.makefile().readline())
        assert answer.get("ok"), answer
        return answer
