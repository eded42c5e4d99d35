#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# internals.sh: the tests of the core's internals (module/kunit), in a guest whose
# kernel has KUnit and whose modules were built for it (KUNIT=1). They run while
# their module is loaded; what they said in the kernel log is told here, each test
# as SUITE.TEST.

mark="acall-kunit: begin $$"
echo "TAP version 13"
echo "$mark" >/dev/kmsg
insmod /acall/modules/acall_kunit.ko || exit 1
rmmod acall_kunit
# What was said between is what tests have asked for (splat.sh).
echo "acall-kunit: end" >/dev/kmsg
dmesg | awk -v mark="$mark" '
	index($0, mark) { on = 1; next }
	!on { next }
	{ sub(/^(<[0-9]+>)?\[[^]]*\] /, "") }
	/^ *# Subtest: / { suite = $3; next }
	/^    (not )?ok [0-9]+ / {
		$0 = substr($0, 5)
		verdict = /^ok/ ? "ok" : "not ok"
		sub(/^(not )?ok [0-9]+ (- )?/, "")
		n++
		print verdict, n, suite "." $0
		next
	}
	/^    # / && !/# module: / { print "# " substr($0, 7) }
	END { print "1.." n + 0 }'
