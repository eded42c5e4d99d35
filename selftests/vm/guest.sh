#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots what has been built in a QEMU guest and does one thing there:
#	guest.sh check TEST...		the suite; its protocol is for report.sh
#	guest.sh demo			demo.sh
#	guest.sh reboot			reboot_cancels; the console says how it went
#	guest.sh run PROGRAM [ARG]...	any program of this machine, as root
#	guest.sh root DIR COMMAND...	any command of a whole Debian in DIR, as
#					which it is the guest's root; none of our
#					modules is loaded
#	guest.sh shell			an interactive shell
# The output comes as it is made, the status is the program's, 125 if the guest
# ended without a verdict (then the console's tail is shown) or the kernel has
# complained. MEM, SMP, ACCEL, PARALLEL (common.sh) and TIMEOUT (seconds) override; BESIDE are programs of
# this machine that run also has there; SHARED is a file of 16 MiB that is memory of
# the guest, too, as its PCI device 1af4:1110; DISK is one more disk, /dev/vdc, in
# QEMU's words. ICOUNT=1: its clocks, the TSC too, count instructions and leap over
# idle time (SMP=1). The console log stays in the build folder as MODE.console.log,
# or GUEST.console.log.

. "$(dirname "$0")/common.sh"

mode=${1:?usage: guest.sh check|demo|reboot|run|shell [ARG]...}
shift
use_kernel
image=$cache/kernel-$krel
console=$out/${GUEST:-$mode}.console.log
tmp=$(mktemp -d "$out/guest.XXXXXX") || exit 1
child=
shared_root=
virtiofsd=/usr/lib/qemu/virtiofsd
trap 'rm -rf "$tmp"' EXIT
trap 'end_guest; exit 130' INT
trap 'end_guest; exit 143' TERM HUP
root=$tmp/root

quote()
{
	local word

	for word in "$@"; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
}

# add_libraries PROGRAM: into the guest at their own paths.
add_libraries()
{
	LD_LIBRARY_PATH=$out/userspace ldd "$1" 2>/dev/null |
		grep -o '/[^ ]*' | while read -r lib; do
		case $lib in
		"$out"/*) install -D "$lib" "$root/lib/${lib##*/}" ;;
		*) install -D "$lib" "$root/$lib" ;;
		esac
	done
}

# add_program FILE PATH: with its libraries, and a script with its interpreter.
add_program()
{
	local first word

	install -D -m 755 "$1" "$root/$2" || exit 1
	read -r first <"$1" 2>/dev/null
	case $first in
	'#!'*)
		for word in ${first#??}; do
			case $word in
			*/sh|*/env|*/python3|-*) continue ;;
			esac
			word=$(command -v "$word") || continue
			install -D "$word" "$root/bin/${word##*/}"
			add_libraries "$word"
		done ;;
	*)	add_libraries "$1" ;;
	esac 2>/dev/null
}

# Python as far as an event loop and its tests need it, and the module that is tested.
add_python()
{
	local python lib part

	python=$(readlink -f /usr/bin/python3) || die "no Python"
	lib=/usr/lib/${python##*/}
	install -D -m 755 "$python" "$root/usr/bin/python3" || exit 1
	mkdir -p "$root$lib/lib-dynload" "$root/usr/lib/python3/dist-packages"
	# Compiled files count if those that they were made of are as old as they were.
	cp -a "$lib"/{*.py,__pycache__} "$lib"/{asyncio,collections,concurrent} \
		"$lib"/{ctypes,encodings,importlib,json,logging,re,unittest} \
		"$root$lib"
	for part in "$lib"/lib-dynload/_{asyncio,contextvars,ctypes,json,queue}.*.so; do
		cp -a "$part" "$root$lib/lib-dynload"
		add_libraries "$part"
	done
	add_libraries "$python"
	cp -a "$top/userspace/python/acall" "$root/usr/lib/python3/dist-packages"
	install -D "$out/userspace/libacall.so.1" "$root/lib/libacall.so.1"
}

# To where modprobe finds them by name and alias; /acall/modules stays a name of
# the folder. What modprobe knows of the stock modules is in base.cpio.
add_modules()
{
	local lib=lib/modules/$krel

	mkdir -p "$tmp/depmod/$lib" "$root/$lib"
	(cd "$tmp/depmod" &&
		cpio -id --quiet "*$lib/*" <"$image/base.cpio") || exit 1
	mv "$root/acall/modules" "$root/$lib/extra"
	ln -s "/$lib/extra" "$root/acall/modules"
	cp -R "$root/$lib/extra" "$tmp/depmod/$lib"
	depmod -b "$tmp/depmod" "$krel" || exit 1
	cp "$tmp/depmod/$lib"/modules.* "$root/$lib"
	rm -rf "$tmp/depmod"
}

# A program is a path, or the name of something that was built here.
find_program()
{
	local file files=("$1")

	case $1 in
	*/*) ;;
	*) files+=("$out"/{selftests,bench,userspace}/"$1") ;;
	esac
	for file in "${files[@]}"; do
		if [ -f "$file" ] && [ -x "$file" ]; then
			echo "$file"
			return
		fi
	done
	die "no executable $1"
}

make_root()
{
	local file program errors=plain

	mkdir -p "$root/acall/bin" "$root/acall/modules" "$root/acall/tests"
	install -m 755 "$vm/init" "$root/init"
	cp "$vm"/{load,splat,suite,internals,after,demo}.sh "$root/acall" &&
		cp "$out"/modules/*.ko "$root/acall/modules" ||
		die "not built yet"
	[ -n "$cross" ] || cp "$out/vm/debug_exit" "$root/acall/bin" ||
		die "not built yet"
	if [ -x "$out/userspace/acall" ]; then
		add_program "$out/userspace/acall" acall/bin/acall
		# Where acall looks for it: beside itself.
		add_program "$out/userspace/libacall-with.so" \
			acall/bin/libacall-with.so
	fi
	case $mode in
	check)
		# What some tests run beside themselves. All that there are
		# would take a kernel with checkers long to unpack.
		for file in cli.sh cli_helper cli_screen cli_server with_calls with_same can32 \
			stress_sleepers stress_finish stress_cancel; do
			[ ! -f "$out/selftests/$file" ] || add_program \
				"$out/selftests/$file" "acall/tests/$file"
		done
		for program in "$@"; do
			file=$(test_path "$program")
			add_program "$file" "acall/tests/$program"
		done
		# So much is only there for who needs it.
		[[ " $* " != *' python_'* ]] || add_python
		cp "$out/sample/acall_sample.ko" "$root/acall/modules" ||
			die "not built yet"
		# What is run of the manual, and the provider among the examples.
		case " $* " in
		*' manual_'*)
			cp "$out/provider/acall_primes.ko" "$root/acall/modules" ||
				die "not built yet"
			for file in "$out"/selftests/manual/*/session; do
				for program in "${file%/*}"/*; do
					[[ $program == *.c ]] || add_program \
						"$program" "acall/tests/${program#"$out/selftests/"}"
				done
			done ;;
		esac
		# Broken on purpose: only where it is asked for.
		case " $* " in
		*' canary_'*)
			cp "$out/canary/acall_canary.ko" "$root/acall/modules" ||
				die "not built yet" ;;
		esac
		# All tests together make all transitions.
		[ -z "${DEBUG:-}" ] || [ -n "${TESTS:-}" ] ||
			cp "$out/vm/expected" "$root/acall/transitions"
		# What the tests use beside busybox, or instead of it: not
		# under their own names, for busybox has these.
		if [ -z "$cross" ]; then
			for program in mkfs.xfs dmsetup; do
				add_program "$(command -v $program)" \
					acall/bin/$program
			done
			for program in cp df fstrim sync; do
				add_program "$(command -v $program)" \
					acall/bin/debian-$program
			done
		fi
		echo "sh /acall/suite.sh /acall/tests $(quote "$@") | cat" ;;
	demo)
		for program in cmp sha256sum; do
			add_program "$(command -v $program)" acall/bin/$program
		done
		echo "exec sh /acall/demo.sh" ;;
	reboot)
		add_program "$out/selftests/reboot_cancels" \
			acall/run/reboot_cancels
		echo "exec /acall/run/reboot_cancels" ;;
	run)
		program=$(find_program "$1") || exit 1
		add_program "$program" "acall/run/${program##*/}"
		shift
		for file in ${BESIDE:-}; do
			add_program "$(command -v "$file")" "acall/bin/$file"
		done
		echo "exec $(quote "/acall/run/${program##*/}" "$@")" ;;
	root)
		shared_root=$1
		shift
		rm "$root"/acall/modules/*
		echo "exec chroot /debian $(quote "$@")" ;;
	shell)	: ;;
	*)	die "no such mode: $mode" ;;
	esac >"$root/acall/command" || exit 1
	add_modules
	[ ! -t 2 ] || errors='tty'
	[ "$mode" != demo ] && [ ! /dev/stdout -ef /dev/stderr ] || errors=out
	cat >"$root/acall/config" <<-END
	MODE=$mode
	DRIVERS="$drivers"
	OUT=/dev/${tty[0]} ERR=/dev/${tty[1]} VERDICT=/dev/${tty[2]}
	ERRORS=$errors
	ACALL_SCALE=$scale
	ACALL_ROUNDS=${ACALL_ROUNDS:-200}
	TERM=$(quote "${TERM:-linux}")
	ROWS=$(tput lines 2>/dev/null || echo 24)
	COLUMNS=$(tput cols 2>/dev/null || echo 80)
	END
	(cd "$root" && find . | cpio -o -H newc -R +0:+0 --quiet) |
		cat "$image/base.cpio" - >"$tmp/initramfs"
}

# What is a disk of the guest, in this order: /dev/vda and so on.
disks=()

# make_disk NAME SIZE TYPE
make_disk()
{
	disks+=("$1")
	make_image "$tmp/$1" "$2" "$3" || exit 1
}

make_disks()
{
	disks=()
	make_disk ext4 2G ext4
	make_disk small 64M ext4
	[ "$mode" = check ] || return
	make_disk xfs 320M xfs
	make_disk btrfs 320M btrfs
}

# qemu OUT-CHARDEV: runs the guest; fd 3 and 4 are its output ports.
qemu()
{
	local limit=${TIMEOUT:-3000} words

	# On a busy machine a kernel that counts interrupts of the clock for a
	# while sees none, and panics: no_timer_check. Nor is every stall one.
	# busybox has a loop device open for writing while it is mounted, which
	# kernels may refuse. What an emulated processor speculates nobody learns.
	# shellcheck disable=SC2054 # QEMU's commas
	words=(
		"$emulator" "${machine[@]}" -accel "$accel"
		-smp "${SMP:-2}" -m "${MEM:-2G}"
		-nodefaults -no-user-config -display none -no-reboot
		-kernel "$image/vmlinuz" -initrd "$tmp/initramfs"
		-append "console=${terminal[0]} panic=-1 oops=panic loglevel=7 \
log_buf_len=4M no_timer_check bdev_allow_write_mounted=1 mitigations=off \
rcupdate.rcu_cpu_stall_timeout=$((scale < 10 ? 21 * scale : 300)) \
workqueue.watchdog_thresh=$((30 * scale)) \
watchdog_thresh=$((scale < 6 ? 10 * scale : 60)) \
${PARAMETERS:-} ${APPEND:-}"
		-add-fd fd=3,set=3 -add-fd fd=4,set=4
		-chardev "file,id=console,path=$console"
		"${terminal[@]:1}"
		-chardev "$1"
		-chardev file,id=err,path=/dev/fdset/4,append=on
		-chardev "file,id=verdict,path=$tmp/verdict"
	)
	if [ "$arch" = x86_64 ]; then
		# shellcheck disable=SC2054 # QEMU's commas
		words+=(-device isa-serial,index=1,chardev=out
			-device isa-serial,index=2,chardev=err
			-device isa-serial,index=3,chardev=verdict
			-device isa-debug-exit,iobase=0xf4,iosize=4)
	else
		# shellcheck disable=SC2054 # QEMU's commas
		words+=(-device "virtio-serial-$bus"
			-device virtconsole,chardev=out
			-device virtconsole,chardev=err
			-device virtconsole,chardev=verdict
			-action panic=exit-failure)
	fi
	for disk in "${disks[@]}"; do
		words+=(-drive "if=none,format=raw,cache=unsafe,discard=unmap,\
id=$disk,file=$tmp/$disk" -device "virtio-blk-$bus,drive=$disk")
	done
	[ -z "${DISK:-}" ] || words+=(-drive "if=none,format=raw,id=disk,$DISK"
		-device "virtio-blk-$bus,drive=disk")
	# What is to leave the guest as it is made: build/.../host is its /host.
	if [ -n "${IMAGE:-}" ]; then
		mkdir -p "$out/host"
		words+=(-virtfs "local,path=$out/host,mount_tag=host,\
security_model=none")
	fi
	[ -z "$shared_root" ] || words+=(
		-object "memory-backend-memfd,id=memory,size=${MEM:-2G},share=on"
		-machine memory-backend=memory
		-chardev "socket,id=root,path=$tmp/root.socket"
		-device "vhost-user-fs-$bus,chardev=root,tag=root")
	[ -z "${SHARED:-}" ] || words+=(-object "memory-backend-file,id=shared,\
share=on,mem-path=$SHARED,size=16M"
		-device "ivshmem-plain,memdev=shared")
	# shellcheck disable=SC2054 # QEMU's commas
	[ -z "${ICOUNT:-}" ] || words+=(-icount shift=0,sleep=off)
	[ "$mode" != shell ] || exec "${words[@]}"
	exec timeout --foreground -k 10 "$((limit * scale))" "${words[@]}" \
		>"$tmp/qemu.log" 2>&1 </dev/null
}

# Ends when QEMU does.
share_root()
{
	"$virtiofsd" --socket-path="$tmp/root.socket" -o source="$shared_root" \
		-o sandbox=chroot -o cache=always >"$tmp/virtiofsd.log" 2>&1 &
	until [ -S "$tmp/root.socket" ]; do
		kill -0 $! 2>/dev/null || {
			cat "$tmp/virtiofsd.log" >&2
			return 1
		}
		sleep 0.1
	done
}

end_guest() { [ -z "$child" ] || kill "$child" 2>/dev/null; }

# In the background, so that a signal to this script ends it at once. QEMU makes
# the files that it is given non-blocking: it gets pipes of its own.
boot()
{
	local output errors rc

	: >"$tmp/verdict"
	[ -z "$shared_root" ] || share_root || return
	make_disks
	if [ "$mode" = shell ]; then
		(qemu stdio,id=out,signal=off 3>/dev/null 4>/dev/null)
		return
	fi
	exec 3> >(exec cat)
	output=$!
	exec 4> >(exec cat >&2 3>&-)
	errors=$!
	qemu file,id=out,path=/dev/fdset/3,append=on &
	child=$!
	exec 3>&- 4>&-
	wait "$child"
	rc=$?
	child=
	wait "$output" "$errors"
	return $rc
}

# A panic is the emulator's if our modules were not there yet, or if it is the
# double fault in the slab allocator (or a jump to 0) that QEMU 7.2 makes of
# newer kernels.
emulator_panic()
{
	grep -q 'Kernel panic' "$console" || return 1
	# init ended: a fault of ours.
	grep -q 'kill init! exitcode=0x0000..00' "$console" && return 1
	grep -q 'acall: loading out-of-tree' "$console" || return 0
	grep -q 'double fault' "$console" &&
		grep -qE 'RIP: 0010:(kmem_cache_alloc|0x0)' "$console"
}

explain()
{
	local rc=$1

	say "the guest ended without a verdict, its console last said:"
	tail -n 40 "$console" | tr -d '\r'
	grep -v '^qemu-system.*terminating on signal' "$tmp/qemu.log"
	case $rc in
	124|137) say "it was ended after its time-out" ;;
	*) say "QEMU's status: $rc" ;;
	esac
	say "(the whole console: $console)"
}

# What the methods said before the machine went down, as one test for report.sh.
judge_reboot()
{
	local name=C4_a_reboot_cancels_everything ids id good='ok'

	ids=$(tr -d '\r' <"$console" |
		sed -n 's/.*reboot_cancels: expects id //p')
	echo "@@ begin reboot_cancels"
	echo "1..1"
	[ -n "$ids" ] || good='not ok'
	for id in $ids; do
		grep -q "acall_test: method of id $id saw its cancel" \
			"$console" && continue
		echo "# method of id $id did not see a cancel"
		good='not ok'
	done
	[ "$1" -eq 0 ] || good='not ok'
	[ "$good" = ok ] || tail -n 20 "$console" | tr -d '\r' | sed 's/^/# /'
	echo "$good 1 $name"
	echo "@@ end reboot_cancels $([ "$good" = ok ]; echo $?)"
}

[ -e "$image/base.cpio" ] || "$vm/fetch.sh" kernel || exit 1
make_root "$@"
boot
rc=$?
if [ $rc -ne "$farewell" ] && emulator_panic; then
	mv "$console" "$console.emulator-panic"
	say "QEMU's emulation panicked (see $console.emulator-panic):" \
		"once more" >&2
	[ "$mode" != check ] || echo "@@ again"
	boot
	rc=$?
fi
# QEMU ends with 0 when the guest reboots.
if [ "$mode" = reboot ]; then
	judge_reboot $rc
	exit 0
fi
status=$(tr -d '\r' <"$tmp/verdict" | sed -n 's/^status //p')
if [ $rc -ne "$farewell" ] || [ -z "$status" ]; then
	explain $rc >&2
	exit 125
fi
if grep -q '^splat ' "$tmp/verdict"; then
	say "the kernel complained (see $console):" >&2
	sed -n 's/^splat //p' "$tmp/verdict" | tr -d '\r' >&2
	[ "$status" -ne 0 ] || status=125
fi
exit "$status"
