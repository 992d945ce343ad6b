#!/usr/bin/python3 -BSEs
"""torn-line: its last line has no end."""

import sys

from base import Plugin


class Broken(Plugin):
    def stop(self, m):
        self.write(b'{"type":"fault"')
        sys.exit(0)


Broken().run()
