#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# acall copy that ends in the middle, and how to go on with it: --resume, --continue,
# and the commands that it prints.

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

continue_goes_on_at_the_end()
{
	make_file source 1000000
	head -c 300000 source >target
	chmod 600 target
	run acall copy -c source target
	exits 0
	silent
	same source target
	is "$(stat -c %a target)" 600 "mode"
	head -c 300001 source >target
	run acall copy --continue --json source target
	exits 0
	same source target
	is "$(json offset) $(json progress)" "300001 699999"
	# There is nothing left, there was nothing yet.
	run acall copy --json -c source target
	exits 0
	is "$(json offset) $(json progress)" "1000000 0"
	: >target
	run acall copy -c source target
	exits 0
	same source target
	rm target
	run acall copy -c source target
	exits 0
	same source target
}

continue_takes_up_several()
{
	make_file a 100000
	make_file b 200000
	make_file c 30000
	chmod 640 c
	umask 0
	mkdir there
	cp a there
	head -c 70000 b >there/b
	run acall copy -c a b c there
	exits 0
	silent
	same a there/a
	same b there/b
	same c there/c
	is "$(stat -c %a there/c)" 640 "mode"
}

continue_leaves_what_is_no_beginning()
{
	local how

	make_file source 100000
	# The last byte is another, or the first, or there are more.
	head -c 50000 source >last
	printf '\0\0' | dd of=last bs=1 seek=49998 conv=notrunc 2>/dev/null
	head -c 50000 source >first
	printf '\0' | dd of=first conv=notrunc 2>/dev/null
	cat source first >longer
	for how in last first longer; do
		cp $how before
		run acall copy -c source $how
		exits 1
		says "$how is not the beginning of source: it was left as it is"
		same $how before
	done
	run acall copy -c source source
	exits 1
	says "same file"
	need_user
	head -c 50000 source >target
	chown 65534 target
	chmod 200 target
	run "$helper" as 65534 acall copy -c source target
	exits 1
	says "target: Permission denied"
}

# A hole of 1 TiB takes for ever to compare.
huge()
{
	dd if=/dev/zero of="$1" bs=1 count=1 seek=1099511627775 2>/dev/null
}

continue_has_a_deadline()
{
	huge source
	huge target
	run acall copy -c --timeout=50ms source target
	exits 124
	says "timed out: target: "
	is "$(size target)" 1099511627776 "size"
	run acall copy -c --timeout=50ms --json source target
	exits 124
	silent
	is "$(json source) $(json target) $(json comparing) $(json exit)" \
		"source target target 124"
}

interrupt_ends_the_whole()
{
	local verdict='^cancelled: there/huge: .* of 1.0 TiB compared, method stopped'

	make_file a 10
	make_file b 20
	make_file ./-c 30
	mkdir there
	huge huge
	huge there/huge
	start acall copy --continue --sparse -- a huge b -c there
	while [ ! -e there/a ]; do
		wait_on
	done
	wait_progress '^there/huge: .* of 1.0 TiB'
	same a there/a
	kill -INT "$pid"
	join
	exits 130
	grep -qE "$verdict" "$err" || fail "no verdict"
	says "not begun: 2 of 4 files; continue with: "
	is "$(continuation)" \
		"acall copy --continue --sparse b ./-c there"
	[ ! -e there/b ] || fail "the next was begun"
	eval "$(continuation)" || fail "it does not continue"
	same b there/b
	same ./-c there/-c
}

interrupt_says_each_as_an_object()
{
	make_file a 10
	make_file b 20
	mkdir there
	huge huge
	huge there/huge
	start acall copy --json -c a huge b a there
	while [ ! -e there/a ]; do
		wait_on
	done
	wait_progress '^there/huge: .* of 1.0 TiB'
	kill -INT "$pid"
	join
	exits 130
	is "$(json exit | tr '\n' ' ')" "0 130 130 130 "
	is "$(json target | tr '\n' ' ')" "there/a there/huge there/b there/a "
	is "$(json error | tail -n 1)" "not begun"
}

run_tests copy_resumes_in_place copy_resumes_with_units_and_at_the_end \
	copy_refuses_to_leave_a_gap copy_resumes_behind_a_hole \
	copy_says_what_a_longer_target_keeps \
	copy_ends_at_the_limit_and_continues copy_is_cancelled_in_the_middle \
	copy_prints_a_command_for_each_file \
	copy_prints_a_command_of_any_length continue_goes_on_at_the_end \
	continue_takes_up_several continue_leaves_what_is_no_beginning \
	continue_has_a_deadline interrupt_ends_the_whole \
	interrupt_says_each_as_an_object
