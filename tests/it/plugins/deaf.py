#!/usr/bin/python3
"""A plugin that reads nothing after hello, but gives signs of life."""
import json
import sys
import time

LIFE_S = 0.1


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


sys.stdin.buffer.raw.read(65536)
say(type="ready", name="deaf", version="1.0", roles=["source", "uplink"])
while True:
    say(type="pong")
    time.sleep(LIFE_S)
