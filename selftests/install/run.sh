# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC3043 # logs; local is in dash and bash alike
# Sourced by what tries installations: a test is a function, whose first command that
# fails ends it, and what it says, which is in $logs, is shown then.

# try NAME...: the words that count_tries counts are these.
try()
{
	local name rc begun

	for name in "$@"; do
		begun=$(date +%s)
		(
			set -e
			"$name"
		) >"$logs/$name.log" 2>&1 </dev/null
		rc=$?
		if [ $rc -eq 0 ]; then
			printf '%-28s passed' "$name"
		else
			printf '%-28s FAILED' "$name"
		fi
		printf ' (%s s)\n' $(($(date +%s) - begun))
		[ $rc -eq 0 ] || tail -n 40 "$logs/$name.log" | sed 's/^/    /'
	done
}

# With the reason, where a bare test would only end.
must()
{
	"$@" || {
		echo "not so: $*"
		return 1
	}
}

must_not()
{
	! "$@" || {
		echo "should not be so: $*"
		return 1
	}
}

# It said a line with such a word.
said() { must grep -q -e "$1" "$2"; }
