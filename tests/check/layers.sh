#!/bin/sh
# layers.sh [TOP]: rooms include only what lies below them, libraries stay behind their fences, the pure rooms stay pure.
# The rules are the tables of layers.awk. Needs no build. Exit 0 kept, 1 with each violation as file:line.
. "$(dirname "$0")/lib.sh"

c_files daemon plugins | awk -f "$here/strip.awk" -f "$here/layers.awk"
