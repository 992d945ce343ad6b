#!/usr/bin/python3 -BSEs
"""sigterm-ignored: it does not hear SIGTERM."""

import signal

from base import Plugin


class Broken(Plugin):
    def hello(self, m):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        super().hello(m)


Broken().run()
