"""A running estated for tests: its configuration, its socket, estatectl; killed, started again, ended with the test.

    with Estate(tmp_path, CONFIGURATION) as estate:
        estate.wait_point("tank-1.level", lambda p: p["value"] == 95)
        estate.wait_alarm("tank-high/tank-1", "unacked")
        estate.ctl("ack", "tank-high/tank-1", "--note", "seen")
        estate.kill(); estate.start()
"""

import json
import os
import pathlib
import signal
import subprocess
import time

from pace import LIMIT, PREFIX


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


class Estate:
    def __init__(self, directory, configuration, arguments=(), environment=None, wrapper=()):
        self.directory = pathlib.Path(directory)
        self.conf = self.directory / "estated.conf"
        self.conf.write_text(configuration)
        self.state, self.run = self.directory / "state", self.directory / "run"
        self.socket = self.run / "api.sock"
        self.log_path = self.directory / "estated.log"
        self.arguments = list(arguments)
        self.environment = dict(os.environ, **(environment or {}))  # of the daemon alone
        self.wrapper = list(wrapper)  # a command before it, which must exec
        self.process = None

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self, ready=True):
        self.run.mkdir(exist_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, PREFIX / "sbin/estated", "-c", self.conf, "--state-dir", self.state, "--runtime-dir", self.run,
                 *self.arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment)
        self._watch_with_gdb()
        if ready:
            until(lambda: self.process.poll() is not None or self.answers(), "estated answers on its socket")
            assert self.process.poll() is None, f"estated ended with {self.process.returncode}:\n{self.log}"
        return self

    def _watch_with_gdb(self):
        """tests/reproduce --gdb: where the daemon crashes, every thread's stack is in gdb.log; it ends with the daemon."""
        if not os.environ.get("ESTATE_GDB"):
            return
        commands = ["handle SIGTERM SIGHUP SIGUSR1 SIGPIPE nostop noprint pass", "continue", "thread apply all backtrace full"]
        with open(self.directory / "gdb.log", "ab") as log:
            gdb = subprocess.Popen(["gdb", "-q", "-batch", "-p", str(self.process.pid), *(w for c in commands for w in ("-ex", c))],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        status = pathlib.Path(f"/proc/{self.process.pid}/status")
        until(lambda: gdb.poll() is not None or "TracerPid:\t0\n" not in status.read_text(), "gdb has attached")

    def answers(self):
        return self.socket.exists() and self.run_ctl("status").returncode == 0

    def stop(self, limit=LIMIT):
        """An orderly end; returns the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"estated did not end within {limit} s of SIGTERM:\n{self.log[-4000:]}")
        finally:
            self.process = None

    def kill(self):
        """Power off: SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def run_ctl(self, *arguments, wrapper=()):
        return subprocess.run([*wrapper, PREFIX / "bin/estatectl", "--socket", self.socket, *arguments], capture_output=True,
                              text=True, timeout=60, stdin=subprocess.DEVNULL)

    def ctl(self, *arguments):
        done = self.run_ctl(*arguments)
        assert done.returncode == 0, f"estatectl {arguments}: {done.returncode}: {done.stderr}\n{self.log[-4000:]}"
        return done.stdout

    def json(self, *arguments):
        return json.loads(self.ctl("-f", "json", *arguments))

    def point(self, name):
        return next((p for p in self.json("points") if p["point"] == name), None)

    def alarm(self, name):
        return next((a for a in self.json("alarms", "--all") if a["alarm"] == name), None)

    def wait_point(self, name, condition, limit=LIMIT):
        last = []

        def there():
            last[:] = [self.point(name)]
            return last[0] if last[0] and condition(last[0]) else None
        try:
            return until(there, name, limit)
        except AssertionError as e:
            raise AssertionError(f"{e}; last: {last}\n{self.log[-3000:]}") from None

    def wait_quality(self, name, quality, limit=LIMIT):
        return self.wait_point(name, lambda p: p["quality"] == quality, limit)

    def wait_alarm(self, name, state, limit=LIMIT):
        last = []

        def there():
            last[:] = [self.alarm(name)]
            return last[0] if last[0] and last[0]["state"] == state else None
        try:
            return until(there, f"{name} {state}", limit)
        except AssertionError as e:
            raise AssertionError(f"{e}; last: {last}\n{self.log[-3000:]}") from None

    def wait_log(self, text, times=1, limit=LIMIT):
        """A thread of its own writes the log: a line may come after what it tells of can be seen."""
        until(lambda: self.log.count(text) >= times, f"{text!r} in the log, {times} times", limit)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process is not None:
            self.stop()
