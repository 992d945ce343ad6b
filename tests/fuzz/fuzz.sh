#!/bin/sh
# fuzz.sh: what "make fuzz" does: builds the targets with clang, runs them, several at a time, says what came of each.
#
# Reads the corpus in the tree, never writes there; what it finds goes to fuzz/corpus/ in the build folder and is used the
# next time, inputs that end a target go to fuzz/crashes/. fuzz/results.tap has one line a target. Exit 0 none ended, 1 some
# did, 77 clang is not there.
# With FUZZ_SEED it starts from the corpus in the tree alone and from that seed: the same tree gets the same inputs.
# Variables: FUZZ_SECONDS of each target, FUZZ_TARGET (one name, or several; empty: all), FUZZ_JOBS at a time, FUZZ_SEED
# (from 1; empty: another each time), CLANG; the others come from make. "fuzz.sh one NAME" runs a target that is built.
set -u
: "${TOP_SRCDIR:?is set by make fuzz}" "${TOP_BUILDDIR:?is set by make fuzz}"
seconds=${FUZZ_SECONDS:-10}
jobs=${FUZZ_JOBS:-1}
seed=${FUZZ_SEED:-}
work=$TOP_BUILDDIR/fuzz
case $seconds:$jobs in *[!0-9:]* | :* | *: | 0* | *:0*)
	echo "fuzz: SECONDS=$seconds JOBS=$jobs: expected whole numbers from 1" >&2
	exit 2
	;;
esac
case $seed in *[!0-9]* | 0*)
	echo "fuzz: SEED=$seed: expected a whole number from 1, or nothing" >&2
	exit 2
	;;
esac
# What earlier runs found would change what a seed leads to.
found=corpus${seed:+-of-seed}

# ---- one target: its row and its line of TAP, each written at once, because others write too

# stat NAME: the last such number of libFuzzer's own summary; covered: the edges seen with each report.
stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
covered() { sed -n 's/^#[0-9]*[[:space:]].* cov: \([0-9]*\) .*/\1/p' "$log"; }

explain() {
	crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
	grep -E -m 3 'does not hold|ERROR: |runtime error|SUMMARY' "$log" | sed 's/^/    /'
	if [ -n "$crash" ]; then
		echo "    again: tests/reproduce $crash"
		echo "    keep:  cp $crash tests/fuzz/corpus/$name/crash-WHAT"
	else
		echo "    all it said is in $work/$log"
	fi
}

run_one() {
	name=$1
	seeds=$TOP_SRCDIR/tests/fuzz/corpus/$name
	dict=$TOP_SRCDIR/tests/fuzz/dict/$name.dict
	log=log/$name.log
	mkdir -p "$found/$name" || exit 1
	set -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -use_value_profile=0 -seed="${seed:-0}" \
		-artifact_prefix="$work/crashes/$name-"
	[ -f "$dict" ] && set -- "$@" -dict="$dict"
	[ -d "$seeds" ] || seeds=
	if [ -n "$seed" ] && [ -n "$seeds" ]; then
		# In the order of their names, not of the file system; nothing happens by the clock.
		find "$seeds" -type f | LC_ALL=C sort | tr '\n' ',' | sed 's/,$//' >"$found/$name.list"
		set -- "$@" -reload=0 -seed_inputs="@$found/$name.list"
		seeds=
	fi
	./fuzz_"$name" "$@" "$found/$name" $seeds >"$log" 2>&1
	status=$?
	first=$(sed -n 's/^#[0-9]*[[:space:]]*INITED cov: \([0-9]*\) .*/\1/p' "$log")
	last=$(covered | tail -n 1)
	result=ok
	why=
	[ "$status" -eq 0 ] || {
		result="ENDED with $status"
		why=$(explain)
	}
	printf '%-14s %10s %8s %8s %8s %8s  %s\n%s' "$name" "$(stat number_of_executed_units)" "$(stat average_exec_per_sec)" \
		"${last:-?}" "$((${last:-0} - ${first:-0}))" "$(ls "$found/$name" | wc -l)" "$result" "${why:+$why
}"
	if [ -z "$why" ]; then
		echo "ok - fuzz $name: $(stat number_of_executed_units) inputs in $seconds s" >tap/"$name"
	else
		printf 'not ok - fuzz %s\n%s\n' "$name" "$(echo "$why" | sed 's/^ */# /')" >tap/"$name"
	fi
	[ "$status" -eq 0 ]
}

mkdir -p "$work/crashes" "$work/log" && cd "$work" || exit 1
if [ "${1:-}" = one ]; then
	run_one "$2"
	exit
fi

# ---- all of them

rm -rf tap results.tap corpus-of-seed
mkdir tap || exit 1

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
	why="no clang with libFuzzer and the sanitizers is here: apt-get install clang libclang-rt-14-dev"
	echo "fuzz: $why" >&2
	printf '1..1\nok 1 - fuzzing # SKIP %s\n' "$why" >results.tap
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

"${MAKE:-make}" --no-print-directory -j"$jobs" -f "$TOP_SRCDIR/tests/fuzz/clang.mk" CLANG="$clang" TOP_SRCDIR="$TOP_SRCDIR" \
	TOP_BUILDDIR="$TOP_BUILDDIR" FUZZ_SOURCES="$FUZZ_SOURCES" FUZZ_CFLAGS="$FUZZ_CFLAGS" FUZZ_LIBS="$FUZZ_LIBS" \
	TARGETS="$(printf 'fuzz_%s ' $names)" >log/make.log 2>&1 || {
	tail -n 30 log/make.log
	printf '1..1\nnot ok 1 - the fuzz targets cannot be built, see %s\n' "$work/log/make.log" >results.tap
	exit 1
}

# Targets that write files do it here; gone at the end, also after a crash.
if [ -w /dev/shm ]; then base=/dev/shm; else base=$work; fi
TMPDIR=$(mktemp -d "$base/estated-fuzz.XXXXXX") || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 1' HUP INT TERM

printf '%-14s %10s %8s %8s %8s %8s  %s\n' target executions exec/s edges new inputs result
failed=0
echo "$names" | tr ' ' '\n' | grep . | xargs -P "$jobs" -n 1 /bin/sh "$0" one || failed=1
number=0
echo "1..$(echo $names | wc -w)" >results.tap
for name in $names; do
	number=$((number + 1))
	[ -s tap/"$name" ] || echo "not ok - fuzz $name did not run" >tap/"$name"
	sed "1s/ - / $number - /" tap/"$name" >>results.tap
done
[ $failed -eq 0 ] || echo "fuzz: an input that ended a target belongs into tests/fuzz/corpus/TARGET/crash-WHAT, with the fix (tests/fuzz/README.md)"
exit $failed
