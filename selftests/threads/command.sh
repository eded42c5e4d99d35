#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# command.sh ACALL DIR: the command with ACALL_ENGINE=threads, in DIR. Says what is not
# so, and exits 1.

acall=${1:?usage: command.sh ACALL DIR}
cd "${2:?}" || exit 1
export ACALL_ENGINE=threads NO_COLOR=1
failed=0

# so WHAT COMMAND...
so()
{
	"${@:2}" && return
	echo "not so: $1"
	failed=1
}

fails() { ! "$@"; }

head -c 3000001 /dev/urandom >big
so "it copies" "$acall" copy big copied 2>/dev/null
so "what was copied is the same" cmp big copied
so "it hashes as sha256sum does" \
	[ "$("$acall" hash big 2>/dev/null)" = "$(sha256sum big)" ]
so "it syncs" "$acall" sync copied 2>/dev/null
so "it asks file systems" grep -q '% /' <("$acall" statfs / 2>/dev/null)
so "methods says whose they are" grep -q '^Engine: threads' <("$acall" methods)
so "none is stopped by a signal" fails grep -q 'signal' <("$acall" methods file)
so "methods says so as JSON too" \
	grep -q '"engine":"threads"' <("$acall" methods --json)
so "ps says whose calls it can see" \
	grep -q 'own calls' <("$acall" ps 2>&1 >/dev/null)
so "a cancel from outside finds nothing" fails "$acall" cancel 1 2>/dev/null
ACALL_ENGINE=nonsense so "nonsense is refused" \
	grep -q 'ACALL_ENGINE' <(ACALL_ENGINE=nonsense "$acall" methods 2>&1)
exit $failed
