#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh DIR: what is wrong with the patches of this tree, which are made in DIR: a file
# of the modules is in none, they do not apply to the kernel that is there, one after the
# other, or give something else than what was put together, or checkpatch has something
# to say. Silent if all is well.

. "$(dirname "$0")/../vm/common.sh"

to=${1:?usage: check.sh DIR}
clean=$store/checkpatch
checkpatch=(perl "$source/scripts/checkpatch.pl" --no-tree "--root=$to/tree" --strict
	--terse --no-summary --quiet --show-types)
# MAINTAINERS has the folders from the beginning; ENOTSUPP is what others may return,
# and never leaves. What is not asked of programs is as in lint.sh.
known=FILE_PATH_CHANGES,ENOTSUPP
programs=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,NEW_TYPEDEFS,ENOSYS
programs+=,CAMELCASE,MACRO_WITH_FLOW_CONTROL

complete()
{
	local file

	for file in $(cd "$top/module" && find . -name '*.[ch]' ! -path './kunit/*' \
			! -path './include/*' ! -name compat.h); do
		[ -e "$to/tree/drivers/misc/acall/$file" ] ||
			echo "module/${file#./} is in no patch"
	done
	for file in "$top"/uapi/linux/*.h; do
		[ -e "$to/tree/include/uapi/linux/${file##*/}" ] ||
			echo "${file##*/} is in no patch"
	done
}

applies()
{
	local here=$to/apply

	git -C "$to/tree" worktree prune
	git -C "$to/tree" worktree add -q -f --detach "$here" base
	git -C "$here" -c user.name=- -c user.email=- am -q \
		--whitespace=error "$to"/0*[1-9]*-*.patch
	git -C "$to/tree" diff --stat=80,70,5 "$(git -C "$here" rev-parse HEAD)" acall
}

# What checkpatch says of a patch depends on nothing else, and takes it long.
style()
{
	local patch=$1 types=$known key said

	[[ $patch != */*-selftests-* ]] || types+=,$programs
	key=$({
		sed '/^Date: /d' "$patch"
		cat "$source/scripts/"{checkpatch.pl,spelling.txt}
		echo "$types"
	} | sha256sum)
	key=$clean/${key%% *}
	[ ! -e "$key" ] || return 0
	said=$("${checkpatch[@]}" --ignore "$types" "$patch" 2>&1)
	if [ -n "$said" ]; then
		printf '%s\n' "$said" | sed "s|^$to/||"
	else
		mkdir -p "$clean" && touch "$key"
	fi
}

said=$("$top/selftests/patchset/patchset.sh" "$to" 2>&1) || {
	printf '%s\n' "$said"
	exit 1
}
complete
applies
cd "$to" || exit
for patch in "$to"/0*[1-9]*-*.patch; do
	style "$patch"
done
