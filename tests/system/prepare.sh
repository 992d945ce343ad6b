#!/bin/bash
# prepare.sh: the folders that a booted test machine is made of, in the cache; prints them as the last line of stdout:
# "MACHINE INSTALLED". MACHINE is a Debian 12 root with systemd and what estated needs, INSTALLED is the tree as it lies
# there, built inside that Debian and installed as a package would be. Both are only read by the tests.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=root.sh
. "$(dirname "$0")/root.sh"
exec 4>&1 >&2 # the screen gets the words, the caller the answer

# The build's packages are named in ./run, and only there.
build_packages=()
eval "$(sed -n '/^build_packages=(/,/^)/p' "$TOP/run")"
[ ${#build_packages[@]} -gt 0 ] || cannot "$TOP/run: expected a list build_packages=( ... )"
packages=(systemd systemd-sysv dbus procps mosquitto tzdata "${build_packages[@]}")

root_require
mkdir -p "$CACHE/archives"
exec 5>"$CACHE/lock"
flock 5
# What an interrupted run left behind; nothing that may still be in use.
find "$CACHE" -maxdepth 1 \( -name 'installed-*' -o -name 'boot-*' \) -mmin +720 -exec rm -rf --one-file-system {} +

machine=$CACHE/machine-$(echo "$SUITE ${packages[*]}" | sha256sum | cut -c1-12)
if [ ! -d "$machine" ]; then
	say "making a Debian 12 with systemd, kept as $machine"
	rm -rf --one-file-system "$CACHE"/machine-*
	root_new "$machine.new"
	if ! root_run "$machine.new" /bin/sh -ec "
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -q
		apt-get install -y -q --no-install-recommends ${packages[*]}
		systemctl disable mosquitto
		systemctl mask systemd-networkd-wait-online systemd-resolved apt-daily.timer apt-daily-upgrade.timer \
			dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
		systemd-machine-id-setup" >"$CACHE/machine.log" 2>&1; then
		tail -n 30 "$CACHE/machine.log"
		cannot "no machine; all of it is in $CACHE/machine.log"
	fi
	mv "$machine.new" "$machine"
fi

# contents FOLDER: content and mode of the files that stdin names, where they are there: "SUM  FILE", "MODE  FILE".
contents() {
	local files
	files=$(cat)
	( # one after the other: two at once would write into each other's lines
		cd "$1"
		xargs -r -d '\n' stat -c '%a  %n' <<<"$files" 2>/dev/null || :
		xargs -r -d '\n' sha256sum <<<"$files" 2>/dev/null || :
	) | LC_ALL=C sort
}

# The sources are copied over those of the last time, so that make compiles what changed and no more. Content tells what
# changed, and what is copied is of now: what was edited while the last build read it is newer than its object then.
mkdir -p "$CACHE/src" "$CACHE/build"
git -C "$TOP" ls-files -z --cached --others --exclude-standard | (
	cd "$TOP"
	while IFS= read -r -d '' file; do
		[ ! -f "$file" ] || printf '%s\n' "$file"
	done
) | LC_ALL=C sort >"$CACHE/src.new"
if [ -f "$CACHE/src.list" ]; then
	LC_ALL=C comm -23 "$CACHE/src.list" "$CACHE/src.new" | (cd "$CACHE/src" && xargs -r -d '\n' rm -f)
fi
LC_ALL=C comm -23 <(contents "$TOP" <"$CACHE/src.new") <(contents "$CACHE/src" <"$CACHE/src.new") |
	sed 's/^[^ ]*  //' | sort -u >"$CACHE/src.changed"
tar -C "$TOP" -T "$CACHE/src.changed" -c | tar -C "$CACHE/src" --no-same-owner --touch -x
mv "$CACHE/src.new" "$CACHE/src.list"

say "building"
installed=$(mktemp -d "$CACHE/installed-XXXXXX")
chmod 755 "$installed"
root_binds=(--bind="$CACHE/src:/src" --bind="$CACHE/build:/build" --bind="$installed:/dest")
# shellcheck disable=SC2016 # expanded inside
if ! root_run "$machine" /bin/sh -ec '
	cd /src
	[ -x configure ] && [ ! configure.ac -nt configure ] || ./autogen.sh
	cd /build
	[ -f Makefile ] && [ ! /src/configure -nt Makefile ] ||
		/src/configure --quiet --prefix=/usr --sysconfdir=/etc --localstatedir=/var --runstatedir=/run
	make -j"$(nproc)" --no-print-directory install DESTDIR=/dest' >"$CACHE/build.log" 2>&1; then
	grep -nE 'error|\*\*\*' "$CACHE/build.log" | tail -n 20
	rm -rf --one-file-system "$installed"
	say "the build failed; all of it is in $CACHE/build.log"
	exit 1
fi
echo "$machine $installed" >&4
