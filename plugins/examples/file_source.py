#!/usr/bin/python3 -B
"""file-source: devices whose values another program writes into a file: {"ADDRESS": {"temperature": 21.5, …}, …}.

    plugins: ( { id = "files"; program = "/opt/estate/file_source.py"; options: { path = "/run/sensors.json"; interval = 10; }; } );
    devices: ( { id = "t1"; place = "b3/pump-room"; plugin = "files"; address = "pump-room"; class = "environment"; } );

Written from plugins/README.md alone; a source that polls, with options, faults, health and an orderly end."""

import json
import os
import select
import sys
import time

OPTIONS = [
    {"name": "path", "type": "text", "required": True, "default": None, "words": None, "min": 0, "max": 0,
     "help": "the file, an absolute path"},
    {"name": "interval", "type": "integer", "required": False, "default": "10", "words": None, "min": 1, "max": 3600,
     "help": "seconds between two looks at it"},
]


def say(**message):
    sys.stdout.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def fail(text):
    """What only a person can mend: one fault that says all of it, and an end that is none."""
    say(type="fault", text=text)
    sys.exit(1)


class Lines:
    """Whole lines of stdin, with a limit to the wait."""

    def __init__(self):
        self.buffer, self.ended = b"", False

    def next(self, until):
        """A line; None: the time is over, or there will be no more (ended)."""
        while b"\n" not in self.buffer:
            wait = max(0.0, until - time.monotonic())
            if not select.select([0], [], [], wait)[0]:
                return None
            data = os.read(0, 65536)
            if not data:
                self.ended = True
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line


class Source:
    def __init__(self):
        self.lines = Lines()
        self.devices, self.trouble = [], "unsaid"
        self.known = set()  # addresses of devices, and those that were told

    def begin(self):
        """hello, and the lines with more devices that belong to it."""
        hello = self.take_message(forever=True)
        if hello["protocol"] != 1:
            fail(f"protocol {hello['protocol']}: this plugin speaks protocol 1")
        self.read_options(hello["options"] or {})
        message = hello
        while True:
            self.devices += message["devices"]
            if not message.get("more"):
                break
            message = self.take_message(forever=True)
        self.known = {device["address"] for device in self.devices}
        say(type="ready", name="file-source", version="1.0", roles=["source"])

    def read_options(self, given):
        wrong = [f"there is no option '{name}'" for name in given if name not in {o["name"] for o in OPTIONS}]
        self.path, self.interval = given.get("path"), given.get("interval", 10)
        if not isinstance(self.path, str) or not self.path.startswith("/"):
            wrong.append("option 'path': expected an absolute path")
        if not isinstance(self.interval, int) or not 1 <= self.interval <= 3600:
            wrong.append("option 'interval': expected 1..3600")
        if wrong:
            fail("; ".join(wrong))

    def take_message(self, until=0.0, forever=False):
        line = self.lines.next(time.monotonic() + 86400 if forever else until)
        if line is None:
            if forever:
                sys.exit(0)
            return None
        return json.loads(line)

    def tell_state(self, trouble):
        """fault and healthy are edges: said when they change."""
        if trouble == self.trouble:
            return
        self.trouble = trouble
        if trouble:
            say(type="fault", text=trouble)
        else:
            say(type="healthy")

    def look(self):
        try:
            with open(self.path, encoding="utf-8") as f:
                values = json.load(f)
                if not isinstance(values, dict):
                    raise ValueError("expected an object of addresses")
        except (OSError, ValueError) as e:
            self.tell_state(f"{self.path}: {e}")
            return
        self.tell_state(None)
        for device in self.devices:
            fields = values.get(device["address"])
            if isinstance(fields, dict):
                say(type="sample", device=device["id"], fields=fields, at=os.stat(self.path).st_mtime)
            else:
                say(type="stale", device=device["id"])
        self.discover(values)

    def discover(self, values):
        """What stands there and nobody has configured; each once, for 'estatectl devices --discovered'."""
        for address, fields in values.items():
            if address not in self.known and isinstance(fields, dict) and 0 < len(address.encode()) < 256 and address.isprintable():
                self.known.add(address)
                say(type="discovered", address=address, fields=fields)

    def run(self):
        self.begin()
        due = time.monotonic()
        while not self.lines.ended:
            message = self.take_message(due)
            if message is None:
                self.look()
                due = time.monotonic() + self.interval
            elif message["type"] == "ping":
                say(type="pong", id=message["id"])
            elif message["type"] == "stop":
                return


if __name__ == "__main__":
    if sys.argv[1:] == ["--options"]:
        print(json.dumps(OPTIONS, indent=1))
    elif sys.argv[1:] == ["--help"]:
        print(__doc__)
    else:
        Source().run()
