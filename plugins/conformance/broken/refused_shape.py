#!/usr/bin/python3 -BSEs
"""refused-shape: it refuses without a word on when to try again."""

from base import Plugin


class Broken(Plugin):
    def deliver(self, m):
        self.say(type="refused", batch=m["batch"])


Broken().run()
