#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# install.sh install|uninstall: modules, library, command, and what providers are
# built against (headers.sh), into DESTDIR. The directories are those of
# userspace/Makefile and come through make, as in `make install prefix=/usr`; what
# providers need is in $prefix/src/acall-VERSION. What must be told about new modules
# and libraries is told unless there is a DESTDIR.

. "$(dirname "$0")/../vm/common.sh"

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$top/dkms.conf")

# user_make TARGET...: with the variables of make's own command line.
user_make()
{
	make -s --no-print-directory -C "$top/userspace" \
		O="$out/userspace" DESTDIR="$DESTDIR" "$@"
}

directory()
{
	# shellcheck disable=SC2016 # for make
	user_make --eval='directory: ; @echo $('"$1"')' directory
}

everything()
{
	export DESTDIR=$1
	"$vm/build.sh" modules_install &&
		user_make -j"$jobs" all && user_make install &&
		"$vm/headers.sh" "$DESTDIR$(directory prefix)/src/acall-$version" ||
		return 1
	make -s --no-print-directory -C "$top/Documentation/man" \
			O="$out/man" DESTDIR="$DESTDIR" install
}

tell()
{
	[ -z "$1" ] || return 0
	depmod "$krel" && ldconfig
}

# What would be installed is removed, and then the folders that are only ours.
uninstall()
{
	local to=$1 stage=$out/uninstall rc=0

	rm -rf "$stage"
	everything "$stage" || return 1
	find "$stage" ! -type d -printf '%P\0' |
		(cd "$to/" && xargs -0 rm -f --) || rc=1
	find "$stage" -depth -type d \( -path '*/acall*' -o \
		-path '*/lib/modules/*/*' \) -printf '%P\0' |
		(cd "$to/" && xargs -0 rmdir --ignore-fail-on-non-empty -- \
			2>/dev/null)
	rm -rf "$stage"
	return $rc
}

use_kernel
"$vm/setup.sh" build || exit
to=${DESTDIR:-}
[ -z "$to" ] || {
	mkdir -p "$to" && to=$(cd "$to" && pwd) || exit 1
}
case ${1:-} in
install)
	logged "$out/install.log" everything "$to" && tell "$to" || exit 1
	say "installed for $krel${to:+, into $to}"
	[ -n "$to" ] || say "to begin: modprobe acall; acall doctor" ;;
uninstall)
	logged "$out/install.log" uninstall "$to" && tell "$to" || exit 1
	say "removed for $krel${to:+, from $to}" ;;
*)	die "usage: install.sh install|uninstall" ;;
esac
