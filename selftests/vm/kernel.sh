# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Sourced by what builds kernels of its own out of Debian's source packages
# (kunit.sh, image.sh). A kernel is a folder beside its source, and stays there
# for modules to be built against.

# What other trees have built already is in $store, each as NAME-KEY: it comes there
# whole, by a rename, is not changed there, and goes when nobody has used it for a
# month.

# from_store NAME KEY DIR: false if it is not there.
from_store()
{
	local kept=$store/$1-$2

	[ -e "$kept" ] || return 1
	touch "$kept"
	rm -rf "$3"
	cp -a "$kept" "$3" || {
		rm -rf "$3"
		return 1
	}
}

# to_store NAME KEY DIR: that it cannot be kept is no fault.
to_store()
{
	local new=$store/.new-$1-$$

	{
		mkdir -p "$store" &&
		find "$store" -mindepth 1 -maxdepth 1 -mtime +30 \
			-exec rm -rf {} + &&
		cp -a "$3" "$new" && mv -T "$new" "$store/$1-$2"
	} 2>/dev/null || rm -rf "$new"
}

# unpack_source VERSION DIR TAR-ARGUMENT...: linux-source-VERSION, or what the
# arguments choose of it, into DIR/src.
unpack_source()
{
	local name=linux-source-$1 dir=$2

	shift 2
	mkdir -p "$dir/src" && cd "$dir" || return 1
	apt-get -q -o APT::Sandbox::User=root download "$name" || {
		apt-get -q update
		apt-get -q -o APT::Sandbox::User=root download "$name"
	} || return 1
	dpkg-deb --fsys-tarfile "$name"_*.deb |
		tar -xO "./usr/src/$name.tar.xz" | xz -dc -T0 |
		tar -x -C src --strip-components=1 --wildcards "$@"
	rm -f "$name"_*.deb
	[ -e src/Makefile ]
}

# missing_options FRAGMENT CONFIG: what the fragment asks for and the
# configuration does not have: dependencies drop options without a word.
missing_options()
{
	local line name

	while read -r line; do
		case $line in
		'# CONFIG_'*' is not set')
			name=${line#\# }
			grep -q "^${name%% *}=" "$2" && echo "$line" ;;
		CONFIG_*)
			grep -qxF "$line" "$2" || echo "$line" ;;
		esac
	done <"$1"
}

# build_kernel SOURCE DIR FRAGMENT TARGETS MAKE-ARGUMENT...: with exactly what
# the fragment asks for and what that needs, and ready for modules.
build_kernel()
{
	local source=$1 dir=$2 fragment=$3 targets=$4 missing

	shift 4
	mkdir -p "$dir"
	make -C "$source" O="$dir" "$@" \
		KCONFIG_ALLCONFIG="$fragment" allnoconfig || return 1
	missing=$(missing_options "$fragment" "$dir/.config")
	if [ -n "$missing" ]; then
		say "this kernel cannot have" "$missing"
		return 1
	fi
	# shellcheck disable=SC2086 # words
	make -C "$source" O="$dir" "$@" -j"$jobs" $targets \
		modules_prepare || return 1
	cp "$dir/vmlinux.symvers" "$dir/Module.symvers"
	# What modules need of it is not among these.
	find "$dir" \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' \) \
		! -path '*/scripts/*' ! -path '*/tools/*' -delete
	rm -f "$dir"/vmlinux "$dir"/vmlinux.unstripped "$dir"/.tmp_vmlinux*
}

# settle_in SOURCE DIR: a cache may have been copied from another tree, and only
# these name their place.
settle_in()
{
	grep -qx "include $1/Makefile" "$2/Makefile" ||
		echo "include $1/Makefile" >"$2/Makefile"
	ln -sfn "$1" "$2/source"
}
