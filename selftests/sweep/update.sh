#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# update.sh KTAP-LOG: writes points.txt anew, of what the programs of the failure
# sweep have said in this log. All of them must have run, on the kernel that the
# table names, and what has changed is to be understood before it is committed:
# a path with other points is a path that does other things.

set -u
export LC_ALL=C
log=${1:?usage: update.sh KTAP-LOG}
table=$(dirname "$0")/points.txt
points=$(sed -nE 's/.*# points (".*)$/POINTS(\1)/p' "$log" | sort -u)
passes=$(sed -nE 's/.*# passes (".*)$/PASSES(\1)/p' "$log" | sort -u)
if [ -z "$points" ] || [ -z "$passes" ]; then
	echo "$log: not of a whole run of the sweep" >&2
	exit 1
fi
head=$(sed '/^KERNEL/q' "$table") || exit 1
printf '%s\n' "$head" "$points" "$passes" >"$table"
