#!/usr/bin/python3 -BSEs
"""role-unknown: it has a role that there is not."""

from base import Plugin


class Broken(Plugin):
    roles = ["source", "reporter"]


Broken().run()
