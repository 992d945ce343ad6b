#!/bin/sh
# symbols.sh [TOP]: every global symbol of an object begins with its file's name: str.o has str_copy or str, and main
# stands anywhere. Looks at the objects of daemon/ and plugins/ in the build folder $TOP_BUILDDIR, else build/.
# Exit 0 kept, 1 with each violation as file:line of the source, or where there is no build.
. "$(dirname "$0")/lib.sh"

unbuilt() {
	echo "$check: $1, expected a build: run configure and make in build/, or name one in TOP_BUILDDIR" >&2
	exit 1
}
build=${TOP_BUILDDIR:-build}
[ -d "$build" ] || unbuilt "no folder $build"
command -v nm >/dev/null || unbuilt "no nm (binutils)"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

c_files daemon plugins >"$work/sources"
(cd "$build" && for folder in daemon plugins; do
	[ -d "$folder" ] && find "$folder" -name '*.o' -type f
done) | sort >"$work/objects"
[ -s "$work/objects" ] || unbuilt "no objects of daemon/ or plugins/ in $build"
(cd "$build" && tr '\n' '\0' <"$work/objects" | xargs -0 nm -A -P -g --defined-only) >"$work/symbols" || exit 1

# No pipe here: a build that has only other trees' objects must be told from one that is in order.
awk -v sources="$work/sources" -f "$here/strip.awk" -f "$here/symbols.awk" "$work/symbols"
result=$?
[ $result -ne 77 ] || unbuilt "no object in $build is made from a source of this tree"
exit $result
