#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# mutants.sh: changes a line of the modules as grammar.awk says, and demands that
# the tests notice. N=6: so many mutants, SEED=: which (default: the commit; it is
# printed), RULES="put swap": only of those rules, ONLY=TEXT: only those with it in
# their line of the grammar's output, GUESTS= at a time.
# Ends with "N passed, N failed, N skipped".
#
# Drawn from is all that the grammar makes, but for what explained.txt explains; in
# CI (CI=true) what killed.txt has, so that what nobody has looked at yet is no
# news of a commit. What was killed is in build/grammar/killed, in the form of
# killed.txt, and grows it. Only kmemleak sees a leak: that rule is for PROFILE=mem.
#
# Each mutant runs a fixed set of tests, of debug modules, up to the first that
# fails; in CI only the program that killed.txt names.

. "$(dirname "$0")/../vm/common.sh"
. "$top/selftests/conformance/guests.sh"

export DEBUG=1 TESTS='the sets below'
here=$top/selftests/mutants
dir=$build/grammar
programs=$dir/programs
# With nothing said for so many seconds a run hangs.
guard=45
# The fewest that killed.txt must still have of what the grammar makes.
floor=10
declare -A sets=(
	[core]="core_abi core_begin core_create core_cancel core_close core_query
		core_wait core_matrix core_finish core_badinput core_limits
		client_settled client_deadline client_list client_cancel_id
		client_detach prov_complete prov_start prov_hook prov_refuse
		prov_gone core_provider"
	[queue]="queue_here queue_enter queue_rings queue_begin queue_wait queue_stop
		queue_cancel queue_create queue_process queue_hold_up"
	[file]="file_refuse file_allocate file_statfs file_sync file_hash
		file_copy"
	[timer]="timer_fire timer_cancel core_close"
)

# set_of FILE: the tests that are for it.
set_of()
{
	case $1 in
	module/file/*) echo ${sets[file]} ;;
	module/timer/*) echo ${sets[timer]} ;;
	module/queue/*) echo ${sets[queue]} ;;
	*) echo ${sets[core]} ;;
	esac
}

all_mutants()
{
	(cd "$top" && awk -f "$here/grammar.awk" \
		module/*.c module/{dev,queue,user,file,timer}/*.c)
}

# known: those lines of stdin that killed.txt has, with the program that kills.
# unexplained: those that explained.txt has not.
known()
{
	awk -F '\t' -v OFS='\t' '
	{ key = $1 FS $2 FS $3 FS $4 }
	NR == FNR { if (!/^#/) { old[key] = $5; by[key] = $6 } next }
	(key in old) && old[key] == $7 {
		sub(/[: ].*/, "", by[key])
		print $0, by[key]
	}' "$here/killed.txt" -
}

unexplained()
{
	awk -F '\t' '
	{ key = $1 FS $2 FS $3 FS $4 }
	NR == FNR { if (!/^#/) old[key] = $5; next }
	!(key in old) || old[key] != $7' "$here/explained.txt" -
}

# As the seed has it, each rule's turn before the next of the same.
draw()
{
	awk -F '\t' -v seed="$SEED" -v rules=" $rules " '
	BEGIN {
		for (i = 1; i < 256; i++)
			code[sprintf("%c", i)] = i
		OFS = "\t"
	}
	function hash(text, i, h) {
		h = 7
		for (i = 1; i <= length(text); i++)
			h = (h * 8191 + code[substr(text, i, 1)]) % 1000003
		for (i = 0; i < 5; i++)
			h = (h * 8191 + 12345) % 1000003
		return h
	}
	index(rules, " " $1 " ") {
		printf "%s\t%07d\t%s\n", $1, hash(seed $1 $2 $3 $4 $7), $0
	}' | sort -t "$(printf '\t')" -k1,1 -k2,2 |
	awk -F '\t' -v OFS='\t' '
		$1 != rule { rule = $1; turn = 0 }
		{ $1 = sprintf("%05d", ++turn); print }' |
	sort -t "$(printf '\t')" -k1,1 -k2,2 | cut -f 3- | head -n "${N:-6}"
}

# replace FILE LINE COUNT NEW
replace()
{
	NEW=$4 awk -v from="$2" -v count="$3" '
	NR == from {
		match($0, /^[ \t]*/)
		indent = substr($0, 1, RLENGTH)
		n = split(ENVIRON["NEW"], new, /\\n/)
		for (i = 1; i <= n; i++)
			print indent new[i]
	}
	NR < from || NR >= from + count' "$1"
}

# watch N PROGRAM: reads what the guest says, which begins with PROGRAM; prints what
# has failed first, which may be that nothing more is said.
watch()
{
	local line program=$2 done='' rc

	while :; do
		IFS= read -r -t $((guard * scale)) line
		rc=$?
		if [ $rc -gt 128 ]; then
			echo "$program: hangs"
			return
		fi
		if [ $rc -ne 0 ]; then
			[ -n "$done" ] || echo "$program: the machine was lost"
			return
		fi
		line=${line%$'\r'}
		echo "$line" >>"$dir/$1/run.log"
		case $line in
		'@@ done')	done=1 ;;
		'@@ begin '*)	program=${line#@@ begin } ;;
		'@@ end '*' '[04]) ;;
		'@@ end '*)	echo "$program: ${line##* }"; return ;;
		'not ok '*)
			line=${line#not ok * }
			echo "$program ${line##*.}"
			return ;;
		esac
	done
}

# run N TEST...: prints what was noticed, nothing if all is well.
run()
{
	local n=$1 fifo=$dir/$1/fifo pid seen

	shift
	rm -f "$fifo"
	mkfifo "$fifo"
	: >"$dir/$n/run.log"
	# What only a race shows is to be shown.
	TIMEOUT=400 PARALLEL=1 "$dir/$n/tree/selftests/vm/guest.sh" check "$@" >"$fifo" \
		2>"$dir/$n/run.err" </dev/null &
	pid=$!
	seen=$(watch "$n" "$1" <"$fifo")
	[ -z "$seen" ] || kill $pid 2>/dev/null
	if ! wait $pid && [ -z "$seen" ]; then
		seen="after.sh: the machine was lost"
	fi
	echo "$seen"
}

# take N NUMBER RULE FILE FUNCTION NTH LINE COUNT OLD NEW [PROGRAM]: tries that one.
take()
{
	local n=$1 number=$2 rule=$3 file=$4 function=$5 nth=$6 verdict=killed
	local to=$dir/$1/tree what by since=$SECONDS

	what="$rule $file $function $nth"
	replace "$top/$file" "$7" "$8" "${10}" >"$to/$file"
	if ! build_copy "$n"; then
		by="the compiler"
	else
		# shellcheck disable=SC2046,SC2086 # words
		by=$(run "$n" ${11:-$(set_of "$file")})
		[ -n "$by" ] || verdict=survived
	fi
	cp -p "$top/$file" "$to/$file"
	if [ $verdict = killed ]; then
		printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$rule" "$file" "$function" \
			"$nth" "$9" "$by" >>"$dir/killed"
		echo "killed   $what: $by ($((SECONDS - since)) s)"
	else
		keep "$n" "$number-$rule"
		echo "survived $what: $9 -> ${10} ($((SECONDS - since)) s)"
	fi
}

broken()
{
	say "$@" "0 passed, 1 failed, 0 skipped"
	exit 1
}

"$vm/setup.sh" check || exit
use_kernel
SEED=${SEED:-$(git -C "$top" rev-parse --short HEAD 2>/dev/null || echo $RANDOM)}
rules=${RULES:-put wake swap cancel size unlock bound invert error}
[ -z "${IMAGE:-}" ] || rules=${RULES:-leak}
guests=${GUESTS:-$((jobs > 3 ? jobs / 2 : 2))}
mkdir -p "$dir"
rm -rf "$dir/kept"
all_mutants >"$dir/all"
if [ "${CI:-}" = true ]; then
	known <"$dir/all" >"$dir/from"
	[ "$(wc -l <"$dir/from")" -ge $floor ] ||
		broken "killed.txt knows fewer than $floor of these modules' lines"
else
	unexplained <"$dir/all" >"$dir/from"
fi
grep -F -- "${ONLY:-}" "$dir/from" | draw | awk '{ print NR "\t" $0 }' >"$dir/list"
total=$(wc -l <"$dir/list")
[ "$total" -gt 0 ] || broken "no such mutant"
say "building for $krel"
logged "$out/build.log" "$vm/build.sh" modules sample userspace selftests vm &&
	"$vm/fetch.sh" kernel || broken
rm -rf "$programs"
mkdir -p "$programs"
# shellcheck disable=SC2048 # words
for name in ${sets[*]}; do
	ln -sf "$(readlink -f "$out/selftests")/$name" "$programs/$name"
done
for ((n = 1; n <= guests; n++)); do
	make_copy $n sample vm || die "cannot build the copy: $dir/$n/build.log"
done
# In CI that is what other checks are for.
if [ "${CI:-}" != true ] && [ "$(cat "$dir/unchanged" 2>/dev/null)" != "$SEED" ]
then
	say "the unchanged tree"
	for part in core file timer; do
		# shellcheck disable=SC2086 # words
		by=$(run 1 ${sets[$part]})
		[ -z "$by" ] || broken "the unchanged tree fails: $by" \
			"(build/grammar/1/run.log)"
	done
	echo "$SEED" >"$dir/unchanged"
fi
say "$total mutants of $(wc -l <"$dir/from"), SEED=$SEED"
all_workers "$dir/list" | tee "$dir/log"
killed=$(grep -c '^killed ' "$dir/log")
[ "$killed" -eq "$total" ] || say "(what they said: ${dir#"$top"/}/kept)"
echo "$killed passed, $((total - killed)) failed, 0 skipped"
[ "$killed" -eq "$total" ]
