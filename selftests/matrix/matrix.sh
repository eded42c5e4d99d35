#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# matrix.sh: other kernels, machines and compilers, as legs.txt has them; LEGS =
# globs of their names. One line for each leg; its log is build/matrix/LEG.log.
# Ends with "N passed, N failed, N skipped".
#
# What is not to be had is skipped, but in CI (CI=true) no leg that is a must.
# A kernel that is newer than newest.lock may have changed under the modules: that
# they do not build for it is said, and skipped.

. "$(dirname "$0")/../vm/common.sh"

here=$top/selftests/matrix
logs=$build/matrix
passed=0 failed=0 skipped=0
# What shows byte order, sizes, alignment, the kernel's interfaces and its file systems;
# on x86-64 core_* has the 32-bit programs too. ALSO= are a leg's own, with commas.
tests="abi_structs core_[a-q]* core_wait client_list client_process prov_complete
	prov_start timer_fire file_hash file_systems lib_call"

# Later suites, of which the one with the newest kernel is tested.
later="trixie sid"

# Prints SUITE RELEASE.
newest_of_all()
{
	local name rel

	for name in $later; do
		rel=$(suite=$name && other_apt apt-cache pkgnames linux-headers- \
			2>/dev/null | newest)
		[ -z "$rel" ] || echo "$name $rel"
	done | sort -V -k 2 | tail -n 1
}

recorded() { grep -v '^#' "$here/newest.lock"; }

# Is release $1 newer than what is recorded?
newer()
{
	local rel=${1%-"$flavour"}

	[ "$rel" != "$(recorded)" ] &&
		[ "$(printf '%s\n' "$rel" "$(recorded)" | sort -V | tail -n 1)" = \
			"$rel" ]
}

# leg NAME KIND MUST SETTING...
leg()
{
	local name=$1 kind=$2 must=$3 log=$logs/$1.log rel='' words rc result why
	local since=$SECONDS also=''

	shift 3
	if [ "$*" = SUITE=newest ]; then
		words=$(newest_of_all)
		rel=${words#* }
		set -- "SUITE=${words% *}" "KERNEL=$rel"
		[ -n "$words" ] || set -- "KERNEL=none"
	fi
	for words in "$@"; do
		[[ $words != ALSO=* ]] || also=${words#*=}
	done
	env "$@" TESTS="$tests ${also//,/ }" "$here/leg.sh" "$kind" >"$log" 2>&1 </dev/null
	rc=$?
	why=$(tail -n 1 "$log")
	case $rc in
	0)	result=ok
		[ "$kind" = run ] || why=
		[ -z "$rel" ] || ! newer "$rel" ||
			why+=", newer than newest.lock, where it may go" ;;
	4)	result=skipped
		if [ "$must" = must ] && [ "${CI:-}" = true ]; then
			result=FAILED
		fi ;;
	5)	result=FAILED
		why="does not build: $(grep -m 1 -E '(error|ERROR):? ' "$log")"
		if [ -n "$rel" ] && newer "$rel"; then
			result=skipped
			why="newer than newest.lock, $why"
		fi ;;
	*)	result=FAILED ;;
	esac
	case $result in
	ok)	passed=$((passed + 1)) ;;
	skipped) skipped=$((skipped + 1)) ;;
	*)	failed=$((failed + 1)) ;;
	esac
	rel=$(sed -n 's/^for //p' "$log" | head -n 1)
	printf '%-14s %-8s %4d s  %s\n' "$name" "$result" $((SECONDS - since)) \
		"${rel:-6.12}${why:+: $why}"
	[ $result != FAILED ] || tail -n 30 "$log" | sed 's/^/    /'
}

mkdir -p "$logs"
# Who may not install has fewer legs.
"$vm/setup.sh" check && "$vm/setup.sh" matrix || [ "$(id -u)" -ne 0 ] || exit
set -f
while read -r name rest; do
	for glob in ${LEGS:-*}; do
		# shellcheck disable=SC2254 # a glob
		case $name in
		''|'#'*) ;;
		$glob)
			# shellcheck disable=SC2086 # words
			leg "$name" $rest
			break ;;
		esac
	done
done <"$here/legs.txt"
if [ $((passed + failed + skipped)) -eq 0 ]; then
	say "no such leg: ${LEGS:-}"
	failed=1
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
