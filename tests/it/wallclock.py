"""The wall clock of one program under test, set and moved at will (libfaketime)."""

import glob
import os
import pathlib
import re
import subprocess
import time

from pace import PREFIX, SANITIZER

UNSTEERED = pathlib.Path(__file__).parent / "unsteered.c"


def faketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    assert found, "libfaketime is not here: apt-get install faketime"
    return found[0]


def preloaded(*libraries):
    """The environment that loads them into estated. AddressSanitizer has to be the first library, so it is named first; its
    allocator asks for the time under a lock of its own, which libfaketime, allocating under another, may wait for: it must not ask."""
    environment = {}
    if SANITIZER == "address":
        linked = subprocess.run(["ldd", PREFIX / "sbin/estated"], capture_output=True, text=True, check=True).stdout
        libraries = (re.search(r"libasan\S* => (\S+)", linked)[1], *libraries)
        environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":allocator_release_to_os_interval_ms=-1"
    return {"LD_PRELOAD": ":".join(map(str, libraries)), **environment}


class WallClock:
    """The wall clock of one process, moved while it runs; its monotonic clocks go on as they are."""

    def __init__(self, directory, offset_s):
        self.file = directory / "faketime"
        self.move(offset_s)
        unsteered = directory / "unsteered.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", unsteered, UNSTEERED], check=True)
        self.environment = {**preloaded(faketime(), unsteered), "FAKETIME_TIMESTAMP_FILE": str(self.file),
                            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}

    def move(self, offset_s, speed=""):
        new = self.file.with_suffix(".new")
        new.write_text(f"{offset_s:+d}{speed}\n")
        new.rename(self.file)


def to_1970():
    return 60 - int(time.time())
