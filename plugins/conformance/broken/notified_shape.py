#!/usr/bin/python3 -BSEs
"""notified-shape: it says nothing of how it went."""

from base import Plugin


class Broken(Plugin):
    def notify(self, m):
        self.say(type="notified", id=m["id"])


Broken().run()
