#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench.sh [FORM]...: what a call costs, of acall and its peers (bench_calls --list).
# Boots a guest with one processor whose TSC counts instructions, for the targets,
# and one with two for wall time, which is only reported; with WHERE=host it is this
# machine's wall time. Prints the tables. The JSON stays in build/.../bench; SAVE=1
# puts it into Documentation/bench, with a plot. The status: 1 if a target was
# missed, something else if there are no numbers.

program=bench_calls kind=calls parts=.forms
gate=(--instructions --gate) wall=()
. "$(dirname "$0")/measure.sh"

# series JSON TITLE NAME STYLE: the forms NAME and NAME_NUMBER, as data of gnuplot and
# what to plot of it; nothing if there are none.
data=() lines=()
series()
{
	local points

	points=$(jq -r --arg name "$3" '.forms[] |
		select(.name | test("^" + $name + "(_[0-9]+)?$")) |
		select(.median) | "\(.batch) \(.median)"' "$1")
	[ -n "$points" ] || return 0
	data+=("\$d${#data[@]} << END"$'\n'"$points"$'\n'END)
	lines+=("\$d${#lines[@]} with linespoints $4 title '$2'")
}

# plot JSON SVG
plot()
{
	local ours="lc rgb '#c01c28' lw 2.5" uring="lc rgb '#1a5fb4' lw 1.5"
	local pool="lc rgb '#5e5c64' lw 1.5" joined

	data=() lines=()
	series "$1" 'acall: call queue' queue_batch "$ours pt 13"
	series "$1" 'acall: call queue, may sleep' queue_long "$ours pt 12 dt 2"
	series "$1" 'acall: call queue, in the caller' queue_call "$ours pt 11"
	series "$1" 'acall: BEGIN, FINISH' begin_finish "$ours pt 7"
	series "$1" 'acall: CALL' call_worker "$ours pt 5"
	series "$1" 'acall: CALL, short method' call_short "$ours pt 9"
	series "$1" 'io_uring: workers' uring_async "$uring pt 7"
	series "$1" 'io_uring: DEFER_TASKRUN' uring_defer "$uring pt 6 dt 2"
	series "$1" 'io_uring: one worker' uring_one "$uring pt 4 dt 3"
	series "$1" 'io_uring: inline' uring_inline "$uring pt 2 dt 4"
	series "$1" 'thread: futexes' pool_futex "$pool pt 7"
	series "$1" 'thread: condition variables' pool_condvar "$pool pt 6 dt 2"
	series "$1" 'AIO: fdsync' aio_fdsync "$pool pt 2"
	[ ${#lines[@]} -gt 0 ] || return 0
	printf -v joined '%s, \\\n' "${lines[@]}"
	{
		cat <<-END
		set terminal svg noenhanced size 860,520 font 'sans-serif,13' \\
			background 'white'
		set title 'What a call costs that does nothing ($(jq -r .kernel "$1"))'
		set xlabel 'calls at a time'
		set ylabel '$(jq -r .unit "$1") per call'
		set logscale xy
		set xrange [0.8:1280]
		set xtics (1, 8, 32, 64, 256, 1024)
		set grid xtics ytics lt 1 lc rgb '#deddda'
		set key outside right center Left reverse
		END
		printf '%s\n' "${data[@]}"
		printf 'plot %s\n' "${joined%, *}"
	} | gnuplot | sed 's|^<svg|<!-- SPDX-License-Identifier: GPL-2.0-only -->\n&|' \
		>"$2"
}

# targets JSON MD: what is to be met, as a table for people.
targets()
{
	jq -r '
		def digits: if . == null then "-" elif . >= 10 then "\(round)"
			else "\(. * 1000 | round / 1000)" end;
		.forms as $forms |
		def median($name): [$forms[] | select(.name == $name)][0].median;
		"<!-- SPDX-License-Identifier: GPL-2.0-only -->",
		"# What a call costs that does nothing", "",
		"Written by `SAVE=1 make bench`: \(.unit) per call on " +
			"Linux \(.kernel), medians of \(.repetitions).", "",
		"| | acall | | peer | | ratio | at most | |",
		"|---|---|---:|---|---:|---:|---:|---|",
		(.targets[] |
			"| \(.name) | \(.ours) | \(median(.ours) | digits) " +
			"| \(.peer // "-") | \(median(.peer) | digits) " +
			"| \(.ratio | digits) | \(.limit) " +
			"| \(if .met then "met" else "**missed**" end) |"),
		"", ($forms[] | "* `\(.name)`: \(.what)")' "$1" >"$2"
}

# Where the numbers are of before, if there are none now.
save()
{
	local to=$top/Documentation/bench name

	mkdir -p "$to"
	for name in "${names[@]}"; do
		cp "$results/calls-$name.json" "$to" || exit 1
		[ "$name" = wall ] ||
			plot "$results/calls-$name.json" "$to/calls-$name.svg"
		[ "$name" != instructions ] ||
			targets "$results/calls-$name.json" "$to/targets.md"
	done
}

measure_all "$@"
[ -z "${SAVE:-}" ] || [ $status -gt 1 ] || save
exit $status
