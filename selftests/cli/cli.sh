# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC3043 # for the tests; local is in dash and busybox alike
# Sourced by the tests of the acall command, cli_*.sh: running it, looking at
# what it said, and KTAP. A test is a function; its first failing check ends it.
# It runs in a subshell, in an empty directory of its own on tmpfs, with its
# name in $test and a meeting point of the test interface in $id.

export LC_ALL=C NO_COLOR=1 TERM=dumb
helper=$(dirname "$0")/cli_helper
[ -x "$helper" ] || helper=$(dirname "$0")/../cli_helper
top=${ACALL_DIR_TMPFS:-/tmp}/cli.$$
out=$top/out err=$top/err
number=0 failures=0 skips=0 pid=

skip_all()
{
	echo "TAP version 13"
	echo "1..0 # SKIP $1"
	exit 4
}

[ -c /dev/acall ] || skip_all "no /dev/acall"
[ -c /dev/acall_test ] || skip_all "no /dev/acall_test"
command -v acall >/dev/null || skip_all "no acall command in PATH"
[ -x "$helper" ] || skip_all "no cli_helper beside this test"
mkdir -p "$top" || skip_all "no writable directory"
trap 'cd / && rm -rf "$top"' EXIT

skip()
{
	echo "$*" >"$top/skip"
	exit 4
}

# Ends the test; everything that was said last is shown.
fail()
{
	echo "$*"
	echo "exit code ${rc:-none}; standard output:"
	head -n 20 "$out"
	echo "standard error:"
	head -n 20 "$err"
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	exit 1
}

forget_output()
{
	: >"$out"
	: >"$err"
}

# Runs a command to its end: $rc, $out, $err.
run()
{
	forget_output
	"$helper" exec "$@" >"$out" 2>"$err" </dev/null
	rc=$?
}

# The same without waiting: $pid. SIGINT works in it as from a terminal.
start()
{
	forget_output
	"$helper" exec "$@" >"$out" 2>"$err" </dev/null &
	pid=$!
}

join()
{
	wait "$pid"
	rc=$?
	pid=
}

# Once in each turn of a loop that waits for something: the hang guard.
wait_on()
{
	local now

	read -r now _ </proc/uptime
	now=${now%.*}
	: "${limit:=$((now + 60 * ${ACALL_SCALE:-1}))}"
	[ "$now" -lt "$limit" ] || fail "in vain"
}

is() { [ "$1" = "$2" ] || fail "${3:-value}: '$1' instead of '$2'"; }
exits() { is "$rc" "$1" "exit code"; }
says() { grep -qF -- "$1" "$err" || fail "standard error has no: $1"; }
prints() { grep -qF -- "$1" "$out" || fail "standard output has no: $1"; }
silent() { [ ! -s "$err" ] || fail "standard error is not empty"; }
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }
size() { stat -c %s "$1"; }

# The value of a key in the objects on standard output, which must be JSON.
json()
{
	"$helper" json "$1" <"$out" || fail "standard output is not JSON"
}

# User 65534, who owns nothing.
need_user()
{
	"$helper" as 65534 acall --version >"$out" 2>"$err" ||
		skip "another user cannot run acall here"
}

# need_program NAME: Debian's own in $program, which is linked dynamically. The guest
# has it under another name, for there NAME is busybox.
need_program()
{
	program=$(command -v "debian-$1") && return
	program=$(command -v "$1") && [ ! -d /acall/bin ] ||
		skip "no $1 but that of busybox"
}

# A folder on ext4 in $ext4; the test takes it away.
need_ext4()
{
	[ -d "${ACALL_DIR_EXT4:-}" ] || skip "no ACALL_DIR_EXT4"
	ext4=$ACALL_DIR_EXT4/cli.$$
	rm -rf "$ext4"
	mkdir "$ext4" || fail "mkdir"
}

# with_dead CMD...: while the file system on ./dead never answers.
with_dead()
{
	[ -c /dev/fuse ] || modprobe fuse 2>/dev/null
	[ -c /dev/fuse ] || skip "no FUSE"
	mkdir -p dead
	run "$helper" dead-mount dead "$@"
}

# loop_device FILE: sets $loop. Others look for a free one as well.
loop_device()
{
	command -v losetup >/dev/null || skip "no losetup"
	loop=
	while ! loop=$(losetup -f) || ! losetup "$loop" "$1" 2>/dev/null; do
		[ -e /dev/loop-control ] || skip "no loop devices"
		wait_on
	done
}

# Runs in a shell with mounts of its own, in which ./mnt is an XFS.
on_xfs()
{
	command -v mkfs.xfs >/dev/null || skip "no mkfs.xfs"
	unshare -m true || skip "no mount namespaces"
	truncate -s 320M image
	mkfs.xfs -q -m reflink=1 image || fail "mkfs.xfs"
	mkdir -p mnt
	run unshare -m sh -c 'mount -o loop -t xfs image mnt && exec sh -ec "$0"' "$1"
}

# without_device CMD...: where /dev/acall is not.
without_device()
{
	run unshare -m sh -c 'mount -t tmpfs none /dev && exec "$@"' sh "$@"
}

# A file of that many bytes, made of lines of text.
make_file()
{
	yes "$1 is a file of the acall selftests" | head -c "$2" >"$1"
}

# The input of a method of the test interface: [VALUE [PAUSE]].
arg() { echo "--in-hex=$("$helper" arg "$id" "$@")"; }

# The same for its custom methods: [REFUSE [FILES]].
custom() { echo "--in-hex=$("$helper" custom "$id" "$@")"; }

# Asks for the progress of a call that has begun, until it is this.
wait_progress()
{
	while ! grep -q "$1" "$err"; do
		wait_on
		kill -USR1 "$pid" || fail "it has ended"
	done
}

# The commands that continue, from the verdicts.
continuation() { sed -n 's/.*continue with: //p' "$err"; }

# Until nothing of ours runs any more: what was left behind has ended.
settled()
{
	while [ "$(cat /sys/class/misc/acall/executions)" != 0 ]; do
		wait_on
	done
}

run_tests()
{
	local why

	echo "TAP version 13"
	for test in "$@"; do
		number=$((number + 1))
		id=$(($$ * 1000 + number))
		rm -rf "$top/dir" "$top/skip"
		mkdir "$top/dir"
		forget_output
		why=$(cd "$top/dir" && "$test" 2>&1)
		case $? in
		0)	echo "ok $number $test" ;;
		4)	skips=$((skips + 1))
			echo "ok $number $test # SKIP $(cat "$top/skip")" ;;
		*)	failures=$((failures + 1))
			printf '%s\n' "$why" | sed 's/^/# /'
			echo "not ok $number $test" ;;
		esac
		"$helper" forget "$id"
	done
	echo "1..$number"
	[ $failures -eq 0 ] || exit 1
	[ $skips -lt $number ] || exit 4
	exit 0
}
