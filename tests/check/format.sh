#!/bin/sh
# format.sh [TOP]: C files under daemon/, plugins/ and tests/ are laid out as .clang-format says; every text file has no
# blanks at the end of a line, no CR, a newline at its end, and is UTF-8.
# Files in folders named raw/ and in those of tests/fuzz/ hold bytes on purpose and are passed over, as are patches, logs and what
# autotools generate. Exit 0 kept, 1 with each violation as file:line, 77 where clang-format 14 is not there (and the
# text is in order).
. "$(dirname "$0")/lib.sh"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# What git knows or would add; without git, or where the tree is no working copy itself, all files.
list() {
	if ! { [ -e .git ] && git -c core.quotepath=off ls-files --cached --others --exclude-standard 2>/dev/null; }; then
		tree_files .
	fi | grep -Ev '(^|/)(raw|build-aux|m4)/|^tests/fuzz/.*/|\.(patch|diff|log|trs)$|(^|/)Makefile\.in$' |
		grep -Ev '^(configure|configure~|aclocal\.m4|config\.h\.in~?|Makefile|config\.(h|log|status|guess|sub)|stamp-h1|libtool)$'
}
list | while IFS= read -r file; do
	[ -f "$file" ] && printf '%s\n' "$file"
done >"$work/all"

broken() {
	echo "$check: $1 failed, nothing can be said" >&2
	exit 1
}

# grep -I takes a file with a NUL for binary; an empty one is no text to speak of.
tr '\n' '\0' <"$work/all" | xargs -0 -r grep -lI '' >"$work/text"
[ -s "$work/text" ] || broken "grep"
awk -f "$here/format.awk" <"$work/text" >"$work/found" || broken "awk"
# tail -v: a header line, then the file's last byte. What follows a header is empty where that byte is a newline.
tr '\n' '\0' <"$work/text" | xargs -0 -r tail -v -c1 >"$work/tails" || broken "tail"
awk '
	/^==> .* <==$/ { file = substr($0, 5, length($0) - 8); after = NR; next }
	NR == after + 1 && $0 != "" { print file }' "$work/tails" >"$work/open" || broken "awk"
while IFS= read -r file; do
	echo "$file:$(($(wc -l <"$file") + 1)): no newline at the end of the file, expected one"
done <"$work/open" >>"$work/found"

have=$(clang-format --version 2>/dev/null | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
if [ "$have" = 14 ] && [ ! -f .clang-format ]; then
	echo ".clang-format:1: no such file, expected the layout of the C files" >>"$work/found"
elif [ "$have" = 14 ]; then
	mkdir "$work/batch"
	grep -E '^(daemon|plugins|tests)/.*\.[ch]$' "$work/all" | tr '\n' '\0' | BATCH="$work/batch" xargs -0 -r -P2 -n8 \
		sh -c 'clang-format --dry-run --Werror --style=file "$@" 2>"$BATCH/$$" || echo "exit status $?" >>"$BATCH/$$"' sh
	for batch in "$work"/batch/*; do
		[ -f "$batch" ] || continue
		awk '
			/^[^ ].*:[0-9]+:[0-9]+: (error|warning): code should be clang-formatted/ {
				split($0, part, ":")
				if (!((part[1], part[2]) in seen))
					print part[1] ":" part[2] ": layout differs, expected what clang-format -i makes of it"
				seen[part[1], part[2]] = 1
				told = 1
				next
			}
			{ said = said " " $0 }
			END {
				if (!told && said != "")
					print ".clang-format:1: clang-format says" said ", expected no complaint"
			}' "$batch" || broken "awk"
	done >>"$work/found"
fi

sort -t: -k1,1 -k2,2n "$work/found"
[ ! -s "$work/found" ] || exit 1
if [ "$have" != 14 ]; then
	echo "$check: clang-format 14 is not here (found: ${have:-none}), the layout of C files was not looked at" >&2
	exit 77
fi
