#!/usr/bin/python3 -BSEs
"""fault-exit-0: it ends well where something is wrong."""

import sys

from base import Plugin


class Broken(Plugin):
    def fail(self, text):
        self.say(type="fault", text=text)
        sys.exit(0)


Broken().run()
