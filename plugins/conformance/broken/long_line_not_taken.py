#!/usr/bin/python3 -BSEs
"""long-line-not-taken: its buffer is half as long as a line may be."""

import sys

from base import Plugin


class Broken(Plugin):
    def too_long(self, line):
        if len(line) > 32768:
            sys.exit(1)
        return False


Broken().run()
