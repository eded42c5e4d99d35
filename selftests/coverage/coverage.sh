#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# coverage.sh check|judge|write: what the tests reach of the lines and branches of
# module/.
#	check	runs the tests of PROFILE=cov, then judges
#	judge	the last run: enough is reached, and what is not is in justified.txt
#	write	Documentation/coverage.md out of the last run
# The last line of check and judge is "N passed, N failed, N skipped".
#
# The test provider is left out: it is a test. So are the tests of the internals.

: "${PROFILE:=cov}"
export PROFILE
. "$(dirname "$0")/../vm/common.sh"

here=$top/selftests/coverage
page=$top/Documentation/coverage.md
least=95		# percent of the lines
most=3			# percent of them that may be justified to be left out

# places: where the kernel is that has counted, if there is one.
places()
{
	use_kernel
	dir=$out/coverage
	counts=$out/host/gcov
	mkdir -p "$dir"
}

# The kernel's modules, as built by now, keep the counts of one run.
run()
{
	rm -rf "$counts"
	"$vm/check.sh" >"$dir/run.log" 2>&1 </dev/null
}

# lcov says much that is of no interest.
quiet_lcov()
{
	logged "$dir/lcov.log" lcov --quiet --rc lcov_branch_coverage=1 "$@"
}

# The counts to where the compiler left the graphs that they belong to.
capture()
{
	local file

	[ -d "$counts" ] || {
		say "no counts of a run in ${counts#"$top"/}"
		return 1
	}
	find "$out/src" -name '*.gcda' -delete
	find "$counts" -name '*.gcda' | while read -r file; do
		cp "$file" "${file#"$counts"}" || return 1
	done &&
	quiet_lcov --capture \
		--directory "$out/src/module" --output-file "$dir/all.info" &&
	quiet_lcov --extract "$dir/all.info" "$out/src/module/*" \
		--output-file "$dir/ours.info" &&
	quiet_lcov --remove "$dir/ours.info" '*/module/test/*' '*/module/kunit/*' \
		'*/module/trace/*' --output-file "$dir/module.info"
}

# FILE LINES REACHED BRANCHES REACHED, one line for each file.
figures()
{
	awk -F '[:,]' -v from="$out/src/" '
	/^SF:/ { file = substr($0, 4 + length(from)); lines = hit = all = taken = 0 }
	/^DA:/ { lines++; if ($3 > 0) hit++ }
	/^BRDA:/ { all++; if ($5 != "-" && $5 > 0) taken++ }
	/^end_of_record/ { print file, lines, hit, all, taken }' \
		"$dir/module.info" | sort
}

# FILE:LINE:FUNCTION of every line that was not reached. Functions are as the source
# has them, since what is inlined everywhere is not among the compiler's.
unreached()
{
	awk -F '[:,]' -v from="$out/src/" -v top="$top/" '
	function read_names(path, line, n, name) {
		while ((getline line < path) > 0) {
			n++
			if (line ~ /^[a-z].*[(]/ && line !~ /;$/) {
				name = line
				sub(/[(].*/, "", name)
				sub(/.*[ *]/, "", name)
			}
			name_at[n] = name
		}
		close(path)
	}
	/^SF:/ { file = substr($0, 4 + length(from)); read_names(top file) }
	/^DA:/ && $3 == 0 { print file ":" $2 ":" name_at[$2 + 0] }' \
		"$dir/module.info" | sort -t : -k 1,1 -k 2,2n
}

# justified.txt: "FILE FUNCTION: REASON", then the lines that it is true of,
# indented, by their words. Prints FILE, FUNCTION, WORDS, REASON with tabs between.
justified()
{
	awk '
	/^#/ || /^$/ { next }
	/^[^ \t]/ {
		where = $1 "\t" $2; sub(/:$/, "", where)
		reason = $0; sub(/^[^ ]+ +[^ ]+ +/, "", reason)
		next
	}
	{ gsub(/^[ \t]+|[ \t]+$/, ""); gsub(/[ \t]+/, " ")
	  print where "\t" $0 "\t" reason }' "$here/justified.txt"
}

# FILE, LINE, FUNCTION, WORDS, REASON ("-" if there is none) of what was not reached.
explained()
{
	justified >"$dir/justified"
	unreached | while IFS=: read -r file line function; do
		printf '%s\t%s\t%s\t%s\n' "$file" "$line" "$function" \
			"$(sed -n "${line}p" "$top/$file" |
				sed 's/^[ \t]*//; s/[ \t]*$//; s/[ \t]\+/ /g')"
	done | awk -F '\t' -v OFS='\t' -v known="$dir/justified" '
	BEGIN {
		while ((getline line < known) > 0) {
			split(line, f, "\t")
			why[f[1], f[2], f[3]] = f[4]
		}
	}
	{ print $0, ($1, $3, $4) in why ? why[$1, $3, $4] : "-" }'
}

percent() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", b ? 100 * a / b : 100 }'; }

write()
{
	local file lines hit all taken line function words reason last=''

	cat <<-'END'
	# Coverage

	What the tests reach of `module/`, measured by gcov: `make coverage` runs the
	suite, the races, the failure sweep and the tests of the internals on a kernel
	that counts, and writes this page. What is a test itself is not counted, nor is
	`module/trace/`, since that kernel has no tracepoints.

	| file | lines | reached | branches | taken |
	|---|---:|---:|---:|---:|
	END
	while read -r file lines hit all taken; do
		printf '| %s | %d | %s %% | %d | %s %% |\n' "$file" "$lines" \
			"$(percent "$hit" "$lines")" "$all" \
			"$(percent "$taken" "$all")"
	done < <(figures)
	read -r lines hit all taken < <(figures |
		awk '{ l += $2; h += $3; a += $4; t += $5 }
			END { print l, h, a, t }')
	printf '| **all** | %d | **%s %%** | %d | **%s %%** |\n' "$lines" \
		"$(percent "$hit" "$lines")" "$all" "$(percent "$taken" "$all")"
	printf '\n## Not reached, and why\n'
	while IFS=$'\t' read -r file line function words reason; do
		[ "$file $function" = "$last" ] ||
			printf '\n%s, %s(): %s\n\n' "$file" "$function" "$reason"
		last="$file $function"
		# shellcheck disable=SC2016 # markdown
		printf '* `%s`\n' "$words"
	done < <(explained)
}

number=0 passed=0
point()
{
	number=$((number + 1))
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		printf '%-24s passed\n' "$1"
	else
		printf '%-24s FAILED\n' "$1"
		printf "    %s\n" "${2//$'\n'/$'\n'    }"
	fi
}

judge()
{
	local lines hit left

	capture || { point counts "there are none"; return; }

	read -r lines hit < <(figures |
		awk '{ l += $2; h += $3 } END { print l, h }')
	explained >"$dir/explained"
	say "$hit of $lines lines reached, $(percent "$hit" "$lines") %"
	point lines-reached "$([ $((hit * 100)) -ge $((lines * least)) ] ||
		echo "less than $least %")"
	point every-line-justified "$(awk -F '\t' '$5 == "-" {
		print $1 ":" $2 ": " $3 "(): " $4 }' "$dir/explained")"
	point every-reason-is-of-use "$(awk -F '\t' -v OFS='\t' '
		FNR == NR { missed[$1, $3, $4] = 1; next }
		!(($1, $2, $3) in missed) { print $1 ", " $2 "(): " $3 }' \
		"$dir/explained" "$dir/justified")"
	left=$(awk -F '\t' '$5 != "-"' "$dir/explained" | wc -l)
	point few-are-left-out "$([ $((left * 100)) -le $((lines * most)) ] ||
		echo "$left of $lines lines, more than $most %")"
}

verdict()
{
	say "$passed passed, $((number - passed)) failed, 0 skipped"
	[ $passed -eq $number ]
}

case ${1:-} in
check)
	"$vm/setup.sh" coverage && "$vm/setup.sh" check || exit
	"$vm/image.sh" "$IMAGE" || { say "0 passed, 1 failed, 0 skipped"; exit 1; }
	places
	point tests-pass "$(run || grep -aE 'FAILED|^[0-9]+ passed|^the ' "$dir/run.log")"
	judge
	verdict ;;
judge)
	places
	judge
	verdict ;;
write)	places
	capture && write >"$page.tmp" && mv "$page.tmp" "$page" ;;
*)	die "usage: coverage.sh check|judge|write" ;;
esac
