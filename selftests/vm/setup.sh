#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# setup.sh PURPOSE: sees to the Debian packages that PURPOSE needs (build, vm,
# check, demo, bench, power, kunit, image, coverage, matrix, lint, trace, record,
# packages, install; cache: what spares them work). Silent if all are there. Root gets them
# installed, others are told the one line to run (exit 3). Never asks.

. "$(dirname "$0")/common.sh"

purpose=${1:?usage: setup.sh PURPOSE}

# The headers go by their meta package, so that what is newest stays Debian's
# word. Those of another KERNEL would bring their kernel along, to be booted
# next: fetch.sh unpacks them instead of installing.
packages()
{
	echo gcc libc6-dev make kmod
	if [ "$where" = host ]; then
		echo "linux-headers-$(uname -r)"
	elif [ -z "${KERNEL:-}" ]; then
		echo linux-headers-cloud-amd64
	else
		echo linux-compiler-gcc-12-x86
	fi
	case $purpose in
	build) ;;
	kunit)
		echo flex bison bc xz-utils busybox-static ;;
	image)
		echo flex bison bc xz-utils libelf-dev libssl-dev ;;
	coverage)
		echo lcov ;;
	cache)
		echo ccache ;;
	record)
		echo termtosvg ;;
	trace)
		echo jq libxml2-utils librsvg2-bin ;;
	lint)
		echo sparse perl shellcheck xz-utils mandoc man-db git unifdef
		echo pyflakes3 mypy ;;
	packages)
		echo build-essential debhelper dh-dkms dh-python dpkg-dev libglib2.0-dev ;;
	install)
		echo build-essential debhelper dh-dkms dh-python dpkg-dev libglib2.0-dev
		echo dkms lintian udev
		echo openssl pkg-config bpftrace
		echo qemu-system-x86 busybox-static cpio xz-utils e2fsprogs ;;
	matrix)
		echo clang flex bison bc xz-utils libelf-dev libssl-dev
		echo qemu-system-arm qemu-system-misc ;;
	*)
		[ "$where" = host ] ||
			echo qemu-system-x86 busybox-static cpio xz-utils
		[[ $purpose != @(check|power) ]] ||
			echo xz-utils xfsprogs btrfs-progs gcc-12-multilib
		[ "$purpose" != check ] || echo dmsetup libglib2.0-dev python3
		[ "$purpose" != power ] || echo nbdkit
		[ "$purpose" != bench ] || echo liburing-dev nettle-dev jq \
			gnuplot-nox xfsprogs btrfs-progs rsync duperemove
		echo e2fsprogs ;;
	esac
}

missing()
{
	local p

	for p in $(packages); do
		# Headers that are there without their package are as good.
		case $p in
		linux-headers-*-*)
			[ -e "/lib/modules/${p#linux-headers-}/build" ] &&
				continue ;;
		esac
		installed "$p" || echo "$p"
	done | sort -u
}

apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=600 "$@" </dev/null
}

need=$(missing)
[ -n "$need" ] || exit 0

if ! command -v apt-get >/dev/null; then
	say "This needs what these Debian packages have:" $need >&2
	exit 3
fi
if [ "$(id -u)" -ne 0 ]; then
	say "Some packages are missing. As root, run this and try again:" >&2
	say "apt-get update && apt-get install -y --no-install-recommends" \
		$need >&2
	exit 3
fi

mkdir -p "$cache"
log=$cache/setup.log
apt update >"$log" 2>&1 || say "apt-get update failed in part: see $log" >&2
need=$(missing)
[ -n "$need" ] || exit 0
say "installing:" $need
if ! apt install --no-install-recommends $need >>"$log" 2>&1; then
	tail -n 20 "$log" >&2
	die "cannot install:" $need
fi
need=$(missing)
[ -z "$need" ] || die "not there although installed:" $need
