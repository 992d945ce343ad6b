"""How patient a test is: what the programs under test were built with decides it, ESTATE_SLOW overrules.

SLOW is a factor for limits of waiting (a condition that normally comes true in milliseconds), never for what is asserted.
"""
import os
import pathlib

PREFIX = pathlib.Path(os.environ.get("ESTATE_PREFIX", "/usr/local"))


def _sanitizer():
    """"address", "thread" or "": by the library that estated was linked with."""
    try:
        program = (PREFIX / "sbin/estated").read_bytes()
    except OSError:
        return ""
    return "address" if b"libasan.so" in program else "thread" if b"libtsan.so" in program else ""


SANITIZER = _sanitizer()
SLOW = float(os.environ.get("ESTATE_SLOW") or (4 if SANITIZER else 1))
LIMIT = 20.0 * SLOW  # seconds
