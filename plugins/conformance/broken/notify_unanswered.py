#!/usr/bin/python3 -BSEs
"""notify-unanswered: it does not say whether anybody was told."""

from base import Plugin


class Broken(Plugin):
    def notify(self, m):
        pass


Broken().run()
