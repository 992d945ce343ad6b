#!/usr/bin/python3 -BSEs
"""protocol-accepted: it speaks any protocol."""

from base import Plugin


class Broken(Plugin):
    def hello(self, m):
        m["protocol"] = 1
        super().hello(m)


Broken().run()
