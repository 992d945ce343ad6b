#!/usr/bin/python3 -BSEs
"""deliver-unanswered: it keeps batches to itself."""

from base import Plugin


class Broken(Plugin):
    def deliver(self, m):
        pass


Broken().run()
