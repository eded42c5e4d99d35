#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dist.sh [DIR]: what is committed as DIR/acall-VERSION.tar.gz (build/dist), whose
# bytes depend on the commit only.

. "$(dirname "$0")/../vm/common.sh"

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$top/dkms.conf")
to=${1:-$build/dist}
tarball=$to/acall-$version.tar.gz
mkdir -p "$to" && cd "$top" || exit 1
git rev-parse -q --verify HEAD >/dev/null ||
	die "no commit can be read here: in an unpacked tarball, that is the source"
[ -z "$(git status --porcelain)" ] ||
	say "what is not committed is not in the tarball" >&2
git -c tar.umask=0022 archive --format=tar --prefix="acall-$version/" HEAD |
	gzip -9n >"$tarball.new" && [ "${PIPESTATUS[0]}" -eq 0 ] &&
	mv "$tarball.new" "$tarball" || die "no $tarball"
say "${tarball#"$top"/}"
