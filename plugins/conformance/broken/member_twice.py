#!/usr/bin/python3 -BSEs
"""member-twice: it writes a member twice."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        self.write(b'{"type":"fault","text":"a","text":"b"}\n')


Broken().run()
