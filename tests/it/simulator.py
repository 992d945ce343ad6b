"""estate-sim for tests: start it, command it, wait for what happens, end it.

    with Simulator(tmp_path, SCENARIO) as sim:              # SCENARIO: a path, or the text of a scenario
        port = sim.port("gw-lifts")
        line = sim.path("riser-3")
        sim.do("fault gw-lifts:247 late 700 count 3")        # the answer; an error fails the test
        answer = sim.ask("lift-1 dance")                     # the answer, good or bad
        sim.wait_event(lambda e: e.get("event") == "timeline")

The program is $ESTATE_PREFIX/bin/estate-sim. It ends with the test: its stdin is ours.
"""

import collections
import json
import os
import signal
import subprocess
import threading

from pace import LIMIT, PREFIX


def find_simulator():
    return str(PREFIX / "bin/estate-sim")


class Simulator:
    """A running estate-sim. Answers come in the order of the commands; everything else on its stdout is an event."""

    def __init__(self, directory, scenario, *args, mqtt_port=None):
        self.directory = str(directory)
        self.scenario = self._scenario_file(scenario) if scenario is not None else None  # None: --replay
        self.args = list(args)
        if mqtt_port is not None:
            self.args += ["--mqtt-port", str(mqtt_port)]
        self.process, self.ready, self.stderr = None, None, ""
        self.events = []
        self._answers = collections.deque()
        self._changed = threading.Condition()
        self._ended = False
        self._asking = threading.Lock()

    def _scenario_file(self, scenario):
        scenario = str(scenario)
        if "\n" not in scenario and os.path.exists(scenario):
            return scenario
        path = os.path.join(self.directory, f"scenario-{id(self):x}.conf")
        with open(path, "w") as f:
            f.write(scenario)
        return path

    def start(self, limit=LIMIT):
        command = [find_simulator(), "--exit-on-eof", "--dir", self.directory, *self.args, *([self.scenario] if self.scenario else [])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, bufsize=1)
        threading.Thread(target=self._read_stdout, daemon=True).start()
        self._errors = threading.Thread(target=self._read_stderr, daemon=True)
        self._errors.start()
        with self._changed:
            self._changed.wait_for(lambda: self.ready or self._ended, limit)
        if not self.ready:
            self.kill()
            raise RuntimeError(f"estate-sim did not become ready: {self.stderr}")
        return self

    def _read_stderr(self):
        for line in self.process.stderr:
            self.stderr += line

    def _read_stdout(self):
        for text in self.process.stdout:
            line = json.loads(text)
            with self._changed:
                if "ok" in line:
                    self._answers.append(line)
                elif "ready" in line:
                    self.ready = line
                else:
                    self.events.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def ask(self, line, limit=LIMIT):
        """One command; its answer, whatever it is."""
        with self._asking:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            with self._changed:
                assert self._changed.wait_for(lambda: self._answers or self._ended, limit), f"no answer to: {line}"
                assert self._answers, f"estate-sim ended instead of answering: {line}\n{self.stderr}"
                return self._answers.popleft()

    def do(self, line):
        """One command that must succeed."""
        answer = self.ask(line)
        assert answer["ok"], f"{line}: {answer['error']}"
        return answer

    def wait_event(self, condition, limit=LIMIT):
        """The first event (also an earlier one) for which condition(event) holds."""
        found = []

        def look():
            found[:] = [e for e in self.events if condition(e)][:1]
            return found or self._ended

        with self._changed:
            assert self._changed.wait_for(look, limit) and found, f"no such event; there were {self.events[-5:]}"
        return found[0]

    def port(self, slave):
        return self.ready["slaves"][slave]["port"]

    def path(self, slave):
        return self.ready["slaves"][slave]["path"]

    def get(self, target, table, address, count=1):
        """Registers as the simulator has them."""
        return self.do(f"get {target} {table} {address} {count}")["values"]

    def requests(self, slave, count=50):
        """The newest requests of a slave: dicts of unit, function, first, count, at."""
        return self.do(f"requests {slave} {count}")["requests"]

    def stats(self, slave):
        return self.do(f"stats {slave}")["slaves"][slave]

    @property
    def pid(self):
        return self.process.pid

    def stop(self, limit=LIMIT):
        """Ends it as systemd would; returns its exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(limit)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return self._close()

    def kill(self):
        """Ends it at once."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        return self._close()

    def _close(self):
        if not self.process:
            return None
        self._errors.join(LIMIT)
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        return self.process.returncode

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        status = self.stop()
        if kind is None:
            assert status == 0, f"estate-sim ended with {status}: {self.stderr}"
