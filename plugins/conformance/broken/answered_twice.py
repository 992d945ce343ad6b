#!/usr/bin/python3 -BSEs
"""answered-twice: it answers a batch twice."""

from base import Plugin


class Broken(Plugin):
    def deliver(self, m):
        super().deliver(m)
        super().deliver(m)


Broken().run()
