#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# leg.sh run|build|clang: one leg of the matrix, with the settings of the
# environment.
#	run	builds the modules, and runs TESTS with them in a guest
#	build	builds the modules
#	clang	builds them with clang, for a kernel that is configured for it
# No warning of the compiler is let pass. The status is 4 if something is not to be
# had, 5 if the modules do not build, and the last line says why.

. "$(dirname "$0")/../vm/common.sh"

kind=${1:?usage: leg.sh run|build|clang}
export KCFLAGS=-Werror

# or STATUS COMMAND...: or ends with STATUS.
or()
{
	local status=$1

	shift
	"$@" || exit "$status"
}

missing()
{
	say "$*"
	exit 4
}

with_clang()
{
	local tree=$cache/image-source/src dir=$cache/matrix-clang
	local words=(CC=clang)

	command -v clang >/dev/null || missing "no clang"
	or 4 "$vm/image.sh" source
	krel=6.12-clang
	out=$build/$krel-$arch
	# It has no symbols to link with: other legs look at those.
	words+=(KBUILD_MODPOST_WARN=1)
	if [ "$(cat "$dir/key" 2>/dev/null)" != "$(clang --version)" ]; then
		rm -rf "$dir"
		mkdir -p "$dir"
		or 1 make -C "$tree" O="$dir" "${words[@]}" \
			KCONFIG_ALLCONFIG="$vm/config/base.config" allnoconfig
		or 1 grep -q '^CONFIG_CC_IS_CLANG=y' "$dir/.config"
		or 1 make -C "$tree" O="$dir" "${words[@]}" -j"$jobs" \
			KCFLAGS= modules_prepare
		clang --version >"$dir/key"
	fi
	. "$vm/kernel.sh"
	settle_in "$tree" "$dir"
	mkdir -p "$out/src"
	cp -Rp "$top"/{Kbuild,module,uapi} "$out/src"
	or 5 make -C "$dir" "${words[@]}" -j"$jobs" M="$out/src" modules
}

unset MAKEFLAGS MFLAGS MAKELEVEL
if [ "$kind" = clang ]; then
	with_clang
	exit 0
fi
[ -z "$suite$cross" ] || unshare -m true 2>/dev/null ||
	unshare -Urm true 2>/dev/null || missing "no name spaces for mounts here"
# shellcheck disable=SC2154 # machine.sh's
[ "$kind" != run ] || command -v "$emulator" >/dev/null ||
	missing "no $emulator"
krel=$(kernel_release)
[ -n "$krel" ] || missing "no kernel ${KERNEL:-} to be had for $debian"
use_kernel
say "for $krel"
or 4 "$vm/fetch.sh" headers
[ "$kind" != run ] || or 4 "$vm/fetch.sh" kernel
or 5 "$vm/build.sh" modules
[ "$kind" = run ] || exit 0
or 1 "$vm/check.sh"
