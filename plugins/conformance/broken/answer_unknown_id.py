#!/usr/bin/python3 -BSEs
"""answer-unknown-id: it counts pongs itself."""

from base import Plugin


class Broken(Plugin):
    pongs = 0

    def ping(self, m):
        self.pongs += 1
        self.say(type="pong", id=self.pongs)


Broken().run()
