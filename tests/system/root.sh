# root.sh: a bare Debian 12 root to run things in. Sourced by the scripts beside it; needs root.
#
# Nothing is kept inside the tree: the base (debootstrap, minbase, git and sudo) and the .deb files that apt fetched stay in
# the cache, $XDG_CACHE_HOME/estated-tests or /var/cache/estated-tests. Where apt gets its packages from is asked of the
# host's apt when a root is made.
# shellcheck shell=bash

SUITE=bookworm
CACHE=${XDG_CACHE_HOME:-/var/cache}/estated-tests
AUTHORITIES=/etc/host-authorities.crt # those that the host's npm trusts beside its own, in a root
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

say() { echo "$(basename "$0" .sh): $*"; }

# Not a failure of what is tested: the machine cannot run it.
cannot() {
	say "cannot run here: $*" >&2
	exit 77
}

root_require() {
	local program missing=()
	[ "$(id -u)" -eq 0 ] || cannot "needs root (sudo $0 ...)"
	for program in debootstrap:debootstrap systemd-nspawn:systemd-container unshare:util-linux tar:tar git:git; do
		command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
	done
	[ ${#missing[@]} -eq 0 ] || cannot "missing; as root: apt-get install ${missing[*]}"
}

# One line for each Debian archive of the host: "deb URI SUITE COMPONENT".
root_sources() {
	# shellcheck disable=SC2016 # apt fills these in
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
		grep -E "^deb [^ ]+ $SUITE(-updates|-security)? " | sort -u || :
}

# Puts the host's settings of apt and npm into a root: archives, proxy, keys, credentials, authorities, names.
root_settings() {
	local root=$1 part
	root_sources >"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::' >"$root/etc/apt/apt.conf.d/90host" || :
	for part in auth.conf auth.conf.d trusted.gpg trusted.gpg.d; do
		[ ! -e "/etc/apt/$part" ] || cp -a "/etc/apt/$part" "$root/etc/apt/"
	done
	if grep -q '^deb https' "$root/etc/apt/sources.list"; then
		mkdir -p "$root/etc/ssl/certs"
		cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	fi
	[ ! -f "${NODE_EXTRA_CA_CERTS:-}" ] || cp -L "$NODE_EXTRA_CA_CERTS" "$root$AUTHORITIES"
	cp /etc/hosts "$root/etc/hosts"
}

root_make_base() {
	local base=$1 mirror proxy=
	mirror=$(root_sources | awk -v suite="$SUITE" '$3 == suite { print $2; exit }')
	[ -n "$mirror" ] || cannot "the host's apt knows no Debian archive with $SUITE (apt-get update?)"
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	say "making the bare root with debootstrap, kept as $base"
	rm -rf "$CACHE/making"
	if ! env ${proxy:+http_proxy="$proxy" https_proxy="$proxy"} LC_ALL=C \
		debootstrap --variant=minbase --include=git,sudo "$SUITE" "$CACHE/making" "$mirror" >"$CACHE/debootstrap.log" 2>&1; then
		tail -n 20 "$CACHE/debootstrap.log" >&2
		rm -rf "$CACHE/making"
		cannot "debootstrap failed; all of it is in $CACHE/debootstrap.log"
	fi
	chroot "$CACHE/making" apt-get clean
	tar -C "$CACHE/making" --numeric-owner -cf "$base.new" .
	mv "$base.new" "$base"
	rm -rf "$CACHE/making"
}

# root_new DIR: a bare root in DIR, which must not exist or be empty.
root_new() {
	local root=$1 base
	base=$CACHE/$SUITE-$(dpkg --print-architecture).tar
	mkdir -p "$CACHE/archives/partial"
	[ -f "$base" ] || root_make_base "$base"
	mkdir -p "$root"
	tar -C "$root" --numeric-owner -xpf "$base"
	root_settings "$root"
}

# root_copy_tree WHAT DIR: the tree as committed ("committed": a git clone) or as it lies there ("uncommitted": also what
# is changed and new, but nothing that git ignores).
root_copy_tree() {
	local what=$1 dir=$2
	git clone -q --no-hardlinks "file://$TOP" "$dir"
	[ "$what" = uncommitted ] || return 0
	git -C "$dir" ls-files -z | (cd "$dir" && xargs -0 rm -f)
	git -C "$TOP" ls-files -z --cached --others --exclude-standard | (
		cd "$TOP" || exit
		while IFS= read -r -d '' file; do
			[ ! -f "$file" ] || printf '%s\0' "$file"
		done
	) | tar -C "$TOP" --null -T - -c | tar -C "$dir" --no-same-owner -x
}

# systemd-nspawn in a mount namespace of its own, with a tmpfs where it keeps its sockets: it insists on one, and nothing
# of it stays behind.
root_nspawn() {
	local options=(--quiet --register=no)
	[ -d /run/systemd/system ] || options+=(--keep-unit)
	mkdir -p /run/systemd/nspawn
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --propagation private sh -c 'mount -t tmpfs tmpfs /run/systemd/nspawn && exec systemd-nspawn "$@"' - \
		"${options[@]}" "$@"
}

root_chroot() {
	local root=$1
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --pid --fork --kill-child --propagation private sh -ec '
		root=$1 archives=$2
		shift 2
		mount --bind "$archives" "$root/var/cache/apt/archives"
		mount -t proc proc "$root/proc"
		mount -t sysfs -o ro sysfs "$root/sys"
		mount --rbind /dev "$root/dev"
		cp /etc/resolv.conf "$root/etc/resolv.conf"
		exec chroot "$root" "$@"' - "$root" "$CACHE/archives" "$@"
}

root_way=      # nspawn or chroot, known after the first root_run
root_binds=()  # further options of systemd-nspawn for root_run

# root_run ROOT COMMAND...: as root, without stdin, in the POSIX locale; the network is the host's.
root_run() {
	local root=$1 name environment=(HOME=/root USER=root LOGNAME=root TERM=dumb SHELL=/bin/bash
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
	shift
	for name in http_proxy https_proxy no_proxy; do
		[ -z "${!name:-}" ] || environment+=("$name=${!name}")
	done
	[ ! -f "$root$AUTHORITIES" ] || environment+=("NODE_EXTRA_CA_CERTS=$AUTHORITIES")
	if [ -z "$root_way" ]; then
		root_way=nspawn
		root_nspawn -D "$root" --as-pid2 --console=pipe /bin/true </dev/null >/dev/null 2>&1 || root_way=chroot
		[ "$root_way" = nspawn ] || say "systemd-nspawn does not work here: chroot instead"
	fi
	if [ "$root_way" = nspawn ]; then
		root_nspawn -D "$root" --as-pid2 --console=pipe --resolv-conf=copy-host \
			--bind="$CACHE/archives:/var/cache/apt/archives" "${root_binds[@]}" /usr/bin/env -i "${environment[@]}" "$@" </dev/null
	else
		[ ${#root_binds[@]} -eq 0 ] || cannot "systemd-nspawn does not work, and this needs it"
		root_chroot "$root" /usr/bin/env -i "${environment[@]}" "$@" </dev/null
	fi
}
