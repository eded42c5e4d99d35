#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# page.sh: is every function and code of libacall_com.h on Documentation/com.md, and
# nothing that is not there; and does the library export just its functions? Prints
# what is not so.

cd "$(dirname "$0")/../.." || exit 1
com=userspace/com
header=$com/include/libacall_com.h

# A name that ends in "(": of a function, or of a macro that takes something.
functions() { grep -oE '\bacall_com_[a-z_]+\(' "$@" | tr -d '(' | sort -u; }
codes() { grep -oE '\b(RPC|CO|E|S)_[A-Z_]+\b' | sort -u; }

# compare WHAT FILE FILE: lines that only one of both has.
compare()
{
	comm -23 "$2" "$3" | sed "s|\$|: $1|"
}

declared=$(mktemp) mapped=$(mktemp) exported=$(mktemp) have=$(mktemp) said=$(mktemp)
trap 'rm -f "$declared" "$mapped" "$exported" "$have" "$said"' EXIT
# A declaration begins its line, but for its type.
grep -E '^[a-z_0-9]+ .*\bacall_com_[a-z_]+\(|^acall_com_' "$header" |
	grep -oE '\bacall_com_[a-z_]+\(' | tr -d '(' | sort -u >"$declared"
functions -h Documentation/com.md >"$mapped"
grep -oE '\bacall_com_[a-z_]+;' $com/libacall-com.map | tr -d ';' |
	sort -u >"$exported"
compare "in $header, not in Documentation/com.md" "$declared" "$mapped"
compare "in Documentation/com.md, not in $header" "$mapped" "$declared"
compare "in $header, not in $com/libacall-com.map" "$declared" "$exported"
compare "in $com/libacall-com.map, not in $header" "$exported" "$declared"
grep -oE '^#define ACALL_COM_(RPC|CO|E|S)_[A-Z_]+' "$header" |
	sed 's/.*ACALL_COM_//' | sort >"$have"
sed -n '/^## Codes/,$p' Documentation/com.md | codes >"$said"
compare "in $header, not in the table of codes" "$have" "$said"
compare "in the table of codes, not in $header" "$said" "$have"
