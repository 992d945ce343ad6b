#!/usr/bin/python3
"""A plugin that prints garbage once it is ready. options: what = "text" (default) | "binary" | "array" | "blank" | "long" (a line
of more than 64 KiB) | "endless" (the same without an end) | "half" (half a line, then silence) | "kind" (a member of another kind)."""
import json
import sys

GARBAGE = {
    "text": b"Segmentation fault (core dumped)\n",
    "binary": b'{"type":"fault","text":"\xff\xfe\x00"}\n',
    "array": b'[{"type":"healthy"}]\n',
    "blank": b"\n",
    "long": b'{"type":"fault","text":"' + b"x" * 65536 + b'"}\n',
    "endless": b"x" * 200000,
    "half": b'{"type":"sample","device":',
    "kind": b'{"type":"sample","device":7,"fields":{}}\n',
}

hello = json.loads(sys.stdin.readline())
out = sys.stdout.buffer
out.write(json.dumps({"type": "ready", "name": "garbage", "version": "1.0", "roles": ["source"]}).encode() + b"\n")
out.write(GARBAGE[hello["options"].get("what", "text")])
out.flush()
for line in sys.stdin:
    if json.loads(line)["type"] == "stop":
        break
