#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# build.sh DIR LIBACALL: the manual into DIR/man, and what its examples, those of
# userspace/examples and of Documentation/provider.rst are into DIR/NAME, each a
# folder: programs that are compiled without a warning and linked with LIBACALL, and
# the session that runs them.

set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
shopt -s nullglob
to=${1:?usage: build.sh DIR LIBACALL}
lib=${2:?usage: build.sh DIR LIBACALL}
flags=(-std=gnu11 -O1 -pthread -Wall -Wextra -Werror
	-I"$top/userspace/lib/include" -I"$top/uapi")
failed=0 known=" man "

# extract FILE NAME: only what has changed is compiled again.
extract()
{
	local file=$1 name=$2

	rm -rf "$to/.new" && mkdir "$to/.new" || exit 1
	awk -v to="$to/.new" -f "$here/extract.awk" "$file" || failed=1
	case $file in
	*/examples/provider/*) ;;
	*/examples/*.c) cp "$file" "$to/.new" ;;
	esac
	(cd "$to/.new" && sha256sum -- *) >"$to/.sums" 2>/dev/null || return
	known+=" $name "
	cmp -s "$to/.sums" "$to/$name/.sums" && return
	rm -rf "${to:?}/$name"
	mv "$to/.new" "$to/$name" && mv "$to/.sums" "$to/$name"
}

compile()
{
	local program=${1%.c}

	[ "$program" -nt "$1" ] && [ "$program" -nt "$lib" ] ||
		"${CC:-gcc}" "${flags[@]}" -o "$program" "$1" "$lib" || failed=1
}

mkdir -p "$to"
make -s -C "$top/Documentation/man" O="$to/man" || exit 1
for page in "$to"/man/pages/*; do
	name=${page##*/}
	extract "$page" "${name//./_}"
done
for file in "$top"/userspace/examples/{,provider/}*.c; do
	name=${file##*/}
	extract "$file" "example_${name%.c}"
done
extract "$top/Documentation/provider.rst" provider
rm -rf "$to/.new" "$to/.sums"
for file in "$to"/*; do
	[[ $known == *" ${file##*/} "* ]] || rm -rf "$file"
done
for file in "$to"/*/*.c; do
	compile "$file"
done
exit $failed
