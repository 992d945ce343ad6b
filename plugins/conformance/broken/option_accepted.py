#!/usr/bin/python3 -BSEs
"""option-accepted: it takes options that it does not have."""

from base import Plugin


class Broken(Plugin):
    def check_options(self, options):
        pass


Broken().run()
