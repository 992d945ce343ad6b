"""An estate whose plugins are in the test's hands: what a source says, and what leaves by an uplink.

    with Hands(tmp_path, CONFIGURATION) as site:     # {source} and {uplink} in it: the programs of its two plugins
        site.say("tank-1", level=95)
        site.again()                                 # power off and on
        site.uplink.states("tank-high/tank-1")
"""

import time

from estate import Estate, until
from puppet import Puppet, Uplink


class Fed:
    """With a source; further puppets and words of the configuration by name."""

    def __init__(self, directory, configuration, puppets=None, more="", **words):
        self.source = Puppet()
        self.puppets = {"source": self.source, **(puppets or {})}
        programs = {name: puppet.program for name, puppet in self.puppets.items()}
        self.estate = Estate(directory, configuration.format(**programs, **words) + more)

    def start(self):
        self.estate.start()
        self.life = self.source.life().ready("source")
        return self

    def all_up(self):
        until(lambda: all(p["state"] == "up" for p in self.estate.json("plugins")), "all plugins are up")

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
            for puppet in self.puppets.values():
                puppet.__exit__()


class Hands(Fed):
    """Between a source and an uplink."""

    def __init__(self, directory, configuration, more=""):
        self.uplink = Uplink()
        super().__init__(directory, configuration, {"uplink": self.uplink}, more)

    def start(self):
        super().start()
        self.uplink.life()
        self.all_up()
        return self
