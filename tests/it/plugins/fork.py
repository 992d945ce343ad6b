#!/usr/bin/python3
"""A plugin that leaves children behind: one that holds its pipes, one that tries to leave the process group, one whose parent is
gone; all ignore SIGTERM. Tells their numbers as "discovered". options: then = "exit" (default) | "stay" (until stop)."""
import json
import os
import signal
import sys


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def stay(told):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.write(told, b"%d " % os.getpid())
    os.close(told)
    while True:
        signal.pause()


def leave_group():
    for leave in (os.setsid, lambda: os.setpgid(0, 0)):
        try:
            leave()
        except PermissionError:
            pass


def orphan(told):
    if os.fork() == 0:
        stay(told)
    os._exit(0)


def fork_all():
    reader, told = os.pipe()
    for kind in ("plain", "leaving", "orphan"):
        if os.fork() == 0:
            if kind == "leaving":
                leave_group()
            if kind == "orphan":
                orphan(told)
            stay(told)
    os.close(told)
    numbers = b""
    while chunk := os.read(reader, 100):
        numbers += chunk
    return [int(n) for n in numbers.split()]


hello = json.loads(sys.stdin.readline())
say(type="ready", name="fork", version="1.0", roles=["source"])
for number in fork_all():
    say(type="discovered", address="child", fields={"pid": number})
if hello["options"].get("then", "exit") == "exit":
    sys.exit(0)
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "ping":
        say(type="pong", id=message["id"])
    elif message["type"] == "stop":
        break
