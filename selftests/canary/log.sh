#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# log.sh: kernel logs whose verdict is known, and what splat.sh says of them. One
# line each, then "N passed, N failed, 0 skipped".

set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# What asks for the kernel's log gets the one that is judged.
printf '#!/bin/sh\nexec cat "%s/log"\n' "$work" >"$work/dmesg"
chmod +x "$work/dmesg"

# verdict NAME TEXT: of the log on standard input. TEXT is all that is to be said of
# it; without, it is clean.
verdict()
{
	local name=$1 want=${2:-} said rc

	cat >"$work/log"
	said=$(PATH="$work:$PATH" sh "$here/../vm/splat.sh")
	rc=$?
	if [ "$said" = "$want" ] && { [ -z "$want" ] || [ $rc -ne 0 ]; }; then
		passed=$((passed + 1))
		printf '%-18s passed\n' "$name"
	else
		failed=$((failed + 1))
		printf '%-18s FAILED, status %s:\n' "$name" "$rc"
		printf '    %s\n' "${said//$'\n'/$'\n    '}"
	fi
}

verdict log_of_no_memory <<'LOG'
<4>[   91.001000] antagonist invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0
<4>[   91.001100] Call Trace:
<4>[   91.001200]  <TASK>
<4>[   91.001300]  dump_stack_lvl+0x6f/0xb0
<4>[   91.001400]  ? lockdep_hardirqs_on_prepare+0x420/0x420
<4>[   91.001500]  ? kmemleak_alloc+0x12/0x20
<6>[   91.001600] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)
<3>[   91.001700] Memory cgroup out of memory: Killed process 77 (antagonist)
LOG

verdict log_of_lockdep '<4>[   12.000100] WARNING: possible recursive locking detected
<4>[   12.000300] Call Trace:' <<'LOG'
<4>[   12.000000] ============================================
<4>[   12.000100] WARNING: possible recursive locking detected
<4>[   12.000200] --------------------------------------------
<4>[   12.000300] Call Trace:
<4>[   12.000400]  ? lockdep_hardirqs_on_prepare+0x420/0x420
LOG

# Under the stack of who has no memory another one's complaint stays one.
verdict log_of_both '<4>[   91.001200] WARNING: CPU: 1 PID: 9 at a.c:1 a_function+0x1/0x2' <<'LOG'
<4>[   91.001000] antagonist invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0
<4>[   91.001100] Call Trace:
<4>[   91.001200] WARNING: CPU: 1 PID: 9 at a.c:1 a_function+0x1/0x2
<4>[   91.001300]  a_function+0x1/0x2
<6>[   91.001600] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)
LOG

verdict log_of_ours '<4>[    3.000000] acall: what nobody expects' <<'LOG'
<6>[    2.000000] acall: loading out-of-tree module taints kernel.
<4>[    3.000000] acall: what nobody expects
LOG

echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
