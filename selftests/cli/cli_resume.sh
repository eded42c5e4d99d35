#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# acall copy that ends in the middle, and how to go on with it: --resume, and the
# commands that it prints.

. "$(dirname "$0")/cli.sh"

copy_resumes_in_place()
{
	make_file source 1000000
	head -c 300000 source >target
	# What is there is not looked at: a mark in it survives.
	printf MARK | dd of=target bs=1 seek=1000 conv=notrunc 2>/dev/null
	run acall copy --resume=300000 source target
	exits 0
	is "$(size target)" 1000000 "size"
	is "$(dd if=target bs=1 skip=1000 count=4 2>/dev/null)" MARK
	tail -c +300001 source >rest
	tail -c +300001 target | cmp -s - rest || fail "the rest differs"
}

copy_resumes_with_units_and_at_the_end()
{
	make_file source 1048576
	cp source target
	run acall copy --resume=1M source target
	exits 0
	same source target
}

copy_refuses_to_leave_a_gap()
{
	make_file source 1000000
	head -c 1000 source >target
	run acall copy --resume=500000 source target
	exits 1
	says "gap"
	is "$(size target)" 1000 "size"
	run acall copy --resume=2000000 source target
	exits 1
	says "nothing to continue"
	run acall copy --resume=1000 source missing
	exits 1
	[ ! -e missing ] || fail "the target was created"
}

copy_resumes_behind_a_hole()
{
	dd if=/dev/zero of=source bs=1 count=1 seek=8388607 2>/dev/null
	printf data | dd of=source bs=1 conv=notrunc 2>/dev/null
	head -c 4096 source >target
	run acall copy --sparse --resume=1048576 source target
	exits 0
	same source target
}

copy_says_what_a_longer_target_keeps()
{
	make_file source 1000
	make_file target 5000
	run acall copy --resume=500 source target
	exits 0
	says "longer"
	is "$(size target)" 5000 "size"
}

copy_ends_at_the_limit_and_continues()
{
	local odd command

	odd=$(printf "it's \"a\" \\ b\n.")
	make_file source 3000000
	(
		# In units of 512 bytes: 1 MiB.
		ulimit -f 2048
		acall copy --reflink=never source "$odd" >"$out" 2>"$err"
	)
	rc=$?
	exits 1
	says "File too large"
	says "1.0 MiB of 2.9 MiB copied"
	is "$(size "$odd")" 1048576 "size"
	command=$(continuation)
	case $command in
	"acall copy --resume=1048576 --reflink=never source "*) ;;
	*) fail "no command: $command" ;;
	esac
	eval "$command" || fail "it does not continue"
	same source "$odd"
}

sum_of() { md5sum | cut -d ' ' -f 1; }

# Cancels a real copy in the middle, which may want some tries.
copy_is_cancelled_in_the_middle()
{
	local time bytes command

	make_file source 1048576
	for _ in 1 2 3 4 5; do
		cat source source >twice
		mv twice source
	done
	for time in 10 5 20 2 40 1 80 160 320 640; do
		rm -f target
		run acall copy --reflink=never --timeout=${time}ms source target
		[ $rc -eq 0 ] && continue
		exits 124
		grep -qE "nothing copied|never started" "$err" && continue
		says "of 32.0 MiB copied, method stopped after"
		command=$(continuation)
		bytes=${command#*--resume=}
		bytes=${bytes%% *}
		is "$(size target)" "$bytes" "size and progress"
		is "$(head -c "$bytes" source | sum_of)" "$(sum_of <target)" \
			"what was copied"
		eval "$command" || fail "it does not continue"
		is "$(sum_of <target)" "$(sum_of <source)" "the whole"
		return 0
	done
	skip "this machine copies 32 MiB in no time or never"
}

# limited CMD...: with files of at most 1 MiB.
limited()
{
	# In units of 512 bytes.
	run sh -c 'ulimit -f 2048; exec "$@"' sh "$@"
}

copy_prints_a_command_for_each_file()
{
	make_file source 3000000
	make_file ./-other 2000000
	make_file small 10
	mkdir "the re"
	limited acall copy --force --sparse --reflink=never -- \
		source -other small "the re"
	exits 1
	says "source to 'the re/source': File too large; 1.0 MiB of 2.9 MiB copied"
	is "$(continuation)" \
		"acall copy --resume=1048576 --reflink=never --sparse source 'the re/source'
acall copy --resume=1048576 --reflink=never --sparse ./-other 'the re/-other'"
	eval "$(continuation)" || fail "it does not continue"
	same source "the re/source"
	same ./-other "the re/-other"
	same small "the re/small"
}

copy_prints_a_command_of_any_length()
{
	local part deep

	part=$(printf %0250d 0)
	deep=$part/$part/$part/$part/$part
	mkdir -p $deep
	make_file source 2000000
	limited acall copy --reflink=never source $deep
	exits 1
	eval "$(continuation)" || fail "it does not continue"
	same source $deep/source
}

run_tests copy_resumes_in_place copy_resumes_with_units_and_at_the_end \
	copy_refuses_to_leave_a_gap copy_resumes_behind_a_hole \
	copy_says_what_a_longer_target_keeps \
	copy_ends_at_the_limit_and_continues copy_is_cancelled_in_the_middle \
	copy_prints_a_command_for_each_file copy_prints_a_command_of_any_length
