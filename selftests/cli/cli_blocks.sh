#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# The acall command: trim, discard, dedupe and advise, on loop devices and in images
# that are mounted for nobody but the test.

. "$(dirname "$0")/cli.sh"

blocks() { stat -c %b "$1"; }

discard_is_blkdiscard()
{
	make_file image 4194304
	cp image before
	loop_device image
	run acall discard -o 1M -l 2M "$loop"
	losetup -d "$loop"
	exits 0
	silent
	[ "$(blocks image)" -le $((8192 - 4096)) ] || fail "nothing was punched"
	dd if=/dev/zero of=before bs=1M seek=1 count=2 conv=notrunc 2>/dev/null
	same before image
}

discard_zeroes()
{
	make_file image 1048576
	loop_device image
	run acall discard -z --json "$loop"
	sync
	losetup -d "$loop"
	exits 0
	is "$(json device) $(json progress)" "$loop 1048576"
	tr -d '\0' <image >rest
	is "$(size rest)" 0 "bytes left"
}

discard_refuses()
{
	make_file file 4096
	run acall discard file
	exits 1
	says "not a block device"
	run acall discard missing
	exits 1
	loop_device file
	run acall discard -l 100 "$loop"
	is "$rc" 1
	says "not valid"
	run acall discard --secure "$loop"
	losetup -d "$loop"
	exits 1
	says "cannot do this"
}

dedupe_shares()
{
	on_xfs '
		yes dedupe | head -c 1000000 >mnt/a
		cp mnt/a mnt/b
		sync
		acall dedupe --json mnt/a mnt/b
		cmp mnt/a mnt/b
		acall dedupe --source-offset=4096 --target-offset=0 -l 4096 \
			mnt/a mnt/b && exit 9
		[ $? = 1 ]'
	exits 0
	is "$(json source) $(json target) $(json progress)" "mnt/a mnt/b 1000000"
	says "the files differ"
}

dedupe_refuses()
{
	make_file a 100
	make_file b 100
	run acall dedupe a b
	exits 1
	says "cannot do this"
	run acall dedupe a missing
	exits 1
}

trim_is_fstrim()
{
	on_xfs 'acall trim -v mnt; acall trim --json mnt'
	exits 0
	prints "mnt: "
	prints "bytes) trimmed"
	sed 1d "$out" >json
	mv json "$out"
	is "$(json path)" mnt
	[ "$(json trimmed)" -gt 100000000 ] || fail "next to nothing"
}

trim_refuses()
{
	run acall trim .
	exits 1
	says "no free blocks"
	run acall trim missing
	exits 1
	need_user
	forget_output
	"$helper" as 65534 acall trim /mnt >"$out" 2>"$err"
	rc=$?
	exits 1
}

advise_takes_a_file()
{
	make_file file 100000
	run acall advise file
	exits 0
	silent
	run acall advise --advice=willneed --json -o 10000 file
	exits 0
	is "$(json advice) $(json offset) $(json progress)" "willneed 10000 90000"
	run acall advise .
	exits 1
}

run_tests discard_is_blkdiscard discard_zeroes discard_refuses dedupe_shares \
	dedupe_refuses trim_is_fstrim trim_refuses advise_takes_a_file
