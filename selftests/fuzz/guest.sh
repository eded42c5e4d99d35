#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh [check|keep]: fuzzes the module in a guest for MINUTES and at least
# PROGRAMS programs with an accepted BEGIN. What it saw, (state, operation, errno),
# is held against matrix.txt. Ends with "N passed, N failed, N skipped".
#
# The guest shares a disk with this machine, so what it finds, and what it is about
# to execute, is here at once. If it breaks, the programs that led there are tried
# again, made less, and left in the build folder as a C program.
#
# keep: takes what it has found into the corpus, without what finds nothing new.

. "$(dirname "$0")/../vm/common.sh"

fuzz=$top/selftests/fuzz
mode=${1:-check}
minutes=${MINUTES:-3}
programs=${PROGRAMS:-200000}
seed=${SEED:-$RANDOM$RANDOM}
least=${TRIPLES:-100}
passed=0 failed=0
mega=$((1 << 20))

# new_disk FILE: with the programs of FILE at its beginning; see fuzz_guest.c.
new_disk()
{
	rm -f "$disk"
	truncate -s $((16 * mega)) "$disk" &&
		dd if="$1" of="$disk" conv=notrunc status=none
}

# part FROM SIZE: of the disk, in MiB, without NULs.
part()
{
	dd if="$disk" bs=$mega skip="$1" count="$2" status=none | tr -d '\0'
}

# guest ARG...: its output is in $dir/run.log, what else was said in run.err.
guest()
{
	DISK=$disk TIMEOUT=$((minutes * 60 + 1200)) "$vm/guest.sh" run \
		"$dir/fuzz_guest" --disk /dev/vdc "$@" \
		>"$dir/run.log" 2>"$dir/run.err" </dev/null
}

# The batches that came last, oldest first.
last_programs()
{
	part 12 1 | awk -v n="$1" '
		/^# batch/ { nr = $3; next }
		nr { text[nr] = text[nr] $0 "\n"; if (nr > last) last = nr }
		END { for (i = last - n + 1; i <= last; i++)
			printf "%s", text[i] }'
}

# breaks FILE: does the guest break when it executes these again and again?
breaks()
{
	[ -s "$1" ] || return 1
	new_disk "$1"
	! guest --replay 300
}

# less FROM: leaves out what is not needed: programs, then instructions.
less()
{
	local tries=40 try=$dir/try.txt n i unit

	for unit in program line; do
		i=1
		while [ $((tries--)) -gt 0 ]; do
			n=$(awk -v unit=$unit 'unit == "line" && NF { n++ }
				unit == "program" && !NF { n++ }
				END { print n + 0 }' "$1")
			[ "$i" -le "$n" ] || break
			awk -v unit=$unit -v i="$i" '
				unit == "line" { if (!NF || ++n != i) print; next }
				n + 1 != i
				!NF { n++ }' "$1" >"$try"
			if breaks "$try"; then
				cp "$try" "$1"
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
	for file in execute values program cover; do
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

	int main(void)
	{
		struct program p;
		struct verdict v;
		const char *at;
		int i;

		if (execute_init())
			return 2;
		for (i = 0; i < 1000; i++)
			for (at = text; (at = program_parse(&p, at)); )
				execute(&p, &v);
		return 0;
	}
	END
}

explain()
{
	local found=$dir/found.txt n

	cp "$dir/run.log" "$dir/broke.log"
	cp "$dir/run.err" "$dir/broke.err"
	cp "$out/run.console.log" "$dir/broke.console.log" 2>/dev/null
	last_programs 64 >"$dir/broke.txt"
	tail -n 40 "$dir/broke.err"
	grep -A 60 '^broken ' "$dir/broke.log" | grep -v '^triple'
	for n in 1 4 64; do
		cp "$disk" "$disk.was"
		last_programs $n >"$found"
		if breaks "$found"; then
			less "$found"
			c_program "$found" >"$dir/found.c"
			echo "it breaks again, see $dir/found.c:"
			cat "$found"
			return
		fi
		mv "$disk.was" "$disk"
	done
	echo "it does not break again; what led to it is $dir/broke.txt"
}

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
	/^triple / && !(($2, $3, $4) in may) { print $2, $3, $4, $5 }' \
		"$fuzz/matrix.txt" <(tr -d '\r' <"$dir/run.log")
}

# field NAME: of the last line of figures.
field()
{
	tr -d '\r' <"$dir/run.log" | grep '^programs ' | tail -n 1 |
		grep -o "$1 [0-9]*" | head -n 1 | grep -o '[0-9]*'
}

# How much of our modules was reached, by KCOV.
edges()
{
	local name n all

	tr -d '\r' <"$dir/run.log" | sed -n 's/^edges //p' |
		while read -r name n; do
			all=$(objdump -dr "$out/modules/$name.ko" |
				grep -c '__sanitizer_cov_trace_pc-')
			[ "$all" -eq 0 ] || say "$name: $n of $all edges"
		done
}

# The shortest first, so that of those which do the same it is the one that stays;
# and no more than a file of the tree may have.
keep()
{
	local all=$dir/all.txt

	{
		grep -v '^#' "$fuzz/corpus/guest.txt"
		part 4 8
	} | awk -v RS= '{ gsub("\n", "|"); print length($0) "\t" $0 }' |
		sort -n -u | cut -f 2- | head -c 4000000 |
		awk '{ gsub("[|]", "\n"); print $0 "\n" }' >"$all"
	new_disk "$all"
	guest --select 1 || return
	{
		echo "# Programs of fuzz_guest; guest.sh keep"
		part 4 8 | awk -v RS= '(lines += gsub("\n", "\n") +
			2) < 780 { print $0 "\n" }'
	} >"$fuzz/corpus/guest.txt"
	say "$(grep -c '^$' "$fuzz/corpus/guest.txt") programs kept"
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
use_kernel
dir=$out/fuzz
disk=$dir/disk
mkdir -p "$dir" || exit 1
say "building for $krel"
logged "$dir/build.log" "$vm/build.sh" modules vm &&
	logged "$dir/build.log" make -C "$fuzz" OUTPUT="$dir" \
		"$dir/fuzz_guest" && "$vm/fetch.sh" kernel ||
	{ say "0 passed, 1 failed, 0 skipped"; exit 1; }
say "fuzzing in a guest for $minutes minutes, seed $seed"
new_disk "$fuzz/corpus/guest.txt"
guest --seconds $((minutes * 60)) --programs "$programs" --seed "$seed"
status=$?
check fuzz-guest < <([ $status -eq 0 ] || explain)
if [ $status -eq 0 ]; then
	triples=$(grep '^triple ' "$dir/run.log" | grep -vc ' any ')
	say "$(field programs) programs, $(field counted) of them with an" \
		"accepted BEGIN, $(field interrupted) interrupted;" \
		"$triples triples; corpus of $(field corpus), $(field new) new"
	edges
	check fuzz-matrix < <(unexpected)
	check fuzz-floor < <(
		[ "$(field counted)" -ge "$programs" ] ||
			echo "less than $programs programs counted"
		[ "$triples" -ge "$least" ] ||
			echo "less than $least triples")
	[ "$mode" != keep ] || keep || failed=$((failed + 1))
fi
say "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
