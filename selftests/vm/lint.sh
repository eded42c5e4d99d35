#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# lint.sh: the static checks. A checker that says anything has failed; each is
# one test of the closing line "N passed, N failed, N skipped".

. "$(dirname "$0")/common.sh"

"$vm/setup.sh" lint || exit
use_kernel
out=$out-lint			# built anew, so that every warning comes again
rm -rf "$out"
mkdir -p "$out" || exit 1
cd "$top" || exit 1
passed=0 failed=0 skipped=0

# check NAME FUNCTION: what the function prints are the faults.
check()
{
	local log=$out/$1.log

	"$2" >"$log" 2>&1 </dev/null
	if [ $? -eq 4 ]; then
		skipped=$((skipped + 1))
		printf '%-20s skipped: %s\n' "$1" "$(cat "$log")"
	elif [ -s "$log" ]; then
		failed=$((failed + 1))
		printf '%-20s FAILED\n' "$1"
		head -n 100 "$log" | sed 's/^/    /'
	else
		passed=$((passed + 1))
		printf '%-20s passed\n' "$1"
	fi
}

# Our files by the beginning and the end of their names.
files()
{
	find Kbuild Makefile .ci module uapi userspace selftests \
		-type f ! -name '.*' "$@" | sort
}

# What checkpatch says of one of our files depends on nothing else, and takes it a second:
# those of which it said nothing are remembered by what they are, in the user's cache.
clean=$store/checkpatch

# unclean FILES COMMAND...: what COMMAND -f FILE... says of those that are not known.
unclean()
{
	local files=$1 file key said fresh=() keys=()

	shift
	said=$(cat "$source/scripts/"{checkpatch.pl,spelling.txt} | sha256sum)
	said+=" ${*:2}"
	mkdir -p "$clean"
	for file in $files; do
		key=$(printf '%s\n' "$said" "$file" | cat - "$file" | sha256sum)
		key=$clean/${key%% *}
		[ -e "$key" ] || {
			fresh+=("$file")
			keys+=("$key")
		}
	done
	[ ${#fresh[@]} -gt 0 ] || return 0
	said=$(perl "$@" -f "${fresh[@]}" 2>&1)
	if [ -n "$said" ]; then
		printf '%s\n' "$said"
	else
		touch "${keys[@]}"
	fi
}

# checkpatch leaves a cache where it runs: not in the source tree. What it asks
# of the kernel's own code (types, macros, typedefs, what ENOSYS means there) is
# not asked of programs, and a test's name says BEGINs if the contract does.
style()
{
	local check=("$source/scripts/checkpatch.pl" --no-tree --root=. --strict
		--terse --no-summary --quiet --show-types)
	local types=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO
	types+=,NEW_TYPEDEFS,ENOSYS,CAMELCASE,MACRO_WITH_FLOW_CONTROL

	mkdir -p "$out/style/include"
	cp -R module uapi userspace selftests Documentation "$out/style"
	cd "$out/style" || return
	find . -name '.?*' -type f -delete
	# shellcheck disable=SC2046 # names without spaces
	{
		unclean "$(find module uapi -name '*.[ch]')" "${check[@]}"
		unclean "$(find selftests userspace Documentation -name '*.[ch]')" \
			"${check[@]}" --ignore "$types"
	}
	cd "$top" || return
}

# The mirror that the modules are built in is not to be seen in messages.
modules()
{
	local name file

	mkdir -p "$out/src"
	cp -R Kbuild module uapi "$out/src"
	find "$out/src" -type f ! -name '*.[chS]' ! -name Kbuild -delete
	make -s -C "$kdir" -j"$jobs" M="$out/src" KBUILD_MODPOST_NOFINAL=1 \
		C=2 W=1 modules 2>&1 | sed "s|$out/src/||"
	"$vm/headers.sh" "$out/headers" "$out/src"
	for file in selftests/sample selftests/canary userspace/examples/provider; do
		name=${file##*/}
		mkdir -p "$out/$name"
		cp "$file/"{Kbuild,acall_*.c} "$out/$name"
		make -s -C "$kdir" M="$out/$name" ACALL="$out/headers" \
			KBUILD_EXTRA_SYMBOLS="$out/headers/Module.symvers" \
			KBUILD_MODPOST_NOFINAL=1 C=2 W=1 modules 2>&1 |
			sed "s|$out/$name/||"
	done
}

userspace()
{
	mkdir -p "$out/userspace" "$out/selftests"
	make -s -C userspace -j"$jobs" O="$out/userspace" >/dev/null
	make -s -C selftests -j"$jobs" OUTPUT="$out/selftests" \
		LIBACALL="$out/userspace/libacall.a" LINK=: \
		KSFT="$source/tools/testing/selftests" >/dev/null
}

manual()
{
	selftests/manual/lint.sh "$out/manual" "$out/userspace"
}

patchset()
{
	selftests/patchset/check.sh "$out/patchset"
}

# Each public header stands alone.
headers()
{
	local file

	for file in $(files -path '*uapi/linux/*.h') \
		    $(files -path 'userspace/*/include/*.h'); do
		# What wraps it for GLib is nothing where there is none.
		[[ $file != *glib* ]] || pkg-config --exists gio-unix-2.0 ||
			continue
		# shellcheck disable=SC2046 # words
		gcc -std=gnu11 -Wall -Wextra -Wpedantic -fsyntax-only \
			-Iuapi -Iuserspace/lib/include \
			$([[ $file != *glib* ]] ||
				pkg-config --cflags gio-unix-2.0) \
			-x c "$file"
	done
}

# The page for who knows COM is of the header.
com_page() { selftests/com/page.sh; }

# Names, and of the module that is installed all types. Nothing is written beside it.
python()
{
	# shellcheck disable=SC2046
	pyflakes3 $(files -name '*.py')
	PYTHONDONTWRITEBYTECODE=1 mypy --strict --no-error-summary --cache-dir /dev/null \
		userspace/python/acall
}

# Comments of the public headers say what kernel-doc can read.
kernel_doc()
{
	# shellcheck disable=SC2046
	perl "$kdir/scripts/kernel-doc" -none -Werror \
		$(files -path '*include/*.h') $(files -path '*uapi/*.h')
}

spdx()
{
	files ! -name '*.md' ! -name '*.txt' | while read -r file; do
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: ' ||
			echo "$file: no SPDX line"
	done
}

# Rules of the tree: no file over 800 lines, no folder over 25 files, and few words
# on what kernels have not in common.
size()
{
	# shellcheck disable=SC2046
	wc -l $(files) | awk '$2 != "total" && $1 > 800 {
		print $2 ": " $1 " lines" }'
	awk 'END { if (NR >= 80) print FILENAME ": " NR " lines" }' module/compat.h
	files -printf '%h\n' | sort | uniq -c |
		awk '$1 > 25 { print $2 ": " $1 " files" }'
}

shell()
{
	if ! command -v shellcheck >/dev/null; then
		echo "no shellcheck"
		return 4
	fi
	# shellcheck disable=SC2046
	shellcheck -x -P SCRIPTDIR -S warning -f gcc .ci/run $(files -name '*.sh') \
		"$vm/init"
}

logged "$out/fetch.log" "$vm/fetch.sh" source headers || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
check checkpatch style
check sparse+W=1 modules
check warnings userspace
check manual manual
check patchset patchset
check headers headers
check kernel-doc kernel_doc
check com.md com_page
check python python
check SPDX spdx
check sizes size
check shellcheck shell
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
