#!/usr/bin/python3
"""A plugin that floods once it is ready. options: what = "sample" (default) | "log" (its stderr) | "long" (lines of nearly
64 KiB); lines = 100000. After it, it behaves."""
import json
import sys


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def flood(what, lines):
    device = hello["devices"][0]["id"] if hello["devices"] else "none"
    padding = "x" * 65000 if what == "long" else ""
    for i in range(lines):
        if what == "log":
            sys.stderr.write(f"<4>something is wrong, number {i}\n")
        else:
            say(type="sample", device=device, fields={"temperature": i, "padding": padding})
    sys.stderr.flush()


hello = json.loads(sys.stdin.readline())
options = hello["options"]
say(type="ready", name="flood", version="1.0", roles=["source"])
flood(options.get("what", "sample"), options.get("lines", 100000))
say(type="discovered", address="after the flood", fields={})
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "ping":
        say(type="pong", id=message["id"])
    elif message["type"] == "stop":
        break
