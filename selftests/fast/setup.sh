#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# setup.sh: sees to the Debian packages that the fast tier needs. Silent if all
# are there. Root gets them installed, others are told the one line to run (exit
# 3). Never asks. What Debian 12 does not have is tools.sh's.

. "$(dirname "$0")/../vm/common.sh"

packages="gcc libc6-dev clang libclang-rt-dev spin xz-utils"

missing()
{
	local p

	for p in $packages; do
		installed "$p" || echo "$p"
	done
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
say "installing:" $need
if ! apt install --no-install-recommends $need >>"$log" 2>&1; then
	tail -n 20 "$log" >&2
	die "cannot install:" $need
fi
