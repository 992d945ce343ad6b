#!/usr/bin/python3 -BSEs
"""command-unanswered: it does not say what came of a command."""

from base import Plugin


class Broken(Plugin):
    def command(self, m):
        pass


Broken().run()
