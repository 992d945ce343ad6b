#!/usr/bin/python3 -BSEs
"""answer-unknown-batch: it answers batches that were never sent."""

from base import Plugin


class Broken(Plugin):
    def deliver(self, m):
        self.say(type="delivered", batch=m["batch"] + 100)


Broken().run()
