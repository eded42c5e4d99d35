#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# check.sh [plain|asan|tsan]...: the tests of the kernel's engine with the engine
# "threads", on this machine, without a VM: unchanged but for seam.c, and all but those
# in not.txt. asan and tsan: what races, with a library under AddressSanitizer (and
# UBSan) or ThreadSanitizer. Then the engine's own tests. One line for each program,
# then "N passed, N failed, N skipped".
#
# WHERE=host: as root also those that mount file systems from loop devices.

. "$(dirname "$0")/../vm/common.sh"

threads=$top/selftests/threads
out=$build/threads
passed=0 failed=0 skipped=0 both=0
wraps=()
for name in act_ioctl syscall open open64 close access close_range; do
	wraps+=("-Wl,--wrap=$name")
done

all="lib_call lib_calls lib_cancel lib_device lib_file lib_options core_begin
	core_cancel core_close core_create core_finish core_matrix core_provider
	core_query core_race core_wait client_call client_cancel_id client_cancellers
	client_deadline client_detach client_escalate client_list client_no_cancel
	client_process client_settled file_advise file_allocate file_copy file_hash
	file_refuse file_sparse file_statfs file_stop file_sync stress_cancel
	stress_finish stress_sleepers"
# What has to do with races, and with every state.
racy="lib_call lib_cancel core_cancel core_close core_finish core_matrix core_race
	core_wait client_call client_cancellers client_deadline client_settled
	file_stop stress_cancel stress_finish stress_sleepers"
loops="file_dedupe file_discard file_reflink file_trim"

declare -A sanitize=([plain]="" [asan]="-fsanitize=address,undefined"
	[tsan]="-fsanitize=thread")

# The library, with what it is measured by; and what stands between.
build()
{
	local dir=$out/$1 name
	local flags="-O1 -g ${sanitize[$1]}"

	mkdir -p "$dir/lib"
	make -s -C "$top/userspace" -j"$jobs" O="$dir/lib" CFLAGS="$flags" \
		LDFLAGS="${sanitize[$1]}" "$dir/lib/libacall.a" \
		"$dir/lib/libacall.so" || return
	for name in seam provider; do
		# shellcheck disable=SC2086 # words
		gcc -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Wall \
			-Wextra $flags "-I$top/uapi" "-I$top/userspace/lib" \
			"-I$top/userspace/lib/include" -c "$threads/$name.c" \
			-o "$dir/$name.o" || return
	done
}

# The tests' objects are those of the VM's programs.
objects()
{
	# shellcheck disable=SC2046 # words
	make -s -C "$top/selftests" -j"$jobs" OUTPUT="$out/tests" \
		CPPFLAGS="-D_FILE_OFFSET_BITS=64 -I../userspace/lib/include" \
		KSFT="$source/tools/testing/selftests" \
		$(printf "$out/tests/%s.o\n" $all $loops)
}

# link KIND PROGRAM
link()
{
	local dir=$out/$1

	# shellcheck disable=SC2086 # words
	gcc ${sanitize[$1]} "$out/tests/$2.o" "$dir/seam.o" "$dir/provider.o" \
		"${wraps[@]}" -Wl,-u,act_library "$dir/lib/libacall.a" -pthread -o "$dir/$2"
}

# left_out KIND PROGRAM: as options.
left_out()
{
	local who program glob

	while read -r who program glob _; do
		[ "$program" = "$2" ] || continue
		case $who in
		all) ;;
		user) [ "$(id -u)" -ne 0 ] || continue ;;
		*) [ "$who" = "$1" ] || continue ;;
		esac
		printf -- '--not\n%s\n' "$glob"
	done < <(grep -v '^#' "$threads/not.txt")
}

# run KIND PROGRAM
run()
{
	local log=$out/$1/$2.log ok not skips options

	mapfile -t options < <(left_out "$1" "$2")
	link "$1" "$2" || return
	# Descriptors that a test leaves open are no fault of the library's.
	ACALL_ENGINE=threads ACALL_SCALE=$((scale * ${slow[$1]})) \
		ACALL_ROUNDS=${ACALL_ROUNDS:-100} \
		TSAN_OPTIONS="exitcode=66 die_after_fork=0 ${TSAN_OPTIONS:-}" \
		ASAN_OPTIONS="detect_leaks=0 ${ASAN_OPTIONS:-}" \
		UBSAN_OPTIONS="halt_on_error=1 print_stacktrace=1" \
		ACALL_DIR_TMPFS=$tmpfs ACALL_DIR_EXT4=$ext4 \
		"$out/$1/$2" "${options[@]}" >"$log" 2>&1 </dev/null
	ok=$(grep -c '^ok [0-9]' "$log")
	not=$(grep -c '^not ok' "$log")
	skips=$(grep -c '^ok [0-9].*# SKIP' "$log")
	# What a sanitizer has to say, no test can.
	if grep -q 'WARNING: ThreadSanitizer\|ERROR: AddressSanitizer\|runtime error' \
	   "$log"; then
		not=$((not + 1))
	fi
	# Of no test at all there may be none to run.
	[ $((ok + not)) -gt 0 ] || grep -q 'no test has such a name' "$log" || not=1
	passed=$((passed + ok - skips))
	failed=$((failed + not))
	skipped=$((skipped + skips))
	[ "$1" != plain ] || both=$((both + ok - skips))
	printf '%-5s %-18s %3d passed, %d failed, %d skipped\n' "$1" "$2" \
		$((ok - skips)) "$not" "$skips"
	[ "$not" -eq 0 ] || grep -h '^not ok\|Expected\|not so:\|Sanitizer\|runtime error' \
		"$log" | head -n 30 | sed 's/^/    /'
}

# check NAME COMMAND...: what it prints is what is wrong.
check()
{
	local said rc

	said=$("${@:2}" 2>&1)
	rc=$?
	case $rc in
	0) passed=$((passed + 1)); say "own   $1: passed" ;;
	4) skipped=$((skipped + 1)); say "own   $1: skipped: $said" ;;
	*) failed=$((failed + 1)); say "own   $1: FAILED"; say "$said" ;;
	esac
}

# Its table and the module's say the same of every word.
state_same()
{
	gcc -std=gnu11 -g -O1 -Wall -Wextra -Werror \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		"-I$top/uapi" -iquote "$top/module" -iquote "$top/userspace/lib" \
		"$threads/state_same.c" "$top/module/state.c" \
		"$top/userspace/lib/threads/state.c" -o "$out/state_same" &&
		"$out/state_same"
}

# own KIND: what no other engine is asked.
own()
{
	# shellcheck disable=SC2086 # words
	gcc -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -g -O1 -Wall \
		-Wextra -Werror ${sanitize[$1]} "-I$top/uapi" \
		"-I$top/userspace/lib/include" "$threads/own.c" \
		-Wl,-u,act_library "$out/$1/lib/libacall.a" -pthread -o "$out/$1/own" || return
	(cd "$tmp" && TSAN_OPTIONS="exitcode=66 die_after_fork=0" \
		ASAN_OPTIONS=detect_leaks=0 timeout $((300 * scale)) "$out/$1/own" "$out/$1/lib/libacall.so.1")
}

# The command, and letting go of the shared library.
command_works()
{
	"$threads/command.sh" "$out/plain/lib/acall" "$tmp"
}

declare -A slow=([plain]=1 [asan]=2 [tsan]=4)
"$vm/setup.sh" build || exit
"$vm/fetch.sh" source || exit
kinds=("${@:-plain}")
mkdir -p "$out" || exit 1
objects || exit 1
tmp=$(mktemp -d "${TMPDIR:-/tmp}/acall-threads-XXXXXX") || exit 1
tmpfs=$(mktemp -d /dev/shm/acall-threads-XXXXXX 2>/dev/null)
trap 'rm -rf "$tmp" ${tmpfs:+"$tmpfs"}' EXIT
# Tests that know what ext4 does want ext4.
ext4=
[ "$(stat -f -c %T "$tmp")" != ext2/ext3 ] || ext4=$tmp
for kind in "${kinds[@]}"; do
	build "$kind" || exit 1
	programs=$racy
	[ "$kind" != plain ] || programs=$all
	[ "$kind$where$(id -u)" != plainhost0 ] || programs+=" $loops"
	for program in $programs; do
		run "$kind" "$program"
	done
	check "$kind" own "$kind"
done
check "state" state_same
if [ -d "$out/plain/lib" ]; then
	make -s -C "$top/userspace" -j"$jobs" O="$out/plain/lib" \
		CFLAGS="-O1 -g" LDFLAGS= || exit 1
	check "command" command_works
fi
[ "$both" -eq 0 ] || say "$both tests of the kernel's engine pass on both"
say "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
