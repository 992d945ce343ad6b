#!/bin/sh
# sizes.sh [TOP]: under daemon/ and plugins/ no .c over 600 lines, no function over 60.
# A function is measured from the first line of its signature to its closing brace, both counted, blank lines and
# comments in it too. Needs no build. Exit 0 kept, 1 with each violation as file:line (the signature's first line).
. "$(dirname "$0")/lib.sh"

c_files daemon plugins | awk -v most_lines=600 -v most_function=60 -f "$here/strip.awk" -f "$here/sizes.awk"
