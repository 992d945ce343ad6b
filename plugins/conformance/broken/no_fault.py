#!/usr/bin/python3 -BSEs
"""no-fault: it ends without a word where something is wrong."""

import sys

from base import Plugin


class Broken(Plugin):
    def fail(self, text):
        sys.exit(1)


Broken().run()
