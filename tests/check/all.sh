#!/bin/sh
# all.sh [TOP]: runs the checks and says of each, as TAP, whether it holds; 77 becomes a skip with its reason, and a failure
# where all that they need was installed (ESTATE_COMPLETE is set: ./run test).
# For "make check"; each check can also be run alone, with an exit status of its own.
here=$(cd "$(dirname "$0")" && pwd) || exit 1

echo 1..6
number=0
for check in layers sizes format symbols fuzz dist; do
	number=$((number + 1))
	said=$("$here/$check.sh" "$@" 2>&1)
	case $? in
	0) echo "ok $number - $check" ;;
	77)
		reason=$(printf '%s\n' "$said" | tail -n 1)
		if [ -n "${ESTATE_COMPLETE:-}" ]; then
			echo "# $reason"
			echo "not ok $number - $check"
		else
			echo "ok $number - $check # SKIP $reason"
		fi
		;;
	*)
		printf '%s\n' "$said" | sed 's/^/# /'
		echo "not ok $number - $check"
		;;
	esac
done
