#!/bin/sh
# dist.sh [TOP]: every file of the tree is in the archive that "make dist" makes; TOP_BUILDDIR is a build of the tree, else
# build/. Exit 0 kept, 1 with each file that is left out, or where nothing is built.
. "$(dirname "$0")/lib.sh"

# Of use in a clone only; what editors and autoconf leave beside a file.
only_here='^(\.ci/|\.gitignore$)|~$'

[ -f "${TOP_BUILDDIR:=build}/Makefile" ] || {
	echo "$check: no Makefile in $TOP_BUILDDIR, expected a build there or in the folder that TOP_BUILDDIR names"
	exit 1
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# A make of its own, also where a make runs this. A folder stands for all that is in it.
unset MAKEFLAGS MFLAGS MAKELEVEL
make -s -C "$TOP_BUILDDIR" list-dist >"$work/listed" || exit 1
sed "s,^$top/,," "$work/listed" >"$work/archived"
tree_files . | grep -vE "$only_here" >"$work/tree"
awk '
	FILENAME == ARGV[1] { archived[$1] = 1; next }
	{
		part = $0
		while (!(part in archived) && sub("/[^/]*$", "", part)) continue
		if (part in archived) next
		print $0 ":1: not in the archive of make dist, expected it in a list of sources or in EXTRA_DIST"
		bad = 1
	}
	END { exit bad }' "$work/archived" "$work/tree"
