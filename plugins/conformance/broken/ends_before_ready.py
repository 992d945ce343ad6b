#!/usr/bin/python3 -BSEs
"""ends-before-ready: it ends when it is greeted."""

import sys

from base import Plugin


class Broken(Plugin):
    def ready(self):
        sys.exit(0)


Broken().run()
