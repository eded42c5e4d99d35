#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# What the manual and userspace/examples show is what happens: each session is a
# test, which runs its commands one after the other and compares what they print.

. "$(dirname "$0")/cli.sh"

manual=$(cd "$(dirname "$0")/manual" 2>/dev/null && pwd) ||
	skip_all "the examples of the manual are not beside this test"
[ -d /sys/module/acall_timer ] || modprobe acall_timer 2>/dev/null ||
	skip_all "no acall_timer"

# What was printed for what is shown, where "..." is anything.
alike()
{
	local pattern

	pattern=$(sed 's/[][\\*?]/\\&/g; s/\.\.\./*/g' "$top/shown")
	# shellcheck disable=SC2254 # a pattern
	case $(cat "$out") in
	$pattern) ;;
	*)	echo "$ $command"
		sed 's/^/- /' "$top/shown"
		sed 's/^/+ /' "$out"
		exit 1 ;;
	esac
}

# Its last exit status is there in $?, as in a shell.
perform()
{
	(exit "$last")
	eval "$command" >"$out" 2>&1 </dev/null
	last=$?
}

session()
{
	local line command='' last=0

	for line in "$manual/$1"/*; do
		[ ! -x "$line" ] || ln -s "$line" .
	done
	while IFS= read -r line <&9; do
		case $line in
		'$ '*)	[ -z "$command" ] || alike
			command=${line#??}
			: >"$top/shown"
			perform ;;
		*)	printf '%s\n' "$line" >>"$top/shown" ;;
		esac
	done 9<"$manual/$1/session"
	[ -n "$command" ] || fail "an empty session"
	alike
}

# deadline.c is for what the manual cannot show: a server that never answers.
example_deadline_of_a_dead_mount()
{
	with_dead "$manual/example_deadline/deadline" dead
	exits 1
	prints "dead: "
	grep -qE '\((abandoned|stopped)\)$' "$out" || fail "no such outcome"
}

# with_primes SESSION: its module is not loaded by name everywhere.
with_primes()
{
	local module=${ACALL_MODULES:-/acall/modules}/acall_primes.ko

	[ -e "$module" ] || skip "no acall_primes.ko"
	insmod "$module" || fail "insmod"
	session "$1"
	rmmod acall_primes || fail "rmmod"
}

sessions=
for test in "$manual"/*/session; do
	test=${test%/session}
	test=${test##*/}
	case $test in
	example_acall_primes|provider) eval "$test() { with_primes $test; }" ;;
	*) eval "$test() { session $test; }" ;;
	esac
	sessions="$sessions $test"
done

# shellcheck disable=SC2086 # words
run_tests $sessions example_deadline_of_a_dead_mount
