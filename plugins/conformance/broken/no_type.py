#!/usr/bin/python3 -BSEs
"""no-type: it answers with a list."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        self.write(b'["healthy"]\n')


Broken().run()
