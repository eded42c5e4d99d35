#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# acall trace: that it tells of the calls that it is asked for and of no others, ends
# when it should, and leaves nothing behind. What its pictures look like is
# ../trace/check.sh's.

. "$(dirname "$0")/cli.sh"

tracing=/sys/kernel/tracing
[ -d $tracing/events/acall ] || skip_all "no events of acall in $tracing"

instances() { ls $tracing/instances; }
no_instance() { is "$(instances)" "" "instances"; }

# The numbers of calls on standard output, each once.
calls() { json call_id | sort -u; }

# The steps of call $1, as words.
steps()
{
	sed -n "s/.*\"call_id\":$1,.*\"step\":\"\([a-z_]*\)\".*/\1/p" "$out" |
		tr '\n' ' '
}

# Until it listens.
wait_instance()
{
	while [ "$(cat $tracing/instances/acall-*/events/acall/enable \
		2>/dev/null)" != 1 ]; do
		wait_on
	done
}

tells_what_a_command_calls()
{
	run acall trace acall call -q test.nop
	exits 0
	silent
	is "$(wc -l <"$out")" 5 "lines"
	grep -qE ' test\.nop +acall\[[0-9]+\] +begun$' "$out" || fail "no begin"
	grep -qE ' test\.nop +kworker[^ ]+ +running, ' "$out" || fail "no start"
	grep -qE ' test\.nop +kworker[^ ]+ +completed, ' "$out" || fail "no end"
	grep -qE ' test\.nop +acall\[[0-9]+\] +finished$' "$out" || fail "no finish"
	no_instance
}

steps_are_objects()
{
	local call

	run acall trace --json acall call -q test.nop
	exits 0
	silent
	call=$(calls)
	is "$(steps "$call")" \
		"begin publish take start return consume release "
	is "$(json method | sort -u)" test.nop
}

# Those of others are not told of, nor those that others begin meanwhile.
only_of_the_command_and_its_children()
{
	local other

	acall call test.coop "$(arg)" >/dev/null 2>&1 &
	other=$!
	"$helper" starts "$id" 1
	run acall trace --json sh -c \
		"acall call -q test.nop; \"$helper\" open $id; acall call -q test.nop; (acall call -q test.nop)"
	exits 0
	is "$(calls | wc -l)" 3 "calls"
	is "$(json method | sort -u)" test.nop
	wait $other
}

only_of_a_process()
{
	acall call test.coop "$(arg)" >/dev/null 2>&1 &
	other=$!
	"$helper" starts "$id" 1
	start acall trace --json -p $other
	wait_instance
	acall call -q test.nop
	"$helper" open "$id"
	wait $other
	kill -INT "$pid"
	join
	exits 0
	# It had begun before.
	is "$(cat "$out")" "" "output"
	no_instance
}

what_was_begun_before_is_told_from_then_on()
{
	acall call test.coop "$(arg)" >/dev/null 2>&1 &
	other=$!
	"$helper" starts "$id" 1
	start acall trace --json
	wait_instance
	"$helper" open "$id"
	wait $other
	while [ "$(grep -c consume "$out")" -lt 1 ]; do
		wait_on
	done
	kill -INT "$pid"
	join
	exits 0
	is "$(steps "$(calls)")" "return consume release "
}

tells_who_cancels()
{
	start acall trace acall call -q test.coop "$(arg)"
	"$helper" starts "$id" 1
	acall cancel -q "$(acall ps --json | "$helper" json call_id)"
	join
	exits 1
	prints "cancel asked by admin (pid "
	prints "cancel seen, "
	prints "stopped, "
	no_instance
}

waits_for_what_was_left()
{
	# Released while it waits for it: it ends in time to be told of.
	start acall trace sh -c \
		"acall call -q test.late '$(arg)' --timeout=50ms --grace=0; \"$helper\" open $id; exit 7"
	join
	exits 7
	prints "abandoned"
	prints "ended at last, "
	settled
}

codes_are_the_commands()
{
	run acall trace sh -c 'exit 42'
	exits 42
	run acall trace sh -c 'kill -TERM $$'
	exits 143
	run acall trace /nowhere/none
	exits 127
	says "/nowhere/none: No such file"
	run acall trace /dev/null
	exits 126
	no_instance
}

short_calls_of_a_queue()
{
	run acall trace --json "$helper" shorts 100
	exits 0
	grep -v '^{' "$out" | sort -u >numbers
	grep '^{' "$out" >objects
	mv objects "$out"
	is "$(wc -l <numbers)" 100 "numbers"
	calls >told
	same numbers told
	is "$(json step | sort | uniq -c | awk '{ print $1 $2 }' | xargs)" \
		"100begin 100consume 100publish 100return 100start 100take"
}

files_have_every_call()
{
	local call

	run acall trace -o t.svg -o t.json -o t.txt sh -c \
		"\"$helper\" shorts 10; acall call -q test.nop"
	exits 0
	says "t.svg: 11 calls"
	sed -n 's/.*: acall_begin: id=\([0-9]*\) .*/\1/p' t.txt >numbers
	is "$(wc -l <numbers)" 11 "calls"
	while read -r call; do
		grep -q "call $call" t.svg || fail "no $call in the picture"
		grep -q "\"id\":\"$call\"" t.json || fail "no $call in the trace"
	done <numbers
	{ tr -d '\n' <t.json; echo; } >"$out"
	is "$(json displayTimeUnit)" ns
	# What was kept is read again.
	mv t.svg first.svg
	run acall trace -q -i t.txt -o t.svg
	exits 0
	same first.svg t.svg
}

ends_by_itself()
{
	run acall trace --seconds=0.1
	exits 0
	run acall trace -q --seconds=0.1
	exits 0
	is "$(cat "$out")" "" "output"
	no_instance
}

# Whatever ends it, the instance goes.
leaves_nothing_behind()
{
	local signal

	for signal in INT TERM HUP KILL; do
		start acall trace -q
		wait_instance
		kill -$signal "$pid"
		wait "$pid"
		pid=
		while [ -n "$(instances)" ]; do
			wait_on
		done
	done
}

# Ctrl-C reaches the command too; the trace has its end.
goes_on_until_the_command_has_ended()
{
	start acall trace "$helper" exec acall call -q test.coop "$(arg)"
	"$helper" starts "$id" 1
	kill -INT "$pid"
	kill -INT "$(acall ps --json | "$helper" json pid)"
	join
	exits 130
	prints "cancel asked by client"
	prints "stopped, "
	prints "finished"
	no_instance
}

says_what_is_missing()
{
	need_user
	run "$helper" as 65534 acall trace
	exits 1
	says "tracing takes root"
	run unshare -m sh -c "umount $tracing && mount -t tmpfs none /sys/kernel/debug && exec acall trace"
	exits 1
	says "mount -t tracefs none $tracing"
	run acall trace -o x.png
	exits 2
	says "x.png ends neither in .svg"
	run acall trace -o /nowhere/x.svg
	exits 1
	says "/nowhere/x.svg: No such file"
	run acall trace -p 0
	exits 2
	run acall trace --seconds=0
	exits 2
	run acall trace -p 1 true
	exits 2
	no_instance
}

# Who is whose worker top tells.
workers_have_the_interfaces_name()
{
	acall call test.gate "$(arg)" >/dev/null 2>&1 &
	"$helper" starts "$id" 1
	cat /proc/[0-9]*/comm >"$out" 2>/dev/null
	prints "+acall-test"
	"$helper" open "$id"
	wait
}

run_tests tells_what_a_command_calls steps_are_objects \
	only_of_the_command_and_its_children only_of_a_process \
	what_was_begun_before_is_told_from_then_on tells_who_cancels \
	waits_for_what_was_left codes_are_the_commands short_calls_of_a_queue \
	files_have_every_call ends_by_itself leaves_nothing_behind \
	goes_on_until_the_command_has_ended says_what_is_missing \
	workers_have_the_interfaces_name
