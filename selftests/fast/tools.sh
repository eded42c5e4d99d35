#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tools.sh [cbmc|herd7|model]...: puts into build/cache/fast what is used but not
# to be had from this Debian's own suite:
#	cbmc	the model checker for C, as tools.lock says
#	herd7	the simulator of litmus tests, likewise
#	model	the kernel's memory model, from linux-source
# Packages of later suites are unpacked and run by their own loader, with a list
# of sources of their own: apt's configuration and the machine stay as they are.
# Exits with 4 and says why if something is not to be had.

. "$(dirname "$0")/../vm/common.sh"

fast=$top/selftests/fast
root=$cache/fast
apt=$root/apt
# What the provers are linked to, of the newest suite that one of them is from.
runtime="libc6/sid libgcc-s1/sid libstdc++6/sid libgmp10/sid zlib1g/sid"

unable()
{
	printf '%s\n' "$*"
	exit 4
}

later_apt() { apt_at "$apt" "$(dpkg --print-architecture)" "$@"; }

# The signatures are Debian's; the provers' own sums are tools.lock's.
update()
{
	apt_update "$apt" "$(dpkg --print-architecture)" trixie sid ||
		unable "no list of packages: $(grep -m 1 '^E:' \
			"$apt/update.log")"
}

# locked PACKAGE FIELD: from tools.lock; 2 = version, 4 = sum.
locked()
{
	awk -v package="$1" -v field="$2" '$1 == package { print $field }' \
		"$fast/tools.lock"
}

# get PACKAGE...: into the current folder. The C library of a later suite is
# nobody's business but the provers', so it is not pinned.
get()
{
	local package want=()

	for package in "$@"; do
		want+=("$package=$(locked "$package" 2)")
	done
	# shellcheck disable=SC2086 # a list
	later_apt apt-get download "${want[@]}" $runtime >get.log 2>&1 ||
		unable "cannot get ${want[*]}: $(grep -m 1 '^E:' get.log)"
	[ "$(dpkg --print-architecture)" = amd64 ] || return 0
	for package in "$@"; do
		echo "$(locked "$package" 4)  $(echo "${package}"_*.deb)"
	done | sha256sum --quiet -c - >sums.log 2>&1 ||
		unable "not what tools.lock says: $(cat sums.log)"
}

# unpack TOOL PATTERN PACKAGE...: $root/TOOL/run is then the prover.
unpack()
{
	local tool=$1 pattern=$2 deb
	local dir=$root/$tool tmp=$root/$tool.tmp

	shift 2
	[ ! -e "$dir/lock" ] || ! cmp -s "$dir/lock" "$fast/tools.lock" ||
		return 0
	update
	rm -rf "$dir" "$tmp"
	mkdir -p "$tmp"
	cd "$tmp" || exit 1
	get "$@"
	for deb in *.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x --wildcards \
			'./usr/lib*/*.so*' "./usr/bin/$tool" "$pattern" \
			>>unpack.log 2>&1
	done
	[ -x "usr/bin/$tool" ] || unable "$tool is not in its package"
	rm ./*.deb
	cat >run <<-END
	#!/bin/sh
	# What it starts itself (a compiler) gets this machine's libraries.
	cd=\$(cd "\$(dirname "\$0")" && pwd)
	exec "\$cd/$(echo usr/lib*/ld-linux*)" --library-path \\
		"\$cd/$(echo usr/lib/*-linux-gnu*):\$cd/usr/lib" \\
		"\$cd/usr/bin/$tool" "\$@"
	END
	chmod +x run
	cp "$fast/tools.lock" lock
	cd "$root" || exit 1
	mv "$tmp" "$dir"
	"$dir/run" --version >"$dir/version.log" 2>&1 ||
		"$dir/run" -version >"$dir/version.log" 2>&1 ||
		{ rm "$dir/lock"; unable "$tool: $(cat "$dir/version.log")"; }
}

# linux-source is what checkpatch is from already (../vm/fetch.sh).
memory_model()
{
	local dir=$root/model tmp=$root/model.tmp

	[ ! -e "$dir/linux-kernel.cat" ] || return 0
	if [ -e "$source/tools/memory-model/linux-kernel.cat" ]; then
		ln -sfn "../${source##*/}/tools/memory-model" "$dir"
		return
	fi
	rm -rf "$tmp"
	mkdir -p "$tmp"
	cd "$tmp" || exit 1
	apt-get -q -o APT::Sandbox::User=root download \
		"linux-source-$kversion" >get.log 2>&1 </dev/null ||
		unable "no linux-source: $(grep -m 1 '^E:' get.log)"
	dpkg-deb --fsys-tarfile linux-source-*.deb |
		tar -xO "./usr/src/linux-source-$kversion.tar.xz" |
		xz -dc -T0 | tar -x --strip-components=3 --wildcards \
		'linux-source-*/tools/memory-model/*.*'
	[ -e linux-kernel.cat ] || unable "no memory model in linux-source"
	rm ./*.deb
	rm -rf "$dir"
	cd "$root" && mv "$tmp" "$dir"
}

mkdir -p "$root" || exit 1
for what in "$@"; do
	case $what in
	cbmc)	(unpack cbmc ./none cbmc minisat) || exit ;;
	herd7)	(unpack herd7 './usr/share/herdtools7/herd/*' herdtools7) ||
			exit ;;
	model)	(memory_model) || exit ;;
	*)	die "usage: tools.sh [cbmc|herd7|model]..." ;;
	esac
done
