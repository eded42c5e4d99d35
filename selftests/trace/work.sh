#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# work.sh: what demo.sh draws, as root in the guest: a hash, a copy, a copy that is
# cancelled half-way, a call that is abandoned and ends later, one that is parked, and
# short ones of a queue. Standard output is the trace, as the kernel tells it.

if [ "$1" != traced ]; then
	acall trace -q -o /tmp/trace.txt sh "$0" traced >/dev/null || exit
	exec cat /tmp/trace.txt
fi
helper=$(find /acall/bin -name cli_helper)
cd "$ACALL_DIR_TMPFS" || exit 1
part=$ACALL_DIR_EXT4/part
dd if=/dev/urandom of=big bs=64k count=512 2>/dev/null

acall hash -q big &
acall copy -q big "$ACALL_DIR_EXT4/copy"
acall copy -q big "$part" &
while [ "$(stat -c %s "$part" 2>/dev/null || echo 0)" -lt 8000000 ]; do
	sleep 0.02
done
# The shell would have a program in the background ignore SIGINT.
kill -TERM $!
# It looks when it is asked to stop, and ends 0.2 s later all the same.
acall call -q test.late "--in-hex=$("$helper" arg 1)" --timeout=100ms --grace=0
"$helper" shorts 48
acall call -q timer.sleep --in-hex=00000000000000000084d71700000000
"$helper" shorts 16
"$helper" open 1
wait
exit 0
