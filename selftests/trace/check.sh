#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh: what `acall trace` makes of a trace that was kept, without a guest: the
# pictures are well-formed and complete, and nothing in them overlaps; other tools
# read the rest. One line for each check, then "N passed, N failed, N skipped".

. "$(dirname "$0")/../vm/common.sh"

"$vm/setup.sh" trace >&2 || exit
use_kernel
"$vm/build.sh" userspace >"$build/trace.log" 2>&1 || die "see $build/trace.log"
acall=$out/userspace/acall
kept=$top/selftests/trace/kept.txt
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
export NO_COLOR=1 TERM=dumb

# check NAME FUNCTION: what it prints is what is wrong.
check()
{
	local said

	said=$("$2" 2>&1)
	if [ -z "$said" ]; then
		passed=$((passed + 1))
		printf '%-28s passed\n' "$1"
	else
		failed=$((failed + 1))
		printf '%-28s FAILED\n%s\n' "$1" "$said"
	fi
}

# Of the calls that were begun and were ever a client's.
ids()
{
	sed -n 's/.*: acall_begin: id=\([0-9]*\) .*/\1/p' "$kept" | sort -u
}

# A line as the kernel prints it: MICROSECONDS EVENT [KEY=VALUE]...
line()
{
	local at=$1 event=$2

	shift 2
	printf '%16s-%-7d [000] %5d.%06d: acall_%s: %s\n' prog 100 \
		$((at / 1000000)) $((at % 1000000)) "$event" "$*"
}

state()
{
	line "$1" state "id=$2 event=$3 was=$4 now=$5 reason=${6:-none}" \
		"status=${7:-0} progress=0 total=0 flags=${8:-}"
}

# call ID BEGIN END [NAME]: one that runs in a worker for that long.
call()
{
	line "$2" begin "id=$1 tgid=100 uid=0 interface=test method=1" \
		"name=${4:-gate} caps=0x0 handle=0x0 deadline=1"
	state $(($2 + 1)) "$1" publish new queued
	line $(($2 + 2)) take "id=$1"
	state $(($2 + 3)) "$1" start queued running
	state $(($3 + 3)) "$1" return running completed none 0 ended
	state $(($3 + 4)) "$1" consume completed completed none 0 'ended|consumed'
}

draw()
{
	"$acall" trace -q -i "$1" -o "$tmp/t.svg" -o "$tmp/t.json" "${@:2}"
}

svg_is_well_formed()
{
	draw "$kept"
	xmllint --noout "$tmp/t.svg"
	rsvg-convert "$tmp/t.svg" -o "$tmp/t.png"
	[ -s "$tmp/t.png" ] || echo "it cannot be drawn"
	# Nothing that is fetched, and nothing that runs.
	grep -nE '<script|<image|https?://' "$tmp/t.svg" |
		grep -v 'xmlns="http://www.w3.org/2000/svg"'
}

svg_has_each_call()
{
	local id

	draw "$kept"
	[ "$(ids | wc -l)" -ge 8 ] || echo "there are not enough calls in $kept"
	for id in $(ids); do
		grep -q "call $id\\b" "$tmp/t.svg" || echo "no call $id"
	done
}

# overlaps SVG: what two bars of different calls have in common, of rows apart.
overlaps()
{
	awk '
		/<g class="call">/ { call++ }
		/<\/g>/ { inside = 0 }
		/<g class="call">/ { inside = 1 }
		inside && /<rect/ && !/class="(good|bad)"/ {
			match($0, / x="[0-9.]*/); x = substr($0, RSTART + 4, RLENGTH - 4)
			match($0, / y="[0-9.]*/); y = substr($0, RSTART + 4, RLENGTH - 4)
			match($0, /width="[0-9.]*/)
			w = substr($0, RSTART + 7, RLENGTH - 7)
			n++; X[n] = x; E[n] = x + w; Y[n] = int(y / 13); C[n] = call
		}
		END {
			for (i = 1; i <= n; i++)
				for (j = 1; j < i; j++)
					if (C[i] != C[j] && Y[i] == Y[j] &&
					    X[i] < E[j] - 0.15 && X[j] < E[i] - 0.15)
						print "bar at " X[i] "," Y[i] \
						      " is over one at " X[j]
		}' "$1"
}

nothing_overlaps()
{
	local i

	draw "$kept"
	overlaps "$tmp/t.svg"
	# Many at a time, and of all lengths.
	for i in $(seq 100 160); do
		call "$i" $((i * 1000)) $((i * 1000 + i % 7 * 12345))
	done >"$tmp/many.txt"
	draw "$tmp/many.txt"
	[ "$(grep -c '<g class="call">' "$tmp/t.svg")" -ge 61 ] ||
		echo "not all are drawn"
	overlaps "$tmp/t.svg"
	# The check itself notices.
	sed 's/ x="[0-9.]*"/ x="300.0"/' "$tmp/t.svg" >"$tmp/bad.svg"
	[ -n "$(overlaps "$tmp/bad.svg")" ] || echo "what overlaps is not noticed"
}

json_is_as_others_read_it()
{
	local id

	draw "$kept"
	jq -e . "$tmp/t.json" >/dev/null
	for id in $(ids); do
		jq -e --arg id "$id" '[.traceEvents[] | select(.id == $id)] |
			(map(select(.ph == "b")) | length) ==
			(map(select(.ph == "e")) | length) and
			length >= 4' "$tmp/t.json" >/dev/null ||
			echo "call $id is not there, or does not end"
	done
	# What runs in one worker does not overlap.
	jq -r '[.traceEvents[] | select(.ph == "X")] | group_by(.tid)[] |
		sort_by(.ts) | range(1; length) as $i |
		select(.[$i - 1].ts + .[$i - 1].dur > .[$i].ts + 0.001) |
		"overlap in worker \(.[$i].tid) at \(.[$i].ts)"' "$tmp/t.json"
}

lines_are_objects()
{
	"$acall" trace -i "$kept" --json | jq -es 'length > 50 and
		all(.command == "trace" and .call_id > 0 and .time_ns > 0)' \
		>/dev/null || echo "not what was expected"
}

# What a name holds is text.
names_are_no_markup()
{
	call 7 1000000 1500000 | sed 's/^            prog/   <b>&"x]: a-1/' \
		>"$tmp/names.txt"
	draw "$tmp/names.txt"
	xmllint --noout "$tmp/t.svg"
	jq -e . "$tmp/t.json" >/dev/null
	grep -q 'call 7:' "$tmp/t.svg" || echo "the call is lost"
	grep -qF '<b>' "$tmp/t.svg" && echo "there is markup"
	"$acall" trace -i "$tmp/names.txt" --json | jq -e . >/dev/null
}

order_is_that_of_time()
{
	local said

	call 8 1000000 1500000 | tac >"$tmp/order.txt"
	said=$("$acall" trace -q -i "$tmp/order.txt" | awk '{ print $5 }' | xargs)
	[ "$said" = 'begun running, completed, finished' ] || echo "$said"
}

losses_are_said()
{
	{
		call 9 1000000 1500000
		echo 'CPU:1 [LOST 42 EVENTS]'
	} >"$tmp/lost.txt"
	draw "$tmp/lost.txt" >"$tmp/said" 2>&1 && echo "exit code 0"
	grep -q 'lost 42 steps' "$tmp/said" || echo "nothing is said"
	grep -q 'lost 42 steps' "$tmp/t.svg" || echo "not in the picture"
	jq -e '.otherData.lost == "42"' "$tmp/t.json" >/dev/null ||
		echo "not in the JSON"
}

# Whoever lost a race for an object has begun nothing.
lost_races_are_no_calls()
{
	{
		call 10 1000000 1500000
		line 1100000 begin "id=11 tgid=100 uid=0 interface=test method=1" \
			"name=gate caps=0x0 handle=0x0 deadline=1"
		state 1100001 11 publish new queued
		line 1100002 release id=11
	} >"$tmp/race.txt"
	draw "$tmp/race.txt"
	grep -q 'call 10:' "$tmp/t.svg" || echo "the winner is not there"
	grep -q 'call 11:' "$tmp/t.svg" && echo "the loser is"
}

wrong_use_changes_nothing()
{
	"$acall" trace -o "$tmp/x.png" -i "$kept" 2>/dev/null
	[ $? -eq 2 ] || echo "a picture of an unknown kind"
	"$acall" trace -i "$tmp/none" -o "$tmp/n.svg" 2>/dev/null
	[ $? -eq 1 ] || echo "no such trace"
	"$acall" trace -o /nowhere/x.svg -i "$kept" 2>/dev/null
	[ $? -eq 1 ] || echo "a folder that is not there"
	[ "$("$acall" trace --help | wc -l)" -le 24 ] || echo "long help"
	[ ! -e "$tmp/x.png" ] || echo "a file was made"
}

check svg svg_is_well_formed
check svg-calls svg_has_each_call
check lanes nothing_overlaps
check json json_is_as_others_read_it
check lines lines_are_objects
check names names_are_no_markup
check order order_is_that_of_time
check losses losses_are_said
check lost-races lost_races_are_no_calls
check usage wrong_use_changes_nothing
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
