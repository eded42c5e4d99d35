#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# patchset.sh DIR [SOURCE]: this tree as patches for the kernel whose source is SOURCE
# (build/cache has enough of one), with a cover letter, into DIR, as git format-patch
# writes them. SOURCE is only read. Author is HEAD's, or AUTHOR="NAME <ADDRESS>".
#
# Kernels have no code for other kernels: what compat.h decides by what the headers of
# SOURCE have is decided here, and where that leaves nothing there is no compat.h. The
# unit tests of the internals, libacall and what is tested with it stay behind.

. "$(dirname "$0")/../vm/common.sh"
shopt -s nullglob

here=$top/selftests/patchset
module=$top/module
to=${1:?usage: patchset.sh DIR [SOURCE]}
from=${2:-$source}
mkdir -p "$to"
to=$(cd "$to" && pwd)
tree=$to/tree
changed='MAINTAINERS drivers/misc/Kconfig drivers/misc/Makefile
	tools/testing/selftests/Makefile Documentation/driver-api/index.rst
	Documentation/userspace-api/index.rst
	Documentation/userspace-api/ioctl/ioctl-number.rst'
author=${AUTHOR:-$(git -C "$top" log -1 --format='%an <%ae>' 2>/dev/null)}
[ -n "$author" ] || die "who is the author? AUTHOR='NAME <ADDRESS>'"
for tool in git unifdef; do
	command -v $tool >/dev/null || die "there is no $tool"
done
for file in $changed; do
	[ -e "$from/$file" ] || die "$from has no $file"
done

export GIT_AUTHOR_NAME=${author% <*} GIT_COMMITTER_NAME=${author% <*}
GIT_AUTHOR_EMAIL=${author##*<} GIT_AUTHOR_EMAIL=${GIT_AUTHOR_EMAIL%>}
GIT_AUTHOR_DATE=$(git -C "$top" log -1 --format=%ad 2>/dev/null || date)
export GIT_AUTHOR_DATE GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
export GIT_AUTHOR_EMAIL GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

in_tree() { git -C "$tree" "$@"; }

# decided NAME: -DNAME or -UNAME, as Kbuild would find it.
decided()
{
	local header word

	read -r header word < <(cat "$top"/module/Kbuild "$top"/module/*/Kbuild |
		sed -n "s/.*acall-has,\([a-z.]*\),\([a-z_]*\),$1).*/\1 \2/p")
	if [ -e "$from/include/linux/$header" ] &&
	   ! grep -qsw "$word" "$from/include/linux/$header"; then
		echo "-U$1"
	else
		echo "-D$1"
	fi
}

mapfile -t have < <(cat "$top"/module/Kbuild "$top"/module/*/Kbuild |
	sed -n 's/.*acall-has,.*,\(HAVE_[A-Z_]*\)).*/\1/p' | sort -u |
	while read -r name; do decided "$name"; done; echo -UACALL_VERSION)

# The compat.h files that are nothing but a guard, includes and comments then.
empty=
for file in "$top"/module/{,*/}compat.h; do
	unifdef "${have[@]}" "$file" | gcc -fpreprocessed -dD -E -P -x c - |
		grep -vqE '^#(ifndef|define) _ACALL|^#(include|endif)|^$' ||
		empty+=" $file "
done

# put FILE... FOLDER: into the tree, without what other kernels need.
put()
{
	local file folder=$tree/${*: -1} name compat

	mkdir -p "$folder"
	for file in "${@:1:$#-1}"; do
		name=$folder/${file##*/}
		# The one that it includes, if it does.
		compat=${file%/*}/compat.h
		[ -e "$compat" ] || compat=$module/compat.h
		if [[ $file != *.[ch] ]]; then
			cp "$file" "$name"
		elif [[ $empty != *" $compat "* ]]; then
			unifdef "${have[@]}" "$file" | cat -s >"$name"
		elif [ "$file" != "$compat" ]; then
			sed '/^#include "compat.h"$/d' "$file" | cat -s >"$name"
		fi
	done
}

# maintain PATTERN...: more files of ours, in the order of the alphabet.
maintain()
{
	local entry="$to/entry"

	printf '%s\n' "$@" | sed 's/^/F:\t/' >>"$to/files"
	{
		echo "ACALL (CANCELLABLE ASYNCHRONOUS CALLS)"
		printf 'M:\t%s\nL:\tlinux-kernel@vger.kernel.org\nS:\tMaintained\n' "$author"
		sort -u "$to/files"
		echo
	} >"$entry"
	awk -v entry="$entry" '
	/^ACALL \(/ { skip = 1 }
	skip && $0 == "" { skip = 0; next }
	skip { next }
	/^3C59X/ { list = 1 }
	list && !done && last == "" && /^[A-Z0-9]/ && $0 > "ACALL (" {
		while ((getline line <entry) > 0)
			print line
		done = 1
	}
	{ print; last = $0 }' "$tree/MAINTAINERS" >"$to/new" &&
		cat "$to/new" >"$tree/MAINTAINERS"
}

# patch SUBJECT: what was put, as one patch; its text is on stdin.
patch()
{
	local text

	text=$(fmt -w 72)
	in_tree add -A
	in_tree commit -q -s -m "$1" -m "$text" || die "cannot commit: $1"
}

# objects NAME: what Kbuild says that NAME is made of.
objects()
{
	awk -v name="$1-" '
	(index($0, name "y") == 1 || index($0, name "$") == 1) &&
		!/ (debug|kunit)\// { on = 1 }
	on { print }
	!/\\$/ { on = 0 }' "$2"
}

# makefile NAME OPTION KBUILD: of the module of that name.
makefile()
{
	local name=$1 option=$2 kbuild=$3

	echo '# SPDX-License-Identifier: GPL-2.0-only'
	printf 'obj-$(CONFIG_%s) += %s.o\n\n' "$option" "$name"
	objects "$name" "$kbuild"
}

# before TEXT FILE: stdin goes before the first line that has it.
before()
{
	local new=$to/new

	cat >"$to/insert"
	awk -v text="$1" -v insert="$to/insert" '
	!done && index($0, text) {
		while ((getline line <insert) > 0)
			print line
		done = 1
	}
	{ print }
	END { exit !done }' "$2" >"$new" || die "${2#"$tree"/} has no line with $1"
	cat "$new" >"$2"
}

# Of somebody else's files none is taken away.
[ -e "$tree/.git" ] || [ -z "$(ls -A "$to")" ] || die "$to is not empty"
rm -rf "$tree" "$to"/[0-9]*.patch "$to"/{apply,files}
mkdir -p "$tree"
for file in $changed; do
	install -D -m 644 "$from/$file" "$tree/$file"
done
in_tree init -q -b base
in_tree add -A
in_tree commit -q -m base
in_tree checkout -q -b acall
# shellcheck source=series.sh
. "$here/series.sh"
in_tree format-patch -q --zero-commit --no-signature --cover-letter --base=base -o "$to" base ||
	die "cannot format the patches"
cover
rm -f "$to"/{new,insert,entry,files}
echo "$(find "$to" -maxdepth 1 -name '*.patch' | wc -l) files in $to," \
	"for git am on ${from#"$top"/}"
