#!/usr/bin/python3 -BSEs
"""no-ready: it takes hello and says nothing."""

from base import Plugin


class Broken(Plugin):
    def ready(self):
        pass


Broken().run()
