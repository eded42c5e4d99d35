#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# after.sh [MARK]: what must be so when all tests are over, as tests of its own:
# nothing is live, every transition was made that there is (debug builds), no
# worker has a signal that was meant for a call, the modules can be unloaded, no
# memory of theirs is lost, what watched the tests still does, and the kernel has
# not complained since MARK in its log. Unloads the modules.

here=$(dirname "$0")
number=0
state=$(mktemp -d) || exit 1
trap 'rm -rf "$state"' EXIT

# point WHAT WHY-NOT: ok if there is no reason why not.
point()
{
	number=$((number + 1))
	if [ -n "$2" ]; then
		echo "$2" | sed 's/^/# /'
		echo "not ok $number $1"
	else
		echo "ok $number $1"
	fi
}

# The last puts of a file or a worker come a little later than the test's end.
not_zero()
{
	tries=$((100 * ${ACALL_SCALE:-1}))
	while [ "$(cat "$1")" != 0 ]; do
		tries=$((tries - 1))
		if [ $tries -eq 0 ]; then
			echo "$1: $(cat "$1")"
			return
		fi
		sleep 0.1
	done
}

# What the monitor has seen, against what the table allows.
never_made()
{
	sed 's/ [0-9]*$//' /sys/kernel/debug/acall/transitions |
		grep -vFxf - "$here/transitions" | sed 's/^/never made: /'
}

# A worker with a signal that came too late would stop whatever it does next. Only
# kernel threads have no memory of their own.
signalled_workers()
{
	cat /proc/[0-9]*/status 2>/dev/null | awk '
	/^Name:/ { name = $2; worker = name ~ /^kworker/ }
	/^VmSize:/ { worker = 0 }
	/^(SigPnd|ShdPnd):/ && worker && $2 !~ /^0+$/ {
		print name " has signals pending: " $1 " " $2 }'
}

# The functions of our modules, for traces that are read when they are gone.
save_names()
{
	grep '\[acall' /proc/kallsyms | sort >"$state/names"
}

leaks=/sys/kernel/debug/kmemleak
races=/sys/kernel/debug/kcsan

# Looks for lost memory. It must be some seconds old, and look lost twice, with the
# same contents. Each look takes long in a guest.
scan()
{
	[ -e $leaks ] && sleep 6 && echo scan >$leaks && echo scan >$leaks
} 2>/dev/null

# What is lost and has one of our functions in its trace; only theirs have no name
# by now. Counts the rest into $state/others, and what the kernel loses when it
# cannot make the folder of a cache: the folder's name, whoever asked for the cache.
our_leaks()
{
	awk -v names="$state/names" -v others="$state/others" '
	BEGIN {
		while ((getline line < names) > 0) {
			split(line, f, /[ \t]+/)
			if (f[2] ~ /[tT]/ && f[1] !~ /^0+$/) {
				at[++n] = f[1]
				name[n] = f[3] " " f[4]
			}
		}
	}
	# Addresses are of the same length.
	function name_of(address, i, found) {
		for (i = 1; i <= n && at[i] "" <= address ""; i++)
			found = name[i]
		return found ? found : "[acall]"
	}
	function flush(i) {
		if (ours && !folder)
			for (i = 1; i <= lines; i++)
				print text[i]
		else if (lines)
			other++
		ours = lines = folder = 0
	}
	/^unreferenced object/ { flush() }
	/\[acall/ { ours = 1 }
	/ sysfs_slab_add\+/ { folder = 1 }
	/^ +(\[<[0-9a-f]+>\] )?0xffff[0-9a-f]+$/ {
		ours = 1
		$0 = $0 " " name_of(substr($NF, 3))
	}
	{ text[++lines] = $0 }
	END { flush(); print other + 0 >others }' $leaks
}

# What is on at the beginning must be at the end. kmemleak takes no setting, here
# the one that it has, when it has given up.
watchers()
{
	if [ -e $leaks ] && ! grep -q kmemleak=off /proc/cmdline &&
	   ! echo stack=on >$leaks; then
		echo "kmemleak has given up"
	fi
	if [ -e /proc/lockdep_stats ] &&
	   grep -q '^ *debug_locks: *0' /proc/lockdep_stats; then
		echo "lockdep has given up"
	fi
	if [ -e $races ] && ! grep -q '^enabled: 1' $races; then
		echo "KCSAN is off"
	fi
} 2>/dev/null

# What gcov has counted of our modules, which outlives them, to the host.
counts=/sys/kernel/debug/gcov
save_counts()
{
	grep -q ' /host 9p ' /proc/mounts || return
	rm -rf /host/gcov
	cp -R $counts /host 2>&1
}

echo "TAP version 13"
for counter in objects calls executions orphans; do
	point "no_live_$counter" "$(not_zero /sys/class/misc/acall/$counter)"
done
[ ! -e "$here/transitions" ] ||
	point every_transition_was_made "$(never_made)"
point no_signal_on_a_worker "$(signalled_workers)"
save_names
canary=
[ ! -e /sys/module/acall_canary ] || canary=acall_canary
for module in $canary acall_sample acall_timer acall_test acall_file acall; do
	point "unload_$module" "$(rmmod $module 2>&1 || echo "rmmod: $?")"
done
if scan; then
	point no_memory_is_lost "$(our_leaks)"
	[ "$(cat "$state/others")" = 0 ] || echo \
		"# note: memory that the kernel itself has lost: $(cat "$state/others")"
fi
[ -z "$(find $counts -name '*.gcda' 2>/dev/null | head -n 1)" ] ||
	point counts_are_saved "$(save_counts)"
point all_watchers_are_awake "$(watchers)"
[ ! -e $races ] || echo "# note: KCSAN has set" \
	"$(sed -n 's/^setup_watchpoints: //p' $races) watchpoints"
if splat=$(sh "$here/splat.sh" "${1:-}"); then
	[ -z "$splat" ] || echo "$splat" | sed 's/^/# note: /'
	splat=
fi
point clean_kernel_log "$splat"
echo "1..$number"
