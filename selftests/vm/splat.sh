#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# splat.sh [MARK]: prints what a clean kernel log must not have, from the line
# with MARK on (default: all of it), and fails if there is any.

# What the kernel says when something is broken.
splat='WARNING:|BUG|Oops|[Hh]ung task|INFO: task .* blocked|refcount|[Ll]eak'
splat="$splat|Call Trace|lockdep|circular locking|recursive locking"
splat="$splat|inconsistent lock state|suspicious RCU|rcu.*(stall|detected)"
splat="$splat|general protection|unable to handle|soft lockup|hard LOCKUP"
splat="$splat|KASAN|KCSAN|UBSAN|Objects remaining|cut here|Kernel panic"
splat="$splat|list_(add|del) corruption|double free|use-after-free"
splat="$splat|EXT4-fs error|EXT4-fs warning|Invalid wait context"
# Our own modules at level warning or worse.
own='^<[0-4]>(\[[^]]*\])? ?acall'

# Not meant: out-of-tree modules are said to taint; that an unregistration says
# whom it waits for (P8) and that a second completion is warned about (P3) is what
# tests ask for.
expected='loading out-of-tree module taints|module verification failed'
expected="$expected|acall: unregistering test-[a-z0-9.-]* waits for"
expected="$expected|acall: test[a-z0-9.-]*: a call of method [0-9]+ was completed twice"

dmesg -r | awk -v mark="${1:-}" '
	BEGIN { on = mark == "" }
	# Whoever runs out of memory is shown with his stack, which is no fault.
	/invoked oom-killer/ { oom = 1 }
	/oom-kill:|Out of memory|out of memory/ { oom = 0 }
	oom && /Call Trace/ { next }
	on
	mark != "" && index($0, mark) { on = 1 }' |
	grep -E "$splat|$own" | grep -vE "$expected" && exit 1
exit 0
