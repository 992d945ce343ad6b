#!/usr/bin/python3
"""A plugin that behaves, and besides does what its options say. Lines are written as they stand.

before: lines before ready        lines: lines after ready          on_stop: lines at the stop
log: lines on stderr              echo: what it hears, as "discovered" with the message's type as address
close: "stdin" or "stdout", after ready      exit: a status, after all that      write: a file made in TMPDIR
long: bytes of one line, with its end, after ready
"""
import json
import os
import sys


def write(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(**message):
    write(json.dumps(message))


def echo(message):
    if options.get("echo"):
        say(type="discovered", address=message["type"], fields=message)


def hello():
    message = json.loads(sys.stdin.readline())
    more = message
    while more.get("more"):
        more = json.loads(sys.stdin.readline())
        message["devices"] += more["devices"]
    return message


def begin(message):
    for line in options.get("before", []):
        write(line)
    say(type="ready", name="puppet", version="1.0", roles=options.get("roles", ["source", "uplink"]))
    echo(message if len(message["devices"]) < 100 else {"type": "hello", "devices": len(message["devices"])})
    if "write" in options:
        with open(os.path.join(os.environ["TMPDIR"], options["write"]), "w") as f:
            f.write("here\n")
        say(type="discovered", address="wrote", fields={"path": f.name})
    if "long" in options:
        head, tail = '{"type":"fault","text":"', '"}'
        write(head + "x" * (options["long"] - len(head) - len(tail) - 1) + tail)
    for line in options.get("log", []):
        sys.stderr.write(line + "\n")
    sys.stderr.flush()
    for line in options.get("lines", []):
        write(line)
    if options.get("close"):
        os.close(0 if options["close"] == "stdin" else 1)
    if "exit" in options:
        os._exit(options["exit"])


first = hello()
options = first["options"]
begin(first)
if options.get("close") == "stdin":
    while True:  # still alive, but deaf for good
        os.read(os.pipe()[0], 1)
for text in sys.stdin:
    message = json.loads(text)
    echo(message)
    if message["type"] == "ping" and options.get("close") != "stdout":
        say(type="pong", id=message["id"])
    elif message["type"] == "stop":
        for line in options.get("on_stop", []):
            write(line)
        break
