#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# host.sh check TEST... | demo | run PROGRAM [ARG]...: what guest.sh does, on the
# running kernel. Root only. Loads the modules, makes a tmpfs and images of file
# systems on loop devices, and takes everything away again however it ends. Refuses to
# touch modules that are loaded and not its own.

. "$(dirname "$0")/common.sh"
. "$vm/load.sh"

mode=${1:?usage: host.sh check|demo|run [ARG]...}
shift
use_kernel
[ "$(id -u)" -eq 0 ] || die "WHERE=host loads modules: only root can"
mark=/run/acall-selftests

# Also what an earlier run left that could not tidy up (killed, power cut). The
# last puts of a file come a little after its process has ended.
unload()
{
	local module tries

	for module in acall_primes acall_sample acall_timer acall_test acall_file acall; do
		tries=$((50 * scale))
		while [ -d "/sys/module/$module" ] &&
		      ! rmmod "$module" 2>/dev/null; do
			tries=$((tries - 1))
			[ $tries -gt 0 ] || return 1
			sleep 0.1
		done
	done
	rm -f "$mark"
}

# Everything that was started out of our folder.
end_programs()
{
	local dir

	for dir in /proc/[0-9]*; do
		[ "${dir#/proc/}" != $$ ] || continue
		! tr '\0' ' ' <"$dir/cmdline" 2>/dev/null |
			grep -qF "$tmp/" || kill -KILL "${dir#/proc/}"
	done 2>/dev/null
}

tidy()
{
	trap '' INT TERM HUP
	end_programs
	mountpoint -q "$tmp/ext4" && umount -l "$tmp/ext4"
	mountpoint -q "$tmp/tmpfs" && umount -l "$tmp/tmpfs"
	for device in "${loops[@]}"; do
		losetup -d "$device"
	done
	rm -rf --one-file-system "$tmp"
	[ ! -e "$mark" ] || unload || say "the modules are still in use" >&2
}

if [ -d /sys/module/acall ]; then
	[ -e "$mark" ] || die "acall is loaded already: rmmod it first"
	unload || die "an earlier run's modules are still in use"
fi

loops=()
tmp=$(mktemp -d "${TMPDIR:-/var/tmp}/acall.XXXXXX") || exit 1
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$tmp/ext4" "$tmp/tmpfs" "$tmp/bin" "$tmp/modules"
modprobe -q loop
make_image "$tmp/ext4.img" 2G ext4 &&
	mount -t ext4 -o loop "$tmp/ext4.img" "$tmp/ext4" &&
	mount -t tmpfs none "$tmp/tmpfs" || die "no test file systems"

# disk VARIABLE SIZE TYPE: a loop device for the tests; what they need is theirs to say.
disk()
{
	local device

	make_image "$tmp/$1.img" "$2" "$3" 2>/dev/null &&
		device=$(losetup -f --show "$tmp/$1.img") || return
	loops+=("$device")
	export "$1=$device"
}

disk ACALL_DEV_SMALL 64M ext4
disk ACALL_DEV_XFS 320M xfs
disk ACALL_DEV_BTRFS 320M btrfs

ACALL_LOG_MARK="acall-selftests: begin $$-$RANDOM"
echo "$ACALL_LOG_MARK" >/dev/kmsg
: >"$mark"
modules='acall acall_file acall_timer acall_test'
cp "$out"/modules/*.ko "$tmp/modules" || die "not built yet"
if [ "$mode" = check ]; then
	modules+=' acall_sample'
	cp "$out"/{sample/acall_sample,provider/acall_primes}.ko "$tmp/modules" ||
		die "not built yet"
fi
for module in $modules; do
	load_module "$tmp/modules/$module.ko" || die "cannot load $module"
done
udevadm settle 2>/dev/null

cp -p "$out/userspace/"{acall,libacall-with.so} "$tmp/bin" 2>/dev/null
PATH=$tmp/bin:$PATH
export PATH ACALL_LOG_MARK ACALL_SCALE=$scale
export LD_LIBRARY_PATH=$out/userspace
export PYTHONPATH=$top/userspace/python PYTHONDONTWRITEBYTECODE=1
export ACALL_DIR_TMPFS=$tmp/tmpfs ACALL_DIR_EXT4=$tmp/ext4
export ACALL_MODULES=$tmp/modules

do_it()
{
	case $mode in
	check)
		mkdir "$tmp/tests"
		cp -R "$out/selftests/manual" "$tmp/tests"
		find "$out/selftests" -maxdepth 1 -type f \
			-exec install {} "$tmp/tests" \;
		for name in "$@"; do
			install "$(test_path "$name")" "$tmp/tests" || exit 1
		done
		exec "$vm/suite.sh" "$tmp/tests" "$@" ;;
	demo)	exec "$vm/demo.sh" ;;
	run)	exec "$@" ;;
	*)	die "no such mode: $mode" ;;
	esac
}

# In the background, so that a signal to this script is seen at once, and with
# job control, since otherwise it would ignore SIGINT.
set -m
do_it "$@" </dev/null &
wait $!
status=$?
if [ "$mode" != check ] && ! "$vm/splat.sh" "$ACALL_LOG_MARK" >&2; then
	[ $status -ne 0 ] || status=125
fi
exit $status
