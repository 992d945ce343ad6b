# lib.sh: what the checks share; sourced by them, first thing. Moves to the top folder of the tree to check, which is
# the first argument, else $CHECK_TOP, else the tree that this file lies in. Writes nothing into the tree.
# Sets $here (this folder) and $top (both absolute) and $check (the script's name).

check=$(basename "$0")
here=$(cd "$(dirname "$0")" && pwd) || exit 1
top=${1:-${CHECK_TOP:-$here/../..}}
top=$(cd "$top" 2>/dev/null && pwd) || {
	echo "$check: $top: no such folder, expected the top folder of the tree" >&2
	exit 1
}
cd "$top" || exit 1
[ -d daemon ] || {
	echo "$check: $top: no daemon/ in it, expected the top folder of the tree" >&2
	exit 1
}
LC_ALL=C
export LC_ALL

# All plain files below the given folders, sorted, but for what builds and tools leave behind.
tree_files() {
	find "$@" -type d \( -name .git -o -name build -o -name 'build-*' -o -name _build -o -name _inst -o -name inst \
		-o -name autom4te.cache -o -name node_modules -o -name __pycache__ -o -name .pytest_cache -o -name .deps \
		-o ! -path . -exec test -e '{}/config.status' \; \) -prune -o -type f -print | sed 's,^\./,,' | sort
}

# The C files of the given folders, as far as these are there.
c_files() {
	for folder in "$@"; do
		shift
		[ -d "$folder" ] && set -- "$@" "$folder"
	done
	[ $# -gt 0 ] || return 0
	tree_files "$@" | grep '\.[ch]$'
}
