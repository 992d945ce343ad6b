#!/usr/bin/python3 -BSEs
"""leaves-children: it leaves a process behind."""

import os
import time

from base import Plugin


class Broken(Plugin):
    def stop(self, m):
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)


Broken().run()
