#!/bin/sh
# fuzz.sh [TOP]: every parser of bytes from outside has a fuzz target (tests/fuzz/parsers.txt says which), every target is
# built, told of in tests/fuzz/README.md and has at least 30 inputs, those of seeds.py as it makes them. Exit 0 kept, 1 with
# each violation as file:line: what, expected what.
. "$(dirname "$0")/lib.sh"

INPUTS_MIN=30
folder=tests/fuzz
list=$folder/parsers.txt
[ -f $list ] || {
	echo "$check: no $list, expected the list of parsers" >&2
	exit 1
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

c_files daemon plugins | grep '\.c$' | xargs awk -f "$here/strip.awk" -f "$here/fuzz.awk" >"$work/reading" || exit 1

{
	while IFS=: read -r file line; do
		awk -v file="$file" '!/^#/ && $1 == file { found = 1 } END { exit !found }' $list ||
			echo "$file:$line: reads what comes from outside, expected a line of its own in $list"
	done <"$work/reading"
	grep -nvE '^(#|$)' $list | sed 's/:/ /' | while read -r line file targets; do
		[ -f "$file" ] || echo "$list:$line: no file $file, expected those that are there"
		case $targets in
		'- '?*) continue ;;
		'' | '-')
			echo "$list:$line: no targets, expected their names, or - and a reason"
			continue
			;;
		esac
		for target in $targets; do
			[ -f "$folder/fuzz_$target.c" ] || echo "$list:$line: no target $target, expected $folder/fuzz_$target.c"
		done
	done
	for file in "$folder"/fuzz_*.c; do
		target=${file##*/fuzz_}
		target=${target%.c}
		grep -q "^	$folder/fuzz_$target\( \\\\\)\?\$" "$folder/sources.mk" 2>/dev/null ||
			echo "$file:1: is not built, expected it in FUZZ_TESTS of $folder/sources.mk"
		grep -q "\`$target\`" "$folder/README.md" 2>/dev/null ||
			echo "$file:1: nothing is told of it, expected a row in $folder/README.md"
		count=$(find "$folder/corpus/$target" -type f 2>/dev/null | wc -l)
		[ "$count" -ge $INPUTS_MIN ] ||
			echo "$file:1: $count inputs in its corpus, expected at least $INPUTS_MIN (seeds.py)"
	done
	if [ -f "$folder/seeds.py" ] && command -v python3 >/dev/null; then
		PYTHONDONTWRITEBYTECODE=1 python3 "$folder/seeds.py" --check | sed "s,^$top/,,"
	fi
} >"$work/violations"
cat "$work/violations"
[ ! -s "$work/violations" ]
