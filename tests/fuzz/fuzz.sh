#!/bin/sh
# fuzz.sh: what "make fuzz" does: builds the targets with clang, runs one after the other, says what came of it.
#
# Reads the corpus in the tree, never writes there; what it finds goes to fuzz/corpus/ in the build folder and is used the
# next time, inputs that end a target go to fuzz/crashes/. Exit 0 none did, 1 some did, 77 clang is not there.
# Variables: FUZZ_SECONDS of each target, FUZZ_TARGET (one name, or several; empty: all), CLANG; the others come from make.
set -u
: "${TOP_SRCDIR:?is set by make fuzz}" "${TOP_BUILDDIR:?is set by make fuzz}"
seconds=${FUZZ_SECONDS:-10}
case $seconds in '' | *[!0-9]* | 0*)
	echo "fuzz: SECONDS=$seconds: expected a whole number of seconds from 1" >&2
	exit 2
	;;
esac

work=$TOP_BUILDDIR/fuzz
mkdir -p "$work/corpus" "$work/crashes" "$work/log" || exit 1
cd "$work" || exit 1

# A compiler that can link a target, not only one that is called clang.
has_fuzzer() {
	command -v "$1" >/dev/null || return 1
	printf 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d && n ? 0 : 0; }\n' >probe.c
	"$1" -fsanitize=fuzzer,address,undefined probe.c -o probe 2>probe.log
	found=$?
	rm -f probe probe.c
	return $found
}
clang=
for one in ${CLANG:-clang clang-14 clang-15 clang-16}; do
	if has_fuzzer "$one"; then
		clang=$one
		break
	fi
done
if [ -z "$clang" ]; then
	echo "fuzz: no clang with libFuzzer and the sanitizers is here: apt-get install clang libclang-rt-14-dev" >&2
	exit 77
fi

names=
for one in ${FUZZ_TARGET:-$(cd "$TOP_SRCDIR/tests/fuzz" && ls fuzz_*.c)}; do
	one=${one#fuzz_}
	one=${one%.c}
	if [ ! -f "$TOP_SRCDIR/tests/fuzz/fuzz_$one.c" ]; then
		echo "fuzz: TARGET=$one: expected one of:" $(cd "$TOP_SRCDIR/tests/fuzz" && ls fuzz_*.c | sed 's/^fuzz_//; s/\.c$//') >&2
		exit 2
	fi
	names="$names $one"
done

"${MAKE:-make}" --no-print-directory -f "$TOP_SRCDIR/tests/fuzz/clang.mk" CLANG="$clang" TOP_SRCDIR="$TOP_SRCDIR" \
	TOP_BUILDDIR="$TOP_BUILDDIR" FUZZ_SOURCES="$FUZZ_SOURCES" FUZZ_CFLAGS="$FUZZ_CFLAGS" FUZZ_LIBS="$FUZZ_LIBS" \
	TARGETS="$(printf 'fuzz_%s ' $names)" || exit 1

# Targets that write files do it here; gone at the end, also after a crash.
if [ -w /dev/shm ]; then base=/dev/shm; else base=$work; fi
TMPDIR=$(mktemp -d "$base/estated-fuzz.XXXXXX") || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 1' HUP INT TERM

# stat NAME: the last such number of libFuzzer's own summary; covered: the edges seen with the first and the last report.
stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
covered() { sed -n 's/^#[0-9]*[[:space:]].* cov: \([0-9]*\) .*/\1/p' "$log"; }

failed=0
printf '%-14s %10s %8s %8s %8s %8s  %s\n' target executions exec/s edges new inputs result
for name in $names; do
	seeds=$TOP_SRCDIR/tests/fuzz/corpus/$name
	dict=$TOP_SRCDIR/tests/fuzz/dict/$name.dict
	log=log/$name.log
	mkdir -p "corpus/$name" || exit 1
	before=$(ls crashes | wc -l)
	set -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -use_value_profile=0 \
		-artifact_prefix="$work/crashes/$name-"
	[ -f "$dict" ] && set -- "$@" -dict="$dict"
	[ -d "$seeds" ] || seeds=
	./fuzz_"$name" "$@" "corpus/$name" $seeds >"$log" 2>&1
	status=$?
	first=$(sed -n 's/^#[0-9]*[[:space:]]*INITED cov: \([0-9]*\) .*/\1/p' "$log")
	last=$(covered | tail -n 1)
	result=ok
	[ "$status" -eq 0 ] || result="ENDED with $status"
	printf '%-14s %10s %8s %8s %8s %8s  %s\n' "$name" "$(stat number_of_executed_units)" "$(stat average_exec_per_sec)" \
		"${last:-?}" "$((${last:-0} - ${first:-0}))" "$(ls "corpus/$name" | wc -l)" "$result"
	[ "$status" -ne 0 ] || continue
	failed=1
	grep -E -m 3 'does not hold|ERROR: |runtime error|SUMMARY' "$log" | sed 's/^/    /'
	if [ "$(ls crashes | wc -l)" -gt "$before" ]; then
		echo "    again: $work/fuzz_$name $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
	else
		echo "    all it said is in $work/$log"
	fi
done
[ $failed -eq 0 ] || echo "fuzz: an input that ended a target belongs into tests/fuzz/corpus/TARGET/crash-WHAT, with the fix (tests/fuzz/README.md)"
exit $failed
