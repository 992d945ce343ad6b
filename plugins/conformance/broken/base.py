"""base.py: a plugin that keeps to the protocol, in every role; the others here each break one thing of it."""

import json
import os
import sys


class Plugin:
    roles = ["source", "uplink", "notifier", "command"]
    OPTIONS = [{"name": "url", "type": "text", "required": False, "default": None, "words": None, "min": 0, "max": 0, "help": "where"}]

    def __init__(self):
        self.samples = 0
        self.devices = []

    def say(self, **message):
        self.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    def write(self, data):
        while data:
            data = data[os.write(1, data):]

    def fail(self, text):
        self.say(type="fault", text=text)
        sys.exit(1)

    # ---- what comes; each may be broken ----

    def hello(self, m):
        if m["protocol"] != 1:
            self.fail("protocol 1 is spoken here")
        self.check_options(m["options"])
        self.take_devices(m)

    def check_options(self, options):
        unknown = [name for name in options if name != "url"]
        if unknown:
            self.fail(f"there is no option '{unknown[0]}'")

    def take_devices(self, m):
        self.devices += m["devices"]
        if not m.get("more"):
            self.ready()

    def ready(self):
        self.say(type="ready", name="broken", version="1", roles=self.roles)
        self.say(type="healthy")
        self.begin()

    def begin(self):
        for device in self.devices:
            self.sample(device["id"])

    def sample(self, device):
        self.samples += 1
        self.say(type="sample", device=device, fields={"temperature": 21.5}, id=f"{os.getpid()}-{id(self)}-{self.samples}")

    def ping(self, m):
        self.say(type="pong", id=m["id"])

    def deliver(self, m):
        self.say(type="delivered", batch=m["batch"])

    def notify(self, m):
        self.say(type="notified", id=m["id"], ok=True)

    def command(self, m):
        self.say(type="result", id=m["id"], ok=False, text="there is no such verb")

    def stop(self, m):
        sys.exit(0)

    def unknown(self, m):
        pass

    def too_long(self, line):
        return False

    # ---- its life ----

    def take(self, line):
        m = json.loads(line)
        handlers = {"hello": self.hello, "devices": self.take_devices, "ping": self.ping, "deliver": self.deliver, "notify": self.notify,
                    "command": self.command, "stop": self.stop}
        handlers.get(m["type"], self.unknown)(m)

    def end_of_input(self):
        pass

    def run(self):
        if sys.argv[1:] == ["--options"]:
            print(json.dumps(self.OPTIONS))
            return
        for line in sys.stdin.buffer:
            if not self.too_long(line):
                self.take(line)
        self.end_of_input()
