#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# demo.sh: a real file is hashed and copied in the kernel, checked against
# sha256sum and cmp, and a second copy is cancelled half-way: what it says of
# itself must be exactly what is in the target. Runs in the guest or on the host.

failures=0
# In the guest: the host's, several times as fast as busybox's under emulation.
[ ! -x /acall/bin/cmp ] || cmp=/acall/bin/cmp
[ ! -x /acall/bin/sha256sum ] || sha256sum=/acall/bin/sha256sum
cd "$ACALL_DIR_TMPFS" || exit 1
ln -s "$ACALL_DIR_EXT4" disk
copy=disk/copy
part=disk/part

say() { printf '%s\n' "$*"; }

# proved WHAT COMMAND...
proved()
{
	what=$1
	shift
	if "$@"; then
		say "  proved: $what"
	else
		say "  NOT SO: $what"
		failures=$((failures + 1))
	fi
}

bytes() { stat -c %s "$1" 2>/dev/null || echo 0; }

# Ctrl-C, when half of the bytes are there; the shell would have a program in
# the background ignore it, so it is this that is in the background.
interrupt_half_way()
{
	while [ "$(bytes "$part")" -lt $half ]; do
		[ -e running ] || return
	done
	kill -INT "$(cat running)"
}

say "acall on Linux $(uname -r), $(nproc) processors, with a file of 256 MiB"
dd if=/dev/urandom of=seed bs=64k count=256 2>/dev/null
i=0
while [ $i -lt 16 ]; do
	i=$((i + 1))
	echo "part $i"
	cat seed
done >big
rm seed
half=$(($(bytes big) / 2))

# At the same time, since it takes as long.
${sha256sum:-sha256sum} big >sum.expected &
say "\$ acall hash big"
acall hash big >sum
cat sum
wait
proved "sha256sum says the same" "${cmp:-cmp}" -s sum sum.expected

say "\$ acall copy big $copy"
acall copy big "$copy"
proved "cmp: it is the same as big" "${cmp:-cmp}" -s big "$copy"
rm "$copy"

say "\$ acall copy big $part	# and Ctrl-C half-way"
: >running
interrupt_half_way &
sh -c 'echo $$ >running; exec acall copy big "$0"' "$part" 2>verdict
status=$?
rm running
wait
cat verdict
done=$(sed -n 's/.*--resume=\([0-9]*\).*/\1/p' verdict)
say "  exit status $status, $done bytes copied"
proved "it was cancelled" [ $status -eq 130 ]
proved "it has $done bytes, not one more" [ "$(bytes "$part")" = "$done" ]
proved "cmp: those are the first $done of big" "${cmp:-cmp}" -s -n "$done" big "$part"

command=$(sed -n 's/.*continue with: //p' verdict)
say "\$ $command"
eval "$command"
proved "cmp: now it is the same as big" "${cmp:-cmp}" -s big "$part"
rm -f big sum sum.expected verdict "$part" disk
[ $failures -eq 0 ]
