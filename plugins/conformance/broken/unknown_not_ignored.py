#!/usr/bin/python3 -BSEs
"""unknown-not-ignored: it ends at a type that it does not know."""

import sys

from base import Plugin


class Broken(Plugin):
    def unknown(self, m):
        sys.exit(1)


Broken().run()
