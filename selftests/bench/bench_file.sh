#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bench_file.sh [ARGUMENT]...: what work on files costs by acall, beside the plain system
# calls and what people use otherwise (bench_file --help, --list). Boots a guest with
# one processor whose TSC counts instructions, for the targets, and one with two for
# wall time, which is only reported, as is how fast it stops; with WHERE=host it is
# this machine's wall time, with images in ACALL_BENCH_DIR. Prints the tables. The JSON
# stays in build/.../bench; SAVE=1 puts it into Documentation/bench, with a page. The
# status: 1 if a target was missed, something else if there are no numbers.

program=bench_file kind=file parts=.cases
gate=(--instructions --gate) wall=(--stops)
. "$(dirname "$0")/measure.sh"

# The programs, and what makes the file systems.
export BESIDE='cp rsync dd sync stat fstrim blkdiscard fallocate sha256sum duperemove
	lscpu mkfs.ext4 mkfs.xfs mkfs.btrfs'
# The disks are in memory.
export MEM=${MEM:-4G} TIMEOUT=${TIMEOUT:-12000}

# What is the same in all tables.
words='
	def digits: if . == null then "-" elif . >= 100 then "\(round)"
		elif . >= 10 then "\(. * 10 | round / 10)"
		else "\(. * 100 | round / 100)" end;
	def parts: . * 1000 | round / 1000;
	def rounds: "\(.ratio_min | parts) to \(.ratio_max | parts)";
	def of($way): .ways[$way].median;
	def row: "| " + (map(tostring) | join(" | ")) + " |";
	def speed($way): .bytes / 1048576 * 1e9 / of($way) | digits;'

# judged JSON: thousands of instructions of a call.
judged()
{
	jq -r "$words"'
		def thousands: . / 100 | round / 10;
		"Thousands of \(.unit) of one call, medians of \(.samples), Linux " +
			"\(.kernel).", "",
		(["", "on", "MiB", "plain system calls", "acall", "plain", "adds",
			"ratio", "of a round", "at most", ""] | row),
		"|---|---|---:|---|---:|---:|---:|---:|---:|---:|---|",
		(.cases[] | [.name, .on,
			(if .bytes == 0 then "-" else .bytes / 1048576 end),
			.ways[1].way, (of(0) | thousands), (of(1) | thousands),
			(of(0) - of(1) | thousands), (.ratio | parts),
			rounds, .limit // "-", (if .met == null then ""
			 elif .met then "met" else "**missed**" end)] | row)' "$1"
}

# timed JSON: MiB/s, and how fast it stops.
timed()
{
	jq -r "$words"'
		def ended: if . == null then "-" else (.median_ns / 1e6 | digits) +
			(if .stopped then "" else ", ran on" end) end;
		"MiB/s, and ms until it ends: the call after CANCEL, the plain one " +
			"after SIGKILL (ran on: for more than half of what was left; " +
			"-: it was over, or was not stopped). \(.cpus) processors, " +
			"medians of \(.samples).", "",
		(["", "acall", "plain", "a thread", "ratio of time", "of a round",
			"CANCEL", "SIGKILL"] | row),
		"|---|---:|---:|---:|---:|---:|---:|---:|",
		(.cases[] | select(.bytes > 0) | [.name, speed(0), speed(1), speed(2),
			(.ratio | parts), rounds, (.cancel | ended),
			(.kill | ended)] | row)' "$1"
}

# others JSON: how much acall takes of what they take.
others()
{
	jq -r "$words"'
		(["", "by", "MiB/s", "acall takes of its time"] | row),
		"|---|---|---:|---:|",
		(.cases[] | select(.bytes > 0) | . as $case | .ways[3:][] |
			select(.median) | [$case.name, "`\(.way)`",
			($case.bytes / 1048576 * 1e9 / .median | digits),
			($case.ways[0].median / .median | parts)] | row)' "$1"
}

# page FOLDER: of the JSON that is there.
page()
{
	local counted=$1/file-instructions.json clocked=$1/file-wall.json

	cat <<-END
	<!-- SPDX-License-Identifier: GPL-2.0-only -->
	# What work on files costs

	Written by \`SAVE=1 make bench-file\`; [performance.md](../performance.md) says
	what is measured.
	END
	if [ -e "$counted" ]; then
		printf '\n## In instructions\n\n'
		judged "$counted" || return
	fi
	[ -e "$clocked" ] || return 0
	printf '\n## In time, under emulation\n\n'
	timed "$clocked" || return
	printf '\n## By others, in time, programs with their start\n\n'
	others "$clocked"
}

# missed JSON
missed()
{
	jq -r "$words"'[.cases[] | select(.met == false) |
		"\(.name) (\(.ratio | parts))"] |
		"dearer than they may be: " + join(", ")' "$1" >&2
}

# Where the numbers are of before, if there are none now.
save()
{
	local to=$top/Documentation/bench name

	[ ${#names[@]} -gt 0 ] && [ "$where" != host ] || return 0
	mkdir -p "$to"
	for name in "${names[@]}"; do
		cp "$results/file-$name.json" "$to" || exit 2
	done
	page "$to" >"$to/file.md" || exit 2
}

measure_all "$@"
[ -z "${SAVE:-}" ] || [ $status -gt 1 ] || save
[ $status -ne 1 ] || missed "$results/file-instructions.json"
exit $status
