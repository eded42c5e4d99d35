#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh: tests the tests. Each bug that the profile (PROFILE, default: stock)
# says it notices happens in a guest, and the report that every run ends with must
# name it (canaries.txt); without a bug the same run must be silent. The last line
# is "N passed, N failed, N skipped". See all.sh for all profiles.

export PROFILE=${PROFILE:-stock}
export TESTS='canary_*'		# not the whole suite
. "$(dirname "$0")/../vm/common.sh"

here=$top/selftests/canary
passed=0 failed=0

# good WHAT, bad WHAT
good() { passed=$((passed + 1)); printf '%-18s %s\n' "$@"; }
bad() { failed=$((failed + 1)); printf '%-18s %s\n' "$@"; }

close()
{
	say "$passed passed, $failed failed, 0 skipped"
	[ $failed -eq 0 ]
	exit
}

# NAME BOOT WHERE WHO TEXT of those that this profile notices.
table()
{
	awk -v profile="$PROFILE" '
	!/^#/ && NF { if (index("," $3 ",", "," profile ",")) print }' \
		"$here/canaries.txt"
}

names() { table | awk -v boot="$1" '$2 == boot { print $1 }'; }

# boot NAME...: all these bugs in one guest; prints what anybody would see of it.
boot()
{
	{
		"$vm/guest.sh" check "${@/#/canary_}" 2>"$out/canary.err"
		echo "@@ guest $?"
	} | "$vm/report.sh" "$out/canary.ktap.log"
	local status=${PIPESTATUS[1]}

	sed 's/^/    /' "$out/canary.err"
	return "$status"
}

# judge LOG STATUS NAME...: is each of them in the report of a run that failed?
judge()
{
	local log=$1 status=$2 name who text missed=

	shift 2
	while read -r name _ _ who text; do
		[[ " $* " == *" $name "* ]] || continue
		if [ "$status" -ne 0 ] && grep -qE "^    .*$text" "$log"; then
			good "$name" "caught by $who"
		else
			bad "$name" "NOT CAUGHT, but see what was:"
			missed=1
		fi
	done < <(table)
	[ -z "$missed" ] || cat "$log"
}

"$vm/setup.sh" check || exit
[ -z "${IMAGE:-}" ] || "$vm/image.sh" "$IMAGE" || { bad image none; close; }
use_kernel

say "building for $krel"
logged "$out/build.log" "$vm/build.sh" modules sample canary userspace \
	selftests vm && "$vm/fetch.sh" kernel || { bad modules "not built"; close; }

say "canaries in a guest ($PROFILE)"
log=$out/canary.none.txt
if boot none >"$log"; then
	good none "silent"
else
	bad none "NOT SILENT"
	cat "$log"
fi
# Each of them is to be seen, and not only the first.
export APPEND="kasan_multi_shot ${APPEND:-}"
mapfile -t together < <(names together)
log=$out/canary.together.txt
boot "${together[@]}" >"$log"
judge "$log" $? "${together[@]}"
for name in $(names alone); do
	log=$out/canary.$name.txt
	boot "$name" >"$log"
	judge "$log" $? "$name"
done

# A bug that nobody says he notices is in no profile's table.
unclaimed=$(sed -n '/ bugs\[\] = {/,/^}/s/.*\.name = "\([a-z_]*\)".*/\1/p' \
	"$here/acall_canary.c" |
	grep -vxF -e none -f <(sed '/^#/d' "$here/canaries.txt" | cut -f 1))
[ -z "$unclaimed" ] || bad unclaimed "$unclaimed"
close
