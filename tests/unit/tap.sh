#!/bin/sh
# tap.sh PROGRAM: runs a unit test. cmocka 1.1 writes a skipped case as "not ok N # SKIP", which TAP takes for a failure.
exec 4>&1
status=$({ { "$@" 3>&- 4>&-; echo $? >&3; } | sed 's/^not ok \([0-9]*\) # SKIP/ok \1 # SKIP/' >&4; } 3>&1)
exit "$status"
