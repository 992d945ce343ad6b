#!/usr/bin/python3 -BSEs
"""ready-twice: it is ready again with each ping."""

from base import Plugin


class Broken(Plugin):
    def ping(self, m):
        self.say(type="ready", name="broken", version="1", roles=self.roles)
        super().ping(m)


Broken().run()
