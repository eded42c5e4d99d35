#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# build.sh [modules|userspace|selftests|bench|vm]...: builds parts for the
# chosen kernel into build/RELEASE-ARCH/, modules out of a mirror of the sources;
# where: says where.

. "$(dirname "$0")/common.sh"

# Kbuild writes beside its sources, so it gets a mirror of them. Only what has
# changed is copied, so that only that is built again.
mirror()
{
	local to=$1 file list

	list=$(cd "$top" && find Kbuild module uapi -type f \
		\( -name '*.[chS]' -o -name Kbuild -o -name Makefile \))
	for file in $list; do
		cmp -s "$top/$file" "$to/$file" ||
			install -D -m 644 "$top/$file" "$to/$file"
	done
	# Sources that are no more; what Kbuild made from sources may stay.
	(cd "$to" && find Kbuild module uapi -type f \
		\( -name '*.[chS]' -o -name Kbuild -o -name Makefile \)) |
		grep -vFx "$list" | grep -v '\.mod\.c$' |
		while read -r file; do rm -f "$to/$file"; done
}

modules()
{
	mirror "$out/src"
	"$vm/fetch.sh" headers || return 1
	# BTF of modules would need pahole and is of no use here.
	make -C "$kdir" -j"$jobs" M="$out/src" \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules &&
		mkdir -p "$out/modules" &&
		find "$out/src/module" -name '*.ko' \
			-exec cp -p {} "$out/modules" \;
}

userspace()
{
	mkdir -p "$out/userspace"
	make -C "$top/userspace" -j"$jobs" O="$out/userspace"
}

selftests()
{
	"$vm/fetch.sh" source || return 1
	mkdir -p "$out/selftests"
	make -C "$top/selftests" -j"$jobs" OUTPUT="$out/selftests" \
		LIBACALL="$out/userspace/libacall.a" \
		KSFT="$source/tools/testing/selftests"
}

bench()
{
	mkdir -p "$out/bench"
	make -C "$top/selftests/bench" -j"$jobs" OUTPUT="$out/bench"
}

# The guest's last word to QEMU.
vm()
{
	mkdir -p "$out/vm"
	[ "$out/vm/debug_exit" -nt "$vm/debug_exit.c" ] ||
		gcc -O2 -Wall -Wextra -static -o "$out/vm/debug_exit" \
			"$vm/debug_exit.c"
}

where()
{
	say "for $krel: ${out#"$top"/}/modules and ${out#"$top"/}/userspace"
}

use_kernel
unset MAKEFLAGS MFLAGS MAKELEVEL
for part in "$@"; do
	case $part in
	modules|userspace|selftests|bench|vm|where) "$part" || exit 1 ;;
	*) die "no such part: $part" ;;
	esac
done
