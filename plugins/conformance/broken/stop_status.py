#!/usr/bin/python3 -BSEs
"""stop-status: it ends with an error when it is told to stop."""

import sys

from base import Plugin


class Broken(Plugin):
    def stop(self, m):
        sys.exit(3)


Broken().run()
