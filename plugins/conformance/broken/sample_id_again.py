#!/usr/bin/python3 -BSEs
"""sample-id-again: it counts ids from 1 after each start."""

from base import Plugin


class Broken(Plugin):
    def sample(self, device):
        self.samples += 1
        self.say(type="sample", device=device, fields={}, id=self.samples)


Broken().run()
