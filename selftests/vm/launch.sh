#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# launch.sh demo|shell|bench PROGRAM [ARG]...|run PROGRAM [ARG]...: sees to packages, builds what
# is needed and does it in the guest, or on this machine if WHERE=host. Only
# what runs there writes to standard output. The status is its status.

. "$(dirname "$0")/common.sh"

mode=${1:?usage: launch.sh demo|shell|bench PROGRAM [ARG]...|run PROGRAM [ARG]...}
shift
case $mode in
demo|bench)	purpose=$mode ;;
shell)		purpose=vm ;;
run)
	purpose=vm
	[ -n "${1:-}" ] || die "usage: make vm RUN=PROGRAM [ARGS='...']" ;;
*)	die "no such mode: $mode" ;;
esac

"$vm/setup.sh" "$purpose" >&2 || exit
use_kernel
export PARALLEL=${PARALLEL:-1}
parts=(modules userspace vm)
if [ "$mode" = bench ]; then
	parts+=(bench)
	mode=run
	program=$out/bench/${1:?no benchmark is named}
	shift
	set -- "$program" "$@"
	# What it is compared with, and makes file systems with, as this
	# machine has it.
	export BESIDE='sha256sum cp mkfs.ext4 mkfs.xfs'
	export TIMEOUT=${TIMEOUT:-12000}
	# As people have it, unlike the tests.
	export APPEND="mitigations=auto ${APPEND:-}"
fi
say "building for $krel" >&2
logged "$out/build.log" "$vm/build.sh" "${parts[@]}" || exit 1
if [ "$where" = host ]; then
	run=("$vm/host.sh" "$mode" "$@")
else
	"$vm/fetch.sh" kernel || exit 1
	run=("$vm/guest.sh" "$mode" "$@")
fi
[ "$mode" = demo ] || exec "${run[@]}"

# Kept as plain text too, a progress line as it was last.
plain()
{
	local line last

	while IFS= read -r line; do
		last=$(printf '%s' "${line%$'\r'}" |
			sed 's/\x1b\[[0-9;]*m//g' | tr '\r' '\n' |
			sed -n 's/ *$//; /./p' | tail -n 2)
		printf '%s\n' "$last"
	done
}

if [ -t 1 ]; then
	"${run[@]}" | tee >(plain >"$out/demo.txt")
else
	"${run[@]}" | plain | tee "$out/demo.txt"
fi
exit "${PIPESTATUS[0]}"
