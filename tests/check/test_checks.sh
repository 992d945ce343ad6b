#!/bin/sh
# test_checks.sh: proves the checks. Builds a small tree that keeps every rule, then breaks one rule at a time and
# asserts that exactly the lines that break it are named. Prints TAP. Writes only below a temporary folder.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
complete=${ESTATE_COMPLETE:-} # no skip is taken then
unset CHECK_TOP TOP_BUILDDIR ESTATE_COMPLETE
LC_ALL=C
export LC_ALL
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tree=$work/tree
number=0

pass() {
	number=$((number + 1))
	echo "ok $number - $1"
}

fail() {
	number=$((number + 1))
	sed 's/^/# /' "$work/said"
	echo "not ok $number - $1"
}

skip() {
	number=$((number + 1))
	if [ -n "$complete" ]; then echo "not ok $number - $1: $2"; else echo "ok $number - $1 # SKIP $2"; fi
}

# check NAME: runs a check on the tree; leaves $said (both outputs, in a file) and $result.
check() {
	"$here/$1.sh" "$tree" >"$work/said" 2>&1
	result=$?
}

# holds CHECK SENTENCE: the tree keeps the rules, nothing is said.
holds() {
	check "$1"
	if [ $result -eq 0 ] && [ ! -s "$work/said" ]; then pass "$1: $2"; else fail "$1: $2"; fi
}

# caught CHECK SENTENCE WHERE...: exit 1, and the lines said begin with just these file:line (a line may be named twice)
# and say what is expected.
caught() {
	name="$1: $2"
	check "$1"
	shift 2
	printf '%s\n' "$@" | sort -u >"$work/wanted"
	sed 's/^\([^:]*:[0-9]*\): ..*, expected .*/\1/' "$work/said" | sort -u >"$work/named"
	if [ $result -eq 1 ] && cmp -s "$work/wanted" "$work/named"; then
		pass "$name"
	else
		{
			echo "exit $result, wanted exit 1 and:"
			cat "$work/wanted"
			echo "said:"
		} | cat - "$work/said" >"$work/both" && mv "$work/both" "$work/said"
		fail "$name"
	fi
}

# put FILE: a file of the tree, from stdin.
put() {
	mkdir -p "$tree/$(dirname "$1")"
	cat >"$tree/$1"
}

# Lines 1.. of FILE, one for each argument.
lines() {
	put_file=$1
	shift
	printf '%s\n' "$@" | put "$put_file"
}

# calls FILE WORD...: line n of FILE calls the n-th word; prints nothing.
calls() {
	put_file=$1
	shift
	for word in "$@"; do
		echo "	x = $word(y);"
	done | put "$put_file"
}

# where FILE FROM TO: FILE:FROM ... FILE:TO
where() {
	i=$2
	while [ "$i" -le "$3" ]; do
		echo "$1:$i"
		i=$((i + 1))
	done
}

fresh() {
	rm -rf "$tree"
	cp -R "$work/clean" "$tree"
}

# A tree that keeps all rules, and goes as near to breaking them as it may.
make_clean_tree() {
	mkdir -p "$tree"
	[ ! -f "$here/../../.clang-format" ] || cp "$here/../../.clang-format" "$tree/"
	put daemon/base/str.h <<'END'
int str_to_u16(const char *text);
END
	put daemon/base/str.c <<'END'
#include "base/str.h"

#include <stdlib.h>

int str_to_u16(const char *text)
{
	return strtod(text, NULL) > 0 ? 1 : 0;
}
END
	put daemon/base/log.h <<'END'
void log_write(const char *text);
END
	put daemon/base/complain.h <<'END'
#include "base/log.h"
END
	put daemon/base/clock.h <<'END'
struct clock_now {
	long wall_us;
};
struct clock_now clock_now(void);
END
	put daemon/base/clock.c <<'END'
#include "base/clock.h"

#include <time.h>

struct clock_now clock_now(void)
{
	return (struct clock_now){ .wall_us = time(NULL) };
}
END
	put daemon/base/thread.h <<'END'
#include <pthread.h>
END
	put daemon/model/value.h <<'END'
#include "../base/str.h"
#include "base/clock.h"
END
	# Nothing here is a violation: comments, texts, members, declarations of pointers, names that only look alike.
	put daemon/model/value.c <<'END'
#include "model/value.h"

/* goto, typedef and time(NULL) stand in a comment,
 * sleep(1); open("x") and #include "app/engine.h" too */
// strtod("1", NULL)
struct value_ops {
	int (*open)(const char *path);
	int (*time)(void);
	int printf_count;
};

const char *value_text(struct value_ops *ops, struct clock_now now)
{
	char quote = '"';

	if (ops->open("goto typedef sleep(1)") && (*ops).time() && now.wall_us && quote)
		return "a \" printf(\"x\") dlopen(y) ' /* ";
	return "no goto";
}
END
	put daemon/alarm/alarm.h <<'END'
#include "value_names.h"
#include "model/value.h"
END
	put daemon/alarm/value_names.h <<'END'
#include "base/str.h"
END
	put daemon/care/presence.h <<'END'
#include "alarm/alarm.h"
END
	put daemon/upstream/envelope.h <<'END'
#include <jansson.h>

#include "care/presence.h"
END
	put daemon/conf/conf.h <<'END'
#include <libconfig.h>

#include "upstream/envelope.h"
END
	put daemon/field/link.h <<'END'
#include "base/complain.h"
#include "model/value.h"
END
	put daemon/field/link.c <<'END'
#include "field/link.h"

#include <modbus.h>
#include <poll.h>
#include <stdio.h>

void link_wait(void)
{
	poll(NULL, 0, 0);
	printf("x");
}
END
	put daemon/plugin/supervisor.h <<'END'
#include <event2/event.h>
END
	put daemon/store/store.h <<'END'
#include <sqlite3.h>
END
	put daemon/api/router.h <<'END'
#include <event2/http.h>
#include <jansson.h>
END
	put daemon/app/engine.h <<'END'
#include <event2/event.h>

#include "alarm/alarm.h"
#include "api/router.h"
#include "conf/conf.h"
#include "field/link.h"
#include "plugin/supervisor.h"
#include "store/store.h"
END
	put daemon/app/notify.c <<'END'
#include <systemd/sd-daemon.h>
END
	put daemon/app/journal.c <<'END'
#include <systemd/sd-journal.h>
END
	put daemon/ctl/estatectl.c <<'END'
#include <curl/curl.h>

#include "base/str.h"
END
	put daemon/gate/web.c <<'END'
#include <curl/curl.h>
#include <event2/event.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
END
	put daemon/main.c <<'END'
#include "config.h"

#include "app/engine.h"
#include "base/log.h"

int main(void)
{
	return 0;
}
END
	put plugins/sdk/sdk.h <<'END'
void sdk_wait(int fd);
END
	put plugins/sdk/sdk.c <<'END'
#include "sdk.h"

#include <poll.h>
#include <time.h>

void sdk_wait(int fd)
{
	nanosleep(NULL, NULL);
	clock_gettime(fd, NULL);
	poll(NULL, 0, 0);
}
END
	put plugins/http-source/own.h <<'END'
#include "../sdk/sdk.h"
END
	put plugins/http-source/http-source.c <<'END'
#include <curl/curl.h>
#include <stdio.h>

#include "own.h"
#include "plugins/sdk/sdk.h"
#include "sdk/sdk.h"

int main(void)
{
	printf("plugins may print\n");
	return 0;
}
END
	put README.md <<'END'
A page: 平层.
END
}

make_clean_tree
mv "$tree" "$work/clean"

### layers.sh

fresh
holds layers "a tree that keeps every rule passes"

# A room, what it may include of the other rooms, and the header of each room.
rooms="app conf field plugin store api upstream care alarm model base ctl gate"
header_of() {
	case $1 in
	app) echo app/engine.h ;; conf) echo conf/conf.h ;; field) echo field/link.h ;; plugin) echo plugin/supervisor.h ;;
	store) echo store/store.h ;; api) echo api/router.h ;; upstream) echo upstream/envelope.h ;;
	care) echo care/presence.h ;; alarm) echo alarm/alarm.h ;; model) echo model/value.h ;; base) echo base/str.h ;;
	ctl) echo ctl/own.h ;; gate) echo gate/own.h ;;
	esac
}
may_include() {
	case $1 in
	main) echo "app conf field plugin store api upstream care alarm model base" ;;
	app) echo "app conf field plugin store api upstream care alarm model base" ;;
	conf | field | plugin | store | api) echo "$1 upstream care alarm model base" ;;
	upstream) echo "upstream care alarm model base" ;;
	care) echo "care alarm model base" ;;
	alarm) echo "alarm model base" ;;
	model) echo "model base" ;;
	base) echo "base" ;;
	ctl) echo "ctl base" ;;
	gate) echo "gate base" ;;
	esac
}
for room in main $rooms; do
	fresh
	lines daemon/ctl/own.h "int ctl_x;"
	lines daemon/gate/own.h "int gate_x;"
	if [ "$room" = main ]; then file=daemon/main.c; else file=daemon/$room/break.c; fi
	wanted=
	n=0
	rm -f "$work/lines"
	for to in $rooms; do
		n=$((n + 1))
		echo "#include \"$(header_of "$to")\"" >>"$work/lines"
		case " $(may_include "$room") " in *" $to "*) ;; *) wanted="$wanted $file:$n" ;; esac
	done
	put $file <"$work/lines"
	caught layers "$room includes $(may_include "$room") and nothing else" $wanted
done

fresh
lines daemon/model/break.h "" "#include <app/engine.h>" '#include "../app/engine.h"' '/* */ # include "app/engine.h"'
caught layers "angle brackets, .. and blanks hide no include" daemon/model/break.h:2 daemon/model/break.h:3 daemon/model/break.h:4

fresh
lines daemon/model/a.h '#include "model/b.h"'
lines daemon/model/b.h "" '#include "c.h"'
lines daemon/model/c.h "" "" '#include "model/a.h"'
caught layers "a cycle of headers in one room" daemon/model/c.h:3

fresh
lines daemon/model/break.c "int x;" '#include "model/none.h"' "#include FROM_A_MACRO"
caught layers "an include that names no file of the tree" daemon/model/break.c:2 daemon/model/break.c:3

fresh
lines daemon/helper.c "int x;"
lines daemon/newroom/x.c "int x;"
lines plugins/loose.c "int x;"
caught layers "a file in no room" daemon/helper.c:1 daemon/newroom/x.c:1 plugins/loose.c:1

fresh
lines daemon/model/twice.c "int x;"
lines plugins/sdk/twice.c "int x;"
caught layers "two files of one name" plugins/sdk/twice.c:1

fresh
lines plugins/other/other.h "int x;"
lines plugins/http-source/break.c '#include "base/str.h"' '#include "daemon/base/str.h"' '#include "../other/other.h"' '#include "other/other.h"'
lines plugins/sdk/reach.c "" '#include "../http-source/own.h"'
caught layers "a plugin includes the sdk and its own folder only" plugins/sdk/reach.c:2 $(where plugins/http-source/break.c 1 4)

fresh
lines daemon/plugin/break.c "" '#include "plugins/sdk/sdk.h"'
caught layers "the daemon includes nothing of plugins/" daemon/plugin/break.c:2

# fence HEADER ROOM...: the header is caught on line 3 in each of these rooms (a room, or a file), and in no other file.
fence() {
	fresh
	header=$1
	shift
	wanted=
	for place in "$@"; do
		case $place in */*) file=daemon/$place ;; main) file=daemon/main.c ;; *) file=daemon/$place/break_$place.c ;; esac
		lines "$file" "" "" "#include <$header>"
		wanted="$wanted $file:3"
	done
	caught layers "the fence of $header" $wanted
}
all="main app conf field plugin store api upstream care alarm model base ctl gate"
without() {
	left=
	for place in $all; do
		case " $* " in *" $place "*) ;; *) left="$left $place" ;; esac
	done
	echo "$left"
}
fence modbus.h $all field/worker.c
fence modbus/modbus.h $all
fence modbus-tcp.h $all
fence sqlite3.h $(without store)
fence libconfig.h $(without conf)
fence event2/event.h $(without app api plugin gate)
fence event2/http.h $(without app api plugin gate)
fence evhttp.h $(without app api plugin gate)
fence pthread.h $(without base)
fence systemd/sd-daemon.h $(without gate) app/engine.c
fence systemd/sd-journal.h $(without gate)
fence curl/curl.h $(without ctl gate)
fence jansson.h base model alarm care
fence dlfcn.h $all

fresh
lines plugins/http-source/break.c "" "#include <dlfcn.h>"
caught layers "dlfcn.h in a plugin" plugins/http-source/break.c:2

for room in model alarm care upstream conf; do
	fresh
	lines daemon/$room/break.c '#include "base/log.h"' '#include "base/complain.h"' "x = log_write(a);" "x = complain(a, b);" \
		"complain_resolved(a, b);" "log_error(a);" "log_warning(a);" "log_notice(a);" "log_info(a);" "log_debug(a);"
	caught layers "$room never logs" $(where daemon/$room/break.c 1 10)
done
fresh
lines daemon/base/break.c '#include "base/log.h"' '#include "base/complain.h"'
caught layers "base never logs" daemon/base/break.c:1 daemon/base/break.c:2

clocks="clock_gettime clock_settime clock_nanosleep gettimeofday time localtime localtime_r gmtime gmtime_r mktime timegm
	strftime strptime ctime ctime_r asctime asctime_r tzset sleep usleep nanosleep clock timespec_get evutil_gettimeofday
	event_base_gettimeofday_cached clock_getres settimeofday timelocal setitimer timer_create times ftime"
count=$(echo $clocks | wc -w)
for file in daemon/main.c daemon/base/log.c daemon/field/link.c daemon/app/engine.c daemon/ctl/estatectl.c \
	daemon/base/clock.h daemon/gate/web.c plugins/http-source/http-source.c; do
	fresh
	calls $file $clocks
	caught layers "a clock, local time or sleep in $file" $(where $file 1 "$count")
done
fresh
calls daemon/base/clock.c $clocks
calls plugins/sdk/sdk.c $clocks
holds layers "clocks in base/clock.c and plugins/sdk"
fresh
lines daemon/field/break.c "now = clock_gettime;"
caught layers "a clock by its address" daemon/field/break.c:1

fresh
calls plugins/http-source/break.c poll ppoll select pselect epoll_wait epoll_pwait epoll_pwait2 sigtimedwait
caught layers "a plugin that waits by itself" $(where plugins/http-source/break.c 1 8)

numbers="atoi atol atoll atof sscanf vsscanf fscanf vfscanf strtod strtof strtold"
for file in daemon/field/link.c daemon/base/clock.c plugins/sdk/sdk.c plugins/http-source/http-source.c; do
	fresh
	calls $file $numbers
	caught layers "libc's conversions in $file" $(where $file 1 11)
done
fresh
calls daemon/base/str.c $numbers
holds layers "libc's conversions in base/str.c"

for file in daemon/main.c daemon/base/str.c daemon/field/link.h plugins/sdk/sdk.c; do
	fresh
	lines $file "typedef int (*x)(void);" "	goto out;" "dlopen(x);" "f = dlsym;" "dlmopen(x);" "dlvsym(x);"
	caught layers "goto, typedef and dlopen in $file" $(where $file 1 6)
done

pure="printf fprintf vprintf vfprintf dprintf puts putc putchar fputs fputc fflush perror fopen freopen fdopen fclose fread
	fwrite fgets fgetc getline getdelim scanf open openat creat close read write pread pwrite readv writev pipe pipe2 socket
	socketpair connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg getaddrinfo ioctl mmap poll ppoll
	select pselect popen system fork vfork execv execve execvp execl execlp posix_spawn syslog rename unlink remove mkdir rmdir
	opendir stat lstat fstat access fsync fdatasync"
count=$(echo $pure | wc -w)
for room in model alarm care upstream; do
	fresh
	calls daemon/$room/break.c $pure
	caught layers "input and output in $room" $(where daemon/$room/break.c 1 "$count")
	fresh
	lines daemon/$room/break.c "FILE *f;" "f = stdout;" "f = stderr;" "f = stdin;" "#include <sys/socket.h>" "#include <syslog.h>" "#include <fcntl.h>"
	caught layers "streams and sockets in $room" $(where daemon/$room/break.c 1 7)
	fresh
	lines daemon/$room/break.c "" '#include "base/thread.h"' "now = clock_now();" "now = clock_mono_us();" "now = clock_wall_us();" \
		"clock_poll(fd, 0, 0);" "id = clock_boot_id();"
	caught layers "threads and clocks of base in $room" $(where daemon/$room/break.c 2 7)
done
fresh
calls daemon/store/store.c $pure
calls daemon/base/log.c $pure
holds layers "input and output elsewhere"

fresh
lines daemon/field/break.c 'x = "a\' 'goto b"; // c \' 'typedef d' "/* e" "goto f */ goto g; /* */" "x = '\\''; goto h;"
caught layers "a violation right after a comment or a quote" daemon/field/break.c:5 daemon/field/break.c:6

### sizes.sh

# body N: N lines of code.
body() {
	i=0
	while [ $i -lt "$1" ]; do
		echo "	x++; /* { */"
		i=$((i + 1))
	done
}

fresh
holds sizes "a small tree passes"

fresh
{
	echo "int x;"
	body 599
} | put daemon/model/long.c
{
	echo "int x;"
	body 700
} | put daemon/model/long.h
holds sizes "a .c of 600 lines and a longer header"
echo "int y;" >>"$tree/daemon/model/long.c"
caught sizes "a .c of 601 lines" daemon/model/long.c:601

for file in daemon/model/f.c daemon/model/f.h plugins/sdk/f.c; do
	fresh
	{
		echo "/* before */"
		echo
		echo "static int f(int a,"
		echo "	     int b)"
		echo "{"
		body 56
		echo "}"
	} | put $file
	holds sizes "a function of 60 lines in $file"
	sed 's/^{/{\n	y++;/' "$tree/$file" >"$work/f" && cp "$work/f" "$tree/$file"
	caught sizes "a function of 61 lines in $file" $file:3
done

fresh
{
	printf 'static const struct row rows[ROWS(3)] = {\n'
	body 100
	printf '};\nstruct wide {\n'
	body 100
	printf '} __attribute__((packed, aligned(4)));\nenum many {\n'
	body 100
	printf '};\n#define LONG(x) \\\n	f(x) { \\\n'
	body 80 | sed 's/$/ \\/'
	printf '	} \\\n	z\n'
} | put daemon/model/table.c
holds sizes "tables, structs, enums and macros are no functions"

fresh
{
	printf 'static int f(void)\n{\n#if A\n	if (a) {\n#else\n	if (b) {\n#endif\n	}\n}\nint g(void)\n{\n'
	body 20
	printf '}\nMACRO_WITHOUT_SEMICOLON(x)\nint h(void) {\n'
	printf '	char c = %s, *s = "}";\n' "'}'"
	body 57
	printf '}\n'
} | put daemon/model/odd.c
holds sizes "branches of #if, quoted braces and macros do not lead astray"
{
	printf 'int k(void) {\n'
	body 59
	printf '}\n'
} >>"$tree/daemon/model/odd.c"
caught sizes "a function whose brace ends its first line" daemon/model/odd.c:94

### format.sh

# in_order SENTENCE: the tree keeps the rules of format.sh; without clang-format 14 that is a 77.
version=$(clang-format --version 2>/dev/null | sed -n 's/.*version \([0-9]*\)\..*/\1/p')
in_order() {
	if [ "$version" = 14 ]; then
		holds format "$1"
	else
		check format
		if [ $result -eq 77 ]; then skip "format: $1" "clang-format 14 is not here"; else fail "format: $1"; fi
	fi
}

fresh
in_order "a tidy tree passes"

for file in daemon/model/bad.c plugins/sdk/bad.h tests/unit/bad.c; do
	fresh
	lines $file "int x;" "int  y;" "int z;" "int f(void) { return 0; }"
	if [ "$version" = 14 ]; then
		caught format "layout in $file" $file:2 $file:4
	else
		skip "format: layout in $file" "clang-format 14 is not here"
	fi
done

fresh
rm "$tree/.clang-format"
if [ "$version" = 14 ]; then
	caught format "a tree without .clang-format" .clang-format:1
else
	skip "format: a tree without .clang-format" "clang-format 14 is not here"
fi

fresh
printf 'a\nb \nc\t\n' | put conf/x.conf
caught format "blanks at the end of a line" conf/x.conf:2 conf/x.conf:3
fresh
printf 'a\nb\r\nc\n' | put conf/x.conf
caught format "CR LF" conf/x.conf:2
fresh
printf 'a\nb' | put conf/x.conf
printf '\345\271\263' | put docs/y.md
caught format "no newline at the end of a file" conf/x.conf:2 docs/y.md:1
fresh
printf 'a\n\261\n\300\200\n\355\240\200\n\345\271\263\345\261\202 \360\237\233\227 \302\260.\n' | put docs/x.md
caught format "lines that are not UTF-8" docs/x.md:2 docs/x.md:3 docs/x.md:4

fresh
printf 'a \r\n\261' | put tests/case/conf/raw/x
printf 'a \r\n\261' | put tests/fuzz/answer/x
printf ' \n' | put debian/patches/x.patch
printf ' \n' | put build/x
printf ' \n' | put out/x
: | put out/config.status
printf 'a \0 \r\n\261' | put web/x.png
: | put web/empty
in_order "bytes on purpose, patches, builds and binaries are passed over"

if command -v git >/dev/null; then
	fresh
	git init -q "$tree" 2>/dev/null
	lines .gitignore "/ignored"
	lines ignored "blank "
	in_order "what git ignores is passed over"
	lines new "blank "
	caught format "a new file that git does not know yet" new:1
else
	skip "format: what git ignores is passed over" "no git"
	skip "format: a new file that git does not know yet" "no git"
fi

mkdir "$work/bin"
printf '#!/bin/sh\necho "clang-format version 15.0.7"\n' >"$work/bin/clang-format"
chmod +x "$work/bin/clang-format"
path=$PATH
PATH=$work/bin:$PATH
fresh
check format
PATH=$path
if [ $result -eq 77 ] && grep -q "clang-format 14 is not here (found: 15)" "$work/said"; then
	pass "format: another clang-format is a skip that says so"
else
	fail "format: another clang-format is a skip that says so"
fi
PATH=$work/bin:$PATH
lines conf/x.conf "blank "
caught format "blanks are caught without clang-format 14 too" conf/x.conf:1
PATH=$path

### symbols.sh

# unbuilt SENTENCE: a failure with a line that says so.
unbuilt() {
	check symbols
	if [ $result -eq 1 ] && grep -q "expected a build" "$work/said"; then pass "symbols: $1"; else fail "symbols: $1"; fi
}

fresh
unbuilt "no build is a failure that says so"
mkdir "$tree/build"
unbuilt "a build without objects is a failure that says so"

cc=$(command -v gcc || command -v cc)
# object SOURCE OBJECT [FLAG...]
object() {
	mkdir -p "$(dirname "$tree/$2")"
	from=$1
	to=$2
	shift 2
	$cc -Wno-all "$@" -c "$tree/$from" -o "$tree/$to" 2>"$work/said"
}
compile() {
	fresh
	put daemon/base/str.c <<'END'
int str;
int str_copy(void);
static int other(void)
{
	return 1;
}
int str_copy(void)
{
	return other();
}
END
	lines daemon/main.c "int main(void)" "{" "	return 0;" "}"
	put plugins/mqtt-source/mqtt-source.c <<'END'
int mqtt_source_options = 1;
int main(void)
{
	return 0;
}
END
	object daemon/base/str.c build/daemon/base/libbase_a-str.o "$@" &&
		object daemon/main.c build/daemon/main.o "$@" &&
		object plugins/mqtt-source/mqtt-source.c build/plugins/mqtt-source/mqtt_source-mqtt-source.o "$@"
}

if [ -z "$cc" ] || ! command -v nm >/dev/null; then
	skip "symbols: everything else" "no C compiler or no nm"
else
	compile
	holds symbols "names that begin with their file's name, in objects with and without a program's name"

	if compile -fsanitize=address,undefined --coverage; then
		holds symbols "what sanitizers and coverage add is passed over"
	else
		skip "symbols: what sanitizers and coverage add is passed over" "the compiler has none"
	fi

	compile
	put daemon/base/str.c <<'END'
/* strange */
int strange(void);
static int quiet;
int strange(void)
{
	return quiet;
}
int stranger = 3;

__attribute__((weak)) const char *copy_str(void)
{
	return "main";
}
int tentative;
END
	object daemon/base/str.c build/daemon/base/libbase_a-str.o
	caught symbols "functions, data and weak symbols of other names" daemon/base/str.c:4 daemon/base/str.c:8 \
		daemon/base/str.c:10 daemon/base/str.c:14

	compile
	lines plugins/mqtt-source/mqtt-source.c "int mqtt_sources;" "int main(void)" "{" "	return 0;" "}"
	object plugins/mqtt-source/mqtt-source.c build/plugins/mqtt-source/mqtt_source-mqtt-source.o
	caught symbols "a plugin's symbol that only looks alike" plugins/mqtt-source/mqtt-source.c:1

	rm "$tree/plugins/mqtt-source/mqtt-source.c"
	holds symbols "an object whose source is gone is passed over"

	compile
	lines tests/x.c "int anything;"
	object tests/x.c build/tests/x.o
	holds symbols "objects of tests are passed over"

	mkdir "$work/elsewhere"
	compile
	mv "$tree/build" "$work/elsewhere/b"
	lines daemon/base/str.c "int x;"
	object daemon/base/str.c ../elsewhere/b/daemon/base/libbase_a-str.o
	TOP_BUILDDIR=$work/elsewhere/b
	export TOP_BUILDDIR
	caught symbols "the build that TOP_BUILDDIR names" daemon/base/str.c:1
	unset TOP_BUILDDIR
fi

### a tree without anything to check is not a tree in order

for one in layers sizes; do
	fresh
	rm -r "$tree/plugins" "$tree/daemon"
	mkdir "$tree/daemon"
	check $one
	if [ $result -eq 1 ] && grep -q "no C files" "$work/said"; then
		pass "$one: no C files at all is a failure"
	else
		fail "$one: no C files at all is a failure"
	fi
done
for one in layers sizes format symbols fuzz dist; do
	rm -rf "$tree/daemon"
	check $one
	if [ $result -eq 1 ] && grep -q "no daemon/ in it" "$work/said"; then
		pass "$one: a folder that is no tree is a failure"
	else
		fail "$one: a folder that is no tree is a failure"
	fi
done

### fuzz.sh

# A tree with one parser, its target and its corpus.
fresh_fuzz() {
	fresh
	lines daemon/model/frame.c 'int read_frame(void)' '{' '	/* json_loads("in a comment") */' \
		'	return json_loads(text, 0, NULL) != NULL;' '}'
	lines tests/fuzz/parsers.txt '# who reads what' 'daemon/model/frame.c frame' 'daemon/base/str.c - a reason'
	lines tests/fuzz/sources.mk 'FUZZ_TESTS = \' '	tests/fuzz/fuzz_frame'
	lines tests/fuzz/README.md '| `frame` | frames |'
	lines tests/fuzz/fuzz_frame.c 'int x;'
	for i in 0 1 2; do
		for j in 0 1 2 3 4 5 6 7 8 9; do
			lines "tests/fuzz/corpus/frame/seed-$i$j" "$i$j"
		done
	done
}

fresh_fuzz
holds fuzz "a parser with a target, and thirty inputs"
lines tests/fuzz/parsers.txt '# who reads what'
caught fuzz "a file that reads and is not listed" daemon/model/frame.c:4
fresh_fuzz
lines tests/fuzz/parsers.txt 'daemon/model/frame.c' 'daemon/gone.c frame' 'daemon/base/str.c farme' 'daemon/base/str.c -'
caught fuzz "lines that name no target, no file, no reason" "$(where tests/fuzz/parsers.txt 1 4)"
fresh_fuzz
rm "$tree/tests/fuzz/corpus/frame/seed-00"
caught fuzz "a target with twenty-nine inputs" tests/fuzz/fuzz_frame.c:1
fresh_fuzz
lines tests/fuzz/sources.mk 'FUZZ_TESTS = \' '	tests/fuzz/fuzz_frames'
caught fuzz "a target that is not built" tests/fuzz/fuzz_frame.c:1
fresh_fuzz
lines tests/fuzz/README.md '| `frames` | frames |'
caught fuzz "a target that nobody is told of" tests/fuzz/fuzz_frame.c:1

### dist.sh

# archives NAME...: a build whose archive takes these files and folders.
archives() {
	mkdir -p "$tree/build"
	{
		echo list-dist:
		for taken in "$@"; do echo "	@echo $taken"; done
	} >"$tree/build/Makefile"
}

fresh
check dist
if [ $result -eq 1 ] && grep -q "expected a build" "$work/said"; then pass "dist: nothing is built"; else fail "dist: nothing is built"; fi
fresh
archives $(cd "$tree" && ls -A | grep -v '^build$')
lines .gitignore build
lines .ci/run true
lines daemon/base/str.c~ "	goto out;"
holds dist "folders stand for what is in them; what only a clone needs, and what an editor left, may be missing"
lines daemon2/new.c "int x;"
lines notes.txt "what is new"
caught dist "files that no list names, also beside a folder with the beginning of their name" daemon2/new.c:1 notes.txt:1
fresh
archives $(cd "$tree" && ls -A | grep -v -e '^build$' -e '^daemon$') daemon/base/str.c "$tree/daemon/base/str.h"
rm -rf "$tree/daemon/model"
caught dist "some files of a folder" $(cd "$tree" && find daemon -type f ! -path daemon/base/str.c ! -path daemon/base/str.h | sed 's/$/:1/')
fresh
archives
check dist
if [ $result -eq 1 ]; then pass "dist: an archive of nothing"; else fail "dist: an archive of nothing"; fi
fresh
archives $(cd "$tree" && ls -A | grep -v '^build$')
printf '\t@false\n' >>"$tree/build/Makefile"
check dist
if [ $result -eq 1 ]; then pass "dist: a make that fails"; else fail "dist: a make that fails"; fi

### all.sh

# another_format COMMAND...: with a clang-format that is not ours first in PATH.
another_format() {
	PATH=$work/bin:$PATH "$@" "$here/all.sh" "$tree" >"$work/said" 2>&1
}

fresh
lines daemon/model/break.c "	goto out;"
another_format env -u ESTATE_COMPLETE
if [ "$(sed -n 1p "$work/said")" = "1..6" ] && grep -q "^# daemon/model/break.c:1: goto" "$work/said" &&
	grep -q "^not ok 1 - layers$" "$work/said" && grep -q "^ok 2 - sizes$" "$work/said" &&
	grep -q "^ok 3 - format # SKIP ..*is not here" "$work/said" && grep -q "^not ok 4 - symbols$" "$work/said"; then
	pass "all: a failed check, a passed one and a skip are told apart"
else
	fail "all: a failed check, a passed one and a skip are told apart"
fi
another_format env ESTATE_COMPLETE=1
if grep -q "^# ..*is not here" "$work/said" && grep -q "^not ok 3 - format$" "$work/said" && grep -q "^ok 2 - sizes$" "$work/said" &&
	! grep -q SKIP "$work/said"; then
	pass "all: where all was installed, a skip is a failure"
else
	fail "all: where all was installed, a skip is a failure"
fi

echo "1..$number"
