# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by what takes packages of another suite or for another architecture
# than this machine's: apt with a list of sources and a state of its own, so that
# apt's configuration and the machine stay as they are. The signatures are
# Debian's.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_mirror [NAME]: the mirror that this machine's own suite comes from; NAME is
# debian or debian-security.
apt_mirror()
{
	# shellcheck disable=SC2016 # for apt
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
		grep -m 1 -E "/${1:-debian}/?\$"
}

# apt_at DIR ARCHITECTURE TOOL ARGUMENT...
apt_at()
{
	local dir=$1 architecture=$2 tool=$3

	shift 3
	"$tool" -q -o Dir::Etc::SourceList="$dir/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State="$dir" -o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root \
		-o APT::Architecture="$architecture" \
		-o APT::Architectures::="$architecture" \
		-o Acquire::Languages=none "$@" </dev/null
}

# apt_update DIR ARCHITECTURE SUITE...: unless that is an hour ago at most. The
# log is DIR/update.log. A mirror that lacks a part of it for now, or is not to
# be reached, leaves what was there before.
apt_update()
{
	local dir=$1 architecture=$2 suite from security

	shift 2
	[ -z "$(find "$dir/updated" -mmin -60 2>/dev/null)" ] || return 0
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	echo "E: no Debian to get packages from" >"$dir/update.log"
	[ -e "$keyring" ] && command -v apt-get >/dev/null &&
		from=$(apt_mirror) || return 1
	security=$(apt_mirror debian-security)
	for suite in "$@"; do
		case $suite in
		*-security) echo "deb [signed-by=$keyring]" \
			"${security:-$from-security} $suite main" ;;
		*) echo "deb [signed-by=$keyring] $from $suite main" ;;
		esac
	done >"$dir/sources.list"
	apt_at "$dir" "$architecture" apt-get update >"$dir/update.log" 2>&1 ||
		[ -n "$(apt_at "$dir" "$architecture" apt-cache pkgnames libc6 \
			2>/dev/null)" ] || return 1
	: >"$dir/updated"
}
