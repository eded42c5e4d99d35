#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# The acall command: what each verb does when all goes well, against the
# standard tool that does the same, and what it refuses.

. "$(dirname "$0")/cli.sh"

hash_is_sha256sum()
{
	: >empty
	make_file small 100
	make_file "with blanks" 4096
	make_file large 3000001
	for file in empty small "with blanks" large; do
		run acall hash "$file"
		exits 0
		silent
		is "$(cat "$out")" "$(sha256sum "$file")"
	done
	run acall hash empty small "with blanks" large
	exits 0
	sha256sum empty small "with blanks" large >expected
	same "$out" expected
	sha256sum -c "$out" >/dev/null || fail "sha256sum -c refuses it"
}

hash_takes_an_algorithm()
{
	make_file file 70000
	run acall hash -a sha512 file
	exits 0
	is "$(cat "$out")" "$(sha512sum file)"
	run acall hash --algorithm=nosuch file
	exits 1
	says "algorithm"
}

hash_escapes_names_as_sha256sum()
{
	local sum

	make_file plain 10
	sum=$(sha256sum <plain)
	sum=${sum%% *}
	cp plain "$(printf 'a\nb')"
	cp plain 'c\d'
	run acall hash "$(printf 'a\nb')" 'c\d'
	exits 0
	printf '\\%s  a\\nb\n\\%s  c\\\\d\n' "$sum" "$sum" >expected
	same "$out" expected
}

hash_goes_on_after_an_error()
{
	make_file first 10
	make_file last 20
	mkdir directory
	run acall hash first missing directory last
	exits 1
	sha256sum first last >expected
	same "$out" expected
	says "missing: No such file or directory"
	says "directory: Is a directory"
}

sync_takes_files_and_directories()
{
	need_ext4
	make_file data 100000
	cp data "$ext4/file"
	for options in "" -d -f --data --file-system; do
		# shellcheck disable=SC2086 # words
		run acall sync $options "$ext4/file"
		exits 0
		silent
	done
	run acall sync "$ext4" "$ext4/file" file
	exits 1
	says "file: No such file or directory"
	run acall sync "$ext4"
	exits 0
	run acall sync -f "$ext4"
	exits 0
	rm -rf "$ext4"
}

# Numbers of a row of df -k and of acall statfs: size, used, available.
row() { awk -v at="$2" '$NF == at { print $(NF-4), $(NF-3), $(NF-2) }' "$1"; }

# The mount that the ext4 directory is on.
ext4_mount()
{
	awk -v dir="$ACALL_DIR_EXT4" '
		index(dir "/", $2 "/") == 1 && length($2) > n {
			n = length($2); at = $2
		}
		END { print at }' /proc/mounts
}

statfs_is_df()
{
	local at

	need_ext4
	rm -rf "$ext4"
	at=$(ext4_mount)
	sync
	run acall statfs "$at"
	exits 0
	silent
	df -kP "$at" >expected
	is "$(row "$out" "$at")" "$(row expected "$at")" "$at"
	run acall statfs "$ACALL_DIR_EXT4"
	exits 0
	is "$(row "$out" "$ACALL_DIR_EXT4")" "$(row expected "$at")" "directory"
	run acall statfs -h "$at"
	exits 0
	prints "GiB"
}

statfs_lists_mounts()
{
	local at

	need_ext4
	rm -rf "$ext4"
	run acall statfs
	grep -q " $(ext4_mount)$" "$out" || fail "no ext4"
	! grep -q " /proc$" "$out" || fail "/proc is shown"
	run acall statfs --all
	for at in / /proc /sys "$(ext4_mount)"; do
		grep -q " $at$" "$out" || fail "no $at with --all"
	done
	awk '{ print $2 }' /proc/mounts >mounts
	awk 'NR > 1 { print $NF }' "$out" >got
	is "$(grep -vxFf mounts got)" "" "rows that are no mounts"
	is "$(sort got | uniq -d)" "" "rows that are there twice"
}

statfs_goes_on_after_an_error()
{
	run acall statfs /missing /proc
	exits 1
	prints "No such file or directory"
	grep -q ' /proc$' "$out" || fail "no /proc"
}

allocate_is_fallocate()
{
	run acall allocate -l 1M file
	exits 0
	silent
	is "$(stat -c '%s %b' file)" "1048576 2048" "size and blocks"
	run acall allocate -k -o 1M -l 1M file
	exits 0
	is "$(size file)" 1048576 "size"
	[ "$(stat -c %b file)" -gt 2048 ] || fail "nothing was allocated"
	run acall allocate --offset=4MiB --length=4k file
	exits 0
	is "$(size file)" 4198400 "size"
}

allocate_takes_units()
{
	local pair

	for pair in 1:1 512B:512 1K:1024 1KiB:1024 1KB:1000 3k:3072 \
		    1M:1048576 2MB:2000000; do
		rm -f file
		run acall allocate -l "${pair%:*}" file
		exits 0
		is "$(size file)" "${pair#*:}" "${pair%:*}"
	done
}

allocate_punches_and_zeroes()
{
	need_ext4
	make_file source 1048576
	cp source "$ext4/file"
	run acall allocate --punch -o 64K -l 512K "$ext4/file"
	exits 0
	dd if=/dev/zero of=source bs=64k seek=1 count=8 conv=notrunc 2>/dev/null
	same source "$ext4/file"
	[ "$(stat -c %b "$ext4/file")" -lt 1100 ] || fail "no hole"
	run acall allocate --zero -o 0 -l 64K "$ext4/file"
	exits 0
	dd if=/dev/zero of=source bs=64k count=1 conv=notrunc 2>/dev/null
	same source "$ext4/file"
	run acall allocate --punch "$ext4/file"
	exits 0
	tr -d '\0' <"$ext4/file" >rest
	is "$(size rest)" 0 "bytes left"
	rm -rf "$ext4"
}

allocate_refuses()
{
	run acall allocate --punch -l 1M missing
	exits 1
	[ ! -e missing ] || fail "punch has created the file"
	run acall allocate missing
	exits 1
	[ ! -e missing ] || fail "no length, and the file was created"
	make_file file 10
	run acall allocate -o 8E -l 1 file
	exits 1
}

call_gives_the_output()
{
	run acall call test.echo --in-string='a b'
	exits 0
	is "$(cat "$out")" 612062
	run acall call test.echo --in-hex='00 fF 10'
	exits 0
	is "$(cat "$out")" 00ff10
	make_file file 65536
	run acall call test.echo --in-file=file --out=raw
	exits 0
	same file "$out"
	acall call test.echo --in-file=- --out=raw <file >copy || fail "stdin"
	same file copy
	run acall call test.echo --in-string=x --out=none
	exits 0
	[ ! -s "$out" ] || fail "output"
	run acall call test.nop
	exits 0
	[ ! -s "$out" ] || fail "output"
	make_file file 65537
	run acall call test.echo --in-file=file
	exits 1
	says "longer"
}

call_passes_files()
{
	local sum args

	make_file file:rw 10000
	sum=$(sha256sum file:rw)
	# struct acall_file_hash: 24 bytes of zeroes, then "sha256".
	args=$(printf %048d 0)736861323536
	run acall call file.hash --in-hex=$args --file=file:rw:r
	exits 0
	is "$(cat "$out")" "${sum%% *}"
	# A mode that none is belongs to the name.
	mv file:rw file:x
	run acall call file.hash --in-hex=$args --file=file:x
	exits 0
	run acall call file.hash --in-hex=$args --file=file:x:w
	exits 1
	run acall call file.hash --in-hex=$args --file=new:c
	exits 0
	[ -e new ] || fail "c does not create"
	run acall call file.hash --in-hex=$args
	exits 1
}

call_fails_as_the_method_does()
{
	run acall call test.fail --in-hex="$("$helper" s32 -28)"
	exits 1
	says "No space left on device"
	run acall call test.refuse --in-hex="$("$helper" s32 -17)"
	exits 1
	says "File exists"
}

run_tests hash_is_sha256sum hash_takes_an_algorithm \
	hash_escapes_names_as_sha256sum hash_goes_on_after_an_error \
	sync_takes_files_and_directories statfs_is_df \
	statfs_lists_mounts statfs_goes_on_after_an_error \
	allocate_is_fallocate allocate_takes_units \
	allocate_punches_and_zeroes allocate_refuses call_gives_the_output \
	call_passes_files call_fails_as_the_method_does
