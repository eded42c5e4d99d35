#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# acall with: that the calls of another program go through the module, that it sees
# what it would see alone, and how its calls end when they are not let go on.
#
# Whose call is made in no time at all (--timeout=0) fails with ETIMEDOUT, which no
# plain call does: so it was made.

. "$(dirname "$0")/cli.sh"

calls=$(dirname "$helper")/with_calls
sees=$(dirname "$helper")/with_same
export calls sees helper
[ -x "$calls" ] && [ -x "$sees" ] || skip_all "no with_calls, with_same beside this test"

through_module()
{
	run acall with "$calls" one "$@"
	is "$(cat "$out")" 0 "$1"
	run acall with --timeout=0 "$calls" one "$@"
	is "$(cat "$out")" ETIMEDOUT "$1 in no time"
	silent
}

# What the module does not take is made plainly, and has all the time.
plainly()
{
	local error=$1

	shift
	run acall with --timeout=0 "$calls" one "$@"
	is "$(cat "$out")" "$error" "$*"
}

# Enough for every file system that answers.
second=${ACALL_SCALE:-1}s

# on_small SCRIPT: in a shell with mounts of its own, in which ./mnt is an ext4.
on_small()
{
	[ -b "${ACALL_DEV_SMALL:-}" ] || skip "no ACALL_DEV_SMALL"
	unshare -m true || skip "no mount namespaces"
	mkdir -p mnt
	run unshare -m sh -c \
		'mount -t ext4 "$ACALL_DEV_SMALL" mnt && exec sh -ec "$0"' "$1"
}

calls_on_files()
{
	local call

	need_ext4
	for dir in . "$ext4"; do
		make_file "$dir/file" 100000
		for call in fsync fdatasync syncfs fallocate posix_fallocate \
			    posix_fadvise statfs statvfs; do
			through_module $call "$dir/file"
		done
		through_module copy "$dir/file" "$dir/target"
		same "$dir/file" "$dir/target"
	done
	through_module fsync "$ext4"
	through_module stat /proc
	rm -rf "$ext4"
}

calls_on_file_systems()
{
	on_xfs '
		yes dedupe | head -c 100000 >mnt/a
		cp mnt/a mnt/b
		sync
		for call in "trim mnt" "dedupe mnt/a mnt/b" "syncfs mnt"; do
			acall with "$calls" one $call
			acall with --timeout=0 "$calls" one $call
		done'
	exits 0
	is "$(tr '\n' ' ' <"$out")" "0 ETIMEDOUT 0 ETIMEDOUT 0 ETIMEDOUT "
}

calls_on_block_devices()
{
	local call

	make_file image 1048576
	loop_device image
	for call in discard zeroout; do
		through_module $call "$loop"
	done
	losetup -d "$loop"
	tr -d '\0' <image >rest
	is "$(size rest)" $((1048576 - 65536)) "bytes left"
}

others_are_plain()
{
	need_ext4
	make_file file 10000
	plainly EINVAL fsync /proc/version
	plainly ENOENT statfs missing
	plainly 0 stat file
	plainly EXDEV copy file "$ext4/target"
	plainly ENOTTY discard file
	rm -rf "$ext4"
}

without_a_device_all_are_plain()
{
	unshare -m true || skip "no mount namespaces"
	make_file file 10000
	run acall with --timeout=0 unshare -m sh -c \
		'mount -t tmpfs none /dev && "$calls" one fsync file &&
		"$calls" one copy file target'
	exits 0
	is "$(tr '\n' ' ' <"$out")" "0 0 "
	same file target
}

# sees_the_same DIR ARG...: what with_same prints.
sees_the_same()
{
	local dir=$1 how

	shift
	mkdir "$dir/alone" "$dir/with"
	(cd "$dir/alone" && "$sees" "$@") >alone.txt || fail "alone: $?"
	(cd "$dir/with" && acall with "$sees" "$@") >with.txt || fail "with: $?"
	[ "$(wc -l <alone.txt)" -gt 400 ] || fail "it sees next to nothing"
	diff alone.txt with.txt >"$out" || fail "it sees another thing"
}

same_results_on_tmpfs()
{
	need_ext4
	sees_the_same . all "$ext4"
	rm -rf "$ext4"
}

same_results_on_ext4()
{
	need_ext4
	sees_the_same "$ext4" all .
	rm -rf "$ext4"
}

same_results_of_dedupe()
{
	on_xfs '
		mkdir mnt/alone mnt/with
		(cd mnt/alone && "$sees" share) >alone
		(cd mnt/with && acall with "$sees" share) >with
		diff alone with
		wc -l <with'
	exits 0
	is "$(cat "$out")" 29 "lines"
}

threads_are_on_their_own()
{
	need_ext4
	run acall with "$calls" threads 8
	exits 0
	cd "$ext4" || fail "cd"
	run acall with "$calls" threads 8
	exits 0
	rm -rf "$ext4"
}

# held HOW OPTION...: prints what a call ends with that is held.
held()
{
	local how=$1

	shift
	on_small "
		acall with $* \"\$calls\" held $how mnt || code=\$?
		[ -z \"\$code\" ] || \"\$calls\" thaw mnt || :
		exit \$code"
	exits 0
	settled
}

descriptors_may_be_closed()
{
	held close
	is "$(cat "$out")" 0
}

handlers_run_and_the_call_goes_on()
{
	held signal
	is "$(cat "$out")" 0
}

handlers_may_fork()
{
	held fork
	is "$(cat "$out")" 0
}

threads_can_be_cancelled()
{
	held cancel
	is "$(cat "$out")" 0
}

timeout_ends_what_nothing_ends()
{
	held time --timeout=100ms --grace=0
	is "$(cat "$out")" ETIMEDOUT
}

signals_end_what_nothing_ends()
{
	local signal code

	for signal in INT:130 TERM:143; do
		code=${signal#*:} signal=${signal%:*}
		on_small '
			"$helper" exec acall with "$calls" held time mnt &
			until acall ps | grep -q "file\.copy .*running"; do
				:
			done
			kill -'$signal' $!
			wait $! || code=$?
			"$calls" thaw mnt
			exit $code'
		exits "$code"
		settled
	done
}

cancel_from_outside_is_ecanceled()
{
	with_dead sh -c '
		acall with "$calls" one statfs dead &
		while [ "$(cat /sys/class/misc/acall/executions)" = 0 ]; do
			:
		done
		acall cancel -q --grace=1m -p $! && wait $!'
	exits 0
	prints ECANCELED
	settled
}

df_does_not_hang()
{
	need_program df
	need_ext4
	rm -rf "$ext4"
	# Nobody waits for the dead any more, when it has not ended yet.
	with_dead sh -c 'acall with --timeout='"$second"' "$0" || code=$?
		while [ "$(cat /sys/class/misc/acall/executions)" != 0 ]; do
			:
		done
		exit $code' "$program"
	exits 1
	says "$PWD/dead: Connection timed out"
	df -kP "$ACALL_DIR_EXT4" | awk 'NR > 1 { print $NF }' >mounts
	grep -q " $(cat mounts)\$" "$out" || fail "those that answer are missing"
}

df_can_be_interrupted()
{
	need_program df
	with_dead sh -c '
		"$helper" exec acall with "$0" &
		while [ "$(cat /sys/class/misc/acall/executions)" = 0 ]; do
			:
		done
		kill -INT $!
		wait $! || code=$?
		while [ "$(cat /sys/class/misc/acall/executions)" != 0 ]; do
			:
		done
		exit $code' "$program"
	exits 130
}

sync_of_files_and_file_systems()
{
	local option

	need_program sync
	need_ext4
	make_file "$ext4/file" 100000
	for option in "" -d -f; do
		# shellcheck disable=SC2086 # words
		run acall with "$program" $option "$ext4/file"
		exits 0
		silent
		# shellcheck disable=SC2086 # words
		run acall with --timeout=0 "$program" $option "$ext4/file"
		exits 1
		says "Connection timed out"
	done
	rm -rf "$ext4"
}

sync_goes_past_a_dead_mount()
{
	need_program sync
	with_dead acall with --timeout=100ms "$program"
	exits 0
	says "acall with: sync: $PWD/dead is given up: Connection timed out"
	with_dead acall with -q --timeout=100ms "$program"
	exits 0
	silent
	settled
}

# Its cache belongs to no mount. What is closed would be written by that.
sync_has_block_devices()
{
	need_program sync
	truncate -s 1M image
	loop_device image
	exec 9<>"$loop"
	echo "in the cache of a block device" >&9
	run acall with "$program"
	grep -q "in the cache" image || fail "nothing was written"
	exec 9>&-
	losetup -d "$loop"
	exits 0
	silent
}

fstrim_trims_the_same()
{
	need_program fstrim
	# To ext4 what is trimmed is, until it is mounted anew.
	on_small "
		$program -v mnt >alone
		umount mnt
		mount -t ext4 $ACALL_DEV_SMALL mnt
		acall with $program -v mnt >with
		acall with --timeout=0 $program -v mnt && exit 9
		[ \$? = 1 ]"
	exits 0
	says "Connection timed out"
	same alone with
	grep -qE '\([1-9][0-9]{6,} bytes\) trimmed' with || fail "next to nothing"
}

cp_copies()
{
	local n

	need_program cp
	for n in 0 1 4097 5000000; do
		make_file source $n
		run acall with "$program" source target
		exits 0
		silent
		same source target
	done
	run acall with --timeout=0 "$program" source target
	exits 1
	says "Connection timed out"
}

cp_is_stopped_half_way()
{
	local copied=0

	need_program cp
	need_ext4
	run acall allocate -l 1G "$ext4/source"
	exits 0
	start acall with "$program" "$ext4/source" "$ext4/target"
	while [ "${copied:-0}" = 0 ]; do
		wait_on
		copied=$(acall ps --json | "$helper" json progress)
	done
	kill -INT "$pid"
	join
	exits 130
	settled
	[ "$(size "$ext4/target")" -ge "$copied" ] || fail "not what it had copied"
	[ "$(size "$ext4/target")" -lt 1073741824 ] || fail "it was not stopped"
	rm -rf "$ext4"
}

set_user_id_programs_are_left_alone()
{
	need_user
	make_file file 1000
	cp "$calls" plain
	cp "$calls" secure
	chmod 4755 secure
	run "$helper" as 65534 acall with --timeout=0 ./plain one fsync file
	is "$(cat "$out")" ETIMEDOUT
	run "$helper" as 65534 acall with --timeout=0 ./secure one fsync file
	is "$(cat "$out")" 0
}

exit_code_is_the_commands()
{
	run acall with sh -c 'exit 7'
	exits 7
	silent
	run acall with ./missing
	exits 127
	says "missing: No such file"
	run acall with /
	exits 126
	says "Permission denied"
}

command_gets_what_is_its()
{
	run acall with -- printf '%s,' -q --timeout=1s --
	exits 0
	is "$(cat "$out")" "-q,--timeout=1s,--,"
	run acall with -q printf '%s,' --help --json
	is "$(cat "$out")" "--help,--json,"
	run acall with cat /proc/self/status
	grep -qE '^SigBlk:[[:space:]]*0+$' "$out" || fail "signals are blocked"
}

# What a command finds in its environment.
variable() { sed -n "s/^$1=//p" "$out"; }

environment_is_set()
{
	local library

	library=$(dirname "$(command -v acall)")/libacall-with.so
	run env LD_PRELOAD=libc.so.6 acall with --timeout=1500ms --grace=0 env
	exits 0
	is "$(variable LD_PRELOAD)" "$library:libc.so.6"
	is "$(variable ACALL_WITH_TIMEOUT) $(variable ACALL_WITH_GRACE)" \
		"1500000000 1"
	run acall with --timeout=1s -q acall with env
	is "$(variable ACALL_WITH_TIMEOUT)" 18446744073709551615
	is "$(variable ACALL_WITH_QUIET)" ""
}

library_is_found_or_missed()
{
	local folder

	folder=$(dirname "$(command -v acall)")
	cp "$folder/libacall-with.so" other.so
	run env ACALL_WITH_LIBRARY=other.so acall with env
	is "$(variable LD_PRELOAD)" "$PWD/other.so"
	run env ACALL_WITH_LIBRARY=missing.so acall with env
	exits 1
	says "ACALL_WITH_LIBRARY: missing.so: No such file"
	mkdir "a b"
	cp "$folder/acall" "$folder/libacall-with.so" "a b"
	run "a b/acall" with env
	exits 1
	says "a blank or a colon"
	rm "a b/libacall-with.so"
	run "a b/acall" with true
	[ $rc = 0 ] || says "ACALL_WITH_LIBRARY names one"
}

run_tests calls_on_files calls_on_file_systems calls_on_block_devices \
	others_are_plain without_a_device_all_are_plain same_results_on_tmpfs \
	same_results_on_ext4 same_results_of_dedupe threads_are_on_their_own \
	descriptors_may_be_closed handlers_run_and_the_call_goes_on \
	handlers_may_fork threads_can_be_cancelled \
	timeout_ends_what_nothing_ends signals_end_what_nothing_ends \
	cancel_from_outside_is_ecanceled df_does_not_hang df_can_be_interrupted \
	sync_of_files_and_file_systems sync_goes_past_a_dead_mount \
	sync_has_block_devices fstrim_trims_the_same cp_copies \
	cp_is_stopped_half_way set_user_id_programs_are_left_alone \
	exit_code_is_the_commands command_gets_what_is_its environment_is_set \
	library_is_found_or_missed
