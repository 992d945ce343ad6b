#!/usr/bin/python3 -BSEs
"""ready-shape: its ready has no version."""

from base import Plugin


class Broken(Plugin):
    def ready(self):
        self.say(type="ready", name="broken", roles=self.roles)


Broken().run()
