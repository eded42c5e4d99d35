#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh: builds everything, runs all tests (TESTS = globs of their names) in
# the guest, or on this machine if WHERE=host, and reports. The last line is
# "N passed, N failed, N skipped", also when it does not come to running.
#
# Tests mostly wait for one thing after the other, so GUESTS of them (default: 2, but
# one where processors are scarce, or all that was done is counted in the end) share
# them out.

. "$(dirname "$0")/common.sh"
shopt -s extglob	# a profile names what it leaves out

broken()
{
	say "0 passed, 1 failed, 0 skipped"
	exit 1
}

"$vm/setup.sh" check || exit
[ -z "${IMAGE:-}" ] || "$vm/image.sh" "$IMAGE" || broken
use_kernel
# Two runs in one folder would build and write over each other.
exec 7>"$out/check.lock"
flock -n 7 || {
	say "waiting for another run in ${out#"$top"/}"
	flock 7
}

say "building for $krel"
logged "$out/build.log" "$vm/build.sh" modules sample \
	userspace selftests vm || broken
mapfile -t chosen < <(chosen_tests)
# Ends the machine, so it has one for itself.
name=reboot_cancels reboot=
# shellcheck disable=SC2254 # a glob
case $name in
${TESTS:-*}) [ "$where" = host ] || reboot=1 ;;
esac
if [ ${#chosen[@]} -eq 0 ] && [ -z "$reboot" ]; then
	say "no test has such a name: ${TESTS:-*}"
	broken
fi
guests=1
if [ "$where" = host ]; then
	run=("$vm/host.sh" check)
else
	"$vm/fetch.sh" kernel || broken
	[ -n "${CI:-}$profile$cross${DEBUG:-}${PARALLEL:-}" ] ||
		[ "$jobs" -lt 2 ] || [ ${#chosen[@]} -lt 20 ] || guests=2
	guests=${GUESTS:-$guests}
	[ "$guests" -le ${#chosen[@]} ] || guests=1
	in="a guest"
	[ "$guests" -eq 1 ] || in="$guests guests"
	say "testing in $in (${profile:+$profile, }${cross:+$arch, }$accel, ${SMP:-2} CPUs, ${MEM:-2G})"
	run=("$vm/guest.sh" check)
fi

# With the time at which each program begins and ends, for who reads it later.
stamped()
{
	local line

	while IFS= read -r line; do
		[[ $line != '@@ '@(begin|end)' '* ]] || echo "@@ at $EPOCHREALTIME"
		printf '%s\n' "$line"
	done
}

# share N: every so manieth, from the Nth on.
share()
{
	local i

	for ((i = $1; i < ${#chosen[@]}; i += guests)); do
		echo "${chosen[i]}"
	done
}

# What all but the first guest say is kept until that has ended.
run_all()
{
	local status=0 others=() n rc

	for ((n = 1; n < guests; n++)); do
		# shellcheck disable=SC2046 # names without spaces
		(GUEST=check-$n "${run[@]}" $(share "$n")) | stamped \
			>"$out/check-$n.out" &
		others+=($!)
	done
	# shellcheck disable=SC2046 # names without spaces
	"${run[@]}" $(share 0)
	status=$?
	for ((n = 1; n < guests; n++)); do
		wait "${others[n - 1]}"
		rc=$?
		# What a guest said that was booted again does not count.
		tac "$out/check-$n.out" | sed '/^@@ again$/,$d' | tac
		[ $status -ne 0 ] || status=$rc
	done
	return "$status"
}

set -o pipefail		# a guest's status is not that of who reads it
{
	status=0
	if [ ${#chosen[@]} -gt 0 ]; then
		run_all
		status=$?
	else
		echo "@@ done"
	fi
	# A guest that was lost is what is to be seen.
	[ -z "$reboot" ] || [ $status -eq 125 ] || "$vm/guest.sh" reboot
	echo "@@ guest $status"
} | "$vm/report.sh" "$out/ktap.log"
