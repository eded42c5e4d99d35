#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# build.sh [modules|sample|canary|userspace|selftests|bench|vm]...: builds parts for
# the chosen kernel into build/RELEASE-ARCH/, modules out of a mirror of the
# sources; where: says where. modules_install: what users need of the modules, into
# DESTDIR, by the kernel's own rules.

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

# The kernel's own make, where its compiler is.
kernel_make()
{
	local words=(make -C "$kdir")

	[ -z "$suite" ] || words=("$vm/inside.sh" make
		-C "/usr/src/linux-headers-$krel" "CROSS_COMPILE=$triplet-")
	# BTF of modules would need pahole and is of no use here.
	"${words[@]}" -j"$jobs" \
		CONFIG_DEBUG_INFO_BTF_MODULES= "$@"
}

modules()
{
	mirror "$out/src"
	"$vm/fetch.sh" headers || return 1
	kernel_make M="$out/src" ACALL_DEBUG="${DEBUG:-}" \
		ACALL_GCOV="${GCOV:-}" ACALL_KCOV="${KCOV:-}" \
		ACALL_KUNIT="${KUNIT:-}" modules &&
		mkdir -p "$out/modules" &&
		find "$out/src/module" -name '*.ko' \
			-exec cp -p {} "$out/modules" \;
}

# Signed if the kernel's key is there, which is so where the kernel was built. depmod
# would want its System.map.
modules_install()
{
	local words=(M="$out/src" ACALL_TEST=n ACALL_DEBUG="${DEBUG:-}")

	mirror "$out/src"
	"$vm/fetch.sh" headers || return 1
	kernel_make "${words[@]}" modules || return 1
	[ -e "$kdir/certs/signing_key.pem" ] || words+=(CONFIG_MODULE_SIG_ALL=)
	kernel_make "${words[@]}" DEPMOD=true \
		INSTALL_MOD_PATH="${DESTDIR:-}" modules_install
}

# provider FOLDER: its module into build/.../NAME, as those build theirs who are
# not in this tree: against the headers that are installed.
provider()
{
	local file name=${1##*/}

	"$vm/headers.sh" "$out/headers" || return 1
	mkdir -p "$out/$name"
	for file in "$top/$1"/{Kbuild,acall_*.c}; do
		cmp -s "$file" "$out/$name/${file##*/}" || cp "$file" "$out/$name"
	done
	# Whether symbols that it imports have changed, Kbuild only finds out anew.
	rm -f "$out/$name/Module.symvers"
	kernel_make M="$out/$name" ACALL="$out/headers" \
		KBUILD_EXTRA_SYMBOLS="$out/headers/Module.symvers" modules
}

# Another machine's command would need that machine's libraries.
userspace()
{
	[ -z "$cross" ] || return 0
	mkdir -p "$out/userspace"
	make -C "$top/userspace" -j"$jobs" O="$out/userspace"
}

selftests()
{
	local compiler

	"$vm/fetch.sh" source || return 1
	mkdir -p "$out/selftests"
	# Only what is asked for of another machine's, which has no 32-bit ones.
	if [ -n "$cross" ]; then
		compiler=$(cd "$cache/suite-$suite/usr/bin" &&
			ls "$triplet"-gcc-[0-9]*)
		# shellcheck disable=SC2046 # words
		"$vm/inside.sh" make -C "$top/selftests" -j"$jobs" \
			OUTPUT="$out/selftests" CC="$compiler" \
			KSFT="$source/tools/testing/selftests" \
			$(chosen_tests | sed "s|^|$out/selftests/|")
		return
	fi
	make -C "$top/selftests" -j"$jobs" OUTPUT="$out/selftests" \
		LIBACALL="$out/userspace/libacall.a" M32=1 \
		KSFT="$source/tools/testing/selftests" &&
		"$top/selftests/manual/build.sh" "$out/selftests/manual" \
			"$out/userspace/libacall.a"
}

bench()
{
	mkdir -p "$out/bench"
	make -C "$top/selftests/bench" -j"$jobs" OUTPUT="$out/bench" \
		LIBACALL="$out/userspace/libacall.a"
}

# The guest's last word to QEMU, and what the run-time monitor should have seen.
vm()
{
	mkdir -p "$out/vm"
	[ -n "$cross" ] || [ "$out/vm/debug_exit" -nt "$vm/guest/debug_exit.c" ] ||
		gcc -O2 -Wall -Wextra -static -o "$out/vm/debug_exit" \
			"$vm/guest/debug_exit.c" || return 1
	gcc -Wall -Wextra -I"$top/module" -I"$top/uapi" \
		-o "$out/vm/transitions" "$vm/guest/transitions.c" || return 1
	"$out/vm/transitions" | grep -vFxf \
		<(sed '/^#/d; /^$/d' "$vm/guest/transitions.not") >"$out/vm/expected"
}

where()
{
	say "for $krel: ${out#"$top"/}/modules and ${out#"$top"/}/userspace"
}

use_kernel
unset MAKEFLAGS MFLAGS MAKELEVEL
for part in "$@"; do
	case $part in
	sample)	provider selftests/sample &&
			provider userspace/examples/provider || exit 1 ;;
	canary)	provider selftests/canary || exit 1 ;;
	modules|modules_install|userspace|selftests|bench|vm|where)
		"$part" || exit 1 ;;
	*) die "no such part: $part" ;;
	esac
done
