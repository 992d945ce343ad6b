#!/bin/sh
# Makes ./configure from configure.ac; runs nothing else and needs no network.
set -e
cd "$(dirname "$0")"
exec autoreconf --force --install --warnings=all
