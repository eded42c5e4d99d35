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

run_tests ps_of_a_file ps_of_a_mount ps_says_what_a_path_of_a_dead_server_holds \
	ps_verbose_is_a_sentence
