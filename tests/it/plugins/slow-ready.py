#!/usr/bin/python3
"""A plugin that is never ready."""
import json
import sys

for line in sys.stdin:
    if json.loads(line)["type"] == "stop":
        break
