#!/usr/bin/python3
"""A plugin that crashes. options: when = "hello" | "ready" (default) | "ping"; how = "exit" (default: with 3) | "signal" |
"fault" (it says why, and exits with 1)."""
import json
import os
import signal
import sys


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def crash():
    how = options.get("how", "exit")
    if how == "signal":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "fault":
        say(type="fault", text="the vendor's library gave up")
        sys.exit(1)
    sys.exit(3)


hello = json.loads(sys.stdin.readline())
options = hello["options"]
when = options.get("when", "ready")
if when == "hello":
    crash()
say(type="ready", name="crash", version="1.0", roles=["source"])
if when == "ready":
    crash()
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "ping":
        crash()
    elif message["type"] == "stop":
        break
