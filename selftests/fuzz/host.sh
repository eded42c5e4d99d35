#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# host.sh [check|keep]: fuzzes what of the module is pure on this machine, under
# AddressSanitizer and UBSan: argument decoding (fuzz_args) and the state machine
# (fuzz_state), RUNS executions of each. First of all each must find a fault that
# is planted. Ends with "N passed, N failed, N skipped".
#
# keep: takes what it has found into the corpus, minimised. An input that breaks
# something stays in the build folder, as TARGET-crash-*.

. "$(dirname "$0")/../vm/common.sh"

fuzz=$top/selftests/fuzz
out=$build/fuzz/host
runs=${RUNS:-3000000}
cc=(clang-14 -std=gnu11 -g -O1 -Wall -Wextra -Wno-sign-compare -Werror
	"-fsanitize=address,undefined" -fno-sanitize-recover=all
	"-Doffsetofend(t, m)=(offsetof(t, m) + sizeof(((t *)0)->m))"
	-iquote "$fuzz/host" "-I$fuzz/host/shim" "-I$top/uapi")
passed=0 failed=0 skipped=0

# What each target is made of, how long its inputs are, the edges (in percent) or
# transitions that it must reach, and a planted fault: file, and what sed does to
# it.
declare -A sources=([args]="dev/args.c dev/check.c" [state]="state.c")
declare -A length=([args]=300 [state]=48)
declare -A floor=([args]="edges 95" [state]="transitions 100")
declare -A planted=(
	[args]='dev/args.c s/\*(u32 \*)args = size;/;/'
	[state]='state.c s/EXPIRE.*= IGNORED,/EXPIRE] = MADE(ABANDONED),/'
)

# build TARGET FROM TO [OPTION...]: the sources are measured, the harness is not.
build()
{
	local target=$1 from=$2 to=$3 source objects=()
	local cc=("${cc[@]}")

	shift 3
	cc+=("$@")
	mkdir -p "$to"
	for source in ${sources[$target]}; do
		objects+=("$to/$(basename "$source" .c).o")
		"${cc[@]}" -iquote "$from" -iquote "$from/dev" \
			-fsanitize=fuzzer-no-link -c "$from/$source" \
			-o "${objects[-1]}" || return
	done
	"${cc[@]}" -iquote "$top/module" -iquote "$top/module/dev" \
		-c "$fuzz/host/fuzz_$target.c" -o "$to/harness.o" &&
		"${cc[@]}" -fsanitize=fuzzer "$to/harness.o" "${objects[@]}" \
		-o "$to/fuzz_$target"
}

# unpack TARGET: its corpus, a line of base64 for each input.
unpack()
{
	local line n=0

	rm -rf "$out/corpus-$1"
	mkdir -p "$out/corpus-$1" "$out/found-$1"
	while read -r line; do
		n=$((n + 1))
		base64 -d <<<"$line" >"$out/corpus-$1/$n"
	done < <(grep -v '^#' "$fuzz/corpus/$1.txt")
}

pack()
{
	local file

	rm -rf "$out/kept-$1"
	mkdir -p "$out/kept-$1"
	"$out/fuzz_$1" -merge=1 "$out/kept-$1" "$out/corpus-$1" \
		"$out/found-$1" >"$out/$1.merge" 2>&1 || return
	{
		echo "# Inputs of fuzz_$1 in base64; host.sh keep"
		for file in "$out/kept-$1"/*; do
			base64 -w 0 "$file"
			echo
		done | sort
	} >"$fuzz/corpus/$1.txt"
	say "$1: $(grep -vc '^#' "$fuzz/corpus/$1.txt") inputs kept"
}

# planted TARGET: is it found?
planted()
{
	local target=$1 dir=$out/planted-$1 file script

	read -r file script <<<"${planted[$target]}"
	rm -rf "$dir"
	mkdir -p "$dir"
	cp -R "$top/module" "$dir/module"
	sed -i -e "$script" "$dir/module/$file"
	if cmp -s "$top/module/$file" "$dir/module/$file"; then
		echo "the planted fault changes nothing: $script"
		return 1
	fi
	build "$target" "$dir/module" "$dir" || return
	! "$dir/fuzz_$target" -runs=300000 -max_len="${length[$target]}" \
		-artifact_prefix="$dir/" "$out/corpus-$target" \
		>"$dir/log" 2>&1 || {
		echo "not found: $script"
		return 1
	}
	grep -q ': not ' "$dir/log" || {
		tail -n 20 "$dir/log"
		return 1
	}
}

# edges TARGET: "REACHED ALL" by what was found, measured without the sanitizers,
# whose checks are edges too.
edges()
{
	local to=$out/edges-$1 cov all

	build "$1" "$top/module" "$to" -fno-sanitize=all &&
		"$to/fuzz_$1" -runs=0 "$out/found-$1" "$out/corpus-$1" \
			>"$to/log" 2>&1 || return
	cov=$(grep -o 'cov: [0-9]*' "$to/log" | tail -n 1 | grep -o '[0-9]*')
	all=$(sed -nE 's/.*modules +\(([0-9]+) inline.*/\1/p' "$to/log")
	echo "$cov $all"
}

# fuzz TARGET: what it did is in its figures.
fuzz()
{
	local target=$1 what least log=$out/$1.log ran
	local cov all transitions edges

	rm -f "$out/$target-"crash-*
	"$out/fuzz_$target" -runs="$runs" -max_len="${length[$target]}" \
		-print_final_stats=1 -artifact_prefix="$out/$target-" \
		"$out/found-$target" "$out/corpus-$target" >"$log" 2>&1 || {
		grep -v REDUCE "$log" | tail -n 40
		return 1
	}
	read -r what least <<<"${floor[$target]}"
	transitions=$(sed -n 's/^transitions: //p' "$log")
	ran=$(sed -n 's/^stat::number_of_executed_units: //p' "$log")
	read -r cov all < <(edges "$target")
	figures="$ran executions, ${cov:-0} of ${all:-?} edges"
	figures+="${transitions:+, $transitions transitions}"
	# shellcheck disable=SC2034 # read by its name
	edges=$((${cov:-0} * 100 / ${all:-1}))
	if [ "$ran" -lt "$runs" ] || [ "${!what}" -lt "$least" ]; then
		echo "$figures, of at least $runs executions and $least $what"
		return 1
	fi
}

# The description for syzkaller is that of the grammar.
syzlang()
{
	make -s -C "$fuzz" OUTPUT="$out" "$out/syzlang" &&
		"$out/syzlang" >"$out/acall.txt" || return
	[ "$1" != keep ] || cp "$out/acall.txt" "$fuzz/acall.txt"
	diff "$fuzz/acall.txt" "$out/acall.txt"
}

# check NAME COMMAND...
check()
{
	local name=$1 log="$out/$1.check"

	shift
	figures=
	if "$@" >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		printf '%-20s passed%s\n' "$name" "${figures:+: $figures}"
	else
		failed=$((failed + 1))
		printf '%-20s FAILED\n' "$name"
		sed 's/^/    /' "$log"
	fi
}

mkdir -p "$out" || exit 1
if ! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
   clang-14 -fsanitize=fuzzer,address -x c - -o "$out/try" 2>/dev/null; then
	say "no clang-14 with libFuzzer (Debian: clang-14, libclang-rt-14-dev)"
	[ "${CI:-}" != true ] || failed=1
	[ "${CI:-}" = true ] || skipped=1
	say "0 passed, $failed failed, $skipped skipped"
	exit $failed
fi
for target in args state; do
	build $target "$top/module" "$out" || exit 1
	unpack $target
	check "planted-$target" planted $target
	check "fuzz-$target" fuzz $target
done
check syzlang syzlang "${1:-check}"
[ "${1:-check}" != keep ] || { pack args && pack state; } || failed=1
say "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
