#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh [check|keep]: fuzzes the module in guests of these KINDS, which are
# profiles, for MINUTES:
#	fuzz	a kernel with checkers, which tells what a program has reached
#	swift	Debian's, ten times as fast, until PROGRAMS programs with an
#		accepted BEGIN were executed
# What they saw, (state, operation, errno), is held against matrix.txt. Ends with
# "N passed, N failed, N skipped".
#
# A guest shares memory with this machine, so what it finds, and what it is about
# to execute, is here at once. If it breaks, the programs that led there are tried
# again, made less, and left in the build folder as a C program.
#
# keep: takes what has been found into the corpus, without what finds nothing new.

unset PROFILE
. "$(dirname "$0")/../vm/common.sh"

fuzz=$top/selftests/fuzz
mode=${1:-check}
minutes=${MINUTES:-3}
programs=${PROGRAMS:-200000}
seed=${SEED:-$RANDOM$RANDOM}
read -ra kinds <<<"${KINDS:-fuzz swift}"
# Seen were 188 and 1610, the edges by 3,500 programs.
least=${TRIPLES:-165}
least_edges=${EDGES:-1400}
passed=0 failed=0
mega=$((1 << 20))
dir=$build/fuzz/guest

# in_profile KIND COMMAND...: with its settings, which are not ours.
in_profile()
(
	export PROFILE=$1
	shift
	# shellcheck source=../vm/common.sh
	. "$vm/common.sh"
	"$@"
)

prepare()
{
	[ -z "${IMAGE:-}" ] || "$vm/image.sh" "$IMAGE" || return
	use_kernel
	logged "$out/build.log" "$vm/build.sh" modules vm &&
		"$vm/fetch.sh" kernel && say "$out" >"$dir/$PROFILE.out"
}

# built KIND: where its kernel's things are.
built() { cat "$dir/$1.out"; }

# share FILE NAME: memory for guest NAME with the programs of FILE at its
# beginning; see fuzz_guest.c.
share()
{
	rm -f "$dir/$2.shared"
	truncate -s $((16 * mega)) "$dir/$2.shared" &&
		dd if="$1" of="$dir/$2.shared" conv=notrunc status=none
}

# finds NAME: the programs that guest NAME has kept, without NULs.
finds()
{
	dd if="$dir/$1.shared" bs=$mega skip=4 count=8 status=none | tr -d '\0'
}

# corpus: as programs; its file has a line for each.
corpus() { sed '/^#/d; s/|/\n/g' "$fuzz/corpus/guest.txt"; }

# guest KIND NAME ARG...: its output is in NAME.log, what else was said in NAME.err.
# On one processor: what two have to say to each other under emulation takes longer
# than what the second one does.
guest()
{
	local kind=$1 name=$2

	shift 2
	SMP=1 SHARED=$dir/$name.shared GUEST=fuzz-$name \
		TIMEOUT=$((minutes * 60 + 1200)) \
		in_profile "$kind" "$vm/guest.sh" run \
		"$dir/fuzz_guest" --shared pci "$@" \
		>"$dir/$name.log" 2>"$dir/$name.err" </dev/null
}

# last NAME N: the programs that came last in guest NAME, oldest first.
last() { "$dir/fuzz_guest" --shared "$dir/$1.shared" --last "$2"; }

# breaks KIND FILE: does such a guest break when it executes these again and again?
breaks()
{
	[ -s "$2" ] || return 1
	share "$2" again
	! guest "$1" again --replay 300
}

# less KIND FILE: leaves out what is not needed: programs, then instructions.
less()
{
	local kind=$1 file=$2 tries=40 try=$dir/try.txt n i unit

	for unit in program line; do
		i=1
		while [ $((tries--)) -gt 0 ]; do
			n=$(awk -v unit=$unit 'unit == "line" && NF { n++ }
				unit == "program" && !NF { n++ }
				END { print n + 0 }' "$file")
			[ "$i" -le "$n" ] || break
			awk -v unit=$unit -v i="$i" '
				unit == "line" { if (!NF || ++n != i) print; next }
				n + 1 != i
				!NF { n++ }' "$file" >"$try"
			if breaks "$kind" "$try"; then
				cp "$try" "$file"
			else
				i=$((i + 1))
			fi
		done
	done
}

# A program that does the same, without this script.
c_program()
{
	echo "// SPDX-License-Identifier: GPL-2.0-only"
	echo "/*"
	echo " * Found by the fuzzer. In the tree: gcc -std=gnu11 -static -Iuapi"
	echo " * -Iselftests/fuzz/guest THIS -lpthread; run it as root."
	echo " */"
	for file in world rings values execute program cover; do
		echo "#include \"$file.c\""
	done
	echo "#include <stdarg.h>"
	echo
	echo "void fault(const char *format, ...)"
	echo "{ va_list a; va_start(a, format); vprintf(format, a); _exit(1); }"
	echo
	echo "static const char text[] ="
	sed 's/.*/\t"&\\n"/' "$1"
	echo "	;"
	cat <<-END

	static int work(void)
	{
		struct program p;
		struct verdict v;
		const char *at;
		int i;

		for (i = 0; i < 1000; i++)
			for (at = text; (at = program_parse(&p, at)); )
				execute(&p, &v);
		return 0;
	}

	int main(void)
	{
		return execute_in(work);
	}
	END
}

# explain KIND: of the guest that broke.
explain()
{
	local found=$dir/found.txt n

	cp "$(built "$1")/fuzz-$1.console.log" "$dir/broke.console.log" 2>/dev/null
	cp "$dir/$1.err" "$dir/broke.err"
	last "$1" 64 >"$dir/broke.txt"
	tail -n 40 "$dir/broke.err"
	grep -A 60 '^broken ' "$dir/$1.log" | grep -Ev '^(triple|pc) '
	for n in 1 4 64; do
		last "$1" $n >"$found"
		if breaks "$1" "$found"; then
			less "$1" "$found"
			c_program "$found" >"$dir/found.c"
			echo "it breaks again, see $dir/found.c:"
			cat "$found"
			return
		fi
	done
	echo "it does not break again; what led to it is $dir/broke.txt"
}

# said WORD: the lines of all guests that begin with it, without it.
said() { cat "${logs[@]}" | tr -d '\r' | sed -n "s/^$1 //p"; }

# Triples that matrix.txt does not have.
unexpected()
{
	awk 'FNR == NR {
		if (/^#/ || NF < 3) next
		for (i = 3; i <= NF; i++) {
			may[$1, $2, $i] = 1
			may[$1, "any", $i] = 1
		}
		next
	}
	!(($1, $2, $3) in may)' "$fuzz/matrix.txt" <(said triple)
}

# field NAME: of the guests' figures, together.
field()
{
	said figures | grep -o "$1 [0-9]*" | awk '{ n += $2 } END { print n + 0 }'
}

# reached: places of our modules, by KCOV, in whichever guest has it.
reached() { said pc | sort -u | wc -l; }

edges()
{
	local name n all

	said pc | sort -u | awk '{ n[$1]++ } END { for (m in n) print m, n[m] }' |
		sort | while read -r name n; do
		all=$(objdump -dr "$(built fuzz)/modules/$name.ko" |
			grep -c '__sanitizer_cov_trace_pc-')
		say "$name: $n of $all edges"
	done
}

# The shortest first, so that of those which do the same it is the one that stays;
# and no more than a file of the tree may have.
keep()
{
	local all=$dir/all.txt kind

	{
		corpus
		for kind in "${kinds[@]}"; do finds "$kind"; done
	} | awk -v RS= '{ gsub("\n", "|"); print length($0) "\t" $0 }' |
		sort -u | sort -n | cut -f 2- | head -n 4000 | head -c 4000000 |
		awk '{ gsub("[|]", "\n"); print $0 "\n" }' >"$all"
	share "$all" keep
	guest fuzz keep --select 1 || return
	{
		echo "# Programs of fuzz_guest; guest.sh keep"
		finds keep | awk -v RS= '{ gsub("\n", "|"); print $0 "|" }' |
			head -n 700
	} >"$fuzz/corpus/guest.txt"
	say "$(grep -vc '^#' "$fuzz/corpus/guest.txt") programs kept"
}

# check NAME: its faults are on stdin.
check()
{
	local faults

	faults=$(cat)
	if [ -z "$faults" ]; then
		passed=$((passed + 1))
		printf '%-20s passed\n' "$1"
	else
		failed=$((failed + 1))
		printf '%-20s FAILED\n' "$1"
		sed 's/^/    /' <<<"$faults"
	fi
}

"$vm/setup.sh" check || exit
mkdir -p "$dir" || exit 1
say "building"
logged "$dir/build.log" make -C "$fuzz" OUTPUT="$dir" "$dir/fuzz_guest" ||
	{ say "0 passed, 1 failed, 0 skipped"; exit 1; }
for kind in "${kinds[@]}"; do
	in_profile "$kind" prepare ||
		{ say "0 passed, 1 failed, 0 skipped"; exit 1; }
	share <(corpus) "$kind"
done
say "fuzzing for $minutes minutes, seed $seed"
pids=() logs=()
for kind in "${kinds[@]}"; do
	goal=0
	[ "$kind" != swift ] || goal=$programs
	guest "$kind" "$kind" --seconds $((minutes * 60)) --seed $((seed++)) \
		--programs "$goal" &
	pids+=($!) logs+=("$dir/$kind.log")
done
for i in "${!kinds[@]}"; do
	wait "${pids[i]}"
	status=$?
	check "fuzz-${kinds[i]}" < <([ $status -eq 0 ] || explain "${kinds[i]}")
done
if [ $failed -eq 0 ]; then
	triples=$(said triple | awk '$2 != "any" { print $1, $2, $3 }' |
		sort -u | wc -l)
	say "$(field programs) programs, $(field counted) of them with an" \
		"accepted BEGIN, $(field interrupted) interrupted;" \
		"$triples triples; $(field new) new of a corpus of $(field corpus)"
	edges
	check fuzz-matrix < <(unexpected)
	check fuzz-floor < <(
		[ "$(field counted)" -ge "$programs" ] ||
			echo "less than $programs programs counted"
		[ "$triples" -ge "$least" ] ||
			echo "less than $least triples"
		[[ " ${kinds[*]} " != *' fuzz '* ]] ||
			[ "$(reached)" -ge "$least_edges" ] ||
			echo "less than $least_edges edges")
	[ "$mode" != keep ] || keep || failed=$((failed + 1))
fi
say "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
