#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# fetch.sh [kernel|headers|source]...: puts into build/cache what is used but not
# installed:
#	kernel	the stock kernel image and the few of its modules that the guest
#		needs, and base.cpio, the guest's root without our own parts
#	headers	of a kernel whose headers are not installed
#	source	checkpatch, the kselftest headers, and what a patch that adds a driver
#		changes, from linux-source
# What is there already is not fetched again.

. "$(dirname "$0")/common.sh"

# Stock modules for the guest, with all they depend on; folders or modules.
wanted="crypto arch/x86/crypto lib drivers/virtio/virtio_pci
	drivers/block/virtio_blk drivers/block/loop drivers/char/virtio_console
	drivers/md/dm-mod drivers/md/dm-flakey drivers/scsi/sd_mod
	drivers/scsi/scsi_debug fs/ext4 fs/overlayfs fs/fuse fs/xfs fs/btrfs
	fs/nfs/nfs fs/nfs/nfsv4 fs/nfsd"

# Downloads a package without installing it; $1 = package, cwd = where to.
download()
{
	local log=$cache/download.log

	if [ -n "$suite" ]; then
		other_apt apt-get download "$1" >"$log" 2>&1 && return
		tail -n 3 "$log" >&2
		die "cannot download $1"
	fi
	# apt's own user may not write here: be plain about running as root.
	set -- apt-get -q -o APT::Sandbox::User=root download "$1"
	"$@" >"$log" 2>&1 && return
	if [ "$(id -u)" -eq 0 ]; then
		apt-get -q update >>"$log" 2>&1
		"$@" >>"$log" 2>&1 && return
	fi
	cat "$log" >&2
	die "cannot download ${*: -1}; other kernels: make KERNEL=RELEASE"
}

# copy_modules FROM TO: the wanted modules and their dependencies.
copy_modules()
{
	local from=$1 to=$2

	depmod -b "${from%/lib/modules/*}" "$krel"
	for path in $wanted; do
		grep -E "^kernel/$path(/|\.ko)" "$from/modules.dep"
	done | tr -d : | tr ' ' '\n' | sort -u | while read -r path; do
		[ -z "$path" ] || install -D -m 644 "$from/$path" "$to/$path"
	done
	# Newer kernels have them compressed, busybox wants them plain.
	find "$to" -name '*.ko.xz' -exec xz -d {} +
	cp "$from"/modules.order "$from"/modules.builtin* "$to"
	depmod -b "${to%/lib/modules/*}" "$krel"
}

# The guest's busybox; this machine's, which is the same, knows all its names.
guest_busybox()
{
	if [ -z "$cross" ]; then
		command -v busybox
		return
	fi
	(download busybox-static) || exit 1
	dpkg-deb -x busybox-static_*.deb busybox || exit 1
	rm busybox-static_*.deb
	echo "$PWD/busybox/bin/busybox"
}

# The guest's root: busybox under all its names, and the stock modules.
make_base()
{
	local root=$1 busybox name

	busybox=$(guest_busybox) || exit 1
	mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,mnt,run,root,lib64,usr}
	ln -s bin "$root/sbin"
	ln -s ../bin "$root/usr/bin"
	ln -s ../bin "$root/usr/sbin"
	cp "$busybox" "$root/bin/busybox"
	busybox --list | while read -r name; do
		[ "$name" = busybox ] || ln -s busybox "$root/bin/$name"
	done
	cat >"$root/etc/passwd" <<-END
	root:x:0:0:root:/root:/bin/sh
	nobody:x:65534:65534:nobody:/:/bin/sh
	END
	cat >"$root/etc/group" <<-END
	root:x:0:
	nogroup:x:65534:
	END
	(cd "$root" && find . | cpio -o -H newc -R +0:+0 --quiet)
}

# unpack_package OLD: here; OLD may have the packages still. Newer kernels are in
# several of them.
unpack_package()
{
	local deb

	mkdir package
	cp "$1"/linux-*.deb . 2>/dev/null ||
		download "linux-image-$krel"
	if dpkg-deb -f linux-image-*.deb Depends | grep -q linux-modules &&
	   [ ! -e "$(echo linux-modules-*.deb)" ]; then
		download "linux-base-$krel"
		download "linux-binary-$krel"
		download "linux-modules-$krel"
	fi
	for deb in linux-*.deb; do
		dpkg-deb -x "$deb" package || exit 1
	done
	if [ -d package/usr/lib/modules ]; then
		mkdir -p package/lib
		mv package/usr/lib/modules package/lib
	fi
	mv "package/boot/vmlinuz-$krel" vmlinuz 2>/dev/null ||
		mv "package/lib/modules/$krel/vmlinuz" vmlinuz ||
		die "linux-image-$krel has no vmlinuz"
	mv "package/boot/config-$krel" config 2>/dev/null ||
		cp "$kdir/.config" config || exit 1
	copy_modules "package/lib/modules/$krel" "root/lib/modules/$krel"
}

# An own kernel has nothing that is a module.
take_image()
{
	local lib=root/lib/modules/$krel

	mkdir -p "$lib"
	cp "$kdir/arch/x86/boot/bzImage" vmlinuz &&
		cp "$kdir/.config" config &&
		cp "$kdir"/modules.builtin* "$lib" || exit 1
	: >"$lib/modules.order"
	depmod -b root "$krel"
}

# The package stays, so that its parts can be made anew without the mirror.
fetch_kernel()
{
	local dir=$cache/kernel-$krel tmp

	if [ -e "$dir/base.cpio" ] &&
	   [ "$dir/base.cpio" -nt "$(command -v busybox)" ] &&
	   [ "$dir/base.cpio" -nt "$kdir/Module.symvers" ] &&
	   [ "$dir/base.cpio" -nt "$vm/fetch.sh" ]; then
		return
	fi
	tmp=$dir.tmp
	rm -rf "$tmp"
	mkdir -p "$tmp/root"
	cd "$tmp" || exit 1
	if [ -n "${IMAGE:-}" ]; then
		take_image
	else
		unpack_package "$dir"
	fi
	make_base "$tmp/root" >base.cpio || exit 1
	rm -rf package root busybox "$dir"
	mv "$tmp" "$dir"
}

# headers_need DEB: what the headers need beside themselves.
headers_need()
{
	dpkg-deb -f "$1" Depends | tr , '\n' |
		grep -oE 'linux-(headers-[^ ]*-common[^ ]*|kbuild-[^ ]*)'
}

# A kernel of another suite or machine wants another compiler: there is a root
# folder for each suite, for inside.sh. What runs there is for this machine.
fetch_suite()
{
	local root=$cache/suite-$suite native debs deb need

	native=$(dpkg --print-architecture)
	debs=$cache/apt/$suite-$native/cache/archives
	rm -rf "$root/new"
	mkdir -p "$root"/{new,unpacked,usr/{bin,sbin,lib,lib64,src}}
	for deb in bin sbin lib lib64; do
		ln -sfn usr/$deb "$root/$deb"
	done
	cd "$root/new" || exit 1
	download "linux-headers-$krel"
	dpkg-deb -x linux-headers-*.deb headers || exit 1
	need=$(sed -nE 's/.*\)(gcc-[0-9]+).*/\1/p' \
		headers/usr/src/*/.kernelvariables)-${triplet//_/-}
	need+=" $(headers_need linux-headers-*.deb)"
	[ -z "$cross" ] || [ -z "$emulator" ] || need+=" libc6-dev-$debian-cross"
	# shellcheck disable=SC2086 # words
	other_apt "$native" apt-get install -y --download-only \
		--no-install-recommends $need bash binutils coreutils dash \
		diffutils findutils gawk grep make sed \
		>"$cache/download.log" 2>&1 || {
		tail -n 3 "$cache/download.log" >&2
		die "cannot get $need"
	}
	for deb in "$debs"/*.deb; do
		[ ! -e "$root/unpacked/${deb##*/}" ] || continue
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink -C "$root" || exit 1
		: >"$root/unpacked/${deb##*/}"
	done
	ln -sfn gawk "$root/usr/bin/awk"
	mv headers/usr/src/* "$root/usr/src"
	rm -rf "$root/new"
}

# Debian's header packages name each other by absolute paths.
fetch_headers()
{
	local dir=$cache/headers-$krel tmp deb package

	[ ! -e "$kdir" ] || return 0
	if [ -n "$suite" ]; then
		fetch_suite
		return
	fi
	tmp=$dir.tmp
	rm -rf "$dir" "$tmp"
	mkdir -p "$tmp"
	cd "$tmp" || exit 1
	download "linux-headers-$krel"
	deb=$(echo linux-headers-*.deb)
	for package in $(headers_need "$deb"); do
		download "$package"
	done
	for deb in *.deb; do
		dpkg-deb -x "$deb" . && rm "$deb" || exit 1
	done
	find usr/src/*/ -maxdepth 1 -type f \
		-exec sed -i "s|/usr/src/linux-|$dir&|g" {} +
	cd "$cache" || exit 1
	mv "$tmp" "$dir"
}

fetch_source()
{
	local tmp=$source.tmp tarball=linux-source-$kversion.tar.xz

	[ ! -e "$source/scripts/checkpatch.pl" ] ||
		[ ! -e "$source/tools/memory-model" ] ||
		[ ! -e "$source/MAINTAINERS" ] || return 0
	rm -rf "$source" "$tmp"
	mkdir -p "$tmp"
	(cd "$tmp" && download "linux-source-$kversion") || exit 1
	dpkg-deb --fsys-tarfile "$tmp"/linux-source-*.deb |
		tar -xO "./usr/src/$tarball" | xz -dc -T0 |
		tar -x -C "$tmp" --strip-components=1 \
		linux-source-$kversion/MAINTAINERS \
		linux-source-$kversion/Documentation/driver-api/index.rst \
		linux-source-$kversion/Documentation/userspace-api/index.rst \
		linux-source-$kversion/Documentation/userspace-api/ioctl/ioctl-number.rst \
		linux-source-$kversion/drivers/misc/Kconfig \
		linux-source-$kversion/drivers/misc/Makefile \
		linux-source-$kversion/tools/testing/selftests/Makefile \
		linux-source-$kversion/scripts/checkpatch.pl \
		linux-source-$kversion/scripts/spelling.txt \
		linux-source-$kversion/scripts/const_structs.checkpatch \
		linux-source-$kversion/tools/memory-model \
		linux-source-$kversion/tools/testing/selftests/kselftest.h \
		linux-source-$kversion/tools/testing/selftests/kselftest_harness.h
	[ -e "$tmp/tools/testing/selftests/kselftest_harness.h" ] &&
		[ -e "$tmp/scripts/checkpatch.pl" ] ||
		die "linux-source-$kversion lacks what is taken from it"
	rm "$tmp"/*.deb
	mv "$tmp" "$source"
}

use_kernel
for what in "$@"; do
	case $what in
	kernel)		(fetch_kernel) || exit 1 ;;
	headers)	(fetch_headers) || exit 1 ;;
	source)		(fetch_source) || exit 1 ;;
	*)		die "usage: fetch.sh [kernel|headers|source]..." ;;
	esac
done
