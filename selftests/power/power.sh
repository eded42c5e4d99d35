#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# power.sh: cuts the power CUTS times, at random moments of copies with SYNC, of
# copies that go on where they were stopped, and of syncs. After each cut a new guest
# must find whatever had been reported durable: power_cut.c says what that is. Ends
# with "N passed, N failed, N skipped": a cut is one test, and so is each control.
#
# The disk is nbdkit's, behind a write cache that only a flush writes to the image,
# block after block and slowly. A cut kills nbdkit, and with it what was not flushed.
# The next request that the guest makes stops it, so that nothing is said about a
# disk that is dead; then QEMU ends.
#
# The controls come first: what was not synced at all must be found lost, and so
# must all that is on a disk that ignores flushes. Else a cut loses nothing here, or
# nobody notices.
#
# FILESYSTEMS ("ext4 xfs btrfs") share the cuts, GUESTS of them at a time. SEED=: all
# that is drawn, but not how far a guest gets meanwhile. Of a cut that has failed the
# disk as it was after it, and all that was said and asked of it, is in
# build/.../power/kept.

. "$(dirname "$0")/../vm/common.sh"

cuts=${CUTS:-15}
seed=${SEED:-$RANDOM}
read -ra systems <<<"${FILESYSTEMS:-ext4 xfs btrfs}"
tries=5			# cuts that a control has
most=30			# lines of the guest's before a cut, and
longest=300		# milliseconds after them

broken()
{
	say "$@" "0 passed, 1 failed, 0 skipped"
	exit 1
}

# One guest, with one file system: all that follows is in a folder of its own, $dir.

declare -A claim	# what was reported durable of each file
disk='' guest=''

# fresh FS: an empty disk.
fresh()
{
	claim=()
	rm -f "$dir/image" "$dir/before"
	truncate -s 1G "$dir/image" || return
	case $1 in
	xfs|btrfs)	"mkfs.$1" -q -f "$dir/image" ;;
	*)		"mkfs.$1" -q -F "$dir/image" ;;
	esac >"$dir/mkfs.log" 2>&1
}

# disk_on CACHE: with its pid in $disk, when it can be used, or fails.
disk_on()
{
	rm -f "$dir"/{socket,pid,requests.log}
	TMPDIR=$dir nbdkit -f -U "$dir/socket" -P "$dir/pid" \
		--filter=log --filter=cache --filter=delay \
		file "$dir/image" logfile="$dir/requests.log" cache="$1" \
		wdelay=1ms </dev/null 2>"$dir/disk.log" &
	disk=$!
	until [ -s "$dir/pid" ]; do
		kill -0 "$disk" 2>/dev/null || return
		sleep 0.02
	done
}

disk_off()
{
	[ -z "$disk" ] || kill -KILL "$disk"
	[ -z "$disk" ] || wait "$disk"
	disk=''
} 2>/dev/null

# The disk is off at once; the guest is stopped then, and is ended.
cut()
{
	disk_off
	kill -TERM "$guest" 2>/dev/null
}

end()
{
	disk_off
	[ -z "$guest" ] || kill -TERM "$guest"
} 2>/dev/null

# boot FS HOW CACHE LINES MS: a guest that verifies and, unless HOW is verify, works
# until MS milliseconds after LINES lines. Sets $there to what was there, $lost to what
# was not, $doing to what was cut, or $why the guest has not come so far.
boot()
{
	local fs=$1 how=$2 cache=$3 lines=$4 ms=$5 line n='' rc from

	there='' lost='' doing='' why=''
	disk_on "$cache" || { why="no disk"; return; }
	exec {from}< <(exec env GUEST="power-$fs" TIMEOUT=300 \
		DISK="file=nbd+unix:///?socket=$dir/socket,werror=stop,rerror=stop" \
		"$vm/guest.sh" run "$out/selftests/power_cut" "$fs" /dev/vdc \
		$((RANDOM * 512 + 1 + RANDOM % 512)) "$how" "${claim[@]}" \
		2>"$dir/errors.log" </dev/null)
	guest=$!
	: >"$dir/said.log"
	# A line that the cut has cut was never said.
	while IFS= read -r line <&"$from"; do
		printf '%s\n' "$line" >>"$dir/said.log"
		case $line in
		'verified '*)	there=${line#verified } ;;
		'lost '*)	lost+=$'\n    '${line#lost } ;;
		'failed '*)	why=$line ;;
		'at work')	n=0 ;;
		'does '*)	doing=${line#does } ;;
		'gone '*)	unset "claim[${line#gone }]" ;;
		'durable '*)
			line=${line#durable }
			claim[${line%% *}]=$line ;;
		esac
		[ -n "$n" ] || continue
		[ $n -ne "$lines" ] || {
			sleep "$(printf '0.%03d' "$ms")"
			cut
		}
		n=$((n + 1))
	done
	wait "$guest" 2>/dev/null
	rc=$?
	exec {from}<&-
	guest=''
	disk_off
	if [ -n "$why$lost" ] || { [ "$how" = verify ] && [ $rc -eq 0 ]; }; then
		return
	fi
	if [ "${n:-0}" -le "$lines" ]; then
		why="the guest has ended by itself: exit status $rc"
	elif ! grep -q ' Flush id=' "$dir/requests.log"; then
		why="the guest has not flushed anything"
	elif grep -qE 'WARNING:|BUG:|Oops' "$out/power-$fs.console.log"; then
		why="the kernel has complained"
	fi
}

# As it is after a cut, and what led to it.
remember()
{
	cp --sparse=always "$dir/image" "$dir/before"
	cp "$out/power-$1.console.log" "$dir/console.before.log"
	mv "$dir/said.log" "$dir/said.before.log"
	mv "$dir/requests.log" "$dir/requests.before.log"
	printf '%s\n' "${claim[@]}" >"$dir/claims"
}

# keep FS NAME
keep()
{
	local to=$all/kept/$2

	rm -rf "$to"
	mkdir -p "$to"
	mv "$dir/image" "$to/image.after"
	mv "$dir/before" "$to/image"
	mv "$dir"/claims "$dir"/*.log "$to"
	cp "$out/power-$1.console.log" "$to/console.log"
} 2>/dev/null

# draw: the moment of the next cut.
draw()
{
	lines=$((1 + RANDOM % most))
	ms=$((RANDOM % longest))
}

# work FS CUTS: one line for each; after three failures there is no more to learn.
work()
{
	local fs=$1 cuts=$2 n=0 lines ms how=sync what='' passed=0 failed=0

	trap 'end; exit 143' TERM
	while [ $failed -lt 3 ]; do
		[ -n "$what" ] || fresh "$fs" || {
			cat "$dir/mkfs.log"
			failed=1
			break
		}
		draw
		[ $n -lt "$cuts" ] || how=verify
		boot "$fs" $how writeback "$lines" "$ms"
		if [ -n "$lost$why" ]; then
			failed=$((failed + 1))
			keep "$fs" "$fs-$n"
			say "$fs $n: FAILED, $what:${lost:- $why}"
			say "    (all that there is of it: $all/kept/$fs-$n)"
			what=''
		elif [ -n "$what" ]; then
			passed=$((passed + 1))
			say "$fs $n: $what: $there are there"
		fi
		[ $how != verify ] || break
		[ -z "$lost$why" ] || continue
		n=$((n + 1))
		remember "$fs"
		what="cut in '$doing' after $lines lines and $ms ms"
	done
	[ $failed -lt 3 ] || say "$fs: given up"
	echo "$passed $failed" >"$dir/sums"
}

# control WHAT HOW CACHE: must find that something is lost.
control()
{
	local what=$1 n lines ms

	fresh ext4 || broken "$(cat "$dir/mkfs.log")"
	for ((n = 0; n <= tries; n++)); do
		draw
		boot ext4 "$2" "$3" "$lines" "$ms"
		[ -z "$lost$why" ] || break
	done
	if [ -n "$lost" ]; then
		passed=$((passed + 1))
		say "control: $what: found lost after cut $n"
	else
		failed=$((failed + 1))
		say "control: $what: FAILED: ${why:-nothing is lost}"
	fi
}

[ "$where" != host ] && [ -z "$cross" ] ||
	die "only a guest of this machine's kind can have its power cut"
"$vm/setup.sh" power || exit
[ -z "${IMAGE:-}" ] || "$vm/image.sh" "$IMAGE" || broken
use_kernel
# As check.sh has it, for the same folder.
exec 7>"$out/check.lock"
flock -n 7 || {
	say "waiting for another run in ${out#"$top"/}"
	flock 7
}
say "building for $krel"
logged "$out/build.log" "$vm/build.sh" modules userspace selftests vm &&
	"$vm/fetch.sh" kernel || broken
guests=1
[ -n "${CI:-}" ] || [ "$jobs" -lt 2 ] || guests=2
guests=${GUESTS:-$guests}
all=$out/power
rm -rf "$all"
passed=0 failed=0 skipped=0
workers=()
trap 'end; kill "${workers[@]}" 2>/dev/null; exit 143' INT TERM HUP

say "cutting the power $cuts times, $guests guests at a time (SEED=$seed)"
dir=$all/control
mkdir -p "$dir"
RANDOM=$seed
control "what nothing has synced" loose writeback
control "a disk that ignores flushes" sync unsafe

for i in "${!systems[@]}"; do
	fs=${systems[i]}
	share=$(((cuts + ${#systems[@]} - 1 - i) / ${#systems[@]}))
	if ! grep -q "^CONFIG_${fs^^}_FS=[ym]" "$cache/kernel-$krel/config"; then
		say "$fs: skipped: the kernel has none"
		skipped=$((skipped + share))
		continue
	fi
	while [ "$(jobs -pr | wc -l)" -ge "$guests" ]; do
		wait -n
	done
	dir=$all/$fs
	mkdir -p "$dir"
	RANDOM=$((seed + i + 1))
	work "$fs" "$share" 7>&- &
	workers+=($!)
done
wait "${workers[@]}"
for fs in "${systems[@]}"; do
	[ -d "$all/$fs" ] || continue
	read -r good bad <"$all/$fs/sums" || good=0 bad=1
	passed=$((passed + good))
	failed=$((failed + bad))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
