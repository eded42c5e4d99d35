#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# packages.sh: Debian packages of what is committed, source and binaries, into
# build/packages. In an unpacked tarball: dpkg-buildpackage -us -uc.

. "$(dirname "$0")/../vm/common.sh"

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$top/dkms.conf")
to=$build/packages
"$vm/setup.sh" packages || exit
rm -rf "$to"
"$(dirname "$0")/dist.sh" "$to" >/dev/null && cd "$to" &&
	mv "acall-$version.tar.gz" "acall_$version.orig.tar.gz" &&
	tar -xf "acall_$version.orig.tar.gz" && cd "acall-$version" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL
# Packages of debugging symbols are for archives.
export DEB_BUILD_OPTIONS="noautodbgsym ${DEB_BUILD_OPTIONS:-}"
logged "$to/build.log" dpkg-buildpackage -us -uc || exit 1
rm -rf "$to/acall-$version"
cd "$top" && ls "${to#"$top"/}"/*.deb
