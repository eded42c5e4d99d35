#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# splat.sh [MARK]: prints what a clean kernel log must not have, from the line
# with MARK on (default: all of it), and fails if there is any. If there is none
# it prints how often KCSAN has reported the kernel's own code.

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

# A function on a stack is no complaint, whatever its name: the heading is.
frame='^<[0-9]+>(\[[^]]*\])?  (\? )?[A-Za-z_][A-Za-z0-9_.]*\+0x[0-9a-f]+/0x'

# Not meant: out-of-tree modules are said to taint; that an unregistration says
# whom it waits for (P8) and that a second completion is warned about (P3) is what
# tests ask for. What kmemleak has found, after.sh judges by its traces.
expected='loading out-of-tree module taints|module verification failed'
expected="$expected|acall: unregistering test-[a-z0-9.-]* waits for"
expected="$expected|acall: test[a-z0-9.-]*: a call of method [0-9]+ was completed twice"
expected="$expected|kmemleak: [0-9]+ new suspected memory leaks"
# That a checker is there, was asked for, or was not.
expected="$expected|^<6>\\[ *0\\.0+\\] kmemleak: Kernel memory leak detector disabled\$"
expected="$expected|kmemleak: Kernel memory leak detector initialized"
expected="$expected|RCU CPU stall warnings timeout set to [0-9]+ "
expected="$expected|rcu:[[:space:]]*RCU lockdep checking is enabled\\."
expected="$expected|rcu:[[:space:]]*RCU callback double-/use-after-free debug"
expected="$expected|^<[56]>(\\[[^]]*\\])? ?(Kernel c|C)ommand line: "

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
dmesg -r | awk -v mark="${1:-}" '
	BEGIN { on = mark == "" }
	# Whoever runs out of memory is shown with his stack, which is no fault.
	/invoked oom-killer/ { oom = 1 }
	/oom-kill:|Out of memory|out of memory/ { oom = 0 }
	oom && /Call Trace/ { next }
	# So is a module whose init function was made to fail.
	/kmem_cache_create.*[(]acall_call[)] failed with error -/ { cache = 1 }
	cache && /Call Trace/ { cache = 0; next }
	# What the tests of the internals register is refused, and says why.
	/acall-kunit: begin/ { internals = 1 }
	/acall-kunit: end/ { internals = 0 }
	internals && /acall: (an interface.s name |(interface|kunit)[a-z0-9. -]*: )/ { next }
	on
	mark != "" && index($0, mark) { on = 1 }' >"$log"

# KCSAN looks at the whole kernel. A report without a function of ours in either
# stack is the kernel's: its lines go, but what others said between them, and its
# title is given a mark. The two lines of = around it are all that tells its end.
kcsan()
{
	awk '
	function flush(i, line, text) {
		for (i = 1; i <= n; i++) {
			line = block[i]
			text = line
			sub(/^<[0-9]+>(\[[^]]*\])? ?/, "", text)
			if (ended && title && !ours && text ~ /^BUG: KCSAN: /)
				print "kernel: " text
			else if (!(ended && title && !ours && text ~ /^ /))
				print line
		}
		n = title = ours = ended = 0
	}
	{ block[++n] = $0 }
	/(\]|>) ?====================*$/ {
		ended = n > 1
		if (ended)
			flush()
		next
	}
	n == 1 { flush() }
	/BUG: KCSAN: / { title = 1 }
	/ \[acall[a-z_]*\]$/ { ours = 1 }
	END { flush() }' "$log"
}

if kcsan | grep -v '^kernel: ' | grep -vE "$frame" | grep -E "$splat|$own" |
	grep -vE "$expected"
then
	exit 1
fi
kcsan | sed -n 's/^kernel: BUG: KCSAN: //p' | sort | uniq -c |
	sed 's/^ */KCSAN of the kernel itself, times: /'
exit 0
