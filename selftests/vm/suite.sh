#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC3043 # local is in dash and busybox alike
# suite.sh DIR TEST...: runs these test programs of DIR, then after.sh, and marks
# where each begins and ends for report.sh. Runs in the guest and on the host.
# Everything a program leaves running is killed.

dir=$1
shift
here=$(dirname "$0")
# More rounds of the stress tests take longer.
limit=$((300 * ${ACALL_SCALE:-1} * (1 + ${ACALL_ROUNDS:-200} / 1000)))
state=$(mktemp -d) || exit 1
trap 'rm -rf "$state"' EXIT

# Every process of session $1; harnesses put their tests into own groups.
session()
{
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v sid="$1" '
		{ pid = $1; sub(/^.*\) /, "") }
		$4 == sid { print pid }'
}

kill_session()
{
	local pids

	pids=$(session "$1")
	# shellcheck disable=SC2086 # a list
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null
}

# Runs until killed: ends program $1 when it has had its time. What the blocked
# tasks wait for goes to the kernel log first.
watchdog()
{
	sleep "$limit" &
	trap 'kill $!; exit' TERM
	wait $!
	: >"$state/timeout"
	echo w >/proc/sysrq-trigger
	kill_session "$(cat "$state/sid")"
}

# In the foreground, since a shell has background programs ignore SIGINT.
run_program()
{
	local status dog

	rm -f "$state/timeout"
	echo "@@ begin ${1##*/}"
	watchdog </dev/null >/dev/null 2>&1 &
	dog=$!
	# shellcheck disable=SC2016 # for the inner shell
	setsid sh -c 'echo $$ >"$0"; exec "$@"' "$state/sid" "$@" \
		</dev/null 2>&1
	status=$?
	kill "$dog" 2>/dev/null
	wait "$dog" 2>/dev/null
	kill_session "$(cat "$state/sid")"
	[ ! -e "$state/timeout" ] || status=timeout
	echo "@@ end ${1##*/} $status"
}

# A kernel may be without 32-bit programs.
cannot_run()
{
	case $1 in
	*32) ! "$dir/can32" 2>/dev/null ;;
	*) false ;;
	esac
}

for test in "$@"; do
	if cannot_run "$test"; then
		echo "@@ begin $test"
		echo "1..0 # SKIP this kernel runs no 32-bit programs"
		echo "@@ end $test 4"
	else
		run_program "$dir/$test"
	fi
done
# Where the modules were built for them.
[ ! -e /acall/modules/acall_kunit.ko ] || run_program "$here/internals.sh"
run_program "$here/after.sh" "${ACALL_LOG_MARK:-}"
echo "@@ done"
