#!/usr/bin/python3 -BSEs
"""not-utf8: it writes texts in GBK."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        self.write('{"type":"fault","text":"断线"}\n'.encode("gbk"))


Broken().run()
