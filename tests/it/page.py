"""The page in a real browser: an estate, estated-web before it, and a story of tests/web/ between them.

    with Desk(tmp_path, CONFIGURATION) as desk:
        desk.tell("night_shift", {"press": lambda: desk.say("sos-1", pressed=True)})
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

from estate import until
from gate import Gate
from hands import Fed
from pace import LIMIT, PREFIX, SLOW

STORIES = pathlib.Path(__file__).resolve().parent.parent / "web"
PASSWORD = "a long password"
STORY_LIMIT = 300 * SLOW


class Desk(Fed):
    def __init__(self, directory, configuration, **more):
        super().__init__(directory, configuration, **more)
        self.directory = pathlib.Path(directory)
        self.gate = Gate(directory, self.estate.socket, "--page", PREFIX / "share/estated/web")

    def start(self):
        super().start()
        self.gate.start()
        for name, role, scope in (("desk", "operator", None), ("viewer", "viewer", None), ("b2-only", "operator", "b2"),
                                  ("technician", "technician", None), ("care", "care", None)):
            self.add(name, role, scope)
        return self

    def add(self, name, role, scope):
        words = ["--role", role, *(["--scope", scope] if scope else [])]
        done = subprocess.run([PREFIX / "bin/estatectl", "--socket", self.estate.socket, "users", "add", name, *words],
                              input=PASSWORD + "\n", capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def tell(self, story, acts=None, **environment):
        """Runs a story; what it asks for is done by the act of that name, whose answer (a dict or None) it gets."""
        pictures = pathlib.Path(os.environ.get("ESTATE_RESULTS") or self.directory) / "pictures" / story
        pictures.mkdir(parents=True, exist_ok=True)
        words = ["node", STORIES / f"{story}.mjs", f"http://127.0.0.1:{self.gate.port}", pictures]
        with open(self.directory / f"{story}.log", "w+") as log:
            process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                       env=dict(os.environ, **environment))
            try:
                done = self._listen(process, acts or {})
                status = process.wait(LIMIT)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            log.seek(0)
            said = log.read()
        assert done and status == 0, f"{story}: {status}\n{said}\n{self.gate.log[-2000:]}\n{self.estate.log[-2000:]}"
        return said

    def _listen(self, process, acts):
        for line in process.stdout:
            message = json.loads(line)
            if message.get("done"):
                return True
            answer = acts[message["do"]]()
            process.stdin.write(json.dumps(answer if isinstance(answer, dict) else {}) + "\n")
            process.stdin.flush()
        return False

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        try:
            if self.gate.process:
                self.gate.stop()
        finally:
            super().__exit__()


class Page:
    """A copy of the page that a test may put another version of in its place, as an update of the box does."""

    def __init__(self, desk):
        self.desk, self.folder = desk, desk.directory / "page"
        shutil.copytree(PREFIX / "share/estated/web", self.folder)
        command = desk.gate.command
        command[command.index("--page") + 1] = self.folder

    def renew(self):
        """The same page; all scripts have other names, and none of the old ones is there any more."""
        files = {path.name: path.read_bytes() for path in self.folder.iterdir() if path.suffix != ".gz"}
        names = {name: re.sub(r"-([0-9a-f])(\w+)\.js$", lambda m: f"-{int(m[1], 16) ^ 1:x}{m[2]}.js", name) for name in files}
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        for name, text in files.items():
            for old, new in names.items():
                text = text.replace(old.encode(), new.encode())
            (self.folder / names[name]).write_bytes(text)
        before = self.desk.gate.ask("GET", "/")[1]["ETag"]
        self.desk.gate.process.send_signal(signal.SIGHUP)
        until(lambda: self.desk.gate.ask("GET", "/")[1]["ETag"] != before, "the gate has the new page")
