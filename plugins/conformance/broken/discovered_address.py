#!/usr/bin/python3 -BSEs
"""discovered-address: it tells of an address that no configuration could have."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        self.say(type="discovered", address="", fields={})


Broken().run()
