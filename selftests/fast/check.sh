#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh: what can be proved without a kernel (Documentation/proofs.rst). One
# line for each check, then "N passed, N failed, N skipped". What a check says is
# what is wrong. One whose tool is not to be had is skipped, which in CI (CI=true)
# is a failure. As many run at a time as there are processors.

. "$(dirname "$0")/../vm/common.sh"

fast=$top/selftests/fast
out=$build/fast
tools=$cache/fast
state=$top/module/state.c
# Quoted: a header of the module may have the name of one of the C library.
cc=(gcc -std=gnu11 "-I$top/uapi" -iquote "$top/module")
passed=0 failed=0 skipped=0
names=() commands=()

skip()
{
	printf '%s\n' "$*"
	exit 4
}

# check NAME COMMAND...: to be run by run_all.
check()
{
	names+=("$1")
	shift
	commands+=("$*")
}

# table FILE: its lines without comments.
table()
{
	grep -v '^#' "$fast/$1"
}

# $1: a compiler. Every word of the layout, under sanitizers.
unit()
{
	local program=$out/unit-$1

	command -v "$1" >/dev/null || skip "no $1"
	echo 'int main(void) { return 0; }' |
		"$1" -fsanitize=address,undefined -x c - -o "$program" \
		2>/dev/null || skip "$1 has no sanitizers"
	"$1" "${cc[@]:1}" -g -O1 -Wall -Wextra -Werror \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		"$fast/state_unit.c" "$state" -o "$program" && "$program"
}

# cbmc FUNCTION STATE.C: its output, and whether all holds.
cbmc()
{
	[ -x "$tools/cbmc/run" ] || skip "$(cat "$out/cbmc.tool")"
	"$tools/cbmc/run" --function "$1" --unwind 14 --conversion-check \
		--unsigned-overflow-check --drop-unused-functions \
		"-I$top/uapi" "-I$top/module" "$fast/state_proof.c" "$2" 2>&1
}

proof()
{
	local said

	said=$(cbmc "$1" "$state") && return
	[ $? -ne 4 ] || skip "$said"
	grep -E 'FAILURE|rror' <<<"$said"
	return 1
}

# What is not to hold: each assertion of reach() must fail, and no other.
reach()
{
	local said want got

	said=$(cbmc reach "$state")
	[ $? -ne 4 ] || skip "$said"
	want=$(sed -n '/^void reach/,/^}/p' "$fast/state_proof.c" |
		grep -c 'assert(')
	got=$(grep -c '^\[reach\.assertion.*FAILURE$' <<<"$said")
	[ "$got" -eq "$want" ] || echo "$got of $want states are reached"
	grep 'FAILURE$' <<<"$said" | grep -v '^\[reach\.'
}

# Makes the verifiers, without the table, which is linked to them for each use.
build_models()
{
	local model

	command -v spin >/dev/null || { echo "no spin"; return 4; }
	mkdir -p "$out/model"
	cd "$out/model" || return
	cp "$fast"/model/*.pml "$fast"/model/*.h .
	"${cc[@]}" "$fast/state_promela.c" -o state_promela || return
	./state_promela >state.pml
	# The model's own numbers are those of its C.
	sed -n -e '/^#define [A-Z_0-9]*[ \t]*[0-9]/p' -e '/^#define FIXED/p' \
		call.pml >numbers.h
	for model in call object; do
		(
			mkdir -p "$model" && cd "$model" || exit
			cp ../*.pml ../*.h .
			spin -a "$model.pml" && "${cc[@]}" -O2 -w -DSAFETY \
				-DNOFAIR -DVECTORSZ=512 -DMEMLIM=4000 -I. \
				-c pan.c -o "../$model.o"
		) || return
	done
	"${cc[@]}" -O2 -c "$state" -o state.o &&
		gcc call.o state.o -o call.run && gcc object.o -o object.run
}

# explore PROGRAM SETTING...: what Spin has against it; nothing if all holds.
explore()
{
	local program=$1 log

	shift
	log=$(env "$@" "$program" -m20000 -n 2>&1)
	grep -E '^fault:|^pan:[0-9]+:|too small|reached max' <<<"$log"
	grep -q 'errors: [0-9]' <<<"$log" || tail -n 3 <<<"$log"
	grep -q 'errors: 0$' <<<"$log"
}

# spin MODEL SETTING...: a twin is to be found wrong, all others are not.
spin_run()
{
	local said model=$1

	shift
	[ -x "$out/model/$model.run" ] || skip "$(cat "$out/model.log")"
	mkdir -p "$out/trail/$BASHPID" && cd "$out/trail/$BASHPID" || return
	if said=$(explore "$out/model/$model.run" "$@"); then
		[[ " $*" != *" TWIN="* ]] || echo "not noticed"
	else
		[[ " $*" == *" TWIN="* ]] && [[ $said == *pan:1:* ]] ||
			printf '%s\n' "$said"
	fi
}

herd()
{
	(cd "$tools/model" && "$tools/herd7/run" -set-libdir \
		"$tools/herd7/usr/share/herdtools7/herd" \
		-conf linux-kernel.cfg "$1") 2>&1
}

# litmus TEST: it must not happen, and must in each of its broken twins.
litmus()
{
	local test=$fast/litmus/$1.litmus twin=$out/$1-twin.litmus name script
	local twins=0

	[ -x "$tools/herd7/run" ] || skip "$(cat "$out/herd7.tool")"
	[ -e "$tools/model/linux-kernel.cat" ] ||
		skip "$(cat "$out/model.tool")"
	herd "$test" >"$out/$1.herd"
	grep -q "^Observation $1 Never 0 [1-9]" "$out/$1.herd" ||
		cat "$out/$1.herd"
	while read -r name script; do
		[ "$name" = "$1" ] || continue
		twins=$((twins + 1))
		sed -e "$script" "$test" >"$twin"
		herd "$twin" >"$out/$1.herd"
		grep -q "^Observation $1 Sometimes" "$out/$1.herd" || {
			echo "not noticed: $script"
			cat "$out/$1.herd"
		}
	done < <(table litmus/twins)
	[ $twins -gt 0 ] || echo "no broken twin"
}

# mutant NUMBER: of the table that is meant to be right, so it must be noticed.
mutant()
{
	local line provers settings script dir=$out/mutant-$1 said

	line=$(table mutants | sed -n "$1p")
	IFS=$'\t' read -r provers settings script <<<"$line"
	mkdir -p "$dir"
	sed -e "$script" "$state" >"$dir/state.c"
	[ "$(diff "$state" "$dir/state.c" | grep -c '^>')" -ge 1 ] ||
		echo "changes nothing: $script"
	"${cc[@]}" -O1 -w "$fast/state_unit.c" "$dir/state.c" -o "$dir/unit" ||
		return
	! "$dir/unit" >"$dir/log" || echo "not noticed by unit: $script"
	if [[ $provers == *cbmc* ]]; then
		said=$(cbmc step "$dir/state.c")
		case $? in
		0)	echo "not noticed by CBMC: $script" ;;
		4)	skip "$said" ;;
		10)	;;
		*)	printf '%s\n' "$said" | tail -n 5 ;;
		esac
	fi
	if [[ $provers == *spin* ]]; then
		[ -e "$out/model/call.o" ] || skip "$(cat "$out/model.log")"
		"${cc[@]}" -O2 -w -c "$dir/state.c" -o "$dir/state.o" &&
			gcc "$out/model/call.o" "$dir/state.o" -o "$dir/run" ||
			return
		cd "$dir" || return
		! explore ./run ${settings//,/ } >"$dir/log" ||
			echo "not noticed by Spin: $script"
	fi
}

# result NUMBER: one check has ended.
result()
{
	local log=$out/log.$1 rc

	rc=$(cat "$out/rc.$1")
	if [ "$rc" -eq 4 ] && [ "${CI:-}" != true ]; then
		skipped=$((skipped + 1))
		printf '%-58s skipped: %s\n' "${names[$1]}" \
			"$(head -n 1 "$log")"
	elif [ "$rc" -ne 0 ] || [ -s "$log" ]; then
		failed=$((failed + 1))
		printf '%-58s FAILED\n' "${names[$1]}"
		head -n 40 "$log" | sed 's/^/    /'
	else
		passed=$((passed + 1))
		printf '%-58s passed\n' "${names[$1]}"
	fi
}

# A check that says nothing and returns anything but 4 has passed.
run_all()
{
	local i running=0

	for i in "${!names[@]}"; do
		if [ $running -ge "$jobs" ]; then
			wait -n
			running=$((running - 1))
		fi
		(
			# shellcheck disable=SC2086 # words
			(${commands[$i]}) >"$out/log.$i" 2>&1 </dev/null
			rc=$?
			[ $rc -eq 4 ] || [ -s "$out/log.$i" ] || rc=0
			echo $rc >"$out/rc.$i"
		) &
		running=$((running + 1))
	done
	wait
	for i in "${!names[@]}"; do
		result "$i"
	done
}

"$fast/setup.sh" || say "some checks will be skipped"
command -v gcc >/dev/null || die "no gcc"
rm -rf "$out"
mkdir -p "$out" || exit 1
for tool in cbmc herd7 model; do
	"$fast/tools.sh" $tool >"$out/$tool.tool" 2>&1
done
(build_models) >"$out/model.log" 2>&1 || {
	rc=$?
	rm -rf "$out/model"
	if [ $rc -ne 4 ]; then
		check "spin models" cat "$out/model.failed"
		mv "$out/model.log" "$out/model.failed"
		echo "no models" >"$out/model.log"
	fi
}

# The longest first.
while read -r model settings; do
	check "spin $model $settings" spin_run "$model" $settings
done < <(table model/runs)
check "cbmc walk" proof walk
check "cbmc reach" reach
check "cbmc step" proof step
check "cbmc words" proof words
check "unit gcc" unit gcc
check "unit clang" unit clang
for i in $(seq "$(table mutants | wc -l)"); do
	check "mutant $i" mutant "$i"
done
for test in "$fast"/litmus/*.litmus; do
	check "litmus $(basename "$test" .litmus)" litmus "$(basename "$test" .litmus)"
done
check "state.svg" "$fast/diagram.sh" check
check "locking.rst" "$fast/barriers.sh" "$top"
run_all
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
