#!/usr/bin/python3 -BSEs
"""nul-in-text: it has a NUL in a text."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        self.say(type="fault", text="a\0b")


Broken().run()
