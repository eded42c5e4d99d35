#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# The acall command: acall ps, which shows the calls that there are, and acall
# cancel, which cancels them by their number from another process.

. "$(dirname "$0")/cli.sh"

# begin METHOD...: a client in the background, whose method has started: $pid,
# and what it says is in client.out and client.err. Ended by join.
begin()
{
	"$helper" exec acall call "$@" >client.out 2>client.err </dev/null &
	pid=$!
	"$helper" starts "$id" 1
}

# The numbers of all calls, the oldest first.
numbers() { acall ps --json | "$helper" json call_id; }
number() { numbers | tail -n 1; }

client_says() { grep -qF -- "$1" client.err || fail "the client: $(cat client.err)"; }

# row REGEX...: one line has these columns behind the number and the process.
row()
{
	local line="^ *[0-9]+ +[0-9-]+"

	while [ $# -gt 0 ]; do
		line="$line +$1"
		shift
	done
	grep -qE "$line" "$out" || fail "no row $line"
}

ps_of_nothing_is_a_head()
{
	settled
	run acall ps
	exits 0
	silent
	is "$(wc -l <"$out")" 1 "lines"
	prints "METHOD"
	run acall ps --json
	exits 0
	is "$(cat "$out")" "" "output"
}

ps_shows_a_call()
{
	begin test.coop "$(arg)"
	run acall ps
	exits 0
	silent
	is "$(wc -l <"$out")" 2 "lines"
	is "$(awk 'NR == 2 { print $2 }' "$out")" "$pid" "process"
	row "(root|0)" 'test\.coop' running - '[0-9]+'
	"$helper" open "$id"
	join
	exits 0
}

ps_shows_progress()
{
	begin test.progress "$(arg 1000 250)"
	while ! acall ps | grep -q '250 of 1000'; do
		wait_on
	done
	run acall ps
	row "(root|0)" 'test\.progress' running '250 of 1000'
	"$helper" open "$id"
	join
	exits 0
}

ps_shows_bytes_of_a_file()
{
	local client

	dd if=/dev/zero of=huge bs=1 count=1 seek=1099511627775 2>/dev/null
	acall hash huge >client.out 2>client.err &
	client=$!
	while ! acall ps | grep -qE 'file\.hash +running +0% of 1.0 TiB'; do
		wait_on
	done
	run acall ps -v
	prints "inode $(stat -c %i huge)"
	run acall cancel "$(number)"
	exits 0
	wait $client
	is $? 1 "exit code of the client"
	client_says "cancelled by somebody else: huge: "
}

ps_of_one_number()
{
	local first

	begin test.coop "$(arg)"
	first=$pid
	begin test.gate "$(arg)"
	"$helper" starts "$id" 2
	# shellcheck disable=SC2046 # two words
	set -- $(numbers)
	is $# 2 "calls"
	run acall ps "$1"
	exits 0
	is "$(wc -l <"$out")" 2 "lines"
	row "(root|0)" 'test\.coop'
	run acall ps "$2" "$1" --json
	exits 0
	is "$(json call_id | tr '\n' ' ')" "$1 $2 "
	run acall ps "$1" 4711000000000
	exits 1
	says "4711000000000: there is no such call"
	row "(root|0)" 'test\.coop'
	"$helper" open "$id"
	wait "$first"
	join
}

ps_states()
{
	local waits

	# Queued behind this one.
	begin test-narrow.gate "$(arg)"
	acall call test-narrow.nop >nop.out 2>&1 &
	waits=$!
	while ! acall ps | grep -qE 'test-narrow\.nop +queued +- '; do
		wait_on
	done
	"$helper" open "$id"
	wait $waits
	join
	"$helper" forget "$id"

	# Left behind; its client is gone, its process too.
	run acall call test.gate "$(arg)" --timeout=0.3 --grace=0
	exits 4
	run acall ps
	row "(root|0)" 'test\.gate' abandoned
	run acall ps -v
	prints "cancel asked"
	prints "by deadline"
	run acall ps --json
	is "$(json state) $(json outcome) $(json abandoned)" \
		"done abandoned true"
	"$helper" open "$id"
	settled
	"$helper" forget "$id"

	# Asked to stop.
	begin test.late "$(arg)"
	run acall cancel --nowait "$(number)"
	exits 0
	run acall ps
	row "(root|0)" 'test\.late' cancelling
	run acall ps -v
	prints "by administrator (pid "
	"$helper" open "$id"
	join
	exits 0
	client_says "too late to cancel"
	"$helper" forget "$id"

	# Done, and its client does not come to finish it.
	begin test.gate "$(arg)"
	kill -STOP "$pid"
	"$helper" open "$id"
	while ! acall ps | grep -qE 'test\.gate +done '; do
		wait_on
	done
	run acall ps -v
	prints "        completed for "
	kill -CONT "$pid"
	join
	exits 0
}

ps_verbose_has_the_details()
{
	begin test.hold "$(arg)" --file=/proc/self/status --timeout=5m
	run acall ps -v
	exits 0
	is "$(wc -l <"$out")" 3 "lines"
	prints "        running for "
	prints ", queued "
	prints ", deadline in 4 m "
	grep -qE ', file [0-9]+:[0-9]+ inode [0-9]+' "$out" || fail "no file"
	"$helper" open "$id"
	join
	exits 0
}

ps_json_has_everything()
{
	begin test.hold "$(arg)" --file=/proc/self/status --timeout=5m
	run acall ps --json
	exits 0
	silent
	is "$(wc -l <"$out")" 1 "lines"
	is "$(json command) $(json interface) $(json method)" "ps test hold"
	is "$(json pid) $(json uid) $(json state)" "$pid 0 running"
	is "$(json cancellable) $(json ended)" "true false"
	[ "$(json deadline_ns)" -gt "$(json now_ns)" ] || fail "no deadline"
	[ "$(json now_ns)" -ge "$(json begin_ns)" ] || fail "no begin"
	grep -qE '"files":\["[0-9]+:[0-9]+:[0-9]+"\]' "$out" || fail "no file"
	"$helper" open "$id"
	join
}

users_see_their_own()
{
	need_user
	begin test.coop "$(arg)"
	run "$helper" as 65534 acall ps
	exits 0
	is "$(wc -l <"$out")" 1 "lines"
	run "$helper" as 65534 acall ps "$(number)"
	exits 1
	says "somebody else's"
	run "$helper" as 65534 acall cancel "$(number)"
	exits 1
	says "somebody else's"
	"$helper" open "$id"
	join
	exits 0
	"$helper" forget "$id"

	"$helper" as 65534 acall call test.coop "$(arg)" >client.out \
		2>client.err &
	pid=$!
	"$helper" starts "$id" 1
	run acall ps
	row '(nobody|65534)' 'test\.coop' running
	run acall ps --mine
	is "$(wc -l <"$out")" 1 "lines"
	run "$helper" as 65534 acall ps
	row '(nobody|65534)' 'test\.coop' running
	run "$helper" as 65534 acall cancel "$(number)"
	exits 0
	prints ": stopped"
	join
	exits 1
	client_says "cancelled by somebody else: method stopped after"
}

cancel_stops_it()
{
	local call

	begin test.coop "$(arg)"
	call=$(number)
	run acall cancel "$call"
	exits 0
	silent
	is "$(cat "$out")" "$call: stopped"
	join
	exits 1
	client_says "cancelled by somebody else: method stopped after"
	run acall cancel "$call"
	exits 1
	says "$call: there is no such call"
}

cancel_that_abandons_is_4()
{
	local option

	for option in --grace=1ms --grace=0 --abandon; do
		begin test.late "$(arg)"
		run acall cancel $option "$(number)"
		exits 4
		prints ": abandoned, may still be running"
		join
		exits 4
		client_says "may still be running"
		run acall cancel "$(number)"
		exits 4
		prints ": was abandoned before"
		"$helper" open "$id"
		settled
		"$helper" forget "$id"
	done
}

cancel_again_and_escalate()
{
	local call

	begin test.late "$(arg)"
	call=$(number)
	run acall cancel --nowait --grace=inf "$call"
	exits 0
	is "$(cat "$out")" "$call: asked to stop"
	run acall cancel --grace=1ms "$call"
	exits 4
	prints "$call: asked to stop before, may still be running"
	run acall cancel --escalate --grace=1ms "$call"
	exits 4
	prints "$call: abandoned"
	join
	exits 4
	"$helper" open "$id"
	settled
}

cancel_too_late_is_1()
{
	local call

	begin test.gate "$(arg)"
	call=$(number)
	kill -STOP "$pid"
	"$helper" open "$id"
	while ! acall ps | grep -qE 'test\.gate +done '; do
		wait_on
	done
	run acall cancel "$call"
	exits 1
	says "$call: too late, it has completed"
	run acall cancel --json "$call"
	exits 1
	is "$(json verdict) $(json outcome)" "too late completed"
	kill -CONT "$pid"
	join
	exits 0
}

cancel_several_at_once()
{
	local first stuck

	begin test.coop "$(arg)"
	first=$pid
	acall call test.coop "$(arg)" >/dev/null 2>&1 &
	stuck=$!
	"$helper" starts "$id" 2
	# shellcheck disable=SC2046 # words
	run acall cancel $(numbers)
	exits 0
	is "$(wc -l <"$out")" 2 "lines"
	grep -vE '^[0-9]+: (stopped|asked to stop, and has ended)$' "$out" &&
		fail "not all have stopped"
	wait $stuck
	pid=$first
	join
	exits 1
	# One of them is not there.
	"$helper" forget "$id"
	begin test.coop "$(arg)"
	run acall cancel "$(number)" 4711000000000 --json
	exits 1
	is "$(json exit | tr '\n' ' ')" "0 1 "
	is "$(json verdict | tail -n 1)" failed
	[ -n "$(json error)" ] || fail "no error"
	join
}

cancel_all_of_a_process()
{
	local other

	begin test.coop "$(arg)"
	other=$pid
	acall call test.gate "$(arg)" >/dev/null 2>&1 &
	"$helper" starts "$id" 2
	run acall cancel -p "$other"
	exits 0
	prints ": stopped"
	is "$(wc -l <"$out")" 1 "lines"
	pid=$other
	join
	exits 1
	run acall cancel --pid="$other"
	exits 1
	says "process $other has no call"
	"$helper" open "$id"
	wait
}

cancel_quietly()
{
	begin test.coop "$(arg)"
	run acall cancel -q "$(number)"
	exits 0
	silent
	is "$(cat "$out")" "" "output"
	join
}

cancel_that_is_refused_is_1()
{
	begin test.park "$(custom 16)"
	run acall cancel "$(number)"
	exits 1
	says "refuses to be cancelled just now"
	run acall cancel "$(number)"
	exits 0
	prints ": stopped"
	join
	exits 1
	"$helper" forget "$id"
	begin test.park-fixed "$(custom)"
	run acall cancel "$(number)" --json
	exits 1
	is "$(json verdict)" failed
	"$helper" complete "$id"
	join
	exits 0
}

cancel_with_json_is_an_object()
{
	local call

	begin test.coop "$(arg)"
	call=$(number)
	run acall cancel --json "$call"
	exits 0
	silent
	is "$(json command) $(json call_id) $(json exit)" "cancel $call 0"
	is "$(json verdict) $(json outcome)" "cancelled stopped"
	join
}

run_tests ps_of_nothing_is_a_head ps_shows_a_call ps_shows_progress \
	ps_shows_bytes_of_a_file ps_of_one_number ps_states \
	ps_verbose_has_the_details ps_json_has_everything users_see_their_own \
	cancel_stops_it cancel_that_abandons_is_4 cancel_again_and_escalate \
	cancel_too_late_is_1 cancel_several_at_once cancel_all_of_a_process \
	cancel_quietly cancel_that_is_refused_is_1 \
	cancel_with_json_is_an_object
