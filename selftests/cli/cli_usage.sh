#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2034,SC2154,SC3043 # cli.sh, its variables; local
# The acall command: help, wrong usage, and where there is no module.

. "$(dirname "$0")/cli.sh"

verbs="methods copy hash sync statfs allocate trim discard dedupe advise call ps top wait
	cancel trace doctor with"

help_fits_a_screen()
{
	local verb

	for verb in "" $verbs; do
		run acall $verb --help
		exits 0
		silent
		prints "Usage: acall"
		[ "$(wc -l <"$out")" -le 24 ] || fail "$verb: too many lines"
		awk 'length > 80 { exit 1 }' "$out" || fail "$verb: too wide"
	done
}

help_names_all_verbs()
{
	local verb

	run acall help
	exits 0
	for verb in $verbs; do
		grep -q "^  $verb " "$out" || fail "no $verb in the help"
		run acall help "$verb"
		exits 0
		prints "Usage: acall $verb"
		run acall help
	done
}

version_names_the_abi()
{
	run acall --version
	exits 0
	grep -qE '^acall [0-9.]+ \(ABI 1\)$' "$out" || fail "no version"
}

# wrong_MESSAGE ARGS...: is refused as wrong usage, and nothing else happens.
wrong()
{
	local message=$1

	shift
	run acall "$@"
	exits 2
	says "$message"
	says "Try: acall"
	[ ! -s "$out" ] || fail "standard output is not empty"
}

wrong_usage_is_2()
{
	wrong "a verb is missing"
	wrong "no verb frobnicate" frobnicate
	wrong "behind the verb" --quiet copy a b
	wrong "takes SRC and DST" copy a
	wrong "takes SRC and DST" copy -f
	wrong "exclude each other" copy -n -f a b
	wrong "exclude each other" copy -n --resume=1 a b
	wrong "exclude each other" copy --resume=1 --force a b
	wrong "exclude each other" copy -c -n a b
	wrong "one SRC" copy --resume=1 a b c
	wrong "one or more files" hash
	wrong "one or more paths" sync
	wrong "one file" allocate
	wrong "one mount point" trim
	wrong "one device" discard
	wrong "two files" dedupe a
	wrong "one file" advise a b
	wrong "neither willneed nor dontneed" advise -a random a
	wrong "exclude each other" discard -s -z a
	wrong "at least one byte" discard -l 0 a
	wrong "INTERFACE.METHOD" call
	wrong "INTERFACE.METHOD" call echo
	wrong "option --frobnicate" copy --frobnicate a b
	wrong "no option -z" copy -z a b
	wrong "option --quiet=1" copy --quiet=1 a b
	wrong "--resume wants a value" copy --resume
	wrong "not a size" copy --resume=-1 a b
	wrong "not a size" copy --resume=1Q a b
	wrong "not a size" copy --resume=16E a b
	wrong "not a size" copy --resume=99999999999999999999 a b
	wrong "not a duration" copy --timeout=5x a b
	wrong "not a duration" copy --grace=-1s a b
	wrong "none of auto, always, never" copy --reflink=yes a b
	wrong "standard input" hash -
	wrong "standard input" hash a - b
	wrong "exclude each other" sync -d -f a
	wrong "not both" statfs -a /
	wrong "at least one byte" allocate -l 0 a
	wrong "exclude each other" allocate --zero --punch a
	wrong "pairs of hexadecimal digits" call --in-hex=0 test.echo
	wrong "pairs of hexadecimal digits" call --in-hex=0g test.echo
	wrong "one input" call --in-hex=00 --in-string=a test.echo
	wrong "none of hex, raw, none" call --out=base64 test.echo
	wrong "not the number of a call" ps 1x
	wrong "not the number of a call" ps 0
	wrong "not the number of a call" cancel 1 -- -2
	wrong "numbers of calls" wait
	wrong "not the number of a call" wait 1 x
	wrong "takes no arguments" top 1
	wrong "none of id, user" top -s size
	wrong "not a number of times" top -n 0
	wrong "not a duration" top -d 1ms
	wrong "one mount point" doctor a b
	wrong "not a process" cancel -p me
	wrong "numbers of calls or --pid" cancel
	wrong "numbers of calls or --pid" cancel -p 1 2
	wrong "exclude each other" cancel --abandon --grace=1s 1
	wrong "with takes a command" with --timeout=1s
	wrong "not a duration" with --timeout=soon true
	wrong "no option -x" with -x true
	is "$(ls)" "" "files"
}

wrong_usage_with_json_is_an_object()
{
	run acall copy --json a
	exits 2
	silent
	is "$(json command)" copy
	is "$(json exit)" 2
	[ -n "$(json error)" ] || fail "no error"
}

output_that_is_lost_is_1()
{
	[ -c /dev/full ] || skip "no /dev/full"
	acall methods >/dev/full 2>"$err"
	is $? 1 "exit code"
	says "standard output"
}

missing_module_is_3()
{
	local verb

	unshare -m true || skip "no mount namespaces"
	make_file source 100
	for verb in methods "copy source target" "hash source" "sync source" \
		    statfs "allocate -l 1 new" "trim ." "discard source" \
		    "dedupe source source" "advise source" "call test.nop" ps \
		    "cancel 1" "top -b" "wait 1" "doctor ."; do
		# shellcheck disable=SC2086 # words
		without_device acall $verb
		exits 3
		says "modprobe"
		says "insmod"
		grep -q "No such" "$err" && fail "a bare errno"
		# shellcheck disable=SC2086 # words
		without_device acall $verb --json
		exits 3
		is "$(json exit)" 3
		silent
	done
	# Options behind its command are not its own.
	without_device acall with touch target --json
	exits 3
	says "modprobe"
	without_device acall with --json touch target
	exits 3
	is "$(json exit)" 3
	[ ! -e target ] && [ ! -e new ] || fail "a file was created"
}

missing_interface_is_3()
{
	run acall call nosuch.method
	exits 3
	says "nosuch"
	says "modprobe"
	run acall methods nosuch
	exits 3
	says "nosuch"
}

missing_method_is_2()
{
	run acall call test.nosuch
	exits 2
	says "acall methods"
}

methods_lists_everything()
{
	run acall methods
	exits 0
	silent
	grep -qE '^file +copy +yes +signal, chunks +1.0 s +bytes' "$out" ||
		fail "no copy"
	grep -qE '^file +statfs +yes +signal +none +- ' "$out" ||
		fail "no statfs"
	grep -qE '^test +progress +yes +chunks +10 m +items' "$out" ||
		fail "no progress"
	grep -qE '^test +park +yes +if it agrees +10 m ' "$out" ||
		fail "no park"
	grep -qE '^test +park-fixed +no +- +- ' "$out" || fail "no park-fixed"
	run acall methods file
	exits 0
	is "$(awk 'NR > 1 { print $1 }' "$out" | sort -u)" file "interfaces"
}

methods_says_what_one_may_not_use()
{
	need_user
	run "$helper" as 65534 acall methods test-privileged
	exits 0
	prints "test-privileged(!)"
	run acall methods test-privileged
	exits 0
	grep -qF '(!)' "$out" && fail "root may use it"
	return 0
}

methods_json()
{
	run acall methods --json file
	exits 0
	is "$(json method | tr '\n' ' ')" \
		"statfs stat sync trim discard copy dedupe hash allocate advise " "methods"
	is "$(json cancellable | sort -u)" true "cancellable"
	run acall methods --json test
	exits 0
	is "$(json inline | sort | uniq -c | tr -s ' \n' ' ')" \
		" $(json inline | grep -c false) false 4 true " "inline"
	is "$(json files_out | sort -u | head -n 1)" 0 "files_out"
}

run_tests help_fits_a_screen help_names_all_verbs version_names_the_abi \
	wrong_usage_is_2 wrong_usage_with_json_is_an_object \
	output_that_is_lost_is_1 missing_module_is_3 missing_interface_is_3 \
	missing_method_is_2 methods_lists_everything \
	methods_says_what_one_may_not_use methods_json
