#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# all.sh: log.sh, then check.sh in each of PROFILES (default: all that canaries.txt
# names). Then every bug there is must have been caught by one of them: "canaries
# N/N caught".
# The last line is "N passed, N failed, N skipped".

set -u
here=$(cd "$(dirname "$0")" && pwd)
table=$(sed '/^#/d; /^$/d' "$here/canaries.txt")
passed=0 failed=0 all=0 got=0
caught=' '
closing='^([0-9]+) passed, ([0-9]+) failed, 0 skipped$'

# run WHAT COMMAND...: its lines, and its closing one in our sums.
run()
{
	local what=$1 last='' line rc

	shift
	while IFS= read -r line; do
		if [[ $line =~ $closing ]]; then
			last=$line
			continue
		fi
		printf '%s\n' "$line"
		[[ $line != *' caught by '* ]] || caught+="${line%% *} "
	done < <("$@" 2>&1)
	wait $!
	rc=$?
	if [[ $last =~ $closing && ( $rc -eq 0 || ${BASH_REMATCH[2]} -ne 0 ) ]]
	then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
	else
		echo "$what did not end well (exit status $rc)"
		failed=$((failed + 1))
	fi
}

# In this order: what costs least fails first.
run "what the kernel's log says" "$here/log.sh"
for profile in ${PROFILES:-$(awk '{ gsub(",", "\n", $3); print $3 }' \
	<<<"$table" | sort -ru)}; do
	run "$profile" env PROFILE="$profile" "$here/check.sh"
done

while read -r name _; do
	all=$((all + 1))
	if [[ $caught == *" $name "* ]]; then
		got=$((got + 1))
	else
		echo "$name: nobody has caught it"
	fi
done <<<"$table"
echo "canaries $got/$all caught"
if [ $got -eq $all ]; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
