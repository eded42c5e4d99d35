#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# inside.sh COMMAND...: runs it in the root folder of SUITE, which fetch.sh has
# filled with compilers. Nothing is installed there, only unpacked: cross compilers
# and multilib would not go together. This tree has its place in it too. The mounts
# are gone with the command; who is not root needs user namespaces.

. "$(dirname "$0")/common.sh"

root=$cache/suite-$suite
shared=$(readlink -f "$cache")
export KCFLAGS="${KCFLAGS:-}"
mkdir -p "$root"/{dev,proc,tmp} "$root$top" "$root$shared"
words=(unshare -m)
[ "$(id -u)" -eq 0 ] || words=(unshare -Urm)
# shellcheck disable=SC2016 # for the inner shell
exec "${words[@]}" bash -c 'root=$0 top=$1 shared=$2
	shift 2
	mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" &&
		mount --bind "$top" "$root$top" &&
		mount --bind "$shared" "$root$shared" || exit 1
	exec env -i PATH=/usr/bin:/usr/sbin LC_ALL=C KCFLAGS="$KCFLAGS" \
		chroot "$root" "$@"' "$root" "$top" "$shared" "$@"
