#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kunit.sh [kernel]: the tests of the core's internals (module/kunit), in a
# user-mode Linux with lockdep and KASAN, which is a program of this machine and
# needs no VM; then test programs in the same kernel, for what its checkers say
# about them (KUNIT_PROGRAMS = globs of their names). Before that the modules are
# built for a kernel that has next to nothing. With "kernel" it only sees to the
# kernels, which stay in build/cache. The last line is "N passed, N failed, N
# skipped".

. "$(dirname "$0")/common.sh"
. "$vm/kernel.sh"

config=$top/module/kunit
# Those that look at no other task's system call, which UML cannot show.
programs=${KUNIT_PROGRAMS:-core_begin core_create core_query}
limit=600
here=$build/kunit
root=$here/root
log=$here/console.log

child=
trap 'end_guest; exit 130' INT
trap 'end_guest; exit 143' TERM HUP

skip()
{
	say "skipped: $*"
	say "0 passed, 0 failed, 1 skipped"
	exit 0
}

broken()
{
	say "$*"
	say "0 passed, 1 failed, 0 skipped"
	exit 1
}

[ "$arch" = x86_64 ] || skip "user-mode Linux is for x86, not for $arch"
"$vm/setup.sh" kunit || exit
use_kernel			# for the test programs
unset MAKEFLAGS MFLAGS MAKELEVEL

# Of the source what these two kernels and modules for them are made of.
parts="Makefile Kbuild Kconfig */Kconfig* */Makefile* arch/um/* arch/x86/*
	block/* certs/* crypto/* drivers/base/* drivers/block/* drivers/char/*
	drivers/clk/* drivers/irqchip/* drivers/net/loopback.c drivers/of/*
	drivers/tty/* fs/* include/* init/* io_uring/* ipc/* kernel/* lib/*
	mm/* net/* scripts/* security/* tools/include/* tools/lib/* usr/*"

# By what they are made of; the package's version is that of the first time.
key=$({ cat "$config"/*.config; echo "$parts"; gcc -dumpfullversion; } |
	sha256sum | cut -c1-12)
dir=$cache/uml-$key

unpack()
{
	local part members=()

	set -f
	for part in $parts; do
		members+=("linux-source-$kversion/$part")
	done
	set +f
	unpack_source "$kversion" "$dir" "${members[@]}"
}

# kernel NAME: into $dir/NAME, by NAME.config.
kernel()
{
	build_kernel "$dir/src" "$dir/$1" "$config/$1.config" linux \
		ARCH=um SUBARCH=x86_64
}

kernels()
{
	if [ -e "$dir/ready" ]; then
		settle_in "$dir/src" "$dir/uml" &&
			settle_in "$dir/src" "$dir/small"
		return
	fi
	rm -rf "$cache"/uml-*
	if from_store uml "$key" "$dir"; then
		kernels
		return
	fi
	mkdir -p "$dir"
	say "building user-mode Linux $kversion, which takes some minutes"
	logged "$dir/unpack.log" unpack && logged "$dir/uml.log" kernel uml &&
		logged "$dir/small.log" kernel small && : >"$dir/ready" &&
		to_store uml "$key" "$dir"
}

# A mirror of the sources to build in; only what has changed is copied.
mirror()
{
	local to=$1 file

	(cd "$top" && find Kbuild module uapi -type f \
		\( -name '*.[chS]' -o -name Kbuild \)) | while read -r file; do
		cmp -s "$top/$file" "$to/$file" ||
			install -D -m 644 "$top/$file" "$to/$file"
	done
}

# modules KERNEL [VARIABLE=VALUE]...: for that kernel; a warning is a fault.
modules()
{
	local kernel=$1

	shift
	mirror "$here/$kernel" || return 1
	make -s -C "$dir/$kernel" ARCH=um M="$here/$kernel" \
		-j"$jobs" "$@" modules
}

# The root is a folder of this machine (hostfs): the guest writes into it.
make_root()
{
	local name program

	rm -rf "$root"
	mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,run,modules,tests} || return 1
	cp "$(command -v busybox)" "$root/bin/busybox"
	busybox --list | while read -r name; do
		[ "$name" = busybox ] || ln -s busybox "$root/bin/$name"
	done
	echo root:x:0:0:root:/:/bin/sh >"$root/etc/passwd"
	find "$here/uml" -name '*.ko' -exec cp {} "$root/modules" \;
	set -f
	for program in $(tests); do
		for name in $programs; do
			# shellcheck disable=SC2254 # a glob
			case $program in
			$name) cp "$(test_path "$program")" "$root/tests" ;;
			esac
		done
	done
	set +f
	cat >"$root/init" <<-'END'
	#!/bin/sh
	export PATH=/bin HOME=/ ACALL_SCALE
	mount -t proc none /proc
	mount -t sysfs none /sys
	mount -t debugfs none /sys/kernel/debug
	mount -t cgroup2 none /sys/fs/cgroup
	mount -t devtmpfs none /dev
	mkdir -p /dev/shm
	mount -t tmpfs none /dev/shm
	mount -t tmpfs -o mode=1777 none /tmp
	for i in 1 2 3; do /bin/busybox true; done
	# UML's console takes locks that lockdep would stop at: not while we
	# test, but for a panic.
	echo 1 >/proc/sys/kernel/printk
	cat /dev/kmsg >/run/kmsg &
	echo "acall-kunit: begin" >/dev/kmsg
	insmod /modules/acall.ko && insmod /modules/acall_kunit.ko
	echo "acall-kunit: tested" >/dev/kmsg
	insmod /modules/acall_file.ko && insmod /modules/acall_test.ko
	for test in /tests/*; do
		[ ! -x "$test" ] || {
			echo "acall-kunit: ${test##*/}" >/dev/kmsg
			timeout -s KILL 120 setsid "$test" </dev/null \
				>/run/${test##*/}.log 2>&1
			echo "$? ${test##*/}" >>/run/status
		}
	done
	i=100
	cd /sys/class/misc/acall
	while [ $i -gt 0 ] && [ "$(cat objects calls executions orphans |
			tr -d '\n')" != 0000 ]; do
		i=$((i - 1))
		sleep 0.1
	done
	grep . objects calls executions orphans >/run/counters
	cd /
	# The last of all: here KASAN keeps the red zones of a module that is gone,
	# and who gets its memory is reported.
	rmmod acall_test && rmmod acall_file && rmmod acall_kunit &&
		rmmod acall && : >/run/unloaded
	sed -n 's/^ *debug_locks: *//p' /proc/lockdep_stats >/run/debug_locks
	dmesg >/run/dmesg
	: >/run/done
	poweroff -f
	END
	chmod +x "$root/init"
}

# In the background, so that a signal to this script ends it at once; its own
# end takes all its processes along.
boot()
{
	timeout --foreground -k 5 $((limit * scale)) "$dir/uml/linux" root=/dev/root \
		rootfstype=hostfs rootflags="$root" rw init=/init mem=1G \
		con=null con0=null,fd:1 loglevel=8 log_buf_len=4M \
		ACALL_SCALE="$scale" </dev/null >"$log" 2>&1 &
	child=$!
	wait "$child"
	child=
}

end_guest() { [ -z "$child" ] || kill "$child" 2>/dev/null; }

number=0

# point NAME FAULTS: a test that passes if there are no faults.
point()
{
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number $1"
	else
		sed 's/^/# /' <<<"$2"
		echo "not ok $number $1"
	fi
}

# The suites as programs for report.sh.
suites()
{
	awk '
	/^ *# Subtest: / { name = $3; print "@@ begin " name; on = 1; next }
	/^(ok|not ok) [0-9]+/ { if (on) print "@@ end " name " 0"; on = 0 }
	on && /^    [^ ]/ { print substr($0, 5); next }
	on' "$root/run/dmesg"
}

# What a checker says, from our first module on. UML itself walks a list of VMAs
# without a lock when it forks; lockdep says so once, and goes on.
splats()
{
	awk '
	/acall-kunit: begin/ { on = 1 }
	!on { next }
	/WARNING: suspicious RCU usage/ { held = $0; next }
	held && /suspicious rcu_/ {
		if (!/lib\/maple_tree/) print held "\n" $0
		held = ""
		next
	}
	/WARNING:|BUG:|BUG at|KASAN|UBSAN|ODEBUG|Oops|Kernel panic|INFO: task|\
possible (circular|recursive|irq)|inconsistent lock|Invalid wait context|\
bad unlock|held lock freed|lock held when returning|refcount_t:|\
corruption|Objects remaining|self-detected stall/' "$root/run/dmesg"
}

verdicts()
{
	local status

	suites
	echo "@@ begin kernel"
	echo "1..7"
	point every_suite_ran "$(sed -n 's/.*\.name = "\(acall_.*\)".*/\1/p' \
		"$config"/*_test.c | while read -r suite; do
			grep -qE "^(not )?ok [0-9]+ (- )?$suite\$" \
				"$root/run/dmesg" || echo "$suite"
		done)"
	point builds_for_a_small_kernel "$small"
	point kernel_log_is_clean "$(splats)"
	# It stops for good at the first thing that it finds.
	point lockdep_was_on_all_the_time \
		"$(grep -vx 1 "$root/run/debug_locks")"
	# What they found is for the VM's suite to judge: UML lacks things that
	# they need, such as /proc/PID/syscall.
	point programs_came_to_an_end "$(grep -E '^(137|124) ' \
		"$root/run/status" 2>/dev/null)"
	point nothing_is_live "$(grep -v ':0$' "$root/run/counters")"
	[ -e "$root/run/unloaded" ] && status='' || status="rmmod refused"
	point modules_unload "$status"
	echo "@@ end kernel 0"
	echo "@@ done"
	echo "@@ guest 0"
}

kernels || broken "no user-mode Linux"
[ "${1:-}" != kernel ] || exit 0
mkdir -p "$here" || exit 1
# Warnings, of the compiler and of modpost about symbols that are not there.
small=$(modules small KBUILD_MODPOST_WARN=1 W=1 2>&1)
logged "$here/modules.log" modules uml ACALL_KUNIT=1 ACALL_DEBUG=1 W=1 ||
	broken "the modules cannot be built"
logged "$here/programs.log" "$vm/build.sh" userspace selftests ||
	broken "the test programs cannot be built"
make_root || broken "no root for the guest"
say "testing in user-mode Linux"
boot
if [ ! -e "$root/run/done" ]; then
	grep -q 'Linux version' "$log" || ! grep -qi ptrace "$log" ||
		skip "user-mode Linux cannot trace here: $(grep -i ptrace \
			"$log" | tail -n 1)"
	tail -n 20 "$log"
	tail -n 60 "$root/run/kmsg"
	broken "user-mode Linux did not come to its end (its console: $log)"
fi
verdicts | "$vm/report.sh" "$here/ktap.log"
