#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# image.sh NAME: builds the guest's own kernel NAME out of config/base.config and
# config/NAME.config, which has the last word on an option, into
# build/cache/image-NAME. What it was made of is in its key: if that is the same, here
# or in the store (kernel.sh), it is not built again.
# NAME "source" is only the source.

. "$(dirname "$0")/common.sh"
. "$vm/kernel.sh"

name=${1:?usage: image.sh NAME}
version=6.12
fragments=("$vm/config/base.config" "$vm/config/$name.config")
dir=$cache/image-$name
tree=$cache/image-source
[ -e "${fragments[1]}" ] || [ "$name" = source ] || die "no such image: $name"
[ "$arch" = x86_64 ] || die "the images are for x86_64, not for $arch"

# Drivers that no guest has make up half of the source; Kconfig reads all of its
# own files.
without='Documentation/*/* tools/testing/* tools/perf/* samples/*.[ch]
	arch/[a-wyz]*/*.[chS] *.dts *.dtsi sound/*.[ch]
	drivers/accel/*.[ch] drivers/comedi/*.[ch] drivers/gpu/*.[ch]
	drivers/hwmon/*.[ch] drivers/iio/*.[ch] drivers/infiniband/*.[ch]
	drivers/media/*.[ch] drivers/mtd/*.[ch] drivers/net/*/*.[ch]
	drivers/pinctrl/*.[ch] drivers/scsi/*/*.[ch] drivers/staging/*.[ch]
	drivers/usb/*.[ch]'

source_key() { echo "$version $without" | sha256sum | cut -c1-12; }

# The package's version is that of the first time.
key()
{
	{
		cat "${fragments[@]}"
		gcc -dumpfullversion
		source_key
	} | sha256sum | cut -c1-12
}

unpack()
(
	exclude=()
	flock 8
	[ "$(cat "$tree/key" 2>/dev/null)" != "$(source_key)" ] || exit 0
	! from_store image-source "$(source_key)" "$tree" || exit 0
	rm -rf "$tree"
	set -f
	for pattern in $without; do
		exclude+=("--exclude=linux-source-$version/$pattern")
	done
	set +f
	unpack_source "$version" "$tree" "${exclude[@]}" &&
		source_key >"$tree/key" &&
		to_store image-source "$(source_key)" "$tree"
) 8>"$cache/image-source.lock"

# What the base says of an option is nothing if the image's own says it.
fragment()
{
	local own

	own=$(sed -nE 's/^(# )?(CONFIG_[A-Z0-9_]+)(=| is not set$).*/\2/p' \
		"${fragments[1]}")
	grep -vwF "$own" "${fragments[0]}"
	cat "${fragments[1]}"
}

# Release names end in the image's, so that images do not share a build folder.
build()
{
	rm -rf "$dir"
	mkdir -p "$dir"
	fragment >"$dir/fragment"
	build_kernel "$tree/src" "$dir" "$dir/fragment" bzImage \
		LOCALVERSION="-$name"
}

"$vm/setup.sh" image || exit
mkdir -p "$cache"
if [ "$name" = source ]; then
	logged "$cache/image-source.log" unpack
	exit
fi
# One at a time, and the source by itself.
exec 9>"$cache/image-$name.lock"
flock 9
if [ "$(cat "$dir/key" 2>/dev/null)" != "$(key)" ]; then
	logged "$cache/image-$name.log" unpack || die "no source for image $name"
	from_store "image-$name" "$(key)" "$dir" || {
		say "building the kernel $version '$name', which takes some minutes"
		logged "$cache/image-$name.log" build || die "no image $name"
		key >"$dir/key"
		to_store "image-$name" "$(key)" "$dir"
	}
fi
settle_in "$tree/src" "$dir"
