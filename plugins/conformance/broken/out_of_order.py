#!/usr/bin/python3 -BSEs
"""out-of-order: it answers the batches of a lane as it likes."""

from base import Plugin


class Broken(Plugin):
    waiting = None

    def deliver(self, m):
        if m["lane"] == "alarm" and self.waiting is None:
            self.waiting = m
            return
        super().deliver(m)
        if m["lane"] == "alarm" and self.waiting:
            waiting, self.waiting = self.waiting, False
            super().deliver(waiting)


Broken().run()
