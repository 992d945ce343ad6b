#!/usr/bin/python3 -BSEs
"""end-of-input-ignored: it lives on without a daemon."""

import time

from base import Plugin


class Broken(Plugin):
    def end_of_input(self):
        time.sleep(60)


Broken().run()
