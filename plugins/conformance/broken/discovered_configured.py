#!/usr/bin/python3 -BSEs
"""discovered-configured: it tells of the address of a device that it was given."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        for device in self.devices:
            self.say(type="discovered", address=device["address"], fields={})


Broken().run()
