#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lint.sh DIR USERSPACE: what is wrong with the manual, which is made in DIR, with the
# library and the command that were built in USERSPACE: its form, what it leaves out,
# what it says and is not so, examples that do not compile; and of README what it leads
# to. Silent if there is nothing.

set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
to=${1:?usage: lint.sh DIR USERSPACE}
user=${2:?usage: lint.sh DIR USERSPACE}
pages=$to/man/pages
examples=$top/userspace/examples

form()
{
	mandoc -T lint -W warning "$pages"/*
	lexgrog "$pages"/* | grep -v ': "[a-z_]* - ..*"$'
}

# The words of a page without what roff makes of them.
words()
{
	sed 's/\\f.//g' "$1" | grep -oE '[A-Za-z0-9_]+' | sort -u
}

# What a page refers to there is, if it is ours.
references()
{
	grep -oHE '\b(lib)?acall[a-z_]*(\\fP)? ?\([1-8]\)' "$pages"/* |
		sed -E 's|^.*/||; s/ |\\fP//g' | sort -u |
		awk -F'[:()]' 'NR == FNR { there[$0] = 1; next }
			!($2 "." $3 in there) {
				print $1 ": there is no " $2 "(" $3 ")" }' \
			<(cd "$pages" && ls) -
}

# Each function of the library has a page, and is in the list of all.
functions()
{
	local names

	names=$(sed -n 's/^\t\(acall_[a-z_]*\);/\1/p' \
		"$top/userspace/lib/libacall.map" | sort)
	comm -23 <(echo "$names") <(cd "$pages" && ls | sed -n 's/\.3$//p' | sort) |
		sed 's/$/: no page/'
	comm -23 <(echo "$names") <(words "$pages/libacall.3") |
		sed 's/^/libacall.3: no /'
}

# Operations, structures, constants and errors of the ABI are in acall(4).
abi()
{
	local headers=("$top"/uapi/linux/acall{,_queue,_file,_timer}.h)

	{
		grep -ohE '\b(ACALL_[A-Z0-9_]*[A-Z0-9]|acall_[a-z_]*[a-z])\b' \
			"${headers[@]}" | grep -vx ACALL_IOC_MAGIC
		grep -ohE '\bE[A-Z0-9]+\b' "${headers[@]}" | grep -Fxf \
			<(gcc -dM -E -include errno.h -x c /dev/null |
			  sed -n 's/^#define \(E[A-Z0-9]*\) .*/\1/p')
	} | sort -u | comm -23 - <(words "$pages/acall.4") | sed 's/^/acall.4: no /'
}

# The options of each verb are those that it says itself, no more and no fewer.
options()
{
	local verb said=() common

	section()
	{
		awk -v from="$1" '/^\.S[SH] / { on = index($0, from) == 1 } on' \
			"$pages/acall.1" | sed -n '/^\.TP/{n;p}' |
			grep -oE '(^|[ ,])\.?[BR ]*(\\-){1,2}[a-z][a-z\\-]*' |
			sed 's/.*[ ]//; s/\\//g' | sort -u
	}
	common=$(section ".SS Common options")
	mapfile -t said < <("$user/acall" --help | sed -nE "s/^  ([a-z]+)  .*/\1/p")
	[ ${#said[@]} -gt 0 ] || echo "acall --help names no verbs"
	for verb in "${said[@]}"; do
		grep -q "^\.SS acall $verb " "$pages/acall.1" || echo "acall.1: no $verb"
		"$user/acall" "$verb" --help | grep -E '^  -' |
			grep -oE '(^  |, )-{1,2}[a-z][a-z-]*' | sed 's/^[ ,]*//' |
			sort -u >"$to/said"
		section ".SS acall $verb " >"$to/written"
		comm -23 "$to/said" <(printf '%s\n' "$(cat "$to/written")" "$common" |
			sort -u) | sed "s/^/acall.1: $verb: not there: /"
		comm -13 "$to/said" "$to/written" |
			sed "s/^/acall.1: $verb: no such option: /"
	done
}

# Short enough to be read, and shown to do what they say.
short()
{
	local file

	for file in "$examples"/*.c "$examples"/provider/*.c; do
		[ "$(wc -l <"$file")" -le 60 ] || echo "${file##*/}: more than 60 lines"
		grep -q '^ \*	\$ ' "$file" || echo "${file##*/}: no session"
	done
}

# What the page on providers shows, piece by piece, is the example.
tutorial()
{
	local page=$top/Documentation/provider.rst

	pieces()
	{
		awk -v of="$1" '/^\.\. code-block:: / { on = $NF == of; n = 0; next }
			on && /^\t/ { print substr($0, 2); n++; next }
			on && $0 == "" && n { print; next }
			on && $0 != "" { on = 0 }' "$page" | cat -s
	}
	diff <(pieces c | sed '/./,$!d') \
		<(sed '1,/^ \*\//d' "$examples/provider/acall_primes.c"; echo)
	diff <(pieces make) <(sed '/^#/d' "$examples/provider/Kbuild"; echo)
}

# README's links lead somewhere, and the tests that it names are where it says.
readme()
{
	local readme=$top/README.md text file

	grep -oE '\]\([^)#]*\)' "$readme" | tr -d ']()' | grep -v '^http' |
		while read -r file; do
			[ -e "$top/$file" ] || echo "README.md: there is no $file"
		done
	sed -nE 's/^\|.*\[([^]]*)\]\(([^)]*)\) \|$/\1 \2/p' "$readme" |
		while read -r text file; do
			grep -qw "$text" "$top/$file" ||
				echo "README.md: no test $text in $file"
		done
}

# All that is made is installed.
installs()
{
	rm -rf "$to/root"
	make -s -C "$top/Documentation/man" O="$to/man" DESTDIR="$to/root" \
		prefix=/usr install || echo "make install fails"
	diff <(cd "$pages" && ls) \
		<(cd "$to/root/usr/share/man" && find . -type f -printf '%f\n' | sort)
}

"$here/build.sh" "$to" "$user/libacall.a"
form
references
functions
abi
options
short
tutorial
readme
installs
