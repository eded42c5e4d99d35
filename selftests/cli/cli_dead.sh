#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# The acall command on files of a server that stops answering: with --timeout it ends,
# wherever it was held up, and says what it knows. Otherwise it would wait for the
# end of the server, which comes when the command has ended. And a server's errors.

. "$(dirname "$0")/cli.sh"

soon=$((300 * ${ACALL_SCALE:-1}))ms
server=$(dirname "$helper")/cli_server

# with_server REQUEST FATE CMD...: while ./mnt is a server's.
with_server()
{
	[ -c /dev/fuse ] || modprobe fuse 2>/dev/null
	[ -c /dev/fuse ] || skip "no FUSE"
	local request=$1 fate=$2

	shift 2
	mkdir -p mnt
	run "$server" "$request" "$fate" mnt "$@"
	! grep -q ^cli_server: "$err" || fail "no server"
	settled
}

sync_that_is_not_answered_is_left()
{
	with_server fsync held \
		acall sync --timeout=$soon --grace=20ms mnt/source
	exits 4
	grep -qE 'timed out: mnt/source: .*call [0-9]+ may still be running' \
		"$err" || fail "no verdict"
}

hash_that_is_not_answered_is_left()
{
	with_server read held \
		acall hash --timeout=$soon --grace=20ms mnt/source
	exits 4
	says "may still be running"
}

allocate_that_is_not_answered_is_left()
{
	with_server fallocate held acall allocate -l 1M --timeout=$soon \
		--grace=20ms mnt/target
	exits 4
	says "may still be running"
	says "not all files are closed yet"
}

copy_that_is_not_answered_is_left()
{
	make_file source 1000000
	with_server write held acall copy --reflink=never --timeout=$soon \
		--grace=20ms source mnt/target
	exits 4
	grep -qE 'timed out: at least .*call [0-9]+ may still be running' \
		"$err" || fail "no verdict"
	says "not all files are closed yet"
}

copy_that_is_not_read_is_124()
{
	make_file source 1000000
	with_server write unread acall copy --reflink=never --timeout=$soon \
		source mnt/target
	exits 124
	grep -qE 'timed out: .* of 976.6 KiB copied, method stopped after' \
		"$err" || fail "no verdict"
	continuation | grep -qE '^acall copy --resume=[0-9]+ --reflink=never source mnt/target$' ||
		fail "no command"
	says "not all files are closed yet"
}

copies_have_a_verdict_each()
{
	make_file other 1000000
	make_file small 10
	with_server write unread acall copy --reflink=never --timeout=$soon \
		other small mnt
	exits 124
	grep -qE 'timed out: other to mnt/other: .* copied, method stopped' \
		"$err" || fail "no verdict of the first"
	says "mnt/small cannot be opened: timed out"
}

file_that_is_not_opened_is_left()
{
	make_file source 10
	for verb in "sync mnt/source" "hash mnt/source" \
		    "copy source mnt/target" "copy mnt/source target"; do
		# shellcheck disable=SC2086 # words
		with_server lookup held acall $verb --timeout=1ms
		exits 4
		grep -qE 'mnt/(source|target) cannot be opened: timed out; what tries to may still' \
			"$err" || fail "$verb: no message"
	done
	[ ! -e target ] || fail "a target was created"
}

file_that_is_not_opened_is_124()
{
	for verb in "sync mnt/source" "hash mnt/source"; do
		# shellcheck disable=SC2086 # words
		with_server lookup unread acall $verb --timeout=1ms
		exits 124
		says "mnt/source cannot be opened: timed out"
		! grep -q "may still" "$err" || fail "$verb: it is over"
	done
	with_server lookup unread acall hash --json --timeout=1ms mnt/source
	exits 124
	silent
	is "$(json exit)" 124
}

# What the server has in its hands may still happen.
emptying_has_an_end()
{
	make_file source 10
	with_server setattr held acall copy --timeout=$soon source mnt/source
	exits 4
	says "mnt/source cannot be emptied: timed out; what tries to may still"
	with_server setattr 28 acall copy --timeout=$soon source mnt/source
	exits 1
	says "mnt/source cannot be emptied: No space left on device"
}

# What has the open files of the command is not to be waited for.
output_ends_with_the_command()
{
	make_file source 1000000
	with_server write held sh -c \
		'acall copy --json --reflink=never --timeout=50ms --grace=20ms \
			source mnt/target 2>&1 | cat'
	exits 0
	is "$(json exit) $(json outcome)" "4 abandoned"
}

error_of_the_close_is_one_of_the_copy()
{
	make_file source 1000
	with_server flush 5 acall copy --reflink=never source mnt/target
	exits 1
	says "mnt/target was copied, but not closed: Input/output error"
	with_server flush 5 acall copy --json --reflink=never source mnt/target
	exits 1
	is "$(wc -l <"$out")" 1 "lines"
}

# The server is asked to make the target durable, which it refuses.
sync_is_of_all_that_was_copied()
{
	local how

	make_file source 1000
	for how in --continue --resume=1000; do
		with_server fsync 5 sh -c 'cp source mnt/target
			exec acall copy --sync "$0" source mnt/target' $how
		exits 1
		says "source to mnt/target: Input/output error"
	done
}

run_tests sync_that_is_not_answered_is_left \
	hash_that_is_not_answered_is_left allocate_that_is_not_answered_is_left \
	copy_that_is_not_answered_is_left copies_have_a_verdict_each \
	copy_that_is_not_read_is_124 file_that_is_not_opened_is_left \
	file_that_is_not_opened_is_124 emptying_has_an_end \
	output_ends_with_the_command error_of_the_close_is_one_of_the_copy \
	sync_is_of_all_that_was_copied
