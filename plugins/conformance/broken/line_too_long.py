#!/usr/bin/python3 -BSEs
"""line-too-long: it puts more into a line than one may have."""

from base import Plugin


class Broken(Plugin):
    def begin(self):
        self.say(type="sample", device=self.devices[0]["id"], fields={"text": "x" * 70000})


Broken().run()
