#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh: is the ABI still what abi.txt says? Compiles, runs nothing; ends with
# "N passed, N failed, N skipped".
# check.sh update: writes abi.txt anew, if what programs rely on stays.
#
# Of the headers abi.txt has every structure with its size, every field with
# offset, size and type, every enumerator, constant, string and ioctl number. One
# table holds for every machine (R-ABI), so it is compiled as assertions for each.
# A table that does not name something of a header is wrong too.

set -u
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
uapi=$(cd "$here/../../uapi" && pwd)
table=$here/abi.txt
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0 skipped=0

# Debian's name and the compiler's.
machines='amd64:x86_64-linux-gnu i386:i686-linux-gnu arm64:aarch64-linux-gnu
	armhf:arm-linux-gnueabihf s390x:s390x-linux-gnu
	riscv64:riscv64-linux-gnu'

# acall.h first, which the others may include.
headers()
{
	(cd "$uapi" && ls linux/acall.h linux/acall_*.h)
}

# check NAME COMMAND...: what the command prints are the faults.
check()
{
	local name=$1 rc

	shift
	"$@" >"$tmp/log" 2>&1 </dev/null
	rc=$?
	if [ $rc -eq 4 ]; then
		skipped=$((skipped + 1))
		printf '%-20s skipped: %s\n' "$name" "$(cat "$tmp/log")"
	elif [ $rc -ne 0 ] || [ -s "$tmp/log" ]; then
		failed=$((failed + 1))
		printf '%-20s FAILED\n' "$name"
		head -n 60 "$tmp/log" | sed 's/^/    /'
	else
		passed=$((passed + 1))
		printf '%-20s passed\n' "$name"
	fi
}

have_clang()
{
	command -v clang >/dev/null && return
	echo "no clang"
	return 4
}

# The kernel's own headers for machine $1: those of its cross packages if they
# are installed, else the generic ones, which all of these machines use for the
# types and for the ioctl numbers.
asm_headers()
{
	local dir=/usr/$1/include name

	if [ -d "$dir/asm" ] && [ -d "$dir/linux" ]; then
		echo "-isystem $dir"
		return
	fi
	mkdir -p "$tmp/shim/asm"
	for name in types posix_types ioctl bitsperlong; do
		echo "#include <asm-generic/$name.h>" >"$tmp/shim/asm/$name.h"
	done
	echo "-isystem $tmp/shim -isystem /usr/include"
}

# What header $1 defines, without values: the beginnings of the table's lines.
names()
{
	local clang=(clang -I"$uapi" -fno-color-diagnostics -x c)

	echo "#include <$1>" >"$tmp/one.c"
	"${clang[@]}" -fsyntax-only -Xclang -fdump-record-layouts-complete \
		"$tmp/one.c" | awk '
		{ bar = index($0, "| "); text = substr($0, bar + 2) }
		text ~ /^(struct|union) acall/ {
			name = text; sub(/^[a-z]+ /, "", name)
			print "struct", name; next
		}
		text ~ /^  [^ ]/ && name {
			sub(/^ +/, "", text)
			field = text; sub(/.* /, "", field)
			sub(/ [^ ]*$/, "", text)
			print "field", name "." field, text; next
		}
		text !~ /^  / { name = "" }'
	"${clang[@]}" -fsyntax-only -Xclang -ast-dump "$tmp/one.c" | awk '
		/EnumDecl / { name = $NF }
		/EnumConstantDecl / && / ACALL_/ {
			print "enumerator", $(NF - 1), name }'
	"${clang[@]}" -dM -E "$tmp/one.c" | awk '
		$2 !~ /^ACALL_[A-Z0-9_]+$/ { next }
		$3 ~ /^"/ { print "string", $2; next }
		$2 ~ /_IOC_/ && $2 !~ /MAGIC/ { print "ioctl", $2; next }
		{ print "constant", $2 }' | sort
}

# The same of all headers, each name once, under the header it came from.
all_names()
{
	local header

	for header in $(headers); do
		echo "header $header"
		names "$header"
	done | awk '!seen[$1, $2]++'
}

# Lines of the table without what is a value.
table_names()
{
	awk '$1 == "header" { print; next }
		$1 == "field" { print $1, $2, $5 $6 $7; next }
		$1 == "enumerator" { print $1, $2, $4; next }
		/^[a-z]/ { print $1, $2 }' "$table"
}

complete()
{
	have_clang || return
	diff <(table_names) <(all_names | awk '
		$1 == "field" { print $1, $2, $3 $4 $5; next } 1') |
		sed -n 's/^</only in abi.txt:  /p; s/^>/only in the headers:/p'
}

# No holes that differ between machines, nor any that could leak (R-LEAK).
tight()
{
	awk '
	function over(n) { if (end != n) print name ": " n " bytes, fields " end }
	$1 == "struct" { if (name) over(size); name = $2; size = $3; end = 0 }
	$1 == "field" {
		if ($3 != end)
			print $2 ": at " $3 ", the one before ends at " end
		if ($5 ~ /^__[us]64$/ && $3 % 8)
			print $2 ": not on its own boundary"
		end = $3 + $4
	}
	END { over(size) }' "$table"
}

# The table as C: it compiles if it is true.
assertions()
{
	headers | sed 's/.*/#include <&>/'
	awk '
	function must(what) { printf "_Static_assert(%s, \"%s\");\n", what, $2 }
	$1 == "struct" { must("sizeof(struct " $2 ") == " $3) }
	$1 == "field" {
		split($2, part, ".")
		what = "((struct " part[1] " *)0)->" part[2]
		type = $5 ($6 ? " " $6 : "")
		must("__builtin_offsetof(struct " part[1] ", " part[2] \
		     ") == " $3)
		if (type !~ /\[\]$/)
			must("sizeof(" what ") == " $4)
		must("__builtin_types_compatible_p(__typeof__(" what "), " \
		     type ")")
	}
	$1 == "enumerator" || $1 == "constant" || $1 == "ioctl" {
		must("(" $2 ") == " $3) }
	$1 == "string" { must("!__builtin_strcmp(" $2 ", \"" $3 "\")") }
	' "$table"
}

holds_on()
{
	have_clang || return
	assertions >"$tmp/assert.c"
	# shellcheck disable=SC2046 # several words
	clang --target="$1" -std=gnu11 -Wall -Wextra -fsyntax-only \
		-fno-color-diagnostics -nostdlibinc -I"$uapi" \
		$(asm_headers "$1") "$tmp/assert.c"
}

# gcc for the machines that it can compile for here.
holds_in_gcc()
{
	local word

	assertions >"$tmp/assert.c"
	for word in -m64 -m32; do
		echo | gcc $word -E -include linux/types.h - >/dev/null 2>&1 ||
			continue
		gcc $word -std=gnu11 -Wall -Wextra -fsyntax-only -I"$uapi" \
			"$tmp/assert.c"
	done
}

# Each header alone, twice. C89 knows neither long long nor a comma behind the
# last enumerator nor an array without a size, and the kernel's own headers have
# all three; nothing else is let pass.
alone()
{
	local std=$1 header file lang=c

	[ "$std" != c++17 ] || lang=c++
	for header in $(headers); do
		file=$tmp/alone.$lang
		printf '#include <%s>\n#include <%s>\nint alone;\n' \
			"$header" "$header" >"$file"
		gcc -x $lang -std="$std" -Wall -Wextra -Werror -fsyntax-only \
			-I"$uapi" "$file"
		command -v clang >/dev/null || continue
		clang -x $lang -std="$std" -Wall -Wextra -pedantic -Werror \
			-Wno-c99-extensions -Wno-long-long -fsyntax-only \
			-fno-color-diagnostics -I"$uapi" "$file"
	done
}

# The table as the headers are now. Runs a program on this machine.
actual()
{
	{
		echo '#include <stddef.h>'
		echo '#include <stdio.h>'
		headers | sed 's/.*/#include <&>/'
		echo 'int main(void) {'
		all_names | awk '
		function line(fmt, args) {
			printf "printf(\"%s\\n\"%s);\n", fmt, args }
		$1 == "header" { line("\\n" $0, "") }
		$1 == "struct" {
			line($0 " %zu", ", sizeof(struct " $2 ")") }
		$1 == "field" {
			split($2, part, ".")
			type = $3 ($4 ? " " $4 : "")
			at = ", offsetof(struct " part[1] ", " part[2] ")"
			if (type ~ /\[\]$/)
				line($1 " " $2 " %zu 0 " type, at)
			else
				line($1 " " $2 " %zu %zu " type, at \
				     ", sizeof(((struct " part[1] " *)0)->" \
				     part[2] ")")
		}
		$1 == "enumerator" {
			line($1 " " $2 " %d " $3, ", (int)" $2) }
		$1 == "constant" {
			line($0 " %llu", ", (unsigned long long)" $2) }
		$1 == "ioctl" { line($0 " %#x", ", (unsigned int)" $2) }
		$1 == "string" { line($0 " %s", ", " $2) }'
		echo 'return 0; }'
	} >"$tmp/actual.c"
	gcc -I"$uapi" -o "$tmp/actual" "$tmp/actual.c" && "$tmp/actual"
}

# What may not be done to table $1 to make it $2. Lines may be added, a structure
# may get longer, and what was reserved may get a name. The test interface is
# promised to nobody.
compatible()
{
	awk '
	$2 ~ /^(acall_test|ACALL_TEST)/ || $2 ~ /\.__reserved/ { next }
	NR == FNR { if (/^[a-z]/) old[$1, $2] = $0; next }
	{ is[$1, $2] = $0 }
	END {
		for (key in old) {
			if (is[key] == old[key])
				continue
			split(old[key], was)
			split(is[key], now)
			if (was[1] == "struct" && now[3] > was[3])
				continue
			print "was: " old[key] "; is: " \
				(is[key] ? is[key] : "gone")
		}
	}' "$1" "$2" | sort
}

update()
{
	have_clang || exit
	{
		echo '# SPDX-License-Identifier: GPL-2.0-only'
		echo '# The frozen ABI; see check.sh. A number here never' \
			'changes; what is new is added by check.sh update.'
		actual
	} >"$tmp/table" || exit 1
	if [ -e "$table" ] && [ -n "$(compatible "$table" "$tmp/table")" ]; then
		echo "this would break programs:" >&2
		compatible "$table" "$tmp/table" >&2
		exit 1
	fi
	cp "$tmp/table" "$table"
}

case ${1:-check} in
update)
	update
	exit ;;
check) ;;
*)
	echo "usage: check.sh [update]" >&2
	exit 2 ;;
esac

check abi-complete complete
check abi-no-holes tight
for machine in $machines; do
	check "abi-${machine%%:*}" holds_on "${machine#*:}"
done
check abi-gcc holds_in_gcc
for std in c89 c11 c++17; do
	check "header-$std" alone $std
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
