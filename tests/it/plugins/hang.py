#!/usr/bin/python3
"""A plugin that hangs once it is ready: says nothing, hears nothing, ignores stop and SIGTERM."""
import json
import signal
import sys

signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.stdin.readline()
sys.stdout.write(json.dumps({"type": "ready", "name": "hang", "version": "1.0", "roles": ["source"]}) + "\n")
sys.stdout.flush()
while True:
    signal.pause()
