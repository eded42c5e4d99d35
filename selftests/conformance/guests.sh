# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Sourced by what changes the modules and tests each change in a guest: copies of
# the tree in $dir/N, one for each of $guests, and workers that take what is to be
# tried from a list.

# make_copy N PART...: one copy of the tree for each guest; the test programs are
# those of the tree, or of the folder $programs.
make_copy()
{
	local to=$dir/$1/tree shared

	# Where a debug build's programs are, too.
	shared=$(readlink -f "$out/selftests")
	shared=$to/build/$(basename "${shared%/*}")
	mkdir -p "$shared"
	rm -rf "$to"/{Kbuild,Makefile,module,uapi,selftests,userspace}
	cp -a "$top"/{Kbuild,Makefile,module,uapi,selftests} "$to" &&
		install -d "$to/userspace/examples" &&
		cp -a "$top/userspace/examples/provider" \
			"$to/userspace/examples" &&
		ln -sfn "$cache" "$to/build/cache" &&
		ln -sfn "${programs:-$out/selftests}" "$shared/selftests" &&
		build_copy "$@"
}

# build_copy N PART...: the sources' times are their own, so only what differs
# from what was built before is built again.
build_copy()
{
	local to=$dir/$1/tree

	shift
	"$to/selftests/vm/build.sh" modules "$@" >"$to/../build.log" 2>&1 \
		</dev/null
}

# What a failed run has said stays.
keep()
{
	mkdir -p "$dir/kept"
	cat "$dir/$1"/run.log "$dir/$1"/run.err >"$dir/kept/$2" 2>/dev/null
}

# One guest after the other, each with what nobody has taken yet: its fields, of
# which the first is its number, are take's.
worker()
{
	local n=$1 line field

	while IFS= read -r line; do
		IFS=$'\t' read -r -a field <<<"$line"
		mkdir "$dir/taken/${field[0]}" 2>/dev/null || continue
		take "$n" "${field[@]}"
	done <"$2"
}

# all_workers LIST: prints the verdicts as they come.
all_workers()
{
	local n pids=()

	rm -rf "$dir/taken"
	mkdir -p "$dir/taken"
	for ((n = 1; n <= guests; n++)); do
		worker $n "$1" &
		pids+=($!)
	done
	wait "${pids[@]}"
}
