#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# acall copy: what arrives where, and what is refused. Going on with a copy is in
# cli_resume.sh.

. "$(dirname "$0")/cli.sh"

copy_is_the_same_file()
{
	local n

	need_ext4
	for n in 0 1 4095 4097 5000000; do
		rm -f source there back
		make_file source $n
		run acall copy source "$ext4/there"
		exits 0
		silent
		same source "$ext4/there"
		run acall copy --reflink=never "$ext4/there" back
		exits 0
		same source back
	done
	[ ! -s "$out" ] || fail "standard output is not empty"
	rm -rf "$ext4"
}

copy_creates_with_the_umask()
{
	make_file source 10
	umask 027
	run acall copy source new
	exits 0
	is "$(stat -c %a new)" 640 "mode"
}

copy_truncates_and_keeps_the_mode()
{
	make_file source 10
	make_file target 100000
	chmod 600 target
	run acall copy source target
	exits 0
	same source target
	is "$(stat -c %a target)" 600 "mode"
}

copy_refuses_the_same_file()
{
	make_file source 1000
	cp source before
	ln source hard
	ln -s source soft
	for target in source ./source hard soft; do
		run acall copy source $target
		exits 1
		says "same file"
		same source before
	done
}

copy_refuses_what_is_no_file()
{
	make_file source 10
	mkdir directory
	mkfifo fifo
	run acall copy source directory
	exits 1
	says "is a directory"
	says "not there yet"
	run acall copy directory target
	exits 1
	says "is a directory"
	run acall copy fifo target
	exits 1
	says "neither a regular file nor a block device"
	run acall copy source fifo
	exits 1
	run acall copy source /dev/null
	exits 1
	says "not a regular file"
	run acall copy missing target
	exits 1
	says "missing: No such file or directory"
	[ ! -e target ] || fail "a target was created"
}

copy_refuses_pseudo_files()
{
	run acall copy /proc/version target
	exits 1
	says "file.copy"
}

copy_keeps_holes()
{
	dd if=/dev/zero of=source bs=1 count=1 seek=20971519 2>/dev/null
	printf data | dd of=source bs=1 seek=10000000 conv=notrunc 2>/dev/null
	run acall copy --sparse source target
	exits 0
	same source target
	[ "$(stat -c %b target)" -lt 2000 ] || fail "the holes are filled"
}

copy_sync()
{
	need_ext4
	make_file source 100000
	run acall copy --sync source "$ext4/target"
	exits 0
	same source "$ext4/target"
	rm -rf "$ext4"
}

copy_reflink_always_fails_on_tmpfs()
{
	make_file source 10
	run acall copy --reflink=always source target
	exits 1
	run acall copy --reflink=auto source target
	exits 0
	same source target
}

copy_takes_names_of_any_kind()
{
	local odd

	odd=$(printf -- '-a\nb "c" \\ %%s')
	make_file source 1000
	run acall copy -- source "$odd"
	exits 0
	same source "./$odd"
	run acall copy -- "$odd" back
	exits 0
	same source back
}

run_tests copy_is_the_same_file copy_creates_with_the_umask \
	copy_truncates_and_keeps_the_mode copy_refuses_the_same_file \
	copy_refuses_what_is_no_file copy_refuses_pseudo_files copy_keeps_holes \
	copy_sync copy_reflink_always_fails_on_tmpfs \
	copy_takes_names_of_any_kind
