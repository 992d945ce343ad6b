"""kill -9, again and again, at random moments and at the worst ones: right when somebody is told something."""

import collections
import contextlib
import os
import signal
import sqlite3
import time

from load import LIMIT, SLOW, until

EARLY = 0.3 * SLOW  # s: about what a start takes
SOON = 0.15 * SLOW
PROMISES = ("stored", "ack", "close", "seen", "gave")


class Killer:
    """once() starts the estate, and ends it in one of three ways: while it starts, a while after it was armed, at a promise."""

    def __init__(self, load, numbers):
        self.load, self.numbers = load, numbers
        self.ways = collections.Counter()

    def _kill_at_promise(self, pid):
        """On the thread that was told: not a millisecond later."""
        promise = self.numbers.choice(PROMISES)
        done = self.load.on_fact(promise, lambda: os.kill(pid, signal.SIGKILL))
        assert done.wait(LIMIT), f"nobody was told '{promise}' within {LIMIT} s:\n{self.load.estate.log[-3000:]}"
        return promise

    def begin(self):
        """An hour is summed up of a box that was there before it ended: it has noted so a second after its first start."""
        self.load.begin()
        until(self._knows_its_first_hour, "it has noted when it began")

    def _knows_its_first_hour(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.load.estate.state}/state.db?mode=ro", uri=True)) as db:
            return db.execute("SELECT count(*) FROM summary").fetchone()[0]

    def while_the_hour_is_told(self):
        """An hour has ended; a life must last two seconds for it to be summed up. Killed at the first word of it (where a slow
        machine has not let an earlier life get so far); then all is told."""
        load = self.load
        load.start()
        if not load.witness.count("summary"):
            done = load.on_fact("summary", load.estate.process.kill)
            assert done.wait(LIMIT), f"no hour was summed up:\n{load.estate.log[-3000:]}"
            load.estate.kill()
            load.witness.watcher = None
            self.ways["at 'summary'"] += 1
            load.start()
        wanted = {(uplink, "hour", "estate", None) for uplink in load.uplinks}
        until(lambda: wanted <= load.witness.view().told["summary"], "the hour is told everybody")

    def once(self):
        load, dice = self.load, self.numbers.random()
        began = time.monotonic()
        if load.estate.process is None:
            load.start()
        if dice < 0.3:
            time.sleep(self.numbers.uniform(0, EARLY))  # the moment is to be random: nothing is waited for
            way = "while it starts"
        else:
            load.wait_armed(began)
            if dice < 0.6:
                time.sleep(self.numbers.uniform(0, SOON))
                way = "at work"
            else:
                way = f"at '{self._kill_at_promise(load.estate.process.pid)}'"
        assert load.estate.process.poll() in (None, -signal.SIGKILL), f"estated ended by itself:\n{load.estate.log[-4000:]}"
        load.estate.kill()
        load.witness.watcher = None
        self.ways[way] += 1
