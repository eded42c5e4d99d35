#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# The acall command: what can be seen of others' calls, and waited for: acall top, on
# a screen and as text, acall wait, acall doctor, and acall ps by file and mount.

. "$(dirname "$0")/cli.sh"

count=/sys/class/misc/acall

begin()
{
	"$helper" exec acall call "$@" >client.out 2>client.err </dev/null &
	pid=$!
	"$helper" starts "$id" 1
}

number() { acall ps --json | "$helper" json call_id | tail -n 1; }

# on_screen [TEXT KEYS]... -- CMD: on one of 24 lines that can do what xterm can.
waits()
{
	local n=0 word

	for word in "$@"; do
		[ "${word#-}" != "$word" ] || n=$((n + 1))
	done
	"$helper" exec acall wait "$@" >"$out" 2>"$err" </dev/null &
	waiter=$!
	while [ "$(cat /proc/$waiter/task/*/syscall 2>/dev/null |
		   grep -c ' 0xe207 ')" != $n ]; do
		wait_on
	done
}

waited()
{
	wait "$waiter"
	rc=$?
}

mount_it()
{
	mkdir -p mnt
	mount -t tmpfs none mnt || skip "cannot mount"
	make_file mnt/file 100 2>/dev/null || echo here >mnt/file
}

umount_it() { umount mnt || fail "it is held still"; }

ps_of_a_file()
{
	local name

	echo here >file
	echo there >other
	begin test.hold "$(arg)" --file=file
	ln -s file link
	for name in file ./file "$PWD/file" link; do
		run acall ps "$name"
		exits 0
		silent
		is "$(wc -l <"$out")" 2 "lines"
		prints test.hold
	done
	run acall ps ./other
	exits 1
	says "./other: no call works on it"
	run acall ps ./nothing
	exits 1
	says "./nothing: No such file or directory"
	run acall ps --json ./file
	exits 0
	is "$(json method)" hold
	need_user
	chmod 755 .
	run "$helper" as 65534 acall ps "$PWD/file"
	exits 1
	says "or none that is yours"
	"$helper" open "$id"
	join
	exits 0
	run acall ps ./file
	exits 1
}

ps_of_a_mount()
{
	mount_it
	begin test.hold "$(arg)" --file=mnt/file
	run acall ps mnt
	exits 0
	is "$(wc -l <"$out")" 2 "lines"
	prints test.hold
	run acall ps -v "$PWD/mnt"
	exits 0
	prints " on $PWD/mnt"
	# Not that mount, only its mount point's own file system.
	run acall ps .
	exits 1
	"$helper" open "$id"
	join
	run acall ps mnt
	exits 1
	umount_it
}

asking_dead()
{
	with_dead sh -c 'acall statfs dead >/dev/null 2>&1 &
		until call=$(acall ps --json | sed -n "s/.*\"call_id\":\([0-9]*\).*statfs.*/\1/p") &&
		      [ "$call" ]; do :; done
		'"$1"'
		acall cancel -q "$call"
		wait'
	settled
}

ps_says_what_a_path_of_a_dead_server_holds()
{
	asking_dead 'acall ps dead; acall ps --json dead; acall ps --timeout=0.3 dead/file'
	exits 0
	grep -q '"place":"[0-9]*:[0-9]*:1"' "$out" || fail "no place"
	says "dead/file does not answer, so these are all calls on its file system"
	is "$(grep -c ' file.statfs ' "$out")" 2 "rows"
}

ps_verbose_is_a_sentence()
{
	local call worker

	begin test.late "$(arg)"
	call=$(number)
	run acall ps --json
	worker=$(json worker_pid)
	grep -q '^kworker/' "/proc/$worker/comm" || fail "no worker $worker"
	run acall ps -v "$call"
	exits 0
	grep -qE "^ {8}running for [0-9.]+ m?s on kworker/[^ ]+ \(pid $worker\), queued " \
		"$out" || fail "no sentence"
	acall cancel --nowait --grace=inf "$call" >/dev/null
	"$helper" seen "$id" 1
	while run acall ps -v "$call" && ! grep -q 'has not looked' "$out"; do
		wait_on
	done
	grep -qE "^ {8}cancelling for [0-9.]+ s on kworker/[^ ]+ \(pid $worker\), queued .*, cancel asked [0-9.]+ s ago by administrator \(pid [0-9]+\), method has not looked for a cancel for [0-9.]+ s$" \
		"$out" || fail "no sentence"
	"$helper" open "$id"
	join
}

wait_says_what_became_of_it()
{
	local call

	begin test.gate "$(arg)"
	call=$(number)
	waits "$call"
	"$helper" open "$id"
	waited
	exits 0
	silent
	is "$(cat "$out")" "$call: completed"
	join
	"$helper" forget "$id"

	begin test.gate "$(arg -5)"
	call=$(number)
	waits "$call"
	"$helper" open "$id"
	waited
	exits 1
	prints "$call: failed: Input/output error"
	join
	"$helper" forget "$id"

	begin test.progress "$(arg 1000 250)"
	while ! acall ps | grep -q '250 of 1000'; do
		wait_on
	done
	call=$(number)
	waits "$call"
	acall cancel -q --nowait "$call"
	"$helper" open "$id"
	waited
	exits 130
	grep -qE "^$call: stopped, 250 of 1000, cancelled by administrator \(pid [0-9]+\)$" \
		"$out" || fail "no verdict"
	join
	"$helper" forget "$id"

	# A client who does not come to finish it.
	begin test.coop "$(arg)" --timeout=0.3
	kill -STOP "$pid"
	call=$(number)
	run acall wait "$call"
	exits 124
	prints "$call: stopped, cancelled by deadline"
	kill -CONT "$pid"
	join
}

wait_until_it_has_ended()
{
	local call

	begin test.gate "$(arg)"
	call=$(number)
	waits "$call"
	acall cancel -q --abandon "$call"
	waited
	exits 4
	prints "$call: abandoned, may still be running, cancelled by administrator"
	join
	waits --settled "$call"
	"$helper" open "$id"
	waited
	exits 1
	prints "$call: abandoned, and has ended"
	run acall wait "$call"
	exits 1
	says "$call: there is no such call"
}

wait_no_longer_than_that()
{
	local call

	begin test.gate "$(arg)"
	call=$(number)
	run acall wait --timeout=50ms "$call"
	exits 124
	is "$(cat "$out")" "$call: still running"
	run acall wait --timeout=0 --json "$call" 4711000000000
	exits 124
	is "$(json exit | sort -n | tr '\n' ' ')" "1 124 "
	is "$(grep -c '"state":"running"' "$out")" 1
	need_user
	run "$helper" as 65534 acall wait "$call"
	exits 1
	says "somebody else's"
	"$helper" open "$id"
	join
}

wait_for_several()
{
	local first one

	begin test.coop "$(arg)"
	first=$pid
	one=$(number)
	begin test.gate "$(arg)"
	"$helper" starts "$id" 2
	waits "$one" "$(number)" --json
	"$helper" open "$id"
	waited
	exits 0
	is "$(json outcome | tr '\n' ' ')" "completed completed "
	wait "$first"
	join
}

wait_shows_progress()
{
	local call

	begin test.progress "$(arg 1000 250)"
	call=$(number)
	env TERM=xterm NO_COLOR= "$screen" 0 80 "250 of 1000" "" -- \
		acall wait --progress "$call" >"$out" 2>"$err" &
	waiter=$!
	while ! grep -qF "250 of 1000" "$out"; do
		wait_on
	done
	prints "test.progress"
	prints "25%"
	"$helper" open "$id"
	waited
	exits 0
	silent
	prints "$call: completed, 1000 of 1000"
	join
	"$helper" forget "$id"
	# Nobody would see it.
	begin test.progress "$(arg 1000 250)"
	waits --progress "$(number)"
	"$helper" open "$id"
	waited
	exits 0
	silent
	is "$(wc -l <"$out")" 1 "lines"
	join
}

run_tests ps_of_a_file ps_of_a_mount ps_says_what_a_path_of_a_dead_server_holds \
	ps_verbose_is_a_sentence wait_says_what_became_of_it wait_until_it_has_ended \
	wait_no_longer_than_that wait_for_several wait_shows_progress
