#!/usr/bin/python3 -BSEs
"""not-json: it prints what it does, on stdout."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        print("starting up", flush=True)


Broken().run()
