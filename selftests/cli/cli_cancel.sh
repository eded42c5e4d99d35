#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# The acall command: calls that are cancelled, time out or are left behind: the
# verdict, the exit code, and how to go on.

. "$(dirname "$0")/cli.sh"

# Long enough for a method to have started, where that matters.
soon=$((300 * ${ACALL_SCALE:-1}))ms

deadline_that_stops_is_124()
{
	run acall call test.coop "$(arg)" --timeout=$soon
	exits 124
	says "timed out: method stopped after"
	[ ! -s "$out" ] || fail "output"
}

deadline_in_every_unit()
{
	local time

	for time in 0 1ns 100us 1.5ms 0.001 0.01s; do
		run acall call test.coop "$(arg)" --timeout=$time
		exits 124
	done
}

deadline_that_is_not_reached()
{
	run acall call test.nop --timeout=2m
	exits 0
	silent
	run acall call test.nop --timeout=inf
	exits 0
}

deadline_that_abandons_is_4()
{
	run acall call test.gate "$(arg)" --timeout=$soon
	exits 4
	grep -qE 'timed out: call [0-9]+ may still be running' "$err" ||
		fail "no call_id"
	"$helper" open "$id"
	"$helper" ends "$id" 1
	settled
}

deadline_needs_a_method_that_can_be_cancelled()
{
	run acall call test.park-fixed "$(custom)" --timeout=1m
	exits 1
	says "test.park-fixed: it cannot be cancelled, so it takes no deadline"
	run acall call test.inline-echo --in-string=a --timeout=1m
	exits 1
	says "cannot be cancelled"
	run acall call test.inline-echo --in-string=a --timeout=inf
	exits 0
	prints 61
}

deadline_keeps_the_grace()
{
	run acall call test.late "$(arg)" --timeout=$soon --grace=20ms --json
	exits 4
	is "$(json reason)" "timed out"
	[ "$(json stop_ns)" -ge 20000000 ] || fail "left before the grace"
	"$helper" open "$id"
	settled
}

deadline_then_interrupt_leaves_it()
{
	start acall call test.late "$(arg)" --timeout=$soon --grace=inf
	"$helper" seen "$id" 1
	# The first finds it cancelled already, the second ends its grace.
	kill -INT "$pid"
	while ! grep -q 'Ctrl-C: leave it' "$err"; do
		wait_on
	done
	kill -INT "$pid"
	join
	exits 4
	grep -qE 'abandoned: call [0-9]+ may still be running' "$err" ||
		fail "no verdict"
	"$helper" open "$id"
	settled
}

refused_interrupt_waits_for_the_end()
{
	start acall call test.park-fixed "$(custom)"
	"$helper" starts "$id" 1
	kill -INT "$pid"
	while ! grep -q 'cannot cancel, so this waits for the end' "$err"; do
		wait_on
	done
	says "wait for its end"
	"$helper" complete "$id"
	join
	exits 0
	! grep -q "too late" "$err" || fail "too late to cancel"
}

refused_twice_is_left_behind()
{
	start acall call test.park-fixed "$(custom)"
	"$helper" starts "$id" 1
	kill -INT "$pid"
	while ! grep -q 'cannot cancel' "$err"; do
		wait_on
	done
	kill -INT "$pid"
	join
	exits 4
	says "may still be running"
	"$helper" complete "$id"
	settled
}

refused_once_may_be_asked_again()
{
	start acall call test.park "$(custom 16)"
	"$helper" starts "$id" 1
	kill -INT "$pid"
	while ! grep -q 'refuses to be cancelled just now' "$err"; do
		wait_on
	done
	kill -INT "$pid"
	join
	exits 4
	settled
}

point_of_no_return_is_said()
{
	start acall call test.commit "$(arg 0 1)" --grace=0
	"$helper" starts "$id" 1
	kill -INT "$pid"
	join
	exits 4
	says "point of no return: assume that it took effect"
	"$helper" open "$id"
	settled
	"$helper" forget "$id"
	start acall call test.commit "$(arg 0 1)" --json
	"$helper" starts "$id" 1
	"$helper" open "$id"
	join
	exits 0
	is "$(json committed)" true
}

result_files_are_closed()
{
	"$helper" open "$id"
	run acall call test.files "$(custom 0 2)"
	exits 0
	says "gave 2 files, which are closed again"
	run acall call --json test.files "$(custom 0 2)"
	is "$(json result_files)" 2
}

grace_is_waited_for()
{
	start acall call test.gate "$(arg)" --grace=20ms --json
	"$helper" starts "$id" 1
	kill -INT "$pid"
	join
	exits 4
	[ "$(json stop_ns)" -ge 20000000 ] || fail "left before the grace"
	"$helper" open "$id"
	settled
}

grace_0_leaves_at_once()
{
	run acall call test.late "$(arg)" --timeout=$soon --grace=0 --json
	exits 4
	is "$(json outcome)" abandoned
	"$helper" open "$id"
	settled
}

result_within_the_grace_counts()
{
	start acall call test.late "$(arg)" --timeout=$soon
	"$helper" seen "$id" 1
	"$helper" open "$id"
	join
	exits 0
	says "too late to cancel"
}

failure_within_the_grace_counts()
{
	start acall call test.late "$(arg -5)" --timeout=$soon
	"$helper" seen "$id" 1
	"$helper" open "$id"
	join
	exits 1
	says "Input/output error"
}

never_started_is_said()
{
	local first=$id

	start acall call test-narrow.gate "$(arg)"
	"$helper" starts "$first" 1
	run acall call test-narrow.nop --timeout=1ms
	exits 124
	says "timed out: method never started"
	"$helper" open "$first"
	wait "$pid" || fail "the first call failed"
}

interrupt_is_130()
{
	local signal

	for signal in INT TERM; do
		start acall call test.coop "$(arg)"
		"$helper" starts "$id" 1
		kill -$signal "$pid"
		join
		exits 130
		says "cancelled: method stopped after"
		"$helper" forget "$id"
	done
}

interrupt_says_what_was_done()
{
	start acall call test.progress "$(arg 1000 250)"
	"$helper" starts "$id" 1
	wait_progress '25%, 250 of 1000'
	# It looks for the cancel only when the gate is open.
	kill -INT "$pid"
	while ! grep -q 'Ctrl-C: leave it' "$err"; do
		wait_on
	done
	"$helper" open "$id"
	join
	exits 130
	says "cancelled: 250 of 1000 done, method stopped after"
}

second_interrupt_is_4()
{
	start acall call test.late "$(arg)"
	"$helper" starts "$id" 1
	kill -INT "$pid"
	"$helper" seen "$id" 1
	kill -INT "$pid"
	join
	exits 4
	grep -qE 'abandoned: call [0-9]+ may still be running' "$err" ||
		fail "no call_id"
	"$helper" open "$id"
	settled
}

interrupt_that_abandons_is_4()
{
	start acall call test.gate "$(arg)" --grace=1ms
	"$helper" starts "$id" 1
	kill -INT "$pid"
	join
	exits 4
	says "may still be running"
	"$helper" open "$id"
	settled
}

ignored_interrupt_stays_ignored()
{
	(
		trap '' INT
		exec acall call test.coop "$(arg)"
	) >"$out" 2>"$err" &
	pid=$!
	"$helper" starts "$id" 1
	kill -INT "$pid"
	"$helper" open "$id"
	join
	exits 0
	silent
}

sigusr1_prints_once()
{
	start acall call test.progress "$(arg 1000 250)"
	"$helper" starts "$id" 1
	wait_progress '25%, 250 of 1000'
	"$helper" open "$id"
	join
	exits 0
	grep -vE '^test.progress: ' "$err" && fail "more than progress"
	return 0
}

quiet_is_quiet()
{
	start acall call -q test.late "$(arg)" --timeout=$soon
	"$helper" seen "$id" 1
	"$helper" open "$id"
	join
	exits 0
	silent
}

limit_is_named()
{
	local params=/sys/module/acall/parameters before

	need_user
	before=$(cat $params/user_calls) || skip "no parameters"
	start "$helper" as 65534 acall call test.gate "$(arg)"
	"$helper" starts "$id" 1
	first=$pid
	echo 1 >$params/user_calls
	"$helper" as 65534 acall call test.nop >"$out" 2>"$top/err2"
	rc=$?
	echo "$before" >$params/user_calls
	"$helper" open "$id"
	wait "$first"
	mv "$top/err2" "$err"
	exits 1
	says "limit"
	says "user_calls"
	! grep -q "Disk quota" "$err" || fail "EDQUOT in words of strerror"
}

provider_that_goes_away_is_1()
{
	start acall call test-hot.coop "$(arg)"
	"$helper" starts "$id" 1
	"$helper" hot off
	join
	"$helper" hot on
	exits 1
	says "provider went away"
}

hash_is_interrupted_as_a_whole()
{
	make_file small 10
	# A hole of 1 TiB takes for ever to hash.
	dd if=/dev/zero of=huge bs=1 count=1 seek=1099511627775 2>/dev/null
	start acall hash small huge small
	while [ ! -s "$out" ]; do
		wait_on
	done
	wait_progress '^huge: .* of 1.0 TiB'
	kill -INT "$pid"
	join
	exits 130
	grep -qE '^cancelled: huge: .* of 1.0 TiB hashed, method stopped' \
		"$err" || fail "no verdict"
	is "$(cat "$out")" "$(sha256sum small)" "what was done before"
}

hash_deadline_is_for_each_file()
{
	make_file small 10
	dd if=/dev/zero of=huge bs=1 count=1 seek=1099511627775 2>/dev/null
	run acall hash --timeout=50ms huge
	exits 124
	says "timed out: huge: "
	run acall hash --timeout=2s huge small
	exits 124
	is "$(cat "$out")" "$(sha256sum small)" "the next file"
}

statfs_cannot_hang()
{
	local at=$PWD/dead

	with_dead acall statfs --timeout=50ms /proc "$at" /sys
	exits 4
	grep -qE "^dead +not answering +$at$" "$out" || fail "no row"
	grep -qE " - /proc$" "$out" && grep -qE " - /sys$" "$out" ||
		fail "those that answer are missing"
	says "may still be waiting for $at"
	settled
	with_dead acall statfs --timeout=50ms -a
	exits 4
	grep -qE "^dead +not answering +$at$" "$out" || fail "no row in -a"
	grep -qE " - /proc$" "$out" || fail "no /proc in -a"
	settled
}

statfs_that_is_stopped_is_124()
{
	with_dead acall statfs --timeout=50ms --grace=1m "$PWD/dead"
	exits 124
	prints "not answering"
	settled
}

statfs_json_of_a_dead_mount()
{
	with_dead acall statfs --json --timeout=50ms "$PWD/dead" /proc
	exits 4
	is "$(json exit | tr '\n' ' ')" "4 0 " "exits"
	is "$(json error)" "not answering"
	settled
}

terminal()
{
	TERM=xterm run env "$@"
	# Of the line that is written over, what was there at each time.
	tr '\r' '\n' <"$out" >"$top/dir/lines"
}

ctrl_c_on_a_terminal()
{
	dd if=/dev/zero of=huge bs=1 count=1 seek=1099511627775 2>/dev/null
	terminal -u NO_COLOR "$helper" tty ETA acall hash huge
	exits 130
	grep -qE 'huge.*%.*\[.*\].* of 1\.0 TiB, .*/s, ETA ' lines ||
		fail "no progress line"
	prints "cancelled:"
	prints "method stopped after"
	grep -q "$(printf '\033\\[')" "$out" || fail "no colour"
}

no_color_is_honoured()
{
	dd if=/dev/zero of=huge bs=1 count=1 seek=1099511627775 2>/dev/null
	terminal NO_COLOR=1 "$helper" tty ETA acall hash huge
	exits 130
	grep -q "$(printf '\033')" "$out" && fail "there is colour"
	prints "cancelled:"
}

run_tests deadline_that_stops_is_124 deadline_in_every_unit \
	deadline_that_is_not_reached deadline_that_abandons_is_4 \
	deadline_needs_a_method_that_can_be_cancelled \
	deadline_keeps_the_grace deadline_then_interrupt_leaves_it \
	refused_interrupt_waits_for_the_end refused_twice_is_left_behind \
	refused_once_may_be_asked_again point_of_no_return_is_said \
	result_files_are_closed grace_is_waited_for grace_0_leaves_at_once \
	result_within_the_grace_counts failure_within_the_grace_counts \
	never_started_is_said interrupt_is_130 interrupt_says_what_was_done \
	second_interrupt_is_4 interrupt_that_abandons_is_4 \
	ignored_interrupt_stays_ignored sigusr1_prints_once quiet_is_quiet \
	limit_is_named provider_that_goes_away_is_1 \
	hash_is_interrupted_as_a_whole hash_deadline_is_for_each_file \
	statfs_cannot_hang statfs_that_is_stopped_is_124 \
	statfs_json_of_a_dead_mount ctrl_c_on_a_terminal no_color_is_honoured
