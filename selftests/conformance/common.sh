# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by the scripts beside it: what the contract, the tests and the mutants
# say, each as lines of fields with tabs between them.

set -u
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
contract=$top/Documentation/contract.md
# shellcheck disable=SC2034 # the scripts that source this use it
page=$top/Documentation/conformance.md

# CLAUSE, TEXT: the clauses of the contract by their numbers in brackets. Those of
# the sections Limits and Invariants have none there: L1, ... and I1, ... in their
# order.
clauses()
{
	awk '
	function flush() {
		if (clause) {
			gsub(/[ \t]+/, " ", text)
			print clause "\t" text
		}
		clause = ""
	}
	/^## / {
		flush()
		letter = $2 == "Limits" ? "L" : $2 == "Invariants" ? "I" : ""
		count = 0
		next
	}
	/^#/ || /^[ \t]*$/ { flush(); next }
	/^[0-9]+\. \[[A-Z][0-9]+\]/ {
		flush()
		clause = $2; gsub(/[][]/, "", clause)
		text = $0; sub(/^[^]]*\] */, "", text)
		next
	}
	/^\* / {
		flush()
		if (letter) {
			clause = letter (++count)
			text = substr($0, 3)
		}
		next
	}
	clause { text = text " " $0 }
	END { flush() }' "$contract"
}

# CLAUSE, PROGRAM, FIXTURE.TEST: a test belongs to the clauses that its name
# begins with (X3_X5_...), and to those that names.txt gives it.
tests()
{
	local fixed=$here/names.txt

	(cd "$top/selftests" && awk -v fixed="$fixed" '
	BEGIN {
		while ((getline line < fixed) > 0)
			if (split(line, f, " ") == 3 && f[1] !~ /^#/)
				more[++n] = f[1] "\t" f[2] "\t" f[3]
	}
	function emit(clause) { print clause "\t" program "\t" name }
	function test(i, part, f) {
		program = FILENAME
		gsub(/^.*\/|\.c$/, "", program)
		part = name
		sub(/^[^.]*\./, "", part)
		while (match(part, /^[A-Z][0-9]+_/)) {
			emit(substr(part, 1, RLENGTH - 1))
			part = substr(part, RLENGTH + 1)
		}
		for (i = 1; i <= n; i++) {
			split(more[i], f, "\t")
			if (f[2] == program && f[3] == name) {
				emit(f[1])
				used[i] = 1
			}
		}
	}
	# A long name is in the line behind.
	/^TEST/ { head = $0 }
	head && !/^TEST/ { sub(/^[ \t]+/, ""); head = head $0 }
	head ~ /^TEST(_F)?(_SIGNAL|_TIMEOUT)?\(.*\)/ {
		name = head
		single = name ~ /^TEST(_SIGNAL)?\(/
		sub(/^[A-Z_]*\(/, "", name)
		sub(/\).*/, "", name)
		gsub(/[ \t]/, "", name)
		split(name, f, ",")
		name = single ? "global." f[1] : f[1] "." f[2]
		head = ""
		test()
	}
	END {
		for (i = 1; i <= n; i++) {
			if (used[i])
				continue
			split(more[i], f, "\t")
			print "names.txt: no test " f[2] " " f[3] \
				> "/dev/stderr"
		}
	}' [a-z]*/*.c)
}

# Lines are told apart by their words: this one's, with one space between them.
plain='
	function plain(line) {
		gsub(/[ \t]+/, " ", line)
		gsub(/^ | $/, "", line)
		return line
	}'

# NUMBER, CLAUSE, PROGRAM, TEST, MARK, FILE, CONTEXT, OLD, NEW; see mutants/README.
mutants()
{
	awk "$plain"'
	function flush() {
		if (clause)
			print ++n, clause, program, test, mark, file, \
				context, old, new
		clause = ""
	}
	BEGIN { OFS = "\t" }
	FNR == 1 { flush() }
	/^#/ { next }
	/^$/ { flush(); next }
	!clause {
		clause = $1; program = $2; test = $3
		mark = NF > 3 ? $4 : "-"
		file = ""; old = ""; new = "-"; context = "-"
		next
	}
	!file {
		file = $1
		if (NF > 1) {
			context = plain($0)
			sub(/^[^ ]+ /, "", context)
		}
		next
	}
	/^-/ { old = plain(substr($0, 2)) }
	/^\+/ { new = plain(substr($0, 2)) }
	END { flush() }' "$here"/mutants/*.txt
}

# mutate FILE CONTEXT OLD NEW: prints the file with its line OLD, the first one
# behind a line that has CONTEXT, replaced by NEW. Fails unless it is exactly one.
mutate()
{
	OLD=$3 NEW=$4 CONTEXT=$2 awk "$plain"'
	BEGIN {
		old = ENVIRON["OLD"]; new = ENVIRON["NEW"]
		context = ENVIRON["CONTEXT"]
		on = context == "-"
	}
	{
		line = plain($0)
		if (on && line == old && !(done && context != "-")) {
			done++
			match($0, /^[ \t]*/)
			if (new != "-")
				print substr($0, 1, RLENGTH) new
			next
		}
		if (index(line, context))
			on = 1
		print
	}
	END { exit done != 1 }' "$1"
}
