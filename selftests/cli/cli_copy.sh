#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# acall copy as people know cp(1): what is copied where, with which permissions,
# and what becomes of what is there. Going on with a copy is in cli_resume.sh.

. "$(dirname "$0")/cli.sh"

mode_of() { stat -c %a "$1"; }
inode_of() { stat -c %i "$1"; }

# User 65534 in a directory of its own: everything that this test makes there.
as_user()
{
	need_user
	chown 65534 .
	run "$helper" as 65534 "$@"
}

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

copy_goes_into_a_directory()
{
	local dir

	make_file a 5000
	mkdir there sub
	make_file sub/-b 10
	ln -s there link
	for dir in there there/ ./there// link; do
		rm -f there/*
		run acall copy a $dir
		exits 0
		silent
		same a there/a
	done
	rm there/a
	: >empty
	run acall copy a sub/-b ./empty "$PWD/there"
	exits 0
	silent
	same a there/a
	same sub/-b there/-b
	same empty there/empty
	is "$(ls there | wc -l)" 3 "files"
	cd sub || fail "cd"
	run acall copy ../a .
	exits 0
	same ../a a
}

copy_goes_on_after_an_error()
{
	make_file a 10
	make_file b 20
	mkdir dir there
	run acall copy a missing dir/ b there
	exits 1
	same a there/a
	same b there/b
	is "$(ls there | wc -l)" 2 "files"
	says "missing: No such file or directory"
	says "dir/ is a directory"
}

copy_wants_a_directory_that_exists()
{
	local target

	make_file a 10
	make_file b 10
	cp b before
	for target in nosuch nosuch/; do
		run acall copy a b $target
		exits 1
		says "$target: No such file or directory; here it has to be a directory"
	done
	run acall copy a nosuch/
	exits 1
	says "nosuch/: No such file or directory"
	run acall copy a b/
	exits 1
	says "b/: Not a directory"
	run acall copy a a b
	exits 1
	says "b: Not a directory"
	run acall copy a nosuch/b
	exits 1
	says "nosuch/b: No such file or directory"
	same b before
	[ ! -e nosuch ] || fail "something was created"
}

copy_does_not_replace_a_directory()
{
	local how

	make_file a 10
	mkdir -p there/a
	for how in "" --force --continue; do
		run acall copy $how a there
		exits 1
		says "there/a: Is a directory"
	done
	[ -d there/a ] || fail "the directory is gone"
}

copy_does_not_overwrite_what_it_made()
{
	local how

	mkdir one two there
	make_file one/x 10
	make_file two/x 20
	make_file two/y 30
	for how in "" --force --continue; do
		rm -f there/*
		run acall copy $how one/x two/x two/y there
		exits 1
		says "two/x would overwrite there/x, just made of one/x"
		same one/x there/x
		same two/y there/y
	done
	# The same by another name.
	ln -f there/x there/y
	run acall copy one/x two/y there
	exits 1
	says "two/y would overwrite there/y, just made of one/x"
	same one/x there/x
	# What has failed was not made.
	rm there/*
	run acall copy missing/x two/x there
	exits 1
	same two/x there/x
}

copy_keeps_the_mode_less_the_umask()
{
	local mask mode

	make_file source 10
	for mask in 000 022 027 077 777; do
		for mode in 644 600 755 444 666 777 4755 2711 1644; do
			rm -f new
			chmod $mode source
			umask $mask
			run acall copy source new
			umask 022
			exits 0
			is "$(mode_of new)" \
				"$(printf %o $((0$mode & 0777 & ~0$mask)))" \
				"$mode with umask $mask"
		done
	done
	same source new
}

# cut_short SOURCE TARGET: copies 1 MiB of it, as user 65534.
cut_short()
{
	as_user sh -c 'ulimit -f 2048; exec acall copy --reflink=never "$0" "$1"' \
		"$1" "$2"
	exits 1
	is "$(size "$2")" 1048576 "size"
}

# Neither is it open to more people meanwhile, nor closed to who goes on with it.
copy_that_is_cut_short_has_the_mode_and_can_be_written()
{
	local mode

	umask 0
	for mode in 600 640 400 444; do
		rm -f source target
		make_file source 3000000
		chown 65534 source
		chmod $mode source
		cut_short source target
		is "$(mode_of target)" "$(printf %o $((0$mode | 0200)))" "mode"
		as_user sh -c "$(continuation)"
		exits 0
		same source target
	done
}

copy_into_an_existing_one_keeps_its_mode()
{
	local mode

	make_file source 10
	chmod 644 source
	for mode in 600 666 755; do
		make_file target 100000
		chmod $mode target
		run acall copy source target
		exits 0
		same source target
		is "$(mode_of target)" $mode "mode"
	done
}

no_clobber_leaves_what_exists()
{
	make_file source 10
	make_file other 20
	make_file target 30
	mkdir there
	cp target before
	cp target there/source
	run acall copy -n source target
	exits 0
	is "$(cat "$err")" "target exists and was left as it is"
	same target before
	run acall copy --no-clobber --quiet source target
	exits 0
	silent
	same target before
	run acall copy -n source other there
	exits 0
	says "there/source exists and was left as it is"
	same there/source before
	same other there/other
	run acall copy -n source new
	exits 0
	silent
	same source new
	run acall copy -n source source
	exits 0
	run acall copy -n missing target
	exits 1
}

# A link that leads nowhere is what to look first and then to open falls for.
no_clobber_creates_it_itself()
{
	make_file source 10
	ln -s nowhere link
	run acall copy -n source link
	exits 0
	says "link exists and was left as it is"
	[ ! -e nowhere ] || fail "it was written through the link"
	run acall copy -n --json source link
	exits 0
	is "$(json source) $(json target) $(json skipped) $(json exit)" \
		"source link true 0"
}

copy_does_not_write_through_a_link_to_nowhere()
{
	local how

	make_file source 10
	ln -s nowhere link
	for how in "" --force --continue; do
		run acall copy $how source link
		exits 1
		says "link is a symbolic link that leads nowhere"
		[ ! -e nowhere ] && [ -L link ] || fail "something was created"
	done
	: >nowhere
	run acall copy source link
	exits 0
	same source nowhere
	[ -L link ] || fail "the link is gone"
}

force_makes_it_anew()
{
	local before

	make_file source 10
	make_file target 20
	chmod 640 source
	chmod 444 target
	chown 65534 source target
	cp target old
	as_user acall copy source target
	exits 1
	says "target: Permission denied"
	same target old
	as_user acall copy -f source target
	exits 0
	silent
	same source target
	is "$(mode_of target)" 640 "mode"
	# What may be written is, and is not removed.
	before=$(inode_of target)
	as_user acall copy --force source target
	exits 0
	is "$(inode_of target)" "$before" "inode"
}

# As cp -f: the link goes, what it leads to stays.
force_removes_a_link()
{
	make_file source 10
	make_file target 20
	chmod 444 target
	cp target old
	ln -s target link
	as_user acall copy -f source link
	exits 0
	[ ! -L link ] || fail "the link is there"
	same source link
	same target old
}

force_does_not_lose_anything()
{
	make_file source 10
	chmod 444 source
	ln source hard
	ln -s source soft
	cp source before
	for target in source hard soft; do
		as_user acall copy -f source $target
		exits 1
		says "are the same file"
		same source before
		[ -e $target ] || fail "$target is gone"
	done
	mkdir one two there
	make_file one/x 10
	make_file two/x 20
	chmod 444 one/x two/x
	chown 65534 there
	as_user acall copy -f one/x two/x there
	exits 1
	says "two/x would overwrite there/x, just made of one/x"
	same one/x there/x
	# In a directory of somebody else's.
	chmod 755 two
	as_user acall copy -f source two/x
	exits 1
	says "two/x cannot be removed to be made anew: Permission denied"
	is "$(size two/x)" 20 "size"
	mkfifo fifo
	chmod 600 fifo
	as_user acall copy -f source fifo
	exits 1
	says "fifo is not a regular file"
	[ -p fifo ] || fail "the FIFO is gone"
}

force_takes_a_program_that_runs()
{
	local code

	local code

	local code

	make_file source 1000
	cp "$(command -v acall)" busy
	start ./busy call test.gate "$(arg)"
	"$helper" starts "$id" 1
	acall copy -f source busy 2>"$top/err2"
	code=$?
	"$helper" open "$id"
	join
	exits 0
	mv "$top/err2" "$err"
	is $code 0 "exit code of the copy"
	same source busy
}

copy_that_cannot_begin_leaves_what_exists()
{
	make_file target 1000
	cp target before
	run acall copy /proc/version target
	exits 1
	says "file.copy"
	same target before
}

copy_objects_are_one_a_file()
{
	mkdir there
	make_file a 10
	make_file b 20
	cp b there/b
	run acall copy --json -n a b missing a there
	exits 1
	silent
	is "$(wc -l <"$out")" 4 "lines"
	is "$(json exit | tr '\n' ' ')" "0 0 1 0 "
	is "$(json target | tr '\n' ' ')" "there/a there/b there/a "
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
	run acall copy directory target
	exits 1
	says "directory is a directory: acall copy copies files only"
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

run_tests copy_is_the_same_file copy_goes_into_a_directory \
	copy_goes_on_after_an_error copy_wants_a_directory_that_exists \
	copy_does_not_replace_a_directory \
	copy_does_not_overwrite_what_it_made \
	copy_keeps_the_mode_less_the_umask \
	copy_that_is_cut_short_has_the_mode_and_can_be_written \
	copy_into_an_existing_one_keeps_its_mode \
	no_clobber_leaves_what_exists no_clobber_creates_it_itself \
	copy_does_not_write_through_a_link_to_nowhere force_makes_it_anew \
	force_removes_a_link force_does_not_lose_anything \
	force_takes_a_program_that_runs copy_objects_are_one_a_file \
	copy_that_cannot_begin_leaves_what_exists \
	copy_refuses_the_same_file copy_refuses_what_is_no_file \
	copy_refuses_pseudo_files copy_keeps_holes copy_sync \
	copy_reflink_always_fails_on_tmpfs copy_takes_names_of_any_kind
