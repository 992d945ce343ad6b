#!/usr/bin/python3 -BSEs
"""ready-too-early: it does not wait for all devices."""

from base import Plugin


class Broken(Plugin):
    def take_devices(self, m):
        self.devices += m["devices"]
        if m["type"] == "hello":
            self.ready()


Broken().run()
