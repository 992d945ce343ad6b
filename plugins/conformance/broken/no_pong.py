#!/usr/bin/python3 -BSEs
"""no-pong: it does not answer pings."""

from base import Plugin


class Broken(Plugin):
    def ping(self, m):
        pass


Broken().run()
