#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# table.sh KTAP-LOG: what a run of the failure sweep has gone through: how many
# points each path has (slab, page, copy), and how often each work of a worker
# passes its fault points; then the sums.

set -u
export LC_ALL=C
log=${1:?usage: table.sh KTAP-LOG}
{
	sed -nE 's/.*# points "(.*)", (.*), (.*), (.*)$/\1 \2+\3+\4/p' "$log"
	sed -nE 's/.*# passes "(.*)", (.*)$/\1 \2/p' "$log"
} | sort -u | awk '{ printf "%-34s %s\n", $1, $2 }' | pr -t -3 -w 132 -l 10000
sed -nE 's/.*# (points|passes) "(.*)", (.*)$/\1 \2 \3/p' "$log" | sort -u | awk '
	{ gsub(",", "") }
	$2 ~ /[/]stops$/ { stops += $3; next }
	$1 == "points" { paths++; slab += $3; page += $4; copy += $5 }
	$1 == "passes" { works++; passes += $3 }
	END {
		printf "sweep: %d paths with %d points (slab %d, page %d, ", paths,
			slab + page + copy, slab, page
		printf "copy %d); %d of workers with %d passes, ", copy, works,
			passes
		printf "at %d of which a cancel stops them\n", stops
	}'
