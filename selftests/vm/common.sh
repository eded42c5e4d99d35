# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by the bash scripts beside it: where things are, and which kernel.
#
# Settings come from the environment (make exports its own): KERNEL, WHERE,
# DEBUG=1 for modules with the run-time monitor; PROFILE for what profiles/ has,
# which may be a kernel of our own (IMAGE); ARCH for another machine's (machine.sh)
# and SUITE for another Debian's kernels, FLAVOUR for which of them; ACALL_SCALE
# stretches every time-out.

set -u
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

vm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # the scripts that source this use them
{
	top=$(cd "$vm/../.." && pwd)
	build=$top/build
	cache=$build/cache
	arch=${ARCH:-$(uname -m)}
	suite=${SUITE:-}
	scale=${ACALL_SCALE:-1}
	where=${WHERE:-vm}
	profile=${PROFILE:-}
	# What outlives a clone: kernels that were built, and what was compiled.
	store=${ACALL_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/acall}
	kversion=6.1		# whose linux-source has checkpatch and the harness
	source=$cache/linux-source-$kversion
	jobs=$(nproc)
}

# What was compiled once need not be again, if there is a compiler cache; in whichever
# clone, for what an object says of folders is only for debuggers.
[ ! -d /usr/lib/ccache ] || {
	PATH=/usr/lib/ccache:$PATH
	export CCACHE_DIR=$store/ccache CCACHE_MAXSIZE=3G
	export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1
}

# Kbuild has its own idea of a machine that is set and has no name.
[ -n "${ARCH:-}" ] || unset ARCH

# A profile's settings give way to those of the environment.
if [ -n "$profile" ]; then
	[ -e "$vm/profiles/$profile.conf" ] || {
		echo "no such profile: $profile" >&2
		exit 2
	}
	set -a
	# shellcheck source=/dev/null
	. "$vm/profiles/$profile.conf"
	set +a
	# shellcheck disable=SC2034 # as above
	scale=${ACALL_SCALE:-${SCALE:-1}}
fi

# One thread of QEMU runs a guest's processors in turn, and one that spins for another
# gives way to it; two threads would spin for what is waiting for a real processor.
# PARALLEL=1: they run truly at once.
# shellcheck disable=SC2034 # as above
accel=${ACCEL:-tcg,thread=${PARALLEL:+multi}}
accel=${accel/%thread=/thread=single}

. "$vm/machine.sh"
. "$vm/apt.sh"

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

installed()
{
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# make_image FILE SIZE TYPE: an empty file system.
make_image()
{
	truncate -s "$2" "$1" && case $3 in
	ext4)	mke2fs -q -F -t ext4 -E lazy_itable_init=0 "$1" ;;
	xfs)	mkfs.xfs -q -m reflink=1 "$1" ;;
	btrfs)	mkfs.btrfs -q "$1" ;;
	esac
}

# The release that a linux-headers-cloud-amd64 stands for.
meta_release()
{
	grep -o 'linux-headers-[0-9][^ ,]*-cloud-amd64' | head -n 1 |
		sed 's/^linux-headers-//'
}

# The newest release among the names of header packages on stdin.
newest()
{
	sed -nE "s/^linux-headers-([0-9.]+([-+][0-9a-z.]+)?-$flavour)\$/\1/p" |
		sort -V | tail -n 1
}

# A kernel that is not one of this machine's own suite and architecture has a suite.
own_suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -z "$cross" ] || suite=${suite:-$own_suite}

# The suites that SUITE stands for.
suites()
{
	case $suite in
	sid) echo sid ;;
	"$own_suite") echo "$suite $suite-security" ;;
	*) echo "$suite $suite-backports" ;;
	esac
}

# other_apt [ARCHITECTURE] TOOL ARGUMENT...: with the lists of SUITE; by default of
# the guest's architecture.
other_apt()
{
	local architecture=$debian dir

	case $1 in
	apt-*) ;;
	*) architecture=$1; shift ;;
	esac
	dir=$cache/apt/$suite-$architecture
	mkdir -p "$dir"
	# shellcheck disable=SC2046 # words
	apt_update "$dir" "$architecture" $(suites) || {
		grep -m 1 '^E:' "$dir/update.log" >&2
		return 1
	}
	apt_at "$dir" "$architecture" "$@"
}

# share_programs DIR: only modules differ, by debug builds and by kernels.
share_programs()
{
	local part

	for part in userspace selftests selftests.lib selftests.lib32; do
		mkdir -p "$1/$part" && ln -sfn "$1/$part" "$out/$part"
	done
}

# Which kernel to build for: WHERE=host the running one, else $KERNEL (a whole
# release or the beginning of one), else what Debian's meta package stands for
# that is installed or to be had. Prints nothing if that is not known yet.
kernel_release()
{
	local want=${KERNEL:-} rel

	if [ "$where" = host ]; then
		uname -r
		return
	fi
	if [ -n "${IMAGE:-}" ]; then
		cat "$cache/image-$IMAGE/include/config/kernel.release"
		return
	fi
	if [ -n "$suite" ]; then
		case $want in
		*"-$flavour") echo "$want" ;;
		*) other_apt apt-cache pkgnames "linux-headers-$want" |
			grep "^linux-headers-${want//./\\.}[.+-]" | newest ;;
		esac
		return
	fi
	if [ -n "$want" ]; then
		if [ -e "/lib/modules/$want/build" ]; then
			echo "$want"
			return
		fi
		case $want in
		*-amd64) echo "$want" ;;
		*) apt-cache pkgnames "linux-headers-$want" 2>/dev/null |
			grep "^linux-headers-${want//./\\.}[.+-]" | newest ;;
		esac
		return
	fi
	rel=$(dpkg-query -W -f '${Depends}' linux-headers-cloud-amd64 \
		2>/dev/null | meta_release)
	[ -n "$rel" ] || rel=$(apt-cache depends linux-headers-cloud-amd64 \
		2>/dev/null | meta_release)
	echo "$rel"
}

# shellcheck disable=SC2034
# Sets krel, kdir, and out: the folder that everything for it is built in.
# Headers that are not installed are unpacked by fetch.sh.
use_kernel()
{
	local own

	krel=$(kernel_release)
	[ -n "$krel" ] ||
		die "no kernel known as '${KERNEL:-}'; try apt-get update"
	kdir=/lib/modules/$krel/build
	[ -e "$kdir" ] ||
		kdir=$cache/headers-$krel/usr/src/linux-headers-$krel
	[ -z "${IMAGE:-}" ] || kdir=$cache/image-$IMAGE
	[ -z "$suite" ] || kdir=$cache/suite-$suite/usr/src/linux-headers-$krel
	out=$build/$krel-$arch${profile:+-$profile}
	[ -n "$profile" ] || out+=${DEBUG:+-debug}
	mkdir -p "$out" "$cache" || exit 1
	own=$(IMAGE='' KERNEL='' suite='' kernel_release)
	if [ -z "$cross" ] && [ -n "$own" ] &&
	   [ "$out" != "$build/$own-$arch" ]; then
		share_programs "$build/$own-$arch"
	fi
}

# Runs a command quietly: its output goes to a log, and is shown if it fails.
logged()
{
	local log=$1

	shift
	if ! "$@" >"$log" 2>&1 </dev/null; then
		say "failed: $*" >&2
		tail -n 60 "$log" >&2
		say "(the whole of it: $log)" >&2
		return 1
	fi
}

# The test programs by name, each also as a 32-bit one; their Makefile knows. The
# long ones of these only if ALL=1 or TESTS asks for them; races, antagonists and the
# failure sweep only if a word of TESTS begins with their names.
tests()
{
	# shellcheck disable=SC2016 # for make
	env -u MAKEFLAGS -u MFLAGS make -s --no-print-directory \
		-C "$top/selftests" \
		--eval='list: ; @echo $(TEST_GEN_PROGS) $(notdir $(LIB_PROGS)) \
			$(notdir $(COM_PROGS)) $(notdir $(TEST_PROGS)) \
			$(if '"$cross"',,$(notdir $(GLIB_PROGS)) $(PYTHON_PROGS)) \
			$(filter-out $(if $(ALL)$(TESTS),,$(LONG32)), \
				$(PROGS32)) \
			$(if $(filter race% antagonist%,$(TESTS)), \
				$(RACE_PROGS)) \
			$(if $(filter sweep%,$(TESTS)),$(SWEEP_PROGS))' list
}

# Those of them that TESTS, globs of names, asks for.
chosen_tests()
(
	set -f
	for name in $(tests); do
		[ -z "$cross" ] || [[ $name != *32 ]] || continue
		for glob in ${TESTS:-*}; do
			# shellcheck disable=SC2254 # a glob
			case $name in
			$glob) echo "$name"; break ;;
			esac
		done
	done
)

# test_path NAME: where the test program NAME is, built.
test_path()
{
	case $1 in
	*.sh | *.py) echo "$top/selftests/${1%%_*}/$1" ;;
	canary_*) echo "$out/selftests/canary" ;;
	*) echo "$out/selftests/$1" ;;
	esac
}
