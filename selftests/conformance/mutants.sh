#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# mutants.sh: breaks each clause of the contract once and demands that its test
# notices; see mutants/README. CLAUSES="X5 B*": only those clauses; SAMPLE=N: only N
# of them, by SEED (default: the commit); GUESTS=N: that many guests at a time
# (default: half the processors, at least 2). Ends with "N passed, N failed, N
# skipped".
#
# Each guest has a copy of the tree in build/mutants/N, in which one line is
# changed, the modules are built (of which little changes) and the test is run.
# First of all the unchanged copies must pass every test that is named. Guests
# beside each other on a busy machine are late at times, so both get a second go,
# and the verdict says that they needed it.

. "$(dirname "$0")/common.sh"
# shellcheck source=../vm/common.sh
. "$top/selftests/vm/common.sh"
. "$here/guests.sh"

# A test that hangs ends after so many seconds and has failed; the machine after
# so many more.
guard=$((40 * scale))
dir=$build/mutants
log=$dir/log

# run_guest N PROGRAM GLOB...: the guest's output is in run.log, what QEMU and
# the kernel say in run.err.
run_guest()
{
	local to=$dir/$1/tree program=$2 glob args=()

	shift 2
	for glob in "$@"; do
		args+=(--only "$glob")
	done
	# What only a race shows is to be shown.
	TIMEOUT=$((guard * 4)) PARALLEL=1 "$to/selftests/vm/guest.sh" run "$program" \
		--guard $guard "${args[@]}" >"$to/../run.log" \
		2>"$to/../run.err" </dev/null
}

# Names, without fixtures and variants, of tests that ended with "$1" in the run.
ended()
{
	tr -d '\r' <"$dir/$2/run.log" | sed -nE "s/^$1 [0-9]+ //p" |
		grep -v '# SKIP' | sed 's/^.*\.//' | sort -u
}

# matching GLOB: those lines that match.
matching()
{
	local name

	while read -r name; do
		# shellcheck disable=SC2053 # a glob
		[[ $name != $1 ]] || echo "$name"
	done
}

# passes PROGRAM GLOB: has the last run of the unchanged tree?
passes()
{
	local said

	said=$(awk -v program="$1" '
		$1 == "#" && $2 == "Subtest:" { on = $3 == program }
		on && !/# SKIP/ { sub(/^ +/, ""); print }' "$dir/unchanged.ktap")
	[ -n "$(sed -nE 's/^ok [0-9]+ (.*\.)?//p' <<<"$said" | matching "$2")" ] &&
		[ -z "$(sed -nE 's/^not ok [0-9]+ (.*\.)?//p' <<<"$said" |
			matching "$2")" ]
}

# Does the unchanged tree pass all that is named? What it does not is in $dir/bad, as
# "PROGRAM GLOB". One guest runs all programs.
unchanged()
{
	local go program glob programs

	awk -F '\t' '!seen[$3, $4]++ { print $3, $4 }' "$dir/list" >"$dir/bad"
	for go in 1 2; do
		mapfile -t programs < <(cut -d ' ' -f 1 "$dir/bad" | sort -u)
		{
			GUEST=unchanged PARALLEL=1 "$vm/guest.sh" check \
				"${programs[@]}" 2>"$dir/unchanged.err"
			echo "@@ guest $?"
		} | "$vm/report.sh" "$dir/unchanged.ktap" >"$dir/unchanged.log"
		while read -r program glob; do
			passes "$program" "$glob" || echo "$program $glob"
		done <"$dir/bad" >"$dir/bad.new"
		mv "$dir/bad.new" "$dir/bad"
		[ -s "$dir/bad" ] || break
		mkdir -p "$dir/kept"
		cat "$dir"/unchanged.{log,err} >"$dir/kept/unchanged-$go"
		say "go $go of the unchanged tree failed:" "$(cat "$dir/bad")" >&2
	done
}

# try N NUMBER CLAUSE PROGRAM TEST MARK FILE CONTEXT OLD NEW: prints its verdict:
# red, survived or broken (the mutant itself), and what went red.
try()
{
	local n=$1 number=$2 clause=$3 program=$4 test=$5 mark=$6 file=$7
	local to=$dir/$n/tree verdict=survived red='' name rc go

	if grep -qxF "$program $test" "$dir/bad"; then
		echo "broken $number $clause: the unchanged tree fails $program" \
			"$test"
		return
	fi
	if ! mutate "$top/$file" "$8" "$9" "${10}" >"$to/mutated"; then
		echo "broken $number $clause: no such line in $file"
		return
	fi
	cp "$to/mutated" "$to/$file"
	if ! build_copy "$n"; then
		verdict=broken
		red="does not build"
		cp "$dir/$n/build.log" "$dir/$n/run.log"
	else
		for go in 1 2; do
			run_guest "$n" "$program" "$test"
			rc=$?
			red=
			while read -r name; do
				red+=" $name"
			done < <(ended 'not ok' "$n" | matching "$test")
			if [ $rc -eq 125 ] && [ "$mark" = splat ]; then
				red=" splat"
			fi
			if [ -n "$red" ]; then
				verdict=red
				break
			elif [ $rc -eq 125 ]; then
				red=" (but the kernel complained)"
			fi
			keep "$n" "$number-$clause-$go"
		done
		[ $go -eq 1 ] || red+=" (go $go)"
	fi
	cp -p "$top/$file" "$to/$file"
	[ $verdict != broken ] || keep "$n" "$number-$clause"
	echo "$verdict $number $clause: $program$red"
}

# take N NUMBER CLAUSE ...: what worker has taken.
take() { try "$@"; }

"$vm/setup.sh" check || exit
use_kernel
guests=${GUESTS:-$((jobs > 3 ? jobs / 2 : 2))}
mkdir -p "$dir"
rm -rf "$dir/kept"
set -f
# shellcheck disable=SC2206 # globs, not of files
wanted=(${CLAUSES:-*})
set +f
mutants | while IFS=$'\t' read -r number clause rest; do
	for glob in "${wanted[@]}"; do
		# shellcheck disable=SC2254 # a glob
		case $clause in
		$glob)
			printf '%s\t' "$number" "$clause"
			printf '%s\n' "$rest"
			break ;;
		esac
	done
done >"$dir/list"
if [ -n "${SAMPLE:-}" ]; then
	seed=${SEED:-$(git -C "$top" rev-parse HEAD 2>/dev/null)}
	say "$SAMPLE mutants by SEED=$seed"
	shuf -n "$SAMPLE" --random-source=<(yes "$seed") "$dir/list" |
		sort -n >"$dir/list.new" && mv "$dir/list.new" "$dir/list"
fi
total=$(wc -l <"$dir/list")
if [ "$total" -eq 0 ]; then
	say "no mutant of ${CLAUSES:-any clause}" "0 passed, 1 failed, 0 skipped"
	exit 1
fi
say "building for $krel"
if ! logged "$out/build.log" "$vm/build.sh" modules sample userspace \
	selftests vm ||
   ! "$vm/fetch.sh" kernel; then
	say "0 passed, 1 failed, 0 skipped"
	exit 1
fi
for ((n = 1; n <= guests; n++)); do
	make_copy $n vm || die "cannot build the copy: $dir/$n/build.log"
done

say "the unchanged tree"
unchanged

say "$total mutants, $guests guests at a time"
all_workers "$dir/list" | tee "$log"
red=$(grep -c '^red ' "$log")
[ "$red" -eq "$total" ] || say "(what they said: ${dir#"$top"/}/kept)"
echo "$red passed, $((total - red)) failed, 0 skipped"
[ "$red" -eq "$total" ]
