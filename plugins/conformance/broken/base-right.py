#!/usr/bin/python3 -BSEs
"""Nothing is broken here."""

from base import Plugin

Plugin().run()
