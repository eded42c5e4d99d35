#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# The acall command with --json: one object per result, whatever it is, nothing
# beside it, and the same exit code in it as from the process.

. "$(dirname "$0")/cli.sh"

soon=$((300 * ${ACALL_SCALE:-1}))ms

# object RC CMD...: exits so, and each line is an object that says so.
object()
{
	local code=$1

	shift
	run "$@"
	exits "$code"
	silent
	is "$(json exit | tail -n 1)" "$code" "exit in the object"
}

copy_object()
{
	make_file source 5000
	object 0 acall copy --json source target
	is "$(wc -l <"$out")" 1 "lines"
	is "$(json command)" copy
	is "$(json source) $(json target)" "source target"
	is "$(json status) $(json outcome)" "0 completed"
	is "$(json unit) $(json progress) $(json total)" "bytes 5000 5000"
	[ "$(json call_id)" -gt 0 ] || fail "no call_id"
	[ "$(json elapsed_ns)" -gt 0 ] || fail "no time"
	object 1 acall copy --json missing target
	object 1 acall copy --json source source
}

copy_object_tells_where_to_go_on()
{
	make_file source 3000000
	(
		ulimit -f 2048
		acall copy --json --reflink=never source target >"$out" 2>"$err"
	)
	rc=$?
	exits 1
	silent
	is "$(json resume) $(json progress)" "1048576 1048576"
	is "$(json error)" "File too large"
	is "$(json status)" -27
}

hash_objects()
{
	local sum

	make_file file 5000
	sum=$(sha256sum file)
	object 0 acall hash --json file
	is "$(json digest) $(json algorithm) $(json file)" \
		"${sum%% *} sha256 file"
	run acall hash --json file missing file
	exits 1
	silent
	is "$(wc -l <"$out")" 3 "lines"
	is "$(json exit | tr '\n' ' ')" "0 1 0 "
}

other_objects()
{
	make_file file 5000
	object 0 acall sync --json file
	is "$(json path)" file
	object 0 acall allocate --json -l 10000 file
	is "$(json file) $(json progress)" "file 10000"
	object 0 acall statfs --json /proc
	is "$(json path) $(json type) $(json size)" "/proc proc 0"
	object 0 acall call --json test.echo --in-string=ab
	is "$(json output)" 6162
	object 1 acall call --json test.fail \
		--in-hex="$("$helper" s32 -5)"
	is "$(json status) $(json outcome)" "-5 completed"
	object 3 acall call --json nosuch.method
	object 2 acall call --json test.nosuch
}

cancelled_objects()
{
	object 124 acall call --json test.coop "$(arg)" --timeout=$soon
	is "$(json outcome) $(json reason) $(json status)" \
		"stopped timed out -62"
	object 4 acall call --json test.gate "$(arg)" --timeout=$soon
	is "$(json outcome)" abandoned
	"$helper" open "$id"
	"$helper" forget "$id"
	start acall call --json test.coop "$(arg)"
	"$helper" starts "$id" 1
	kill -INT "$pid"
	join
	exits 130
	silent
	is "$(json exit) $(json reason)" "130 cancelled"
}

left_behind_object()
{
	start acall call --json test.late "$(arg)"
	"$helper" starts "$id" 1
	kill -INT "$pid"
	"$helper" seen "$id" 1
	kill -INT "$pid"
	join
	exits 4
	silent
	is "$(json exit) $(json outcome) $(json reason)" \
		"4 abandoned abandoned"
	[ "$(json call_id)" -gt 0 ] || fail "no call_id"
	"$helper" open "$id"
}

names_of_any_kind()
{
	local quote bytes

	quote=$(printf 'a"b\\c\td\ne\001')
	bytes=$(printf 'x\377\303\244\300\200\355\240\200y')
	make_file source 10
	cp source "$quote"
	cp source "$bytes"
	object 0 acall hash --json "$quote"
	is "$(json file)" 'a\"b\\c\u0009d\u000ae\u0001'
	object 0 acall hash --json "$bytes"
	# Stray bytes as lone surrogates, real UTF-8 as it is.
	is "$(json file)" "$(printf 'x\\udcff\303\244\\udcc0\\udc80%sy' \
		'\udced\udca0\udc80')"
}

run_tests copy_object copy_object_tells_where_to_go_on hash_objects \
	other_objects cancelled_objects left_behind_object names_of_any_kind
