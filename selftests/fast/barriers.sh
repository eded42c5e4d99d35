#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# barriers.sh TOP: where the tables of Documentation/locking.rst and the source of the
# modules are not of one mind: each barrier, by file and function, has a line, and a
# litmus test that there is; each lock and each member of the shared structures is
# named. Silent if all is well.

set -u
export LC_ALL=C
top=${1:?usage: barriers.sh TOP}
page=$top/Documentation/locking.rst
cd "$top/module" || exit 1

# The code of the modules that others get, without comments.
mapfile -t files < <(find . -name '*.[ch]' ! -path './test/*' ! -path './kunit/*' |
	sed 's|^\./||' | sort)

# "FILE FUNCTION BARRIER" of each; functions begin in the first column.
in_source()
{
	awk '
	FNR == 1 { name = ""; comment = 0 }
	/^[ \t]*\/\*/ { comment = 1 }
	comment {
		if (/\*\//)
			comment = 0
		next
	}
	/^[a-zA-Z_].*[a-z0-9]\(/ && !/;$/ && !/^typedef/ {
		name = $0
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
	}
	{
		line = $0
		barriers = "(smp_[a-z_]+|[a-z_0-9]*_(acquire|release)|cmpxchg[a-z_]*|" \
			"try_cmpxchg[a-z_]*|wq_has_sleeper|_*set_current_state|" \
			"[a-z_]*barrier|xchg[a-z_]*|rcu_(dereference|assign)[a-z_]*)\\("
		while (match(line, barriers)) {
			word = substr(line, RSTART, RLENGTH - 1)
			line = substr(line, RSTART + RLENGTH)
			# Functions and events of ours that are called so.
			if (word !~ /^(trace|acall|acf|act|node|object|queue|point)_/)
				print FILENAME, name, word
		}
	}' "${files[@]}" | sort
}

in_table()
{
	awk '
	/^\.\. barriers end/ { exit }
	/^\.\. barriers/ { on = 1 }
	!on || /^(=|function|$|\.\.)/ { next }
	/^[a-z]+[a-z\/]*\.[ch]:$/ { file = $1; sub(/:/, "", file); next }
	/^[a-z]/ { print file, $1, $2 }' "$page" | sort
}

# What the last column names.
litmus()
{
	awk '
	/^\.\. barriers end/ { exit }
	/^\.\. barriers/ { on = 1 }
	on && !/^(=|function|\.\.)/ {
		name = substr($0, 77)
		if (name ~ /^[a-z]/)
			print name
	}' "$page" | sort -u
}

members()
{
	local file=$1 name=$2

	sed -n "/^struct $name {/,/^};/p" "$file" | tr -d '\n' |
		sed 's|/\*[^*]*\*/||g; s/^[^{]*{//; s/};$//' | tr ';' '\n' |
		sed -E 's/DECLARE_HASHTABLE\(([a-z_]*),.*/\1/; s/\[[^]]*\]//g; s/__[a-z]*\([^)]*\)+//g;
			s/.*[ \t*]([a-z_0-9]+)[ \t]*$/\1/' |
		grep -E '^[a-z_0-9]+$'
}

structure()
{
	local file=$1 name=$2 member said

	said=$(awk -v title="\`\`struct $name\`\`" '
		$0 == title { on = 1; next }
		on && /^(``struct|Barriers)/ { exit }
		on' "$page")
	[ -n "$said" ] || echo "locking.rst: no struct $name"
	for member in $(members "$file" "$name"); do
		grep -qw -- "$member" <<<"$said" ||
			echo "locking.rst: struct $name has $member"
	done
}

diff <(in_table) <(in_source) | sed -n 's/^</locking.rst: there is no/p
	s/^>/locking.rst: not in the table of barriers:/p'
for name in $(litmus); do
	[ -e "$top/selftests/fast/litmus/$name.litmus" ] ||
		echo "locking.rst: there is no $name.litmus"
done
for file in "$top"/selftests/fast/litmus/*.litmus; do
	name=${file##*/}
	grep -qw "${name%.litmus}" "$page" || echo "locking.rst: no $name"
done
for name in $(grep -ohE 'DEFINE_(SPINLOCK|MUTEX)\([a-z_]+' "${files[@]}" |
		sed 's/.*(//'); do
	grep -q "^$name  " "$page" || echo "locking.rst: no $name among the locks"
done
structure call.h acall_call
structure object.h acall_object
structure interface.h acall_interface
structure runner.c acall_runner
structure "$(grep -l '^struct acall_lane {' ./*.[ch])" acall_lane
structure "$(grep -l '^struct acall_ledger {' ./*.[ch])" acall_ledger
structure queue/queue.h acall_queue
