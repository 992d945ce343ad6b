#!/usr/bin/python3 -BSEs
"""pong-shape: its pong has counters that are none."""

from base import Plugin


class Broken(Plugin):
    def ping(self, m):
        self.say(type="pong", id=m["id"], counters=3)


Broken().run()
