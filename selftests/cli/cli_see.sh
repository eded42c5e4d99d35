#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# The acall command: what can be seen of others' calls, and waited for: acall top, on
# a screen and as text, acall wait, acall doctor, and acall ps by file and mount.

. "$(dirname "$0")/cli.sh"

screen=$(dirname "$helper")/cli_screen
count=/sys/class/misc/acall

# begin METHOD...: a client in the background, whose method has started: $pid.
begin()
{
	"$helper" exec acall call "$@" >client.out 2>client.err </dev/null &
	pid=$!
	"$helper" starts "$id" 1
}

number() { acall ps --json | "$helper" json call_id | tail -n 1; }

# on_screen [TEXT KEYS]... -- CMD: on one of 24 lines that can do what xterm can.
on_screen() { run env TERM=xterm "$screen" 24 80 "$@"; }

# waits ARGS...: acall wait in the background: $waiter, which sleeps by now in as many
# threads as there are words that are no options.
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

# A mount of its own on ./mnt; umount_it takes it away.
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

# asking_dead COMMANDS: while a statfs waits for the server of ./dead; $call.
asking_dead()
{
	with_dead sh -c 'acall statfs --timeout=100s dead >/dev/null 2>&1 &
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

top_as_text_has_the_true_numbers()
{
	local first all

	settled
	run acall top -b -n 1
	exits 0
	silent
	prints "0 calls: 0 queued, 0 running, 0 cancelling, 0 done, 0 abandoned"
	prints "done -/s, cancelled -/s, CPU 0%, oldest -, by age"
	begin test-narrow.gate "$(arg)"
	first=$pid
	acall call test-narrow.nop >nop.out 2>&1 &
	while ! acall ps | grep -q 'test-narrow.nop *queued'; do
		wait_on
	done
	is "$(cat $count/running) $(cat $count/queued)" "1 1"
	run acall top -n 2 -d 10ms
	exits 0
	silent
	is "$(grep -c '2 calls: 1 queued, 1 running, 0 cancelling, 0 done, 0 abandoned' \
		"$out")" 2 "heads"
	prints "done 0.0/s, cancelled 0.0/s, CPU "
	is "$(grep -cE " $first .* test-narrow.gate +running " "$out")" 2 "rows"
	grep -q "$(printf '\033')" "$out" && fail "it is no terminal"
	run acall top --json -n 1
	is "$(json calls) $(json running) $(json queued)" "2 1 1"
	all=$(json all_done)
	"$helper" open "$id"
	wait
	pid=$first
	run acall top --json -n 1
	is "$(json all_done) $(json calls)" "$((all + 2)) 0"
	pid=
}

top_shows_users_their_own()
{
	need_user
	begin test.coop "$(arg)"
	run "$helper" as 65534 acall top -b -n 1
	exits 0
	prints "0 calls: "
	run acall top -b -n 1
	prints "1 call: "
	"$helper" as 65534 acall call test.coop "$(arg)" >/dev/null 2>&1 &
	"$helper" starts "$id" 2
	run acall top -b -n 1 -s user
	prints "2 calls: "
	run acall top -b -n 1 --mine
	prints "1 call: "
	"$helper" open "$id"
	wait
	pid=
}

top_sorts()
{
	local column

	begin test.gate "$(arg)"
	acall call test.coop "$(arg)" >/dev/null 2>&1 &
	"$helper" starts "$id" 2
	for column in id user method state cpu age; do
		run acall top -b -n 1 -s $column
		exits 0
		prints ", by $column"
		is "$(grep -c ' test\.' "$out")" 2 "rows"
	done
	# The method's number decides.
	run acall top -b -n 1 -s method
	grep ' test\.' "$out" >ways
	on_screen "test.gate" r "the other way" q -- acall top -s method
	exits 0
	is "$(grep -o 'test\.[a-z]*' ways | head -n 1)" \
		"$(grep -o 'test\.[a-z]*' "$out" | tail -n 1)"
	on_screen "by age" ">" "by id" left "by age" q -- acall top
	exits 0
	"$helper" open "$id"
	wait
	pid=
}

top_on_a_screen()
{
	begin test.gate "$(arg)"
	on_screen "test.gate" "h" "Up/Down select" q -- acall top -d 100s
	exits 0
	silent
	is "$(wc -l <"$out")" 24 "lines"
	is "$(head -n 1 "$out" | cut -c 1-4)" "top "
	sed -n 3p "$out" | grep -qE '^ +ID +PID USER +METHOD +STATE +%CPU AGE +PROGRESS$' ||
		fail "no head"
	sed -n 4p "$out" | grep -qE "^ +[0-9]+ +$pid .* test.gate +running " ||
		fail "no row"
	# It is drawn anew for a smaller one at once.
	on_screen "test.gate" resize:6x50 "test.gat" q -- acall top -d 100s
	exits 0
	is "$(wc -l <"$out")" 6 "lines"
	awk 'length > 50 { exit 1 }' "$out" || fail "too wide"
	# Left and entered again.
	on_screen "test.gate" "^Z" "!test.gate" cont "test.gate" q -- acall top
	exits 0
	silent
	on_screen "test.gate" "^C" -- acall top
	exits 0
	silent
	"$helper" open "$id"
	join
}

top_cancels_what_is_selected()
{
	local call

	begin test.coop "$(arg)"
	call=$(number)
	on_screen "test.coop" k "select a call" down ">$call" k \
		"cancel $call, test.coop of process $pid? [y/N]" n \
		"not cancelled" q -- acall top
	exits 0
	is "$(acall ps --json | "$helper" json state)" running
	on_screen "test.coop" down ">$call" k "[y/N]" y "$call: " q -- acall top
	exits 0
	prints "$call: "
	join
	exits 1
	grep -q "cancelled by somebody else" client.err || fail "not cancelled"
}

top_and_colours()
{
	local escape

	escape=$(printf '\033')
	begin test.gate "$(arg)"
	run env TERM=xterm NO_COLOR= "$screen" 0 80 "test.gate" q -- acall top
	exits 0
	grep -qF "${escape}[7m" "$out" || fail "nothing is marked"
	run env TERM=xterm NO_COLOR=1 "$screen" 0 80 "test.gate" q -- acall top
	exits 0
	grep -qE "$escape\[[0-9;]*m" "$out" && fail "coloured"
	# What knows no more than lines gets these.
	run env TERM=dumb "$screen" 0 80 -- acall top -n 1
	exits 0
	grep -qF "$escape" "$out" && fail "an escape sequence"
	prints test.gate
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

doctor_of_a_mount_that_is_well()
{
	local call

	mount_it
	run acall doctor mnt
	exits 0
	silent
	prints "mnt (tmpfs, none, "
	prints ": answers"
	prints "no call holds it"
	begin test.hold "$(arg)" --file=mnt/file
	call=$(number)
	run acall doctor mnt/file
	exits 1
	prints "  $call test.hold of "
	prints "acall cancel $call"
	grep -q "umount" "$out" && fail "it answers"
	run acall doctor --json mnt
	exits 1
	is "$(json answers | tail -n 1) $(json running) $(json abandoned | tail -n 1)" \
		"true 1 0"
	"$helper" open "$id"
	join
	umount_it
	run acall doctor ./nowhere
	exits 1
	says "./nowhere: No such file or directory"
}

doctor_of_a_mount_that_hangs()
{
	asking_dead 'acall doctor --timeout=0.3 dead; echo "exit $?, $call"'
	exits 0
	prints "dead (fuse, dead, "
	prints ": does not answer"
	grep -qE '^  [0-9]+ file.statfs of root \(pid [0-9]+\): running for .*, at [0-9]+:[0-9]+ inode 1 on .*/dead$' \
		"$out" || fail "no call"
	call=$(sed -n 's/^exit 1, //p' "$out")
	prints "  stop what can be stopped: acall cancel $call"
	grep -qE 'echo 1 >/sys/fs/fuse/connections/[0-9]+/abort$' "$out" ||
		fail "no way out"
}

doctor_of_what_was_abandoned()
{
	local call

	mount_it
	begin test.hold "$(arg)" --file=mnt/file
	call=$(number)
	acall cancel -q --abandon "$call"
	join
	run acall doctor mnt
	exits 1
	prints "  $call test.hold of "
	prints ": abandoned for "
	prints "acall wait --settled $call"
	grep -q "acall cancel" "$out" && fail "nothing can be cancelled"
	"$helper" open "$id"
	settled
	run acall doctor mnt
	exits 0
	umount_it
}

run_tests ps_of_a_file ps_of_a_mount ps_says_what_a_path_of_a_dead_server_holds \
	ps_verbose_is_a_sentence top_as_text_has_the_true_numbers \
	top_shows_users_their_own top_sorts top_on_a_screen \
	top_cancels_what_is_selected top_and_colours wait_says_what_became_of_it \
	wait_until_it_has_ended wait_no_longer_than_that wait_for_several \
	wait_shows_progress doctor_of_a_mount_that_is_well \
	doctor_of_a_mount_that_hangs doctor_of_what_was_abandoned
