#!/usr/bin/python3 -BSEs
"""discovered-again: it tells of an address again and again."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        for _ in range(2):
            self.say(type="discovered", address="0x1", fields={})


Broken().run()
