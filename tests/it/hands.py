"""An estate between a source and an uplink that are both in the test's hands: what one says and what leaves by the other.

    with Hands(tmp_path, CONFIGURATION) as site:     # {source} and {uplink} in it: the programs of its two plugins
        site.say("tank-1", level=95)
        site.again()                                 # power off and on
        site.uplink.states("tank-high/tank-1")
"""

import time

from estate import Estate, until
from puppet import Puppet, Uplink


class Hands:
    def __init__(self, directory, configuration, more=""):
        self.source, self.uplink = Puppet(), Uplink()
        text = configuration.format(source=self.source.program, uplink=self.uplink.program) + more
        self.estate = Estate(directory, text)

    def start(self):
        self.estate.start()
        self.life = self.source.life().ready("source")
        self.uplink.life()
        until(lambda: all(p["state"] == "up" for p in self.estate.json("plugins")), "both plugins are up")
        return self

    def again(self):
        """Power off and on."""
        self.estate.kill()
        return self.start()

    def say(self, device, **fields):
        """A sample; returns when the daemon has taken it."""
        self.life.sample(device, id=f"{time.monotonic_ns()}", **fields)
        self.life.wait("stored")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        try:
            self.estate.__exit__()
        finally:
            self.source.__exit__()
            self.uplink.__exit__()
