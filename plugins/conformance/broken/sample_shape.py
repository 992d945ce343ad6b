#!/usr/bin/python3 -BSEs
"""sample-shape: its sample has no fields."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        self.say(type="sample", device=self.devices[0]["id"], value=21.5)


Broken().run()
