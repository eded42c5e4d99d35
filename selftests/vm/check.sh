#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh: builds everything, runs all tests (TESTS = globs of their names) in
# the guest, or on this machine if WHERE=host, and reports. The last line is
# "N passed, N failed, N skipped", also when it does not come to running.

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
if [ "$where" = host ]; then
	run=("$vm/host.sh" check)
else
	"$vm/fetch.sh" kernel || broken
	say "testing in a guest (${profile:+$profile, }${cross:+$arch, }$accel, ${SMP:-2} CPUs, ${MEM:-2G})"
	run=("$vm/guest.sh" check)
fi
{
	status=0
	if [ ${#chosen[@]} -gt 0 ]; then
		"${run[@]}" "${chosen[@]}"
		status=$?
	else
		echo "@@ done"
	fi
	# A guest that was lost is what is to be seen.
	[ -z "$reboot" ] || [ $status -eq 125 ] || "$vm/guest.sh" reboot
	echo "@@ guest $status"
} | "$vm/report.sh" "$out/ktap.log"
