#!/usr/bin/python3 -BSEs
"""stop-ignored: it goes on when it is told to stop."""

from base import Plugin


class Broken(Plugin):
    def stop(self, m):
        pass


Broken().run()
