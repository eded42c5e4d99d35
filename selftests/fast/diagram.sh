#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# diagram.sh check|make: Documentation/state.svg is the transition table of
# module/state.c, drawn. It carries the sum of the drawing's source, which the
# table makes, and of its own lines: so it is known to be right without graphviz,
# whose versions draw differently. make draws it anew.

. "$(dirname "$0")/../vm/common.sh"

svg=$top/Documentation/state.svg
out=$build/fast
mkdir -p "$out" || exit 1

sum()
{
	sha256sum | cut -d ' ' -f 1
}

source_of_drawing()
{
	gcc -std=gnu11 -Wall -Wextra -Werror -I"$top/uapi" -iquote "$top/module" \
		"$top/selftests/fast/state_dot.c" "$top/module/state.c" \
		-o "$out/state_dot" && "$out/state_dot"
}

# What a sum in the file says: claims WORD.
claims()
{
	sed -n "s/^<!-- $1: \([0-9a-f]*\) -->\$/\1/p" "$svg"
}

lines()
{
	grep -v '^<!-- lines: ' "$1" | sum
}

source_of_drawing >"$out/state.dot" || exit 1
table=$(sum <"$out/state.dot")
case ${1:-} in
check)
	[ -e "$svg" ] || die "no Documentation/state.svg"
	[ "$(claims table)" = "$table" ] ||
		die "state.svg is of another table: selftests/fast/diagram.sh make"
	[ "$(claims lines)" = "$(lines "$svg")" ] ||
		die "state.svg was changed by hand: selftests/fast/diagram.sh make"
	;;
make)
	command -v dot >/dev/null || die "no dot: apt-get install graphviz"
	{
		echo '<?xml version="1.0" encoding="UTF-8"?>'
		echo '<!-- SPDX-License-Identifier: GPL-2.0-only -->'
		echo "<!-- made by selftests/fast/diagram.sh from module/state.c -->"
		echo "<!-- table: $table -->"
		dot -Tsvg "$out/state.dot" | sed -n '/^<svg/,$p' |
			sed -e '/^<!--.*-->$/d' -e '/<title>.*<\/title>$/d' \
			-e 's/ font-family="[^"]*"/ font-family="Helvetica,Arial,sans-serif"/'
	} >"$out/state.svg"
	{
		cat "$out/state.svg"
		echo "<!-- lines: $(lines "$out/state.svg") -->"
	} >"$svg"
	;;
*)
	die "usage: diagram.sh check|make" ;;
esac
