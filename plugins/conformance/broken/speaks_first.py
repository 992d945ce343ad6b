#!/usr/bin/python3 -BSEs
"""speaks-first: it greets before it was greeted."""

from base import Plugin


class Broken(Plugin):
    def run(self):
        self.say(type="healthy")
        super().run()


Broken().run()
