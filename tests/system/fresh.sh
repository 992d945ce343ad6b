#!/bin/bash
# fresh.sh: both README commands in a bare Debian 12 with nothing installed but git and sudo, each in a root of its own.
#
#   fresh.sh [demo|test|both] [--uncommitted] [--user] [--root DIR] [--keep]
#
#   demo, test, both   what to run (both)
#   --uncommitted      the tree as it lies there; without it what is committed
#   --user             as an ordinary user who may use sudo; without it as root
#   --root DIR         make the roots in DIR (must not exist); without it in the cache
#   --keep             leave the roots for a look inside: systemd-nspawn -D DIR
#
# Runs in systemd-nspawn without systemd inside, without stdin, in the POSIX locale. Exit 0: all passed, 1: a
# command failed, 2: usage, 77: cannot run here.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=root.sh
. "$(dirname "$0")/root.sh"

DEMO="./run demo --for 60s"
TEST="./run test"

usage() {
	sed -n '2,13s/^# \{0,1\}//p' "$0"
	exit 2
}

elapsed_s() { echo $(((${EPOCHREALTIME/./} - $1) / 1000000)); }

# Every line into the log with its second; to the screen only what "run" itself says.
follow() {
	local began_us=$1 log=$2 line
	while IFS= read -r line; do
		printf '%4d  %s\n' "$(elapsed_s "$began_us")" "$line" >&3
		[[ $line != run:* ]] || printf '%4d s  %s\n' "$(elapsed_s "$began_us")" "$line"
	done 3>"$log"
}

add_user() {
	root_run "$1" /bin/sh -ec "
		useradd --create-home --shell /bin/bash $who
		echo '$who ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/$who
		chown -R $who: /srv/estated"
}

# run_one NAME COMMAND: one command in one new root.
run_one() {
	local name=$1 command=$2 root=$where/$1 log=$CACHE/$1.log began_us=${EPOCHREALTIME/./} status=0
	say "$name: a new root in $root"
	root_new "$root"
	root_copy_tree "$what" "$root/srv/estated"
	[ "$who" = root ] || add_user "$root"
	say "$name: root and tree ready after $(elapsed_s "$began_us") s; running $command"
	began_us=${EPOCHREALTIME/./}
	root_run "$root" "${as_who[@]}" /bin/bash -c "cd /srv/estated && exec $command" 2>&1 | follow "$began_us" "$log" || status=$?
	tail -n "$([ "$status" -eq 0 ] && echo 12 || echo 60)" "$log"
	if [ "$status" -eq 0 ]; then
		say "$name: passed in $(elapsed_s "$began_us") s"
	else
		say "$name: FAILED with exit status $status after $(elapsed_s "$began_us") s; all of it is in $log"
		failed=1
	fi
	[ "$keep" = yes ] || rm -rf --one-file-system "$root"
}

# In a function, read whole before it runs: somebody may edit this file meanwhile.
main() {
	which=both what=committed who=root where='' keep=no failed=0 as_who=()
	while [ $# -gt 0 ]; do
		case $1 in
		demo | test | both) which=$1 ;;
		--uncommitted) what=uncommitted ;;
		--keep) keep=yes ;;
		--user)
			who=technician
			as_who=(/usr/sbin/runuser -u "$who" -- env "HOME=/home/$who" "USER=$who" "LOGNAME=$who")
			;;
		--root)
			[ $# -gt 1 ] || usage
			where=$(realpath -m "$2")
			shift
			;;
		*) usage ;;
		esac
		shift
	done

	root_require
	[ -z "$where" ] || [ ! -e "$where" ] || cannot "$where exists: expected a folder that is still to be made"
	mkdir -p "$CACHE"
	if [ -z "$where" ]; then
		where=$(mktemp -d "$CACHE/fresh-XXXXXX")
	fi
	mkdir -p "$where"
	chmod 755 "$where"
	# shellcheck disable=SC2317 # called by the trap
	cleanup() {
		[ "$keep" = yes ] || rm -rf --one-file-system "$where"
	}
	trap cleanup EXIT
	trap 'exit 1' INT TERM

	[ "$which" = test ] || run_one demo "$DEMO"
	[ "$which" = demo ] || run_one test "$TEST"
	[ "$keep" = no ] || say "kept: $where"
	[ "$failed" -eq 1 ] || say "passed"
	exit "$failed"
}

main "$@"
