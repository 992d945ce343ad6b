#!/usr/bin/python3 -BSEs
"""sample-device: it sends samples of a device that it was not given."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        self.sample("somebody-elses")


Broken().run()
