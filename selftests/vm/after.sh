#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# after.sh [MARK]: what must be so when all tests are over, as tests of its own:
# nothing is live, every transition was made that there is (debug builds), the
# modules can be unloaded, and the kernel has not complained since MARK in its log.
# Unloads the modules.

here=$(dirname "$0")
number=0

point()
{
	number=$((number + 1))
	echo "$1 $number $2"
}

# The last puts of a file or a worker come a little later than the test's end.
is_zero()
{
	tries=$((100 * ${ACALL_SCALE:-1}))
	while [ "$(cat "$1")" != 0 ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

echo "TAP version 13"
for counter in objects calls executions orphans; do
	file=/sys/class/misc/acall/$counter
	if is_zero "$file"; then
		point ok "no_live_$counter"
	else
		echo "# $file: $(cat "$file")"
		point "not ok" "no_live_$counter"
	fi
done
# What the monitor has seen, against what the table allows.
seen=/sys/kernel/debug/acall/transitions
if [ ! -e "$here/transitions" ]; then
	:
elif never=$(sed 's/ [0-9]*$//' $seen | grep -vFxf - "$here/transitions"); then
	echo "$never" | sed 's/^/# never made: /'
	point "not ok" every_transition_was_made
else
	point ok every_transition_was_made
fi
for module in acall_sample acall_timer acall_test acall_file acall; do
	if why=$(rmmod "$module" 2>&1); then
		point ok "unload_$module"
	else
		echo "# $why"
		point "not ok" "unload_$module"
	fi
done
if splat=$(sh "$here/splat.sh" "${1:-}"); then
	point ok clean_kernel_log
else
	echo "$splat" | sed 's/^/# /'
	point "not ok" clean_kernel_log
fi
echo "1..$number"
